#pragma once
/// From a registration block and a step in flow YAML to a bound operator, without a planner.

#include <algorithm>
#include <memory>
#include <string>

#include "parfocal/core/operator_info.h"

namespace parfocal::conformance {

/// "{op: gaussian, sigma: 1 px}" -> the map. Defined in bind_test.cpp, since only tests of this
/// room may read YAML.
RawValue parse_flow(const std::string& text);

/// The parameters of a step: `text` without `op`, `id` and `from` and without ports.
inline std::any parse_params(const OperatorInfo& info, const std::string& text) {
  RawValue values = parse_flow(text);
  for (const char* key : {"op", "id", "from"}) values.erase(key);
  for (const InputPort& port : info.inputs) values.erase(port.name);
  std::vector<Issue> issues;
  std::any params = info.params.parse(values, info.name, issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, issues);
  return params;
}

/// One place a port, as the planner gives them: what `inputs` end before is not connected.
inline std::vector<PortLayout> all_ports(const OperatorInfo& info, std::vector<PortLayout> inputs) {
  inputs.resize(std::max(inputs.size(), info.inputs.size()), no_port());
  return inputs;
}

/// Binds the step `text` to inputs, one a port. \throws Error as the operator does
inline std::unique_ptr<Operator> bind_step(const std::string& text,
                                           const std::vector<PortLayout>& inputs) {
  const RawValue step = parse_flow(text);
  const RawValue* op = step.find("op");
  const OperatorInfo* info = op ? operators().find(op->text) : nullptr;
  if (!info)
    throw Error(ErrorCode::invalid_pipeline, Issue{"no such operator: " + text, {}, {}, {}, {}});
  return info->make(parse_params(*info, text), all_ports(*info, inputs));
}

/// `dtype`, stream axes and item axes as {name, size}.
using Sizes = std::vector<std::pair<std::string, int64_t>>;
inline PortLayout image_of(DType dtype, const Sizes& stream, const Sizes& item) {
  Layout layout{dtype, {}, {}, {}};
  for (const auto& [name, size] : stream) layout.stream.push_back({name, size, 1, "", {}});
  for (const auto& [name, size] : item)
    layout.item.push_back({name, size, name == "c" ? 1 : 0.5, name == "c" ? "" : "um", {}});
  return image_port(std::move(layout));
}

}  // namespace parfocal::conformance
