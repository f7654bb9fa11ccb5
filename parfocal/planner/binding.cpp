#include "parfocal/planner/binding.h"

#include <algorithm>
#include <set>

#include "parfocal/core/partial_source.h"
#include "parfocal/planner/picked_source.h"

namespace parfocal {
namespace {

// Parses a node's parameters; a plan from JSON may have been edited, so every problem is reported.
std::any parse_params(const ParamSet& params, const RawValue& raw, const std::string& owner) {
  std::vector<Issue> issues;
  std::any parsed = params.parse(raw, owner, issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
  return parsed;
}

template <class T>
const T& find_registered(const Registry<T>& registry, const std::string& name,
                         const std::string& kind, const Location& place) {
  if (const T* info = registry.find(name)) return *info;
  const auto near = nearest_names(name, registry.names());
  throw Error(
      ErrorCode::invalid_pipeline,
      Issue{"unknown " + kind + " '" + name + "'", place.str(), name, "a registered " + kind,
            near.empty() ? "see parfocal ops" : "did you mean '" + near[0] + "'?"});
}

// Issues thrown by factories know what is wrong but not where.
template <class F>
auto with_place(const Location& place, const std::string& who, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    std::vector<Issue> issues = error.issues();
    for (Issue& issue : issues)
      if (issue.where.empty()) issue.where = who + (place.line > 0 ? " (" + place.str() + ")" : "");
    throw Error(error.code(), std::move(issues));
  }
}

// One for each port of the operator.
std::vector<PortLayout> input_layouts(const NodePlan& node, const std::vector<NodePlan>& nodes,
                                      size_t ports) {
  std::vector<PortLayout> layouts(ports, no_port());
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const PortId in = node.inputs[i];
    layouts.at(node.place_of(i)) = nodes[in.node].outputs[in.port];
  }
  return layouts;
}

// The last two item axes are swept; leading axes stay whole.
Region tile_of(const Region& whole, const Region& tile, int64_t index) {
  if (tile.rank == 0 || whole.rank == 0) return whole;
  Region r = whole;
  const int64_t rows = tile.shape[0], cols = tile.shape[1];
  const int x = whole.rank - 1, y = whole.rank - 2;
  const int64_t across = index >> 32, down = index & 0xffffffff;
  r.origin[x] = across * cols;
  r.shape[x] = cols;
  if (y >= 0) {
    r.origin[y] = down * rows;
    r.shape[y] = rows;
  } else if (down > 0) {
    r.shape[x] = 0;
  }
  return clipped(r, whole);
}

bool is_image_end(const NodePlan& node) {
  return (node.kind == NodeKind::sink || node.kind == NodeKind::observer) && !node.internal;
}

struct Grid {
  int64_t down = 1, across = 1;
};
Grid grid_of(const std::vector<NodePlan>& nodes, const Region& tile) {
  Grid grid;
  if (tile.rank == 0) return grid;
  for (const NodePlan& node : nodes) {
    if (!is_image_end(node)) continue;
    for (const PortId& in : node.inputs) {
      const Region whole = nodes[in.node].outputs[in.port].layout.whole_item();
      const auto steps = [](int64_t size, int64_t step) { return (size + step - 1) / step; };
      if (whole.rank >= 1)
        grid.across = std::max(grid.across, steps(whole.shape[whole.rank - 1], tile.shape[1]));
      if (whole.rank >= 2)
        grid.down = std::max(grid.down, steps(whole.shape[whole.rank - 2], tile.shape[0]));
    }
  }
  return grid;
}

Region whole_of(const std::vector<NodePlan>& nodes, PortId id) {
  return nodes[static_cast<size_t>(id.node)]
      .outputs[static_cast<size_t>(id.port)]
      .layout.whole_item();
}

// A scalar is always made.
Region nothing_of(Region whole) {
  for (int a = 0; a < whole.rank; ++a) whole.shape[static_cast<size_t>(a)] = 0;
  return whole;
}

std::vector<NodeRegions> whole_regions(const std::vector<NodePlan>& nodes) {
  std::vector<NodeRegions> regions(nodes.size());
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (!nodes[n].outputs.empty()) regions[n].output = nodes[n].outputs[0].layout.whole_item();
    for (const PortId in : nodes[n].inputs) regions[n].inputs.push_back(whole_of(nodes, in));
  }
  return regions;
}

