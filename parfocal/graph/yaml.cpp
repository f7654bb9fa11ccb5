#include "parfocal/graph/yaml.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <unordered_set>

#include "parfocal/core/corrections.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/graph/check.h"
#include "parfocal/graph/includes.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/mend_entries.h"
#include "parfocal/graph/mend_shape.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/substitute.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/graph/yaml_reader.h"
#include "parfocal/graph/yaml_slips.h"

namespace parfocal {
namespace {

// Suggestions compare every name with every other: a bound keeps hostile files cheap.
constexpr size_t kMaxEntries = 256;

// Turns the raw description into a Pipeline. Only the form is judged here (kinds of values, keys of
// the frame, words); what the words mean is check()'s business.
class Describer {
 public:
  Describer(const RawValue& document, std::vector<Issue>& issues) : d_(document), issues_(issues) {}

  void fill(Pipeline& p, WordPlaces& places) {
    check_top();
    read_run_settings(p);
    read_source(p);
    read_list("steps", "{op: gaussian, sigma: 1 px}", step_of,
              [&](const RawValue& raw, size_t i) { read_step(raw, i, p, places); });
    read_list("sinks", "{type: ome_zarr, path: result.ome.zarr}", sink_of,
              [&](const RawValue& raw, size_t) { read_sink(raw, p, places); });
    if (const RawValue* sinks = d_.find("sinks"))
      places.sinks = sinks->items.empty() ? sinks->place : sinks->items[0].place;
    read_list("observe", "{type: viewer, from: step}", no_entry,
              [&](const RawValue& raw, size_t) { read_observer(raw, p, places); });
  }

 private:
  void issue(std::string what, const Location& place, std::string given, std::string needed,
             std::string cure) {
    issues_.push_back(
        {std::move(what), place.str(), std::move(given), std::move(needed), std::move(cure)});
  }
  // A non-empty scalar, else "" with an issue.
  std::string word(const RawValue& raw, const std::string& key, const std::string& example) {
    if (raw.kind == RawValue::Kind::scalar && !raw.text.empty()) return raw.text;
    const bool one = raw.kind == RawValue::Kind::list && raw.items.size() == 1;
    issue("'" + key + "' needs one word", raw.place, raw.str(), "one word",
          "write " + (one ? key + ": " + raw.items[0].str() : example));
    return "";
  }
  // "type" or "op" of an entry, as in `example`, and the place to blame for the entry.
  std::string type_of(const RawValue& raw, const std::string& example, Location& place) {
    const std::string key = example.substr(0, example.find(':'));
    const RawValue* type = raw.find(key);
    place = type ? type->place : raw.place;
    return type ? word(*type, key, example) : "";
  }

  void check_top() {
    for (size_t k = 0; k < d_.entries.size(); ++k) {
      const std::string& key = d_.entries[k].first;
      if (std::find(kTopKeys.begin(), kTopKeys.end(), key) == kTopKeys.end())
        issue("unknown key '" + key + "'", key_place(d_, k), key, "one of " + joined(kTopKeys),
              did_you_mean(key, kTopKeys, "remove '" + key + "'"));
    }
    const RawValue* version = d_.find("parfocal");
    if (!version || version->text != "1")
      issue(
          version ? "this version of the pipeline format is not known" : "'parfocal: 1' is missing",
          version ? version->place : d_.place, version ? version->str() : "nothing", "parfocal: 1",
          "write parfocal: 1");
    const RawValue* vars = d_.find("vars");
    if (vars && vars->kind != RawValue::Kind::map && vars->kind != RawValue::Kind::null)
      issue("'vars' needs a map", vars->place, vars->str(), "names and values",
            "write vars: {name: value}");
  }

