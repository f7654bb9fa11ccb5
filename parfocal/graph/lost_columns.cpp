#include "parfocal/graph/lost_columns.h"

#include <algorithm>

#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/issue_places.h"

namespace parfocal {
namespace {

// Items are planes, or stacks that `collect over` made, which took the axis from the stream.
bool names_stream_axis(const RawValue& axes) {
  if (axes.kind == RawValue::Kind::list)
    return std::any_of(axes.items.begin(), axes.items.end(), names_stream_axis);
  const std::string axis = axis_letter(axes.text);
  return axis != "y" && axis != "x";
}

bool takes_stream_axis(const StepSpec& step) {
  for (const char* key : {"axis", "over"})
    if (const RawValue* axes = step.params.find(key); axes && names_stream_axis(*axes)) return true;
  return false;
}

// The step whose items `step` follows; nullptr where that is the source.
const StepSpec* main_input(const Pipeline& pipeline, const StepSpec& step) {
  const OperatorInfo* info = operators().find(step.op);
  for (const auto& [port, ref] : step.inputs)
    if (info && !info->inputs.empty() && port == info->inputs[0].name)
      return pipeline.find_step(ref.step);
  return nullptr;
}

bool leaves_frames(const Pipeline& pipeline, const StepSpec* step) {
  for (size_t ways = 0; step && ways < pipeline.steps.size(); ++ways) {
    if (takes_stream_axis(*step)) return true;
    step = main_input(pipeline, *step);
  }
  return false;
}

bool is_used(const Pipeline& pipeline, const std::string& step, const std::string& port) {
  const auto names = [&](const PortRef& ref) {
    return ref.step == step && (ref.port == port || ref.port.empty());
  };
  const auto any = [&](const auto& inputs) {
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](const auto& input) { return names(input.second); });
  };
  return std::any_of(pipeline.steps.begin(), pipeline.steps.end(),
                     [&](const StepSpec& s) { return any(s.inputs); }) ||
         std::any_of(pipeline.sinks.begin(), pipeline.sinks.end(),
                     [&](const SinkSpec& s) { return any(s.inputs); }) ||
         std::any_of(pipeline.observers.begin(), pipeline.observers.end(),
                     [&](const ObserverSpec& s) { return names(s.from); });
}

Issue lost(const StepSpec& step, const std::string& port) {
  const std::string owner = "step '" + step.id + "'";
  return {"nobody uses '" + port + "' of " + owner +
              ": frames.csv tells of the source's frames, and has no column for it",
          where_of(step.place, owner), step.id + " belongs to other items than the source's frames",
          "a sink with from: " + step.id,
          "add to sinks: {type: table, from: " + step.id + ", path: " + step.id + ".csv}"};
}

}  // namespace

std::vector<Issue> lost_columns(const Pipeline& pipeline) {
  std::vector<Issue> issues;
  for (const StepSpec& step : pipeline.steps) {
    const OperatorInfo* info = operators().find(step.op);
    if (!info || !leaves_frames(pipeline, &step)) continue;
    // What a step tells beside its result (the level of a threshold) is not missed by most.
    const OutputPort& result = info->outputs.front();
    if (result.frame_column && !is_used(pipeline, step.id, result.name))
      issues.push_back(lost(step, result.name));
  }
  return issues;
}

}  // namespace parfocal