// A port of another shape than the first is whole, and so is then all that its node makes.
void demand(const std::vector<NodePlan>& nodes, PortId id, const Region& need,
            std::vector<NodeRegions>& regions) {
  if (need.count() == 0) return;
  const Region first = whole_of(nodes, {id.node, 0});
  const Region& wanted = whole_of(nodes, id) == first ? need : first;
  Region& made = regions[static_cast<size_t>(id.node)].output;
  made = made.count() == 0 ? wanted : hull(made, wanted);
}

// The steps of the description that `step` was made by, and itself.
std::vector<LineageStep> lineage_of(const Pipeline& pipeline, const std::string& step) {
  std::set<std::string> wanted{step};
  for (size_t s = pipeline.steps.size(); s-- > 0;)
    if (wanted.contains(pipeline.steps[s].id))
      for (const auto& [port, ref] : pipeline.steps[s].inputs) wanted.insert(ref.step);
  std::vector<LineageStep> lineage{{"source", pipeline.source.type, pipeline.source.params}};
  for (const StepSpec& s : pipeline.steps) {
    if (!wanted.contains(s.id)) continue;
    lineage.push_back({s.id, s.op, s.params});
    for (const auto& [port, ref] : s.inputs)
      if (ref.step == "source" && !ref.port.empty()) lineage[0].ports.push_back(ref.port);
  }
  return lineage;
}

// As its operator or source calls it.
std::string port_name(const NodePlan& producer, int port) {
  if (producer.kind == NodeKind::source && port > 0)
    return producer.keys[static_cast<size_t>(port) - 1];
  const OperatorInfo* info = operators().find(producer.type);
  const bool named = info && static_cast<size_t>(port) < info->outputs.size();
  return named && producer.kind != NodeKind::source ? info->outputs[static_cast<size_t>(port)].name
                                                    : std::to_string(port);
}

}  // namespace

OpenSource open_source(const SourceSpec& spec, const std::filesystem::path& base_dir) {
  const SourceInfo& info = find_registered(sources(), spec.type, "source", spec.place);
  const std::any params = parse_params(info.params, spec.params, "source " + spec.type);
  return with_place(spec.place, "source", [&] {
    OpenSource source;
    if (info.open) {
      source.random = part_of_source(info.open(params, {base_dir}), spec.params);
    } else {
      require_whole(spec.params);
      source.live = info.open_live(params, {base_dir});
    }
    if (source.random && !spec.picked.empty())
      source.random = std::make_unique<PickedSource>(std::move(source.random), spec.picked);
    return source;
  });
}

size_t source_port(const std::string& type, const std::string& name) {
  const SourceInfo& info = find_registered(sources(), type, "source", {});
  for (size_t i = 0; i < info.ports.size(); ++i)
    if (info.ports[i].name == name) return i;
  throw Error(ErrorCode::invalid_pipeline,
              Issue{"source has no port '" + name + "'", "source", type, "", "write source"});
}

Layout open_source_port(OpenSource& source, const SourceSpec& spec, const std::string& name) {
  const size_t port = source_port(spec.type, name);
  return with_place(spec.place, "source", [&] { return source.random->open_port(port); });
}

std::unique_ptr<Operator> bind_operator(const NodePlan& node, const std::vector<NodePlan>& nodes) {
  const std::string who = "step '" + node.id + "' (" + node.type + ")";
  const OperatorInfo& info = find_registered(operators(), node.type, "op", node.place);
  const std::any params = parse_params(info.params, node.params, who);
  return with_place(node.place, who, [&] {
    return info.make(params, input_layouts(node, nodes, info.inputs.size()));
  });
}

std::vector<std::unique_ptr<Operator>> bind_operators(const std::vector<NodePlan>& nodes) {
  std::vector<std::unique_ptr<Operator>> ops;
  for (const NodePlan& node : nodes) {
    const bool computes =
        node.kind == NodeKind::map || node.kind == NodeKind::fold || node.kind == NodeKind::stream;
    ops.push_back(computes ? bind_operator(node, nodes) : nullptr);
  }
  return ops;
}

