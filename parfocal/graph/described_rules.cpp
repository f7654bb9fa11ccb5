#include "parfocal/graph/described_rules.h"

#include <algorithm>

#include "parfocal/core/rules.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

bool knows_all(const ParamSet& fields, const RawValue& values) {
  return std::all_of(values.entries.begin(), values.entries.end(),
                     [&](const auto& entry) { return fields.find(entry.first) != nullptr; });
}

// What an unknown key was to say is not known: it is told, and the rules wait.
void check(const std::string& name, const ParamSet& fields, const RawValue& params,
           const Location& place, const std::string& owner, const Connections& connections,
           std::vector<Issue>& issues) {
  const RuleSet* set = rule_sets().find(name);
  if (!set || !knows_all(fields, params)) return;
  RawValue values = params;
  values.place = place;
  std::vector<Issue> told;  // by those who check the fields
  const std::any parsed = fields.parse(values, owner, told);
  for (Issue& issue : broken_rules(*set, fields, values, parsed, connections)) {
    if (issue.where.empty()) issue.where = owner;
    issues.push_back(std::move(issue));
  }
}

// Ports of `step` that others read; the first where none is named.
std::vector<std::string> used_outputs(const Pipeline& pipeline, const std::string& step) {
  std::vector<std::string> ports;
  const auto take = [&](const PortRef& ref) {
    if (ref.step == step) ports.push_back(ref.port);
  };
  for (const StepSpec& other : pipeline.steps)
    for (const auto& [port, ref] : other.inputs) take(ref);
  for (const SinkSpec& sink : pipeline.sinks)
    for (const auto& [key, ref] : sink.inputs) take(ref);
  for (const ObserverSpec& observer : pipeline.observers) take(observer.from);
  return ports;
}

template <class Inputs>
std::vector<std::string> names_of(const Inputs& inputs) {
  std::vector<std::string> names;
  for (const auto& [name, ref] : inputs) names.push_back(name);
  return names;
}

}  // namespace

std::vector<Issue> broken_rules(const Pipeline& pipeline) {
  std::vector<Issue> issues;
  const SourceSpec& source = pipeline.source;
  if (const SourceInfo* info = sources().find(source.type))
    check("sources " + source.type, info->params, source.params, source.place, "source", {},
          issues);
  for (const StepSpec& step : pipeline.steps)
    if (const OperatorInfo* info = operators().find(step.op))
      check("operators " + step.op, info->params, step.params, step.place, "step '" + step.id + "'",
            {names_of(step.inputs), used_outputs(pipeline, step.id)}, issues);
  for (const SinkSpec& sink : pipeline.sinks)
    if (const SinkInfo* info = sinks().find(sink.type))
      check("sinks " + sink.type, info->params, sink.params, sink.place, "sink '" + sink.type + "'",
            {names_of(sink.inputs), {}}, issues);
  return issues;
}

}  // namespace parfocal
