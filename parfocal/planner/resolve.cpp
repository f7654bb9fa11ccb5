/// Planner pass "resolve layouts, expand recipes": pipeline -> nodes whose ports are fully known.

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "parfocal/planner/draft.h"
#include "parfocal/planner/input_checks.h"

namespace parfocal::planning {
namespace {

using Outputs = std::vector<std::pair<std::string, PortId>>;  // port name -> producer
using Ports = std::vector<std::optional<PortId>>;             // per input port: producer, if any

class Resolver {
 public:
  explicit Resolver(Draft& draft) : draft_(draft) {}

  void run() {
    add_source();
    for (const StepSpec& step : pipeline().steps) add_step(step);
    for (const SinkSpec& sink : pipeline().sinks) add_sink(sink);
    for (const ObserverSpec& observer : pipeline().observers) add_observer(observer);
    add_frames();
  }

 private:
  const Pipeline& pipeline() const { return draft_.plan.pipeline; }
  std::vector<NodePlan>& nodes() { return draft_.plan.nodes; }

  void add_source() {
    NodePlan node;
    node.id = "source";
    node.kind = NodeKind::source;
    node.type = pipeline().source.type;
    node.params = pipeline().source.params;
    node.outputs = {image_port(draft_.source.layout())};
    node.on_error = pipeline().on_error;
    node.place = pipeline().source.place;
    Outputs outputs{{"out", {0, 0}}};
    for (const std::string& name : used_source_ports()) {
      outputs.emplace_back(name, PortId{0, static_cast<int>(node.outputs.size())});
      node.outputs.push_back(image_port(open_source_port(draft_.source, pipeline().source, name)));
      node.keys.push_back(name);
    }
    append(std::move(node), nullptr, "");
    steps_["source"] = std::move(outputs);
  }

  std::vector<std::string> used_source_ports() const {
    std::vector<std::string> names;
    const auto take = [&](const PortRef& ref) {
      if (ref.step == "source" && !ref.port.empty() &&
          std::find(names.begin(), names.end(), ref.port) == names.end())
        names.push_back(ref.port);
    };
    for (const StepSpec& step : pipeline().steps)
      for (const auto& [port, ref] : step.inputs) take(ref);
    for (const SinkSpec& sink : pipeline().sinks)
      for (const auto& [key, ref] : sink.inputs) take(ref);
    for (const ObserverSpec& observer : pipeline().observers) take(observer.from);
    return names;
  }

  void append(NodePlan node, std::unique_ptr<Operator> op, std::string root) {
    nodes().push_back(std::move(node));
    draft_.ops.push_back(std::move(op));
    draft_.roots.push_back(std::move(root));
  }

  PortId find(const PortRef& ref) {
    const auto it = steps_.find(ref.step);
    if (it == steps_.end())
      throw Error(ErrorCode::invalid_pipeline,
                  Issue{"no step '" + ref.step + "'", ref.place.str(), ref.step,
                        "an earlier step or source", "check the name"});
    for (const auto& [name, id] : it->second)
      if (ref.port.empty() || name == ref.port) return id;
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"step '" + ref.step + "' has no port '" + ref.port + "'", ref.place.str(),
                      ref.port, "a port of " + ref.step, "see parfocal ops"});
  }

  void add_step(const StepSpec& step) {
    const OperatorInfo& info = find_operator(step.op, step.place);
    Ports inputs(info.inputs.size());
    for (const auto& [port, ref] : step.inputs) inputs[port_of(info, port, step)] = find(ref);
    steps_[step.id] = add_operator(step.id, info, step.params, inputs, step.on_error, step.place);
  }

