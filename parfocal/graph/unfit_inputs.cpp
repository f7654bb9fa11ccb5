#include "parfocal/graph/unfit_inputs.h"

#include <algorithm>

#include "parfocal/core/rules.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/known_items.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

using Shape = ItemFacts::Shape;

std::string dtype_list(const std::vector<DType>& dtypes, const std::string& last) {
  std::string text;
  for (size_t i = 0; i < dtypes.size(); ++i)
    text += (i == 0                  ? ""
             : i + 1 < dtypes.size() ? ", "
                                     : last) +
            std::string(dtype_name(dtypes[i]));
  return text;
}

std::string given_text(const ItemFacts& given, const ItemFacts& needed) {
  if (given.shapes_meet(needed)) return dtype_list(given.dtypes, " or ");
  return given.shape == Shape::number ? "one number per frame" : "an image";
}
std::string needed_text(const ItemFacts& given, const ItemFacts& needed) {
  if (given.shapes_meet(needed)) return dtype_list(needed.dtypes, ", ");
  if (needed.shape == Shape::number) return "one number per frame";
  return needed.dtypes.empty() ? "an image" : "an image of " + dtype_list(needed.dtypes, ", ");
}
std::string noun(const ItemFacts& given, const ItemFacts& needed) {
  if (given.shapes_meet(needed)) return "pixels";
  return given.shape == Shape::number ? "numbers" : "images";
}

const TakenItems* taken_by(const SinkSpec& sink, const std::string& key) {
  const RuleSet* rules = rule_sets().find("sinks " + sink.type);
  if (!rules) return nullptr;
  for (const TakenItems& taken : rules->takes)
    if (taken.input == key || (taken.input.ends_with('.') && key.starts_with(taken.input)))
      return &taken;
  return nullptr;
}

bool accepts_tables(const SinkSpec& sink) {
  const SinkInfo* info = sinks().find(sink.type);
  return info && std::find(info->accepts.begin(), info->accepts.end(), PortKind::table) !=
                     info->accepts.end();
}

std::string input_key(const OperatorInfo& info, const InputPort& port) {
  return &port == info.inputs.data() ? "from" : port.name;
}

const PortRef* input_of(const StepSpec& step, const std::string& port) {
  for (const auto& [name, ref] : step.inputs)
    if (name == port) return &ref;
  return nullptr;
}

// The same output, whether its port is written or not.
bool same_output(const Pipeline& pipeline, const PortRef& a, const PortRef& b) {
  const auto port_name = [&](const PortRef& ref) {
    const StepSpec* step = pipeline.find_step(ref.step);
    const OperatorInfo* info = step ? operators().find(step->op) : nullptr;
    return ref.port.empty() && info && !info->outputs.empty() ? info->outputs[0].name : ref.port;
  };
  return a.step == b.step && port_name(a) == port_name(b);
}

Issue twice(const StepSpec& step, const OperatorInfo& info, const Apart& apart,
            const PortRef& ref) {
  const auto key = [&](const std::string& port) {
    return port == info.inputs[0].name ? std::string("from") : port;
  };
  const std::string text = port_ref_text(ref), first = key(apart.input), other = key(apart.other);
  const std::string owner = "step '" + step.id + "' (" + step.op + ")";
  return {owner + " gets '" + text + "' twice, as " + first + " and as " + other,
          where_of(ref.place, where_of(step.place, owner)),
          first + ": " + text + ", " + other + ": " + text, "two different images",
          ref.step == "source" ? "name the step that makes the other image: " + other + ": <its id>"
                               : "write " + first + ": source, " + other + ": " + text};
}

void add_unfit(const Pipeline& pipeline, const KnownItems& known, const StepSpec& step,
               std::vector<Issue>& issues) {
  const OperatorInfo* info = operators().find(step.op);
  if (!info || info->inputs.empty()) return;
  const PortRef* main = input_of(step, info->inputs[0].name);
  for (const InputPort& port : info->inputs) {
    const PortRef* ref = input_of(step, port.name);
    if (!ref || port.kind != PortKind::image) continue;
    const WrongInput input{input_key(*info, port), port_ref_text(*ref),
                           main ? port_ref_text(*main) : "", known.of(*ref)};
    if (auto issue = unfit_input(pipeline, step.id, *info, port, input,
                                 ref->place.str().empty() ? step.place : ref->place))
      issues.push_back(std::move(*issue));
  }
  if (const RuleSet* rules = rule_sets().find("operators " + step.op))
    for (const Apart& apart : rules->apart)
      if (const PortRef* a = input_of(step, apart.input), *b = input_of(step, apart.other);
          a && b && same_output(pipeline, *a, *b))
        issues.push_back(twice(step, *info, apart, *b));
}

}  // namespace

std::optional<Issue> unfit_input(const Pipeline& pipeline, const std::string& id,
                                 const OperatorInfo& info, const InputPort& port,
                                 const WrongInput& input, const Location& place) {
  const ItemFacts needed = taken_items(info, port);
  if (input.given.may_meet(needed)) return std::nullopt;
  const std::string owner = "step '" + id + "' (" + info.name + ")";
  return Issue{owner + " cannot take the " + noun(input.given, needed) + " of '" + input.from +
                   "' at its input '" + port.name + "'",
               where_of(place, owner), given_text(input.given, needed),
               needed_text(input.given, needed), input_cure(pipeline, id, input, needed)};
}

std::optional<Issue> unfit_input(const Pipeline& pipeline, const SinkSpec& sink,
                                 const std::string& key, const PortRef& ref,
                                 const ItemFacts& given) {
  const TakenItems* taken = taken_by(sink, key);
  if (!taken || given.may_meet(taken->facts)) return std::nullopt;
  const ItemFacts& needed = taken->facts;
  const std::string from = port_ref_text(ref), owner = "sink '" + sink.type + "'";
  const bool rows = key == "from" && accepts_tables(sink);
  return Issue{owner + " cannot save the " + noun(given, needed) + " of '" + from + "'" +
                   (key == "from" ? "" : " as " + key),
               where_of(ref.place, where_of(sink.place, owner)), given_text(given, needed),
               (rows ? "a table, or " : "") + needed_text(given, needed),
               sink_input_cure(pipeline, sink, {key, from, from, given}, needed)};
}

std::vector<Issue> unfit_inputs(const Pipeline& pipeline) {
  std::vector<Issue> issues;
  const KnownItems known(pipeline);
  for (const StepSpec& step : pipeline.steps) add_unfit(pipeline, known, step, issues);
  for (const SinkSpec& sink : pipeline.sinks)
    for (const auto& [key, ref] : sink.inputs)
      if (auto issue = unfit_input(pipeline, sink, key, ref, known.of(ref)))
        issues.push_back(std::move(*issue));
  return issues;
}

}  // namespace parfocal
