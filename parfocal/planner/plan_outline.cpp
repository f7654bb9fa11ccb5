#include "parfocal/planner/plan_outline.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/planner/edge_bytes.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostNodes = 2000, kMostInputs = 200, kMostColumns = 2000;
constexpr int64_t kMostBytes = int64_t{1} << 50;
constexpr const char* kKinds[] = {"source", "map", "fold", "stream", "sink", "observer"};

Json to(const PortLayout& port) {
  Json j{{"dtype", dtype_name(port.layout.dtype)}, {"item", Json::array()}};
  for (const Axis& axis : port.layout.item) j["item"].push_back({axis.name, axis.size});
  if (port.kind != PortKind::table) return j;
  j["columns"] = Json::array();
  for (const Column& column : port.table.columns)
    j["columns"].push_back({column.name, column.unit});
  return j;
}

PortLayout to_port(const Json& j) {
  PortLayout port;
  port.layout.dtype = parse_dtype(j.at("dtype").get<std::string>()).value();
  for (const Json& axis : j.at("item"))
    port.layout.item.push_back(
        {axis.at(0).get<std::string>(), axis.at(1).get<int64_t>(), 1, "", {}});
  if (port.layout.item.size() > kMaxRank) throw std::invalid_argument("rank");
  if (!j.contains("columns")) return port;
  port.kind = PortKind::table;
  if (j["columns"].size() > kMostColumns) throw std::invalid_argument("columns");
  for (const Json& column : j["columns"])
    port.table.columns.push_back(
        {column.at(0).get<std::string>(), column.at(1).get<std::string>()});
  return port;
}

Json to(const NodePlan& node) {
  Json j{{"id", node.id},
         {"kind", kKinds[static_cast<int>(node.kind)]},
         {"type", node.type},
         {"pass", node.level},
         {"internal", node.internal},
         {"inputs", Json::array()},
         {"keys", node.keys},
         {"outputs", Json::array()}};
  for (const PortId& in : node.inputs) j["inputs"].push_back({in.node, in.port});
  for (const PortLayout& out : node.outputs) j["outputs"].push_back(to(out));
  return j;
}

NodePlan to_node(const Json& j) {
  NodePlan node;
  node.id = j.at("id").get<std::string>();
  const auto kind =
      std::find(std::begin(kKinds), std::end(kKinds), j.at("kind").get<std::string>());
  if (kind == std::end(kKinds)) throw std::invalid_argument("kind");
  node.kind = static_cast<NodeKind>(kind - std::begin(kKinds));
  node.type = j.at("type").get<std::string>();
  node.level = std::clamp(j.at("pass").get<int>(), 0, 1000);
  node.keys = j.at("keys").get<std::vector<std::string>>();
  for (const Json& in : j.at("inputs"))
    node.inputs.push_back({in.at(0).get<int>(), in.at(1).get<int>()});
  for (const Json& out : j.at("outputs")) node.outputs.push_back(to_port(out));
  if (node.inputs.size() > kMostInputs) throw std::invalid_argument("inputs");
  node.internal = j.at("internal").get<bool>() && node.keys.size() >= node.inputs.size();
  return node;
}

int64_t bytes_in(const Json& j, int64_t most) {
  const int64_t bytes = j.get<int64_t>();
  if (bytes < 0 || bytes > most) throw std::invalid_argument("bytes");
  return bytes;
}

Json edge_of(const Plan& plan, PortId port) {
  const auto edge = edge_bytes(plan, port);
  if (!edge) return nullptr;
  return {{"port", {port.node, port.port}},
          {"item_bytes", edge->item_bytes},
          {"places", edge->places},
          {"on_disk", edge->scratch}};
}

// As edge_bytes() finds it: a queue, or a place in a worker's slot.
void add_edge(const Json& j, Plan& plan) {
  const PortId port{j.at("port").at(0).get<int>(), j.at("port").at(1).get<int>()};
  const int64_t places = bytes_in(j.at("places"), int64_t{1} << 30);
  const int64_t item = bytes_in(j.at("item_bytes"), kMostBytes);
  PassPlan& pass = plan.passes[0];
  if (places == 0)
    pass.stages[0].buffers.push_back({port, 0, item});
  else
    pass.rings.push_back({port, places, std::min(item, INT64_MAX / places), false, false,
                          j.at("on_disk").get<bool>(), ""});
}

// What is read is there, and nothing reads itself by way of others.
void require_drawable(const Plan& plan) {
  std::vector<char> placed(plan.nodes.size());
  const auto ready = [&](const NodePlan& node) {
    return std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](PortId in) { return placed[static_cast<size_t>(in.node)] != 0; });
  };
  for (const NodePlan& node : plan.nodes)
    for (const PortId& in : node.inputs)
      if (in.node < 0 || static_cast<size_t>(in.node) >= plan.nodes.size() || in.port < 0 ||
          static_cast<size_t>(in.port) >= plan.nodes[static_cast<size_t>(in.node)].outputs.size())
        throw std::invalid_argument("inputs");
  size_t left = plan.nodes.size();
  for (size_t before = left + 1; left > 0 && left < before;) {
    before = left;
    for (size_t n = 0; n < plan.nodes.size(); ++n)
      if (!placed[n] && ready(plan.nodes[n])) placed[n] = 1, --left;
  }
  if (left > 0) throw std::invalid_argument("a circle");
}

Plan read_outline(const Json& j) {
  Plan plan;
  plan.pipeline.name = j.at("name").get<std::string>();
  plan.memory_bytes = bytes_in(j.at("memory_bytes"), INT64_MAX);
  plan.peak_bytes = bytes_in(j.at("peak_bytes"), INT64_MAX);
  const auto passes = static_cast<size_t>(bytes_in(j.at("passes"), 1000));
  plan.passes.resize(std::max<size_t>(1, passes));
  plan.passes[0].stages.resize(1);
  if (j.at("nodes").size() > kMostNodes) throw std::invalid_argument("nodes");
  for (const Json& node : j.at("nodes")) plan.nodes.push_back(to_node(node));
  if (j.at("edges").size() > kMostNodes * 8) throw std::invalid_argument("edges");
  for (const Json& edge : j.at("edges")) add_edge(edge, plan);
  require_drawable(plan);
  return plan;
}

}  // namespace

std::string outline_to_json(const Plan& plan) {
  Json j{{"name", plan.pipeline.name},    {"memory_bytes", plan.memory_bytes},
         {"peak_bytes", plan.peak_bytes}, {"passes", plan.passes.size()},
         {"nodes", Json::array()},        {"edges", Json::array()}};
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    j["nodes"].push_back(to(plan.nodes[n]));
    for (size_t p = 0; p < plan.nodes[n].outputs.size(); ++p)
      if (Json edge = edge_of(plan, {static_cast<int>(n), static_cast<int>(p)}); !edge.is_null())
        j["edges"].push_back(std::move(edge));
  }
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Plan> outline_from_json(const std::string& text) {
  try {
    return read_outline(Json::parse(text));
  } catch (const std::exception&) {  // of JSON, of numbers that do not fit, of what is stated above
    return std::nullopt;
  }
}

}  // namespace parfocal
