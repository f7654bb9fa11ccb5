#include "parfocal/graph/check.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

#include "parfocal/graph/described_keys.h"
#include "parfocal/graph/described_rules.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/label_inputs.h"
#include "parfocal/graph/lost_columns.h"
#include "parfocal/graph/path_endings.h"
#include "parfocal/graph/references.h"
#include "parfocal/graph/sink_paths.h"
#include "parfocal/graph/unfit_inputs.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

bool is_identifier(const std::string& id) {
  if (id.empty() || !std::isalpha(static_cast<unsigned char>(id[0]))) return false;
  return std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

class Checker {
 public:
  Checker(const Pipeline& pipeline, const WordPlaces& places)
      : p_(pipeline), places_(places), refs_(pipeline, infos_, result_.errors) {}

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
    result_.errors.push_back({std::move(what), where_of(place, owner), std::move(given),
                              std::move(needed), std::move(cure)});
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

  void check_source() {
    if (p_.source.type.empty() && p_.source.params.entries.empty() &&
        p_.source.place.str().empty()) {
      error("the pipeline has no source", {}, "", "nothing", "source: {type: ...}",
            "add source: {type: files, glob: \"images/*.tif\", axes: tyx}");
      return;
    }
    const Described source{"source", p_.source.place, p_.source.params};
    if (const auto* info = known_type(sources(), p_.source.type, "type", source, result_.errors))
      check_keys("sources " + info->name, info->params, source, {"type"}, {}, result_.errors);
  }

  void collect_steps() {
    std::map<std::string, std::string> ids;  // and where each was given first
    for (size_t i = 0; i < p_.steps.size(); ++i) {
      const StepSpec& step = p_.steps[i];
      const Location& place = word_place(places_.step_ids, i, step.place);
      check_id(step, place);
      const auto [first, is_new] = ids.try_emplace(step.id, where_of(place, ""));
      if (!is_new && !step.id.empty())
        error("two steps have the id '" + step.id + "'", place, owner_of(step), step.id,
              "every id once" + (first->second.empty() ? "" : "; the other is at " + first->second),
              "rename this step, e.g. id: " + step.id + "_2");
      infos_.push_back(known_type(operators(), step.op, "op", described(step), result_.errors));
    }
  }

  void check_id(const StepSpec& step, const Location& place) {
    if (step.id.empty() && step.op.empty()) return;  // the missing op is told
    if (step.id == "source")
      error("a step cannot have the id 'source'", place, "step 'source'", "source",
            "'source' names the source of the pipeline", "choose another id");
    else if (!is_identifier(step.id))
      error("'" + step.id + "' is no step id", place, "step '" + step.id + "'", step.id,
            "a letter, then letters, digits and _",
            "rename it, e.g. id: " + identifier_of(step.id, &step - p_.steps.data() + 1));
  }

  // "my_clean" of "my clean"; "step_3" where nothing is left.
  static std::string identifier_of(const std::string& id, long number) {
    std::string name;
    for (const char c : id) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return is_identifier(name) ? name : "step_" + std::to_string(number);
  }

  static std::string owner_of(const StepSpec& step) { return "step '" + step.id + "'"; }
  static Described described(const StepSpec& step) {
    return {owner_of(step), step.place, step.params};
  }

  void check_step(size_t i) {
    const StepSpec& step = p_.steps[i];
    const OperatorInfo* info = infos_[i];
    if (!info) {
      for (const auto& [port, ref] : step.inputs) refs_.resolve(ref, i, owner_of(step));
      return;
    }
    std::vector<std::string> keys = kStepKeys;
    for (size_t k = 1; k < info->inputs.size(); ++k) keys.push_back(info->inputs[k].name);
    check_keys("operators " + info->name, info->params, described(step), keys,
               written_input(step) ? std::vector<std::string>() : refs_.above(i), result_.errors);
    check_inputs(step, *info, i);
  }

  // Whether the step says what its input is; else that is the step above.
  static bool written_input(const StepSpec& step) {
    return !step.inputs.empty() && step.inputs[0].second.place.str() != step.place.str();
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
      const auto kind = refs_.resolve(ref, i, owner_of(step), cure_for_number(info, name, ref));
      if (kind && *kind != port.kind)
        refs_.wrong_kind(ref, *kind, {port.kind}, owner_of(step) + " (" + info.name + ")", i);
    }
    for (const InputPort& port : info.inputs)
      if (!port.optional && !given.contains(port.name)) {
        const std::string key = port.name == info.inputs[0].name ? "from" : port.name;
        error(owner_of(step) + " needs its input '" + key + "'", step.place, owner_of(step),
              "nothing", kind_phrase(port.kind) + (port.doc.empty() ? "" : ": " + port.doc),
              refs_.added_input(key, port.kind, i));
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

  void check_sink(const SinkSpec& sink) {
    const std::string owner = "sink '" + sink.type + "'";
    const std::string number = "sink " + std::to_string(&sink - p_.sinks.data() + 1);
    const SinkInfo* info =
        known_type(sinks(), sink.type, "type",
                   {sink.type.empty() ? number : "sink", sink.place, sink.params}, result_.errors);
    for (const auto& [key, ref] : sink.inputs) check_sink_input(key, ref, info, owner);
    if (info) {
      std::vector<std::string> keys = {"type", "from", "policy"};
      if (info->takes_labels) keys.push_back("labels");
      check_sink_ports(sink, *info, owner, keys);
      check_keys("sinks " + info->name, info->params, {owner, sink.place, sink.params}, keys, {},
                 result_.errors);
      if (auto issue = paths_.add(sink, *info)) result_.errors.push_back(std::move(*issue));
    }
    if (sink.policy == Policy::latest || sink.policy == Policy::drop_oldest)
      error(sink.inputs.size() > 1
                ? owner + " joins several steps: a queue that drops frames would pair wrong ones"
                : owner + " may not lose frames without recording them as missing",
            word_place(places_.sink_policies, static_cast<size_t>(&sink - p_.sinks.data()),
                       sink.place),
            owner, policy_name(sink.policy), "block, gap or fail",
            "write policy: gap, or move it to observe");
  }

  void check_sink_input(const std::string& key, const PortRef& ref, const SinkInfo* info,
                        const std::string& owner) {
    const auto kind = refs_.resolve(ref, p_.steps.size(), owner);
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
      refs_.wrong_kind(ref, *kind, accepted, key == "from" ? owner : owner + " (" + key + ")",
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
              refs_.added_input(port.name, port.kind, p_.steps.size()));
    }
  }

  void check_observer(const ObserverSpec& observer) {
    const std::string owner = "observer '" + observer.type + "'";
    if (offered_names(observers()).empty() && !observers().find(observer.type))
      return error("this parfocal has no observers", observer.place, owner, observer.type,
                   "a pipeline without observe:", "remove observe: from the pipeline");
    const ObserverInfo* info =
        known_type(observers(), observer.type, "type",
                   {observer.type.empty() ? "an entry of observe" : "observer", observer.place,
                    observer.params},
                   result_.errors);
    refs_.resolve(observer.from, p_.steps.size(), owner);
    if (info)
      check_keys("observers " + info->name, info->params, {owner, observer.place, observer.params},
                 {"type", "from", "policy"}, {}, result_.errors);
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
      if (!infos_[i] || refs_.is_used(i)) continue;
      // frames.csv shows these without a sink.
      const auto& outputs = infos_[i]->outputs;
      if (std::any_of(outputs.begin(), outputs.end(),
                      [](const OutputPort& port) { return port.frame_column; }))
        continue;
      result_.warnings.push_back({"nobody uses the output of " + owner_of(step),
                                  where_of(step.place, owner_of(step)), step.id,
                                  "a step, sink or observer with from: " + step.id,
                                  "remove the step or save it"});
    }
    for (auto* find : {lost_columns, doubtful_labels, misleading_endings})
      for (Issue& issue : find(p_)) result_.warnings.push_back(std::move(issue));
  }

  const Pipeline& p_;
  const WordPlaces& places_;
  CheckResult result_;
  std::vector<const OperatorInfo*> infos_;
  References refs_;
  SinkPaths paths_;
};

}  // namespace

CheckResult check(const Pipeline& pipeline) { return check(pipeline, {}); }

CheckResult check(const Pipeline& pipeline, const WordPlaces& places) {
  return Checker(pipeline, places).run();
}

void require_valid(const Pipeline& pipeline) {
  CheckResult result = check(pipeline);
  if (!result.errors.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(result.errors));
}

}  // namespace parfocal