  void read_run_settings(Pipeline& p) {
    if (const RawValue* memory = d_.find("memory")) {
      if (memory->kind == RawValue::Kind::scalar) p.memory_bytes = parse_bytes(memory->text);
      if (!p.memory_bytes || *p.memory_bytes == 0) {
        const std::string meant = meant_bytes(memory->text);
        issue("'memory' cannot be " + memory->str(), memory->place, memory->str(),
              "a number of bytes with a unit",
              meant.empty() ? "write e.g. memory: 1 GiB, or leave memory out: half of what is "
                              "available is taken then"
                            : "write memory: " + meant);
        p.memory_bytes.reset();
      }
    }
    if (const RawValue* on_error = d_.find("on_error")) p.on_error = read_on_error(*on_error);
  }
  OnError read_on_error(const RawValue& raw) {
    const bool scalar = raw.kind == RawValue::Kind::scalar;
    if (scalar && raw.text == "skip") return OnError::skip;
    if (!scalar || raw.text != "stop")
      issue("'on_error' cannot be " + raw.str(), raw.place, raw.str(), "stop or skip",
            on_error_cure(raw.text));
    return OnError::stop;
  }
  static std::string on_error_cure(const std::string& word) {
    const std::string cure = other_value("pipeline", "on_error", word);
    return cure.empty() ? did_you_mean(word, {"stop", "skip"}, "write e.g. on_error: stop") : cure;
  }
  Policy read_policy(const RawValue& raw, const std::vector<std::string>& words) {
    const Policy policy =
        raw.kind == RawValue::Kind::scalar ? parse_policy(raw.text) : Policy::automatic;
    if (policy == Policy::automatic)
      issue("'policy' cannot be " + raw.str(), raw.place, raw.str(), "one of " + joined(words),
            did_you_mean(raw.text, words, "write policy: " + words[0]));
    return policy;
  }

  void read_source(Pipeline& p) {
    const RawValue* raw = d_.find("source");
    if (!raw || raw->kind == RawValue::Kind::null) return;  // check() says that it is missing
    p.source.place = raw->place;
    if (raw->kind != RawValue::Kind::map) {
      issue("'source' needs a map", raw->place, raw->str(), "type and its keys",
            "write source: " + source_of(*raw));
      return;
    }
    p.source.type = type_of(*raw, "type: files", p.source.place);
    copy_params(*raw, {"type"}, p.source.params);
  }

  // "movie/*.tif", [a.tif, b.tif] and "a.ome.zarr" where a description belongs.
  static std::string source_of(const RawValue& raw) {
    const std::string text = raw.kind == RawValue::Kind::scalar ? raw.text : "";
    if (text.ends_with(".zarr")) return "{type: ome_zarr, path: \"" + text + "\"}";
    if (text.ends_with(".rtdc")) return "{type: rtdc, path: \"" + text + "\"}";
    return "{type: files, glob: " + (text.empty() ? raw.str() : "\"" + text + "\"") +
           ", axes: tyx}";
  }

  static void copy_params(const RawValue& raw, const std::vector<std::string>& others,
                          RawValue& params) {
    params.place = raw.place;
    for (size_t k = 0; k < raw.entries.size(); ++k) {
      if (std::find(others.begin(), others.end(), raw.entries[k].first) != others.end()) continue;
      params.entries.push_back(raw.entries[k]);
      params.key_places.push_back(key_place(raw, k));
    }
  }

  // What a word alone was to be as an entry: `- label`, `- op:label`; "" where that is not known.
  static std::string no_entry(const std::string&) { return ""; }
  static std::string step_of(const std::string& word) {
    if (word.ends_with(".yaml") || word.ends_with(".yml")) return "{include: " + word + "}";
    const std::string name = word.starts_with("op:") ? word.substr(3) : word;
    const OperatorInfo* info = operators().find(name);
    if (!info || info->test_only || info->recipe_only) return "";
    const bool plain = std::none_of(info->params.infos().begin(), info->params.infos().end(),
                                    [](const ParamInfo& param) { return param.required; });
    return plain ? "{op: " + name + "}" : info->example;
  }
  static std::string sink_of(const std::string& word) {
    const std::string name = word.starts_with("type:") ? word.substr(5) : word;
    const SinkInfo* info = sinks().find(name);
    const ParamInfo* path = info && !info->test_only ? info->params.find("path") : nullptr;
    return path ? "{type: " + name + ", path: " + example_of(*path) + "}" : "";
  }

  template <class F>
  void read_list(const std::string& key, const std::string& example,
                 std::string (*entry_of)(const std::string&), F&& read) {
    const RawValue* list = d_.find(key);
    if (!list || list->kind == RawValue::Kind::null) return;
    if (list->kind != RawValue::Kind::list) {
      issue("'" + key + "' needs a list", list->place, list->str(), "a list",
            "start every entry with '- ': - " + example);
      return;
    }
    for (size_t i = 0; i < list->items.size(); ++i) {
      const RawValue& item = list->items[i];
      if (item.kind == RawValue::Kind::map) {
        read(item, i);
        continue;
      }
      const std::string meant = entry_of(item.text);
      issue("an entry of '" + key + "' needs a map", item.place, item.str(), "a map",
            "write - " + (meant.empty() ? example : meant));
    }
  }