  static const OperatorInfo& find_operator(const std::string& op, const Location& place) {
    if (const OperatorInfo* info = operators().find(op)) return *info;
    throw Error(ErrorCode::invalid_pipeline, Issue{"unknown op '" + op + "'", place.str(), op,
                                                   "a registered op", "see parfocal ops"});
  }
  static size_t port_of(const OperatorInfo& info, const std::string& name, const StepSpec& step) {
    for (size_t p = 0; p < info.inputs.size(); ++p)
      if (info.inputs[p].name == name) return p;
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"step '" + step.id + "' (" + info.name + ") has no input '" + name + "'",
                      step.place.str(), name, "an input of " + info.name, "see parfocal ops"});
  }

  Outputs add_operator(const std::string& id, const OperatorInfo& info, const RawValue& params,
                       const Ports& inputs, OnError on_error, const Location& place) {
    NodePlan node;
    node.id = id;
    node.type = info.name;
    node.params = params;
    node.on_error = on_error;
    node.place = place;
    connect(node, info, inputs);
    check_inputs(draft_, node, info);
    return info.expand ? add_recipe(node, info) : add_plain(std::move(node), info);
  }

  // Ports at the end may be missing in `inputs`: they are left out.
  static void connect(NodePlan& node, const OperatorInfo& info, const Ports& inputs) {
    if (inputs.size() > info.inputs.size())
      throw std::logic_error("'" + node.id + "' connects more ports than " + info.name + " has");
    for (size_t p = 0; p < info.inputs.size(); ++p) {
      if (p < inputs.size() && inputs[p]) {
        node.inputs.push_back(*inputs[p]);
        node.ports.push_back(static_cast<int>(p));
      } else if (!info.inputs[p].optional) {
        throw Error(ErrorCode::invalid_pipeline,
                    Issue{"step '" + node.id + "' (" + info.name + ") needs its input '" +
                              info.inputs[p].name + "'",
                          node.place.str(), "nothing", "a step, or source", "connect it"});
      }
    }
  }

  Outputs add_plain(NodePlan node, const OperatorInfo& info) {
    auto op = connected(node, info, [&] { return bind_operator(node, nodes()); });
    node.kind = op->kind() == OperatorKind::map    ? NodeKind::map
                : op->kind() == OperatorKind::fold ? NodeKind::fold
                                                   : NodeKind::stream;
    node.outputs = op->outputs();
    const Layout& in = draft_.port(node.inputs[0]).layout;
    std::string root = draft_.roots[static_cast<size_t>(node.inputs[0].node)];
    for (PortLayout& out : node.outputs)
      if (out.layout.clock != in.clock) out.layout.clock = root = node.id;
    node.in_item =
        node.kind == NodeKind::fold && node.outputs[0].layout.stream.size() == in.stream.size();
    Outputs outputs;
    const int index = static_cast<int>(nodes().size());
    for (size_t p = 0; p < node.outputs.size(); ++p) {
      const PortId id{index, static_cast<int>(p)};
      outputs.emplace_back(info.outputs[p].name, id);
      if (info.outputs[p].frame_column) columns_.push_back({info.outputs[p].name, id});
    }
    append(std::move(node), std::move(op), root);
    return outputs;
  }

  Outputs add_recipe(const NodePlan& node, const OperatorInfo& info) {
    std::vector<Issue> issues;
    const std::any params = info.params.parse(node.params, "step '" + node.id + "'", issues);
    if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
    std::vector<PortLayout> layouts(info.inputs.size(), no_port());
    std::map<std::string, Outputs> local{{"", {}}};  // what was left out has no outputs
    for (const InputPort& port : info.inputs) local["$" + port.name] = {};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      layouts[node.place_of(i)] = draft_.port(node.inputs[i]);
      local["$" + info.inputs[node.place_of(i)].name] = {{"out", node.inputs[i]}};
    }
    const Expansion expansion =
        connected(node, info, [&] { return expand(info, params, layouts, node); });
    const auto resolve = [&](const std::string& ref) -> std::optional<PortId> {
      const size_t dot = ref.find('.');
      const Outputs& ports = local.at(ref.substr(0, dot));
      if (ports.empty()) return std::nullopt;
      for (const auto& [name, id] : ports)
        if (dot == std::string::npos || name == ref.substr(dot + 1)) return id;
      throw std::logic_error("recipe " + info.name + " names no port " + ref);
    };
    for (const RecipeNode& part : expansion.nodes) {
      Ports inputs;
      for (const std::string& ref : part.inputs) inputs.push_back(resolve(ref));
      local[part.id] = add_operator(node.id + "/" + part.id, find_operator(part.op, node.place),
                                    part.params, inputs, node.on_error, node.place);
    }
    Outputs outputs;
    for (size_t p = 0; p < expansion.outputs.size(); ++p) {
      outputs.emplace_back(info.outputs[p].name, resolve(expansion.outputs[p]).value());
      const bool known = std::any_of(columns_.begin(), columns_.end(), [&](const auto& c) {
        return c.second == outputs.back().second;
      });
      if (info.outputs[p].frame_column && !known)
        columns_.push_back({info.outputs[p].name, outputs.back().second});
    }
    draft_.explain("expand: " + node.id + " (" + node.type + ") into " +
                   std::to_string(expansion.nodes.size()) + " nodes");
    return outputs;
  }

  Expansion expand(const OperatorInfo& info, const std::any& params,
                   const std::vector<PortLayout>& layouts, const NodePlan& node) {
    try {
      return info.expand(params, layouts);
    } catch (const Error& error) {
      std::vector<Issue> issues = error.issues();
      for (Issue& issue : issues)
        if (issue.where.empty())
          issue.where = "step '" + node.id + "' (" + node.type + ") (" + node.place.str() + ")";
      throw Error(error.code(), std::move(issues));
    }
  }

  template <class F>
  std::invoke_result_t<F> connected(const NodePlan& node, const OperatorInfo& info, F&& make) {
    try {
      return make();
    } catch (const Error& error) {
      throw with_connected_cures(draft_, node, info, error);
    }
  }

  void add_sink(const SinkSpec& spec) {
    NodePlan node;
    node.id = spec.type;
    node.kind = NodeKind::sink;
    node.type = spec.type;
    node.params = spec.params;
    node.policy = spec.policy;
    node.place = spec.place;
    for (const auto& [key, ref] : spec.inputs) {
      node.keys.push_back(key);
      node.inputs.push_back(find(ref));
      check_sink_input(draft_, spec, node, ref);
    }
    const RawValue* path = spec.params.find("path");
    if (path) node.id += " " + path->text;
    append(std::move(node), nullptr, "");
  }

  void add_observer(const ObserverSpec& spec) {
    NodePlan node;
    node.id = "observer " + spec.type;
    node.kind = NodeKind::observer;
    node.type = spec.type;
    node.params = spec.params;
    node.policy = spec.policy;
    node.place = spec.place;
    node.keys = {"from"};
    node.inputs = {find(spec.from)};
    append(std::move(node), nullptr, "");
  }

  // frames.csv: one row per expected frame, with the scalars that steps say of it. Its other inputs
  // are witnesses: only their gaps are looked at.
  void add_frames() {
    const Layout& clock = nodes()[0].outputs[0].layout;
    const auto same_clock = [&](PortId id) {
      const Layout& layout = draft_.port(id).layout;
      return layout.clock == clock.clock && layout.stream == clock.stream;
    };
    NodePlan node;
    node.id = kFramesFile;
    node.kind = NodeKind::sink;
    node.type = "frames";
    node.internal = true;
    node.params.set("path", RawValue::scalar(kFramesFile));
    std::map<std::string, int> uses;
    for (const auto& [name, id] : columns_) ++uses[name];
    for (const auto& [name, id] : columns_) {
      if (!same_clock(id) || !draft_.port(id).layout.item.empty()) continue;
      std::string step = nodes()[static_cast<size_t>(id.node)].id;
      step = step.substr(0, step.find('/'));
      node.keys.push_back("column." + (uses[name] > 1 ? step + "_" + name : name));
      node.inputs.push_back(id);
    }
    for (const NodePlan& sink : nodes())
      for (PortId id : sink.kind == NodeKind::sink ? sink.inputs : std::vector<PortId>{})
        if (same_clock(id) &&
            std::find(node.inputs.begin(), node.inputs.end(), id) == node.inputs.end())
          add_witness(node, id);
    if (node.inputs.empty()) add_witness(node, {0, 0});
    append(std::move(node), nullptr, "");
  }
  static void add_witness(NodePlan& node, PortId id) {
    node.keys.push_back("witness." + std::to_string(node.inputs.size()));
    node.inputs.push_back(id);
  }

  Draft& draft_;
  std::map<std::string, Outputs> steps_;
  std::vector<std::pair<std::string, PortId>> columns_;
};

}  // namespace

int64_t Draft::item_bytes(PortId id) const {
  const PortLayout& p = port(id);
  if (p.kind == PortKind::table) return p.table.bytes();
  // Ports of a node share one region where their shapes agree; others (scalars) are always whole.
  const bool swept = p.layout.whole_item() == port({id.node, 0}).layout.whole_item();
  const int64_t pixels = swept ? node_pixels[static_cast<size_t>(id.node)] : p.layout.item_count();
  return pixels * static_cast<int64_t>(dtype_size(p.layout.dtype));
}

void resolve_layouts(Draft& draft) {
  Resolver(draft).run();
  for (const NodePlan& node : draft.plan.nodes)
    for (const PortLayout& out : node.outputs)
      draft.explain(
          "layouts: " + node.id + ": " +
          (out.kind == PortKind::table
               ? "table of at most " + std::to_string(out.table.max_rows) + " rows an item"
               : out.layout.str()));
}

}  // namespace parfocal::planning
