#pragma once
/// Runs a chain of steps, recipes included, on items at rest: what a planner and an engine would
/// do, without either. For tests of operators that are only useful together.

#include <map>

#include "parfocal/operators/conformance/pixels.h"

namespace parfocal::conformance {

/// One port of a chain: its layout and all its items.
struct Stream {
  PortLayout port;
  std::vector<Item> items;
};
/// Stands in the place of an input that is left out.
inline Stream no_stream() { return {no_port(), {}}; }

template <class T>
Stream stream_of(const PortLayout& port, const std::vector<std::vector<T>>& images) {
  Stream stream{port, {}};
  for (const auto& pixels : images) {
    Item item = item_of(pixels);
    item.header.sequence = static_cast<int64_t>(stream.items.size());
    stream.items.push_back(std::move(item));
  }
  return stream;
}
/// Takes the result of one call; a failing Status or a broken promise throws.
inline void require_success(const Outcome& outcome) {
  if (!outcome.problems.empty()) throw std::logic_error(outcome.problems[0]);
  if (!outcome.failure.empty()) throw std::runtime_error(outcome.failure);
}

inline std::vector<Stream> run_operator(const Operator& op, const std::vector<Stream>& inputs) {
  std::vector<Stream> outputs;
  for (const PortLayout& port : op.outputs()) outputs.push_back({port, {}});
  const auto items_at = [&](size_t k) {
    Items items;
    for (const Stream& in : inputs)
      items.push_back(!in.port.connected()            ? Item{}
                      : in.port.layout.stream.empty() ? in.items[0]
                                                      : in.items[k]);
    return items;
  };
  const auto keep = [&](const Outcome& outcome, size_t k) {
    require_success(outcome);
    for (size_t p = 0; p < outputs.size(); ++p) {
      outputs[p].items.push_back(outcome.ports[p][0]);
      outputs[p].items.back().header = inputs[0].items[k].header;
    }
  };
  const size_t count = inputs[0].items.size();
  if (const auto* map = dynamic_cast<const MapOperator*>(&op)) {
    for (size_t k = 0; k < count; ++k) keep(run_map(*map, items_at(k), whole_output(op)), k);
    return outputs;
  }
  if (const auto* stream = dynamic_cast<const StreamOperator*>(&op)) {
    StreamRun run(*stream, whole_output(op));
    for (size_t k = 0; k < count; ++k) run.push(items_at(k));
    const Outcome outcome = run.finish();
    require_success(outcome);
    for (size_t p = 0; p < outputs.size(); ++p) outputs[p].items = outcome.ports[p];
    return outputs;
  }
  const auto& fold = dynamic_cast<const FoldOperator&>(op);
  const bool each = op.outputs()[0].layout.stream.size() == inputs[0].port.layout.stream.size();
  const Region whole = op.inputs()[0].layout.whole_item();
  for (size_t k = 0; k < count; k += each ? 1 : count) {
    Outcome outcome;
    FoldState state(fold, whole, fold.state_bytes(whole), 0xA7);
    for (size_t i = k; i < (each ? k + 1 : count); ++i)
      state.accumulate(items_at(i), whole, static_cast<int64_t>(i - k), outcome);
    require_success(outcome);
    state.finalize(whole_output(op), 0x3C, outcome);
    keep(outcome, k);
  }
  return outputs;
}

inline std::vector<Stream> run_node(const OperatorInfo& info, const std::any& params,
                                    const std::vector<Stream>& inputs);

inline std::vector<Stream> run_expansion(const OperatorInfo& info, const Expansion& expansion,
                                         const std::vector<Stream>& inputs) {
  std::map<std::string, std::vector<Stream>> done{{"", {no_stream()}}};
  for (size_t i = 0; i < inputs.size(); ++i) done["$" + info.inputs[i].name] = {inputs[i]};
  std::vector<Stream> outputs;
  for (const RecipeNode& node : expansion.nodes) {
    std::vector<Stream> in;
    for (const std::string& ref : node.inputs) in.push_back(done.at(ref)[0]);
    const OperatorInfo& part = *operators().find(node.op);
    std::vector<Issue> issues;
    const std::any params = part.params.parse(node.params, node.op, issues);
    if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, issues);
    done[node.id] = run_node(part, params, in);
  }
  for (const std::string& ref : expansion.outputs) outputs.push_back(done.at(ref)[0]);
  return outputs;
}

inline std::vector<Stream> run_node(const OperatorInfo& info, const std::any& params,
                                    const std::vector<Stream>& given) {
  std::vector<Stream> inputs = given;
  inputs.resize(std::max(given.size(), info.inputs.size()), no_stream());
  std::vector<PortLayout> ports;
  for (const Stream& in : inputs) ports.push_back(in.port);
  if (info.expand) return run_expansion(info, info.expand(params, ports), inputs);
  return run_operator(*info.make(params, ports), inputs);
}

/// The streams of all output ports of the step `text` ("{op: threshold}") fed with `inputs`, one a
/// port; those at the end may be left out.
/// \throws Error as binding does, std::runtime_error with the text of a failing Status
inline std::vector<Stream> run_step(const std::string& text, const std::vector<Stream>& inputs) {
  const RawValue* op = nullptr;
  const RawValue step = parse_flow(text);
  op = step.find("op");
  const OperatorInfo* info = op ? operators().find(op->text) : nullptr;
  if (!info) throw std::logic_error("no such operator: " + text);
  return run_node(*info, parse_params(*info, text), inputs);
}

}  // namespace parfocal::conformance