  // A reference that cannot be read stays as an empty one, so that nothing looks forgotten.
  // `second`: the input beside `key` that a second name is meant for; "" where there is none.
  PortRef read_ref(const RawValue& raw, const std::string& key, const std::string& second = "") {
    if (raw.kind == RawValue::Kind::list && !raw.items.empty()) {
      std::string others;
      for (size_t i = 1; i < raw.items.size(); ++i)
        others += (i == 1 ? "" : ", ") + raw.items[i].str();
      const bool pair = raw.items.size() == 2 && !second.empty();
      issue("'" + key + "' needs one word", raw.place, raw.str(), "one word",
            "write " + key + ": " + raw.items[0].str() +
                (others.empty() ? ""
                 : pair         ? ", " + second + ": " + others
                                : ", and an entry of its own for each of " + others));
      return parse_port_ref("", raw.place);
    }
    return parse_port_ref(word(raw, key, key + ": source"), raw.place);
  }
  PortRef default_input(const Pipeline& p, const Location& place) const {
    return {p.steps.empty() ? "source" : p.steps.back().id, "", place};
  }

  void read_step(const RawValue& raw, size_t i, Pipeline& p, WordPlaces& places) {
    if (ids_.empty()) ids_ = step_ids(d_);
    StepSpec step;
    step.op = type_of(raw, "op: gaussian", step.place);
    step.id = ids_[i];
    step.on_error = p.on_error;
    const RawValue* id = raw.find("id");
    if (id) word(*id, "id", "id: smooth");
    places.step_ids.push_back(id ? id->place : Location{});
    if (const RawValue* on_error = raw.find("on_error")) step.on_error = read_on_error(*on_error);
    const OperatorInfo* info = operators().find(step.op);
    std::vector<std::string> keys = kStepKeys;
    // An unknown operator is read as one with a single input, so that its `from` is checked too.
    const size_t ports = info ? info->inputs.size() : 1;
    for (size_t k = 0; k < ports; ++k) {
      const std::string port = info ? info->inputs[k].name : "in";
      const std::string key = k == 0 ? "from" : port;
      keys.push_back(key);
      if (const RawValue* from = raw.find(key)) {
        step.inputs.emplace_back(
            port, read_ref(*from, key, k == 0 && ports > 1 ? info->inputs[1].name : ""));
      } else if (k == 0) {
        step.inputs.emplace_back(port, default_input(p, step.place));
      }
    }
    copy_params(raw, keys, step.params);
    p.steps.push_back(std::move(step));
  }

  void read_sink(const RawValue& raw, Pipeline& p, WordPlaces& places) {
    SinkSpec sink;
    sink.type = type_of(raw, "type: ome_zarr", sink.place);
    const RawValue* from = raw.find("from");
    sink.inputs.emplace_back("from", from ? read_ref(*from, "from") : default_input(p, sink.place));
    std::vector<std::string> keys = {"type", "from", "policy"};
    const SinkInfo* info = sinks().find(sink.type);
    const RawValue* labels = raw.find("labels");
    if (labels && (!info || info->takes_labels)) {
      keys.push_back("labels");
      read_labels(*labels, sink);
    }
    for (const SinkPort& port : info ? info->inputs : std::vector<SinkPort>{}) {
      keys.push_back(port.name);
      if (const RawValue* ref = raw.find(port.name))
        sink.inputs.emplace_back(port.name, read_ref(*ref, port.name));
    }
    const RawValue* policy = raw.find("policy");
    if (policy) sink.policy = read_policy(*policy, {"block", "gap", "fail"});
    places.sink_policies.push_back(policy ? policy->place : Location{});
    copy_params(raw, keys, sink.params);
    p.sinks.push_back(std::move(sink));
  }
  // `cells` or [cells, nuclei] as a map; else the last step that makes labels.
  std::string labels_of(const RawValue& raw) const {
    RawValue meant = RawValue::map();
    const std::vector<RawValue> single{raw};
    for (const RawValue& name : raw.kind == RawValue::Kind::list ? raw.items : single)
      if (std::find(ids_.begin(), ids_.end(), name.text) != ids_.end()) meant.set(name.text, name);
    if (meant.entries.empty()) meant.set("cells", RawValue::scalar(last_labels()));
    return meant.str();
  }
  std::string last_labels() const {
    const RawValue* steps = d_.find("steps");
    std::string id = "cells";
    for (size_t i = 0; steps && i < std::min(ids_.size(), steps->items.size()); ++i)
      if (const RawValue* op = steps->items[i].find("op"); op && op->text == "label") id = ids_[i];
    return id;
  }
  void read_labels(const RawValue& labels, SinkSpec& sink) {
    if (labels.kind != RawValue::Kind::map) {
      issue("'labels' needs a map", labels.place, labels.str(), "names and steps",
            "write labels: " + labels_of(labels));
      return;
    }
    for (const auto& [name, raw] : labels.entries)
      sink.inputs.emplace_back("labels." + name, read_ref(raw, name));
  }

