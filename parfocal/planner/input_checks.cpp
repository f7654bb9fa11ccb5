#include "parfocal/planner/input_checks.h"

#include <algorithm>

#include "parfocal/core/port_facts.h"
#include "parfocal/graph/unfit_inputs.h"

namespace parfocal::planning {
namespace {

const std::string& maker_of(const Draft& draft, const NodePlan& node, size_t i) {
  return draft.plan.nodes[static_cast<size_t>(node.inputs[i].node)].id;
}

// Input `i` of `node` as the description names it.
std::string written_input(const Draft& draft, const NodePlan& node, const OperatorInfo& info,
                          size_t i) {
  const std::string& port = info.inputs[node.place_of(i)].name;
  if (const StepSpec* step = draft.plan.pipeline.find_step(node.id))
    for (const auto& [name, ref] : step->inputs)
      if (name == port) return ref.step + (ref.port.empty() ? "" : "." + ref.port);
  return maker_of(draft, node, i);
}

WrongInput wrong_input(const Draft& draft, const NodePlan& node, const OperatorInfo& info,
                       size_t i) {
  const size_t port = node.place_of(i);
  return {port == 0 ? "from" : info.inputs[port].name, written_input(draft, node, info, i),
          written_input(draft, node, info, 0), facts_of(draft.port(node.inputs[i]))};
}

// Fails as step `node`.
class Failure {
 public:
  explicit Failure(const NodePlan& node) : node_(node) {}
  [[noreturn]] void operator()(const std::string& what, std::string given, std::string needed,
                               std::string cure) const {
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"step '" + node_.id + "' (" + node_.type + ") " + what, node_.place.str(),
                      std::move(given), std::move(needed), std::move(cure)});
  }

 private:
  const NodePlan& node_;
};

void check_join(const Layout& main, const Layout& other, const std::string& from,
                const Failure& fail) {
  for (const Axis& axis : other.stream) {
    const int a = main.find_stream(axis.name);
    if (a < 0 || main.stream[static_cast<size_t>(a)].size != axis.size)
      fail("cannot join '" + from + "' to its main input", other.str(),
           "the stream axes of " + main.str() + " or fewer",
           "the input with more axes goes to 'from'");
  }
  if (!other.stream.empty() && other.clock != main.clock)
    fail("cannot join '" + from + "' to its main input: their items do not belong together",
         "items of '" + (other.clock.empty() ? "source" : other.clock) + "'",
         "items of '" + (main.clock.empty() ? "source" : main.clock) + "'",
         "join before the step that changes the number of items");
}

// Named inputs of a sink may be Values that every item gets.
void require_together(const SinkSpec& sink, const PortRef& ref, const std::string& key,
                      const Layout& main, const Layout& other) {
  const SinkInfo* info = sinks().find(sink.type);
  const bool named = info && std::any_of(info->inputs.begin(), info->inputs.end(),
                                         [&](const SinkPort& port) { return port.name == key; });
  if (main.stream == other.stream && main.clock == other.clock) return;
  if (named && other.stream.empty()) return;
  throw Error(
      ErrorCode::invalid_pipeline,
      Issue{"sink " + sink.type + " cannot save '" + ref.step + "' beside '" +
                sink.inputs[0].second.step + "'",
            ref.place.str(), other.str(), "the stream axes of " + main.str(), "use a second sink"});
}

}  // namespace

void check_inputs(const Draft& draft, const NodePlan& node, const OperatorInfo& info) {
  const Failure fail(node);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const PortLayout& in = draft.port(node.inputs[i]);
    const InputPort& port = info.inputs[node.place_of(i)];
    const std::string& from = maker_of(draft, node, i);
    if (in.kind != port.kind)
      fail("cannot take '" + from + "' at port '" + port.name + "'",
           in.kind == PortKind::table ? "a table" : "an image",
           port.kind == PortKind::table ? "a table" : "an image", "connect another step");
    if (auto issue = in.kind == PortKind::image
                         ? unfit_input(draft.plan.pipeline, node.id, info, port,
                                       wrong_input(draft, node, info, i), node.place)
                         : std::nullopt)
      throw Error(ErrorCode::invalid_pipeline, std::move(*issue));
    if (i > 0) check_join(draft.port(node.inputs[0]).layout, in.layout, from, fail);
  }
}

void check_sink_input(const Draft& draft, const SinkSpec& sink, const NodePlan& node,
                      const PortRef& ref) {
  const PortLayout& in = draft.port(node.inputs.back());
  const std::string& key = node.keys.back();
  if (auto issue = unfit_input(draft.plan.pipeline, sink, key, ref, facts_of(in)))
    throw Error(ErrorCode::invalid_pipeline, std::move(*issue));
  require_together(sink, ref, key, draft.port(node.inputs[0]).layout, in.layout);
}

Error with_connected_cures(const Draft& draft, const NodePlan& node, const OperatorInfo& info,
                           const Error& error) {
  std::vector<Issue> issues = error.issues();
  for (Issue& issue : issues)
    issue.cure = connected_cure(draft.plan.pipeline, wrong_input(draft, node, info, 0), issue.cure);
  return {error.code(), std::move(issues)};
}

}  // namespace parfocal::planning
