#include "datasets.h"
#include "info_parts.h"
#include "parfocal/core/listed.h"
#include "parfocal/core/units.h"
#include "parfocal/graph/yaml.h"
#include "pipeline_file.h"

namespace parfocal::cli {
namespace {

std::string name_of(const PortRef& ref) {
  return ref.port.empty() ? ref.step : ref.step + "." + ref.port;
}

std::string inputs_of(const std::vector<std::pair<std::string, PortRef>>& inputs) {
  std::string text;
  for (const auto& [port, ref] : inputs) text += (text.empty() ? "" : ", ") + name_of(ref);
  return text;
}

/// "20 (datasets.csv): A1, A2, ...; below as of A1"
std::string datasets_text(const Datasets& datasets) {
  constexpr size_t kMost = 6;
  std::vector<std::string> names;
  for (const Dataset& dataset : datasets.list.datasets) names.push_back(dataset.name);
  return std::to_string(names.size()) + " (" + datasets.origin + "): " + listed(names, kMost) +
         "; below as of " + names[0];
}

}  // namespace

Facts pipeline_facts(const std::string& path) {
  require_pipeline_file(path);
  const auto many = find_datasets(path, {}, {});
  const Pipeline pipeline =
      many ? describe(many->description, many->list, many->list.datasets.front(), {})
           : pipeline_in(path);
  Facts facts = {{"pipeline", pipeline.name},
                 {"source", pipeline.source.type + " " + pipeline.source.params.str()}};
  if (many) facts.emplace_back("datasets", datasets_text(*many));
  if (pipeline.memory_bytes) facts.emplace_back("memory", format_bytes(*pipeline.memory_bytes));
  for (const StepSpec& step : pipeline.steps)
    facts.emplace_back("step " + step.id,
                       step.op + " " + step.params.str() + " <- " + inputs_of(step.inputs));
  for (size_t i = 0; i < pipeline.sinks.size(); ++i) {
    const SinkSpec& sink = pipeline.sinks[i];
    facts.emplace_back("sink " + std::to_string(i + 1),
                       sink.type + " " + sink.params.str() + " <- " + inputs_of(sink.inputs));
  }
  return facts;
}

}  // namespace parfocal::cli