  void read_observer(const RawValue& raw, Pipeline& p, WordPlaces& places) {
    ObserverSpec observer;
    observer.type = type_of(raw, "type: viewer", observer.place);
    const RawValue* from = raw.find("from");
    observer.from = from ? read_ref(*from, "from") : default_input(p, observer.place);
    const RawValue* policy = raw.find("policy");
    if (policy) observer.policy = read_policy(*policy, {"latest", "drop_oldest"});
    places.observer_policies.push_back(policy ? policy->place : Location{});
    copy_params(raw, {"type", "from", "policy"}, observer.params);
    p.observers.push_back(std::move(observer));
  }

  const RawValue& d_;
  std::vector<Issue>& issues_;
  std::vector<std::string> ids_;
};

void refuse_oversize(const RawValue& document) {
  for (const char* key : {"steps", "sinks", "observe"}) {
    const RawValue* part = document.find(key);
    if (!part || part->items.size() <= kMaxEntries) continue;
    throw Error(ErrorCode::invalid_pipeline,
                {std::string("'") + key + "' has too many entries", part->place.str(),
                 std::to_string(part->items.size()), "at most " + std::to_string(kMaxEntries),
                 "split the pipeline"});
  }
}

Description description_of(const std::string& text, const std::filesystem::path& base_dir,
                           const std::string& name, const std::string& file) {
  Description d{{}, {}, text, {}, base_dir, name, file};
  d.document = read_yaml(text, file, d.issues);
  if (d.document.kind != RawValue::Kind::map)
    throw Error(
        ErrorCode::invalid_pipeline,
        {"a pipeline file is a map", Location{file, 1, 1}.str(), d.document.str().substr(0, 40),
         "keys such as parfocal, source, steps, sinks", "start with parfocal: 1"});
  refuse_oversize(d.document);
  expand_includes(d.document, base_dir, file, d.included, d.issues);
  refuse_oversize(d.document);
  return d;
}

std::vector<Change> changes_of(const std::vector<std::string>& sets) {
  std::vector<Change> changes;
  for (const std::string& set : sets) changes.push_back({set});
  return changes;
}

}  // namespace

Pipeline describe(const Description& description, const std::vector<Change>& changes) {
  RawValue document = description.document;
  std::vector<Issue> issues = description.issues;
  Pipeline pipeline;
  pipeline.name = description.name;
  pipeline.base_dir = description.base_dir;
  pipeline.text = description.text;
  pipeline.included = description.included;
  for (const Change& change : changes) {
    apply_set(document, change.text, description.base_dir, change.folder, issues);
    pipeline.sets.push_back(change.text);
  }
  mend_slips(document, issues);
  mend_shape(document, issues);
  substitute_vars(document, issues);

  WordPlaces places;
  Describer(document, issues).fill(pipeline, places);
  CheckResult checked = check(pipeline, places);
  // A place that the form already made wrong says nothing new.
  std::unordered_set<std::string> told;
  for (const Issue& issue : issues) told.insert(issue.where);
  for (Issue& issue : checked.errors) {
    if (issue.where.empty()) issue.where = Location{description.file, 1, 1}.str();
    if (!told.contains(issue.where)) issues.push_back(std::move(issue));
  }
  if (issues.empty()) return pipeline;
  sort_by_place(issues);
  throw Error(ErrorCode::invalid_pipeline, std::move(issues));
}

Pipeline parse_pipeline(const std::string& text, const std::filesystem::path& base_dir,
                        const std::string& name, const std::vector<std::string>& sets,
                        const std::string& file) {
  return describe(description_of(text, base_dir, name, file), changes_of(sets));
}

Description read_description(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  if (stream) {
    text.resize(kMaxPipelineBytes + 1);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stream.gcount()));
  }
  if (!stream.is_open() || stream.bad() || std::filesystem::is_directory(path))
    throw Error(ErrorCode::input_missing, {"the pipeline file cannot be read", path.string(), "",
                                           "a readable file", "check the path"});
  return description_of(text, path.parent_path(), path.stem().string(), path.string());
}

Pipeline read_pipeline_file(const std::filesystem::path& path,
                            const std::vector<std::string>& sets) {
  return describe(read_description(path), changes_of(sets));
}

}  // namespace parfocal
