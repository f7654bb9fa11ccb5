#include "parfocal/graph/check.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "parfocal/graph/described_rules.h"
#include "parfocal/graph/label_inputs.h"
#include "parfocal/graph/lost_columns.h"
#include "parfocal/graph/meant_keys.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/path_endings.h"
#include "parfocal/graph/sink_paths.h"
#include "parfocal/graph/unfit_inputs.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

std::string kind_name(PortKind kind) { return kind == PortKind::image ? "image" : "table"; }
std::string kind_phrase(PortKind kind) { return kind == PortKind::image ? "an image" : "a table"; }

bool is_identifier(const std::string& id) {
  if (id.empty() || !std::isalpha(static_cast<unsigned char>(id[0]))) return false;
  return std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

const std::string kEarlierStep = "give the id of an earlier step";

class Checker {
 public:
  Checker(const Pipeline& pipeline, const WordPlaces& places) : p_(pipeline), places_(places) {}

  CheckResult run() {
    check_source();
    collect_steps();
    for (size_t i = 0; i < p_.steps.size(); ++i) check_step(i);
    for (const SinkSpec& sink : p_.sinks) check_sink(sink);
    for (const ObserverSpec& observer : p_.observers) check_observer(observer);
    if (p_.sinks.empty())
      error("the pipeline has no sink: nothing would be saved", places_.sinks, "", "no sinks",
            "at least one sink", "add sinks: [" + sink_for_last_step() + "]");
    for (auto* find : {broken_rules, unfit_inputs})
      for (Issue& issue : find(p_)) result_.errors.push_back(std::move(issue));
    check_unused();
    sort_by_place(result_.errors);
    sort_by_place(result_.warnings);
    return std::move(result_);
  }

 private:
  void error(std::string what, const Location& place, const std::string& owner, std::string given,
             std::string needed, std::string cure) {
    std::string where = place.str();
    if (where.empty()) where = owner;
    result_.errors.push_back(
        {std::move(what), std::move(where), std::move(given), std::move(needed), std::move(cure)});
  }

  static const Location& word_place(const std::vector<Location>& places, size_t i,
                                    const Location& otherwise) {
    return i < places.size() && !places[i].str().empty() ? places[i] : otherwise;
  }

  // Numbers of an item, and rows, are saved in a table.
  std::string sink_for_last_step() const {
    const OperatorInfo* last = infos_.empty() ? nullptr : infos_.back();
    if (!last || last->outputs.empty() ||
        (last->outputs[0].kind == PortKind::image && !last->outputs[0].frame_column))
      return "{type: ome_zarr, path: result.ome.zarr}";
    return "{type: table, path: " + p_.steps.back().id + ".csv}";
  }

  // What to write for an unknown name of a "source", "sink" or "op".
  static std::string name_cure(const std::string& kind, const std::string& name,
                               const std::vector<std::string>& names) {
    const std::string cure = other_name(kind, name);
    return cure.empty() ? did_you_mean(name, names, "`parfocal ops` lists what there is") : cure;
  }

  // The one that has every key of `params`, where that is one.
  template <class Info>
  static std::string fitting_name(const Registry<Info>& registry,
                                  const std::vector<std::string>& names, const RawValue& params) {
    std::vector<std::string> fitting;
    for (const std::string& name : names)
      if (std::all_of(params.entries.begin(), params.entries.end(), [&](const auto& entry) {
            return registry.find(name)->params.find(entry.first) != nullptr;
          }))
        fitting.push_back(name);
    if (fitting.size() == 1) return fitting[0];
    return names.empty() ? "one" : "one of these, e.g. " + names[0];
  }

  // Finds `type` in `registry`; nullptr with an error otherwise.
  template <class Info>
  const Info* known(const Registry<Info>& registry, const std::string& type, const Location& place,
                    const std::string& key, const std::string& owner, const RawValue& params) {
    if (const Info* info = registry.find(type)) return info;
    const auto names = offered_names(registry);
    if (type.empty())
      error(owner + " has no '" + key + "'", place, owner, "nothing", "one of " + joined(names),
            "add " + key + ": " + fitting_name(registry, names, params));
    else
      error("unknown " + key + " '" + type + "' of " + owner, place, owner, type,
            "one of " + joined(names),
            name_cure(owner.starts_with("step") ? "op" : owner, type, names));
    return nullptr;
  }

  // Checks parameters; `others` are keys of the description that are not parameters, offered in
  // suggestions; `steps`: what its input can name, where it names none.
  void check_params(const std::string& name, const ParamSet& set, const RawValue& params,
                    const Location& place, const std::string& owner,
                    const std::vector<std::string>& others,
                    const std::vector<std::string>& steps = {}) {
    KnownKeys known{name, set, {}, steps};
    for (const ParamInfo& info : set.infos()) known.names.push_back(info.name);
    known.names.insert(known.names.end(), others.begin(), others.end());
    RawValue accepted = RawValue::map(), meant_fields = RawValue::map();
    accepted.place = place;
    const std::vector<MeantKey> meant = meant_keys(known, params);
    auto next = meant.begin();
    for (size_t k = 0; k < params.entries.size(); ++k) {
      const auto& [key, value] = params.entries[k];
      if (set.find(key)) {
        accepted.entries.push_back(params.entries[k]);
        continue;
      }
      error("unknown key '" + key + "' in " + owner,
            k < params.key_places.size() ? params.key_places[k] : value.place, owner, key,
            "one of " + joined(known.names), next->cure);
      for (const auto& [field, read] : next++->fields) meant_fields.set(field, read);
    }
    // What lacks or is wrong is told by the key that was meant to be it.
    for (const auto& [field, read] : meant_fields.entries)
      if (set.find(field)) accepted.set(field, read);
    std::vector<Issue> issues;
    set.parse(accepted, owner, issues);
    for (Issue& issue : issues) {
      if (issue.where.empty()) issue.where = owner;
      for (const auto& [key, value] : params.entries)
        if (issue.what.starts_with("'" + key + "' of "))
          if (auto cure = other_value(name, key, value.text); !cure.empty())
            issue.cure = std::move(cure);
      result_.errors.push_back(std::move(issue));
    }
  }

  void check_source() {
    if (p_.source.type.empty() && p_.source.params.entries.empty() &&
        p_.source.place.str().empty()) {
      error("the pipeline has no source", {}, "", "nothing", "source: {type: ...}",
            "add source: {type: files, glob: \"images/*.tif\", axes: tyx}");
      return;
    }
    const SourceInfo* info =
        known(sources(), p_.source.type, p_.source.place, "type", "source", p_.source.params);
    if (info)
      check_params("sources " + info->name, info->params, p_.source.params, p_.source.place,
                   "source", {"type"});
  }

  void collect_steps() {
    for (size_t i = 0; i < p_.steps.size(); ++i) {
      const StepSpec& step = p_.steps[i];
      const Location& place = word_place(places_.step_ids, i, step.place);
      check_id(step, place);
      if (!index_.emplace(step.id, i).second && !step.id.empty())
        error("two steps have the id '" + step.id + "'", place, owner_of(step), step.id,
              "every id once", "rename this step, e.g. id: " + step.id + "_2");
      infos_.push_back(known(operators(), step.op, step.place, "op", owner_of(step), step.params));
    }
    ids_.push_back("source");
    for (const StepSpec& step : p_.steps) ids_.push_back(step.id);
  }

  void check_id(const StepSpec& step, const Location& place) {
    if (step.id.empty() && step.op.empty()) return;  // the missing op is told
    if (step.id == "source")
      error("a step cannot have the id 'source'", place, "step 'source'", "source",
            "'source' names the source of the pipeline", "choose another id");
    else if (!is_identifier(step.id))
      error("'" + step.id + "' is no step id", place, "step '" + step.id + "'", step.id,
            "a letter, then letters, digits and _",
            "rename it, e.g. id: step_" + std::to_string(&step - p_.steps.data() + 1));
  }

  static std::string owner_of(const StepSpec& step) { return "step '" + step.id + "'"; }

  void check_step(size_t i) {
    const StepSpec& step = p_.steps[i];
    const OperatorInfo* info = infos_[i];
    if (!info) {
      for (const auto& [port, ref] : step.inputs) resolve(ref, i, owner_of(step));
      return;
    }
    std::vector<std::string> keys = kStepKeys;
    for (size_t k = 1; k < info->inputs.size(); ++k) keys.push_back(info->inputs[k].name);
    check_params("operators " + info->name, info->params, step.params, step.place, owner_of(step),
                 keys, written_input(step) ? std::vector<std::string>() : above(i));
    check_inputs(step, *info, i);
  }

  // Whether the step says what its input is; else that is the step above.
  static bool written_input(const StepSpec& step) {
    return !step.inputs.empty() && step.inputs[0].second.place.str() != step.place.str();
  }

  std::vector<std::string> above(size_t step) const {
    return {ids_.begin(), ids_.begin() + static_cast<long>(step) + 1};
  }

  // Of images the source's, of tables those of the nearest step above step `user`.
  std::string added_input(const std::string& key, PortKind kind, size_t user) const {
    if (kind == PortKind::image) return "add " + key + ": source";
    for (size_t i = user; i-- > 0;)
      for (const OutputPort& port : infos_[i] ? infos_[i]->outputs : std::vector<OutputPort>())
        if (port.kind == kind) return "add " + key + ": " + p_.steps[i].id + "." + port.name;
    return "add a step above it that makes a table, and its id as " + key;
  }

  void check_inputs(const StepSpec& step, const OperatorInfo& info, size_t i) {
    std::set<std::string> given;
    std::vector<std::string> ports;
    for (const InputPort& port : info.inputs) ports.push_back(port.name);
    for (const auto& [name, ref] : step.inputs) {
      const auto it = std::find(ports.begin(), ports.end(), name);
      if (it == ports.end()) {
        error("'" + info.name + "' has no input '" + name + "'", ref.place, owner_of(step), name,
              "one of " + joined(ports), did_you_mean(name, ports, "remove it"));
        continue;
      }
      if (!given.insert(name).second)
        error("input '" + name + "' of " + owner_of(step) + " is given twice", ref.place,
              owner_of(step), name, "every input once", "remove one");
      const InputPort& port = info.inputs[static_cast<size_t>(it - ports.begin())];
      const auto kind = resolve(ref, i, owner_of(step), cure_for_number(info, name, ref));
      if (kind && *kind != port.kind)
        wrong_kind(ref, *kind, {port.kind}, owner_of(step) + " (" + info.name + ")", i);
    }
    for (const InputPort& port : info.inputs)
      if (!port.optional && !given.contains(port.name)) {
        const std::string key = port.name == info.inputs[0].name ? "from" : port.name;
        error(owner_of(step) + " needs its input '" + key + "'", step.place, owner_of(step),
              "nothing", kind_phrase(port.kind) + (port.doc.empty() ? "" : ": " + port.doc),
              added_input(key, port.kind, i));
      }
  }

  // A number where a step belongs: some operators take one by a parameter of its own.
  static std::string cure_for_number(const OperatorInfo& info, const std::string& input,
                                     const PortRef& ref) {
    const std::string text = port_ref_text(ref);
    char* end = nullptr;
    (void)std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !info.params.find("constant")) return kEarlierStep;
    return "write constant: " + text + " in place of " + input + ": " + text;
  }

  // The kind of what `ref` names, seen from step `user` (sinks: steps.size()); nullopt with an
  // error if there is none, and without one if the step itself is unknown.
  std::optional<PortKind> resolve(const PortRef& ref, size_t user, const std::string& owner,
                                  const std::string& cure = kEarlierStep) {
    if (ref.step == "source") {
      if (ref.port.empty() || has_source_port(ref, owner)) return PortKind::image;
      return std::nullopt;
    }
    const auto it = index_.find(ref.step);
    if (it == index_.end() || ref.step.empty()) {
      error("unknown step '" + ref.step + "' in " + owner, ref.place, owner, port_ref_text(ref),
            "one of " + joined(ids_),
            cure == kEarlierStep ? did_you_mean(ref.step, ids_, cure) : cure);
      return std::nullopt;
    }
    if (it->second >= user && user < p_.steps.size()) later(ref, it->second, user, owner);
    used_.insert(it->second);
    const OperatorInfo* info = infos_[it->second];
    if (!info || info->outputs.empty()) return std::nullopt;
    if (ref.port.empty()) return info->outputs[0].kind;
    std::vector<std::string> names;
    for (const OutputPort& port : info->outputs) {
      if (port.name == ref.port) return port.kind;
      names.push_back(port.name);
    }
    error("'" + ref.step + "' has no output '" + ref.port + "'", ref.place, owner,
          port_ref_text(ref), "one of " + joined(names),
          did_you_mean(ref.port, names, "write " + ref.step + " for its first output"));
    return std::nullopt;
  }

  bool has_source_port(const PortRef& ref, const std::string& owner) {
    const SourceInfo* info = sources().find(p_.source.type);
    if (!info) return true;  // told already
    std::vector<std::string> names;
    for (const SourcePort& port : info->ports) {
      if (port.name == ref.port) return true;
      names.push_back(port.name);
    }
    error("source has no port '" + ref.port + "'", ref.place, owner, port_ref_text(ref),
          names.empty() ? "source" : "source, or one of " + joined(names),
          did_you_mean(ref.port, names, "write source"));
    return false;
  }

  void later(const PortRef& ref, size_t used, size_t user, const std::string& owner) {
    const std::string needed = "a step may only use the source and steps above it";
    if (used == user)
      error(owner + " uses its own output: a cycle", ref.place, owner, ref.step, needed,
            "name an earlier step or source");
    else if (reaches(used, user))
      error(owner + " and '" + ref.step + "' use each other: a cycle", ref.place, owner, ref.step,
            needed, "let one of them use an earlier step or source");
    else
      error(owner + " uses '" + ref.step + "', which comes later", ref.place, owner, ref.step,
            needed, "move step '" + ref.step + "' above it");
  }

  // Whether step `from` depends on step `on`.
  bool reaches(size_t from, size_t on) const {
    std::vector<size_t> open{from};
    std::set<size_t> seen;
    while (!open.empty()) {
      const size_t step = open.back();
      open.pop_back();
      if (step == on) return true;
      if (!seen.insert(step).second) continue;
      for (const auto& [port, ref] : p_.steps[step].inputs)
        if (const auto it = index_.find(ref.step); it != index_.end()) open.push_back(it->second);
    }
    return false;
  }

  void wrong_kind(const PortRef& ref, PortKind given, const std::vector<PortKind>& accepted,
                  const std::string& owner, size_t user) {
    std::string needed, makers;
    for (const PortKind kind : accepted) {
      std::vector<std::string> names;
      if (kind == PortKind::image) names.push_back("source");
      for (size_t i = 0; i < std::min(user, p_.steps.size()); ++i)
        if (infos_[i])
          for (const OutputPort& port : infos_[i]->outputs)
            if (port.kind == kind)
              names.push_back(&port == infos_[i]->outputs.data()
                                  ? p_.steps[i].id
                                  : p_.steps[i].id + "." + port.name);
      needed += (needed.empty() ? "" : " or ") + kind_phrase(kind);
      makers += (makers.empty() ? "" : "; ") + kind_name(kind) +
                "s are made by: " + (names.empty() ? "no step yet" : joined(names));
    }
    error(owner + " needs " + needed + ", but '" + port_ref_text(ref) + "' makes " +
              kind_name(given) + "s",
          ref.place, owner, port_ref_text(ref), needed, makers);
  }

  void check_sink(const SinkSpec& sink) {
    const std::string owner = "sink '" + sink.type + "'";
    const SinkInfo* info =
        known(sinks(), sink.type, sink.place, "type",
              sink.type.empty() ? "sink " + std::to_string(&sink - p_.sinks.data() + 1) : "sink",
              sink.params);
    for (const auto& [key, ref] : sink.inputs) check_sink_input(key, ref, info, owner);
    if (info) {
      std::vector<std::string> keys = {"type", "from", "policy"};
      if (info->takes_labels) keys.push_back("labels");
      check_sink_ports(sink, *info, owner, keys);
      check_params("sinks " + info->name, info->params, sink.params, sink.place, owner, keys);
      if (auto issue = paths_.add(sink, *info)) result_.errors.push_back(std::move(*issue));
    }
    if (sink.policy == Policy::latest || sink.policy == Policy::drop_oldest)
      error(sink.inputs.size() > 1
                ? owner + " joins several steps: a lossy edge above a join would pair wrong frames"
                : owner + " may not lose frames without a gap",
            word_place(places_.sink_policies, static_cast<size_t>(&sink - p_.sinks.data()),
                       sink.place),
            owner, policy_name(sink.policy), "block, gap or fail",
            "write policy: gap, or move it to observe");
  }

  void check_sink_input(const std::string& key, const PortRef& ref, const SinkInfo* info,
                        const std::string& owner) {
    const auto kind = resolve(ref, p_.steps.size(), owner);
    if (!info) return;
    const bool is_label = info->takes_labels && key.starts_with("labels.");
    const auto port = std::find_if(info->inputs.begin(), info->inputs.end(),
                                   [&](const SinkPort& p) { return p.name == key; });
    if (key != "from" && !is_label && port == info->inputs.end()) {
      std::string known_keys = info->takes_labels ? "from, labels.<name>" : "from";
      for (const SinkPort& p : info->inputs) known_keys += ", " + p.name;
      error(owner + " has no input '" + key + "'", ref.place, owner, key, known_keys, "remove it");
      return;
    }
    const auto accepted = is_label                     ? std::vector{PortKind::image}
                          : port != info->inputs.end() ? std::vector{port->kind}
                                                       : info->accepts;
    if (kind && !accepted.empty() &&
        std::find(accepted.begin(), accepted.end(), *kind) == accepted.end())
      wrong_kind(ref, *kind, accepted, key == "from" ? owner : owner + " (" + key + ")",
                 p_.steps.size());
  }

  void check_sink_ports(const SinkSpec& sink, const SinkInfo& info, const std::string& owner,
                        std::vector<std::string>& keys) {
    for (const SinkPort& port : info.inputs) {
      keys.push_back(port.name);
      const bool given = std::any_of(sink.inputs.begin(), sink.inputs.end(),
                                     [&](const auto& input) { return input.first == port.name; });
      if (!given && !port.optional)
        error(owner + " needs the input '" + port.name + "'" +
                  (port.doc.empty() ? "" : " (" + port.doc + ")"),
              sink.place, owner, "nothing", "a step",
              added_input(port.name, port.kind, p_.steps.size()));
    }
  }

  void check_observer(const ObserverSpec& observer) {
    const std::string owner = "observer '" + observer.type + "'";
    if (offered_names(observers()).empty() && !observers().find(observer.type))
      return error("this parfocal has no observers", observer.place, owner, observer.type,
                   "a pipeline without observe:", "remove observe: from the pipeline");
    const ObserverInfo* info =
        known(observers(), observer.type, observer.place, "type",
              observer.type.empty() ? "an entry of observe" : "observer", observer.params);
    resolve(observer.from, p_.steps.size(), owner);
    if (info)
      check_params("observers " + info->name, info->params, observer.params, observer.place, owner,
                   {"type", "from", "policy"});
    if (observer.policy != Policy::latest && observer.policy != Policy::drop_oldest &&
        observer.policy != Policy::automatic)
      error("an observer may never hold up the run",
            word_place(places_.observer_policies,
                       static_cast<size_t>(&observer - p_.observers.data()), observer.place),
            owner, policy_name(observer.policy), "latest or drop_oldest", "write policy: latest");
  }

  void check_unused() {
    for (size_t i = 0; i < p_.steps.size(); ++i) {
      const StepSpec& step = p_.steps[i];
      if (!infos_[i] || used_.contains(i)) continue;
      // frames.csv shows these without a sink.
      const auto& outputs = infos_[i]->outputs;
      if (std::any_of(outputs.begin(), outputs.end(),
                      [](const OutputPort& port) { return port.frame_column; }))
        continue;
      result_.warnings.push_back({"nobody uses the output of " + owner_of(step),
                                  step.place.str().empty() ? owner_of(step) : step.place.str(),
                                  step.id, "a step, sink or observer with from: " + step.id,
                                  "remove the step or save it"});
    }
    for (auto* find : {lost_columns, labels_from_source, misleading_endings})
      for (Issue& issue : find(p_)) result_.warnings.push_back(std::move(issue));
  }

  const Pipeline& p_;
  const WordPlaces& places_;
  CheckResult result_;
  std::vector<const OperatorInfo*> infos_;
  std::map<std::string, size_t> index_;
  std::vector<std::string> ids_;
  std::set<size_t> used_;
  SinkPaths paths_;
};

// Line and column at the end of "file:line:column"; {0, 0} if there are none.
std::pair<int, int> place_of(const std::string& where) {
  const size_t second = where.rfind(':');
  if (second == std::string::npos || second == 0) return {0, 0};
  const size_t first = where.rfind(':', second - 1);
  const size_t start = first == std::string::npos ? 0 : first + 1;
  std::pair<int, int> place{0, 0};
  const char* text = where.data();
  if (std::from_chars(text + start, text + second, place.first).ptr != text + second) return {0, 0};
  std::from_chars(text + second + 1, text + where.size(), place.second);
  return place;
}

}  // namespace

CheckResult check(const Pipeline& pipeline) { return check(pipeline, {}); }

CheckResult check(const Pipeline& pipeline, const WordPlaces& places) {
  return Checker(pipeline, places).run();
}

void require_valid(const Pipeline& pipeline) {
  CheckResult result = check(pipeline);
  if (!result.errors.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(result.errors));
}

void sort_by_place(std::vector<Issue>& issues) {
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) {
    return place_of(a.where) < place_of(b.where);
  });
}

}  // namespace parfocal