std::unique_ptr<Sink> bind_sink(const NodePlan& node, const Plan& plan, const SinkContext& given) {
  SinkContext context = given;
  context.tile = plan.tile;
  const std::vector<NodePlan>& nodes = plan.nodes;
  const SinkInfo& info = find_registered(sinks(), node.type, "sink", node.place);
  const std::any params = parse_params(info.params, node.params, "sink " + node.type);
  std::vector<SinkInput> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const NodePlan& producer = nodes[node.inputs[i].node];
    const std::string step = producer.id.substr(0, producer.id.find('/'));  // of a recipe's part
    inputs.push_back({node.keys[i], producer.id, port_name(producer, node.inputs[i].port),
                      producer.outputs[node.inputs[i].port], lineage_of(plan.pipeline, step)});
  }
  return with_place(node.place, "sink " + node.type,
                    [&] { return info.make(params, inputs, context); });
}

std::unique_ptr<Sink> bind_planned_sink(const NodePlan& node, const Plan& plan,
                                        std::function<SourceRow(int64_t)> source_row) {
  return bind_sink(
      node, plan,
      {plan.out_dir, "{}", std::move(source_row), plan.pipeline.base_dir, plan.threads});
}

std::unique_ptr<Source> reopen_sink(const NodePlan& node, const std::filesystem::path& out_dir) {
  const SinkInfo& info = find_registered(sinks(), node.type, "sink", node.place);
  const std::any params = parse_params(info.params, node.params, "sink " + node.type);
  return with_place(node.place, "sink " + node.type, [&] { return info.reopen(params, out_dir); });
}

std::unique_ptr<Observer> bind_observer(const NodePlan& node, const std::vector<NodePlan>& nodes) {
  const ObserverInfo& info = find_registered(observers(), node.type, "observer", node.place);
  const std::any params = parse_params(info.params, node.params, "observer " + node.type);
  const NodePlan& from = nodes[static_cast<size_t>(node.inputs[0].node)];
  const SinkInput input{"from", from.id, std::to_string(node.inputs[0].port),
                        from.outputs[static_cast<size_t>(node.inputs[0].port)]};
  return with_place(node.place, "observer " + node.type, [&] { return info.make(params, input); });
}

int64_t count_tiles(const std::vector<NodePlan>& nodes, const Region& tile) {
  const Grid grid = grid_of(nodes, tile);
  return grid.down * grid.across;
}

std::vector<NodeRegions> demanded_regions(const std::vector<NodePlan>& nodes,
                                          const std::vector<std::unique_ptr<Operator>>& ops,
                                          const Region& tile, int64_t tile_index) {
  std::vector<NodeRegions> regions = whole_regions(nodes);
  if (tile.rank == 0) return regions;
  for (NodeRegions& region : regions) region.output = nothing_of(region.output);
  const Grid grid = grid_of(nodes, tile);
  const int64_t packed = ((tile_index % grid.across) << 32) | (tile_index / grid.across);
  for (size_t n = nodes.size(); n-- > 0;) {
    const NodePlan& node = nodes[n];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.is_witness(i)) continue;  // looks at gaps only
      Region& need = regions[n].inputs[i];
      if (is_image_end(node))
        need = tile_of(need, tile, packed);
      else if (regions[n].empty())
        need = nothing_of(need);
      else if (!node.internal)
        need = ops[n]->footprint(static_cast<int>(node.place_of(i)), regions[n].output);
      demand(nodes, node.inputs[i], need, regions);
    }
  }
  return regions;
}

int64_t SequenceMap::operator()(int64_t sequence) const {
  if (identity) return sequence;
  int64_t result = 0;
  for (int a = 0; a < rank; ++a) {
    int64_t coordinate = sequence / divisor[a];
    if (modulus[a] > 0) coordinate %= modulus[a];
    result += coordinate * stride[a];
  }
  return result;
}

SequenceMap sequence_map(const Layout& from, const Layout& to) {
  SequenceMap map;
  map.identity = from.stream.size() == to.stream.size();
  int64_t divisor = 1;
  for (int a = static_cast<int>(from.stream.size()) - 1; a >= 0; --a) {
    const Axis& axis = from.stream[a];
    const int target = to.find_stream(axis.name);
    if (target >= 0) {
      int64_t stride = 1;
      for (size_t b = static_cast<size_t>(target) + 1; b < to.stream.size(); ++b)
        stride *= to.stream[b].size;
      map.divisor[map.rank] = divisor;
      map.modulus[map.rank] = a == 0 ? 0 : axis.size;
      map.stride[map.rank++] = stride;
    }
    if (axis.size > 0) divisor *= axis.size;
  }
  return map;
}

}  // namespace parfocal
