/// A plan as JSON and back, field by field.

#include <nlohmann/json.hpp>

#include "parfocal/core/text_input.h"
#include "parfocal/graph/graph_json.h"
#include "parfocal/planner/draft.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;  // a size lists axes in their order

constexpr int kMostDepth = 64;

Json to(const Region& r) {
  Json j = Json::array();
  for (int a = 0; a < r.rank; ++a) j.push_back({r.origin[a], r.shape[a]});
  return j;
}
Region to_region(const Json& j) {
  Region r;
  if (j.size() > kMaxRank)
    throw std::invalid_argument("a region of rank " + std::to_string(j.size()));
  for (const Json& a : j) {
    r.origin[r.rank] = a.at(0);
    r.shape[r.rank++] = a.at(1);
  }
  return r;
}

Json to(const Axis& a) {
  return {{"name", a.name},
          {"size", a.size},
          {"scale", a.scale},
          {"unit", a.unit},
          {"labels", a.labels}};
}
Axis to_axis(const Json& j) {
  return {j.at("name"), j.at("size"), j.at("scale"), j.at("unit"), j.at("labels")};
}

Json to(const PortLayout& p) {
  Json j{{"kind", p.kind == PortKind::table ? "table" : "image"},
         {"dtype", dtype_name(p.layout.dtype)},
         {"clock", p.layout.clock},
         {"stream", Json::array()},
         {"item", Json::array()}};
  for (const Axis& a : p.layout.stream) j["stream"].push_back(to(a));
  for (const Axis& a : p.layout.item) j["item"].push_back(to(a));
  if (p.kind == PortKind::image) return j;
  j["max_rows"] = p.table.max_rows;
  for (const Column& c : p.table.columns)
    j["columns"].push_back(
        {{"name", c.name}, {"unit", c.unit}, {"real", c.type == Column::Type::real}});
  return j;
}
PortLayout to_port(const Json& j) {
  PortLayout p;
  p.kind = j.at("kind") == "table" ? PortKind::table : PortKind::image;
  p.layout.dtype = parse_dtype(j.at("dtype").get<std::string>()).value();
  p.layout.clock = j.at("clock");
  for (const Json& a : j.at("stream")) p.layout.stream.push_back(to_axis(a));
  for (const Json& a : j.at("item")) p.layout.item.push_back(to_axis(a));
  if (p.kind == PortKind::image) return p;
  p.table.max_rows = j.at("max_rows");
  for (const Json& c : j.at("columns"))
    p.table.columns.push_back(
        {c.at("name"), c.at("unit"),
         c.at("real").get<bool>() ? Column::Type::real : Column::Type::integer});
  return p;
}

Json to(PortId id) { return Json::array({id.node, id.port}); }
PortId to_port_id(const Json& j) { return {j.at(0), j.at(1)}; }

constexpr const char* kKinds[] = {"source", "map", "fold", "stream", "sink", "observer"};

Json to(const NodePlan& n) {
  Json j{{"id", n.id},
         {"kind", kKinds[static_cast<int>(n.kind)]},
         {"type", n.type},
         {"params", raw_to_json(n.params)},
         {"inputs", Json::array()},
         {"ports", n.ports},
         {"cut", Json::array()},
         {"keys", n.keys},
         {"outputs", Json::array()},
         {"skip", n.on_error == OnError::skip},
         {"internal", n.internal},
         {"in_item", n.in_item},
         {"level", n.level},
         {"lag_items", n.lag_items},
         {"policy", static_cast<int>(n.policy)},
         {"place", {n.place.file, n.place.line, n.place.column}}};
  for (const PortId in : n.inputs) j["inputs"].push_back(to(in));
  for (const char c : n.cut) j["cut"].push_back(c != 0);
  for (const PortLayout& p : n.outputs) j["outputs"].push_back(to(p));
  return j;
}
NodePlan to_node(const Json& j) {
  NodePlan n;
  n.id = j.at("id");
  for (int k = 0; k < 6; ++k)
    if (j.at("kind") == kKinds[k]) n.kind = static_cast<NodeKind>(k);
  n.type = j.at("type");
  n.params = raw_from_json(j.at("params"));
  for (const Json& in : j.at("inputs")) n.inputs.push_back(to_port_id(in));
  n.ports = j.at("ports").get<std::vector<int>>();
  for (const Json& c : j.at("cut")) n.cut.push_back(c.get<bool>());
  n.keys = j.at("keys").get<std::vector<std::string>>();
  for (const Json& p : j.at("outputs")) n.outputs.push_back(to_port(p));
  n.on_error = j.at("skip").get<bool>() ? OnError::skip : OnError::stop;
  n.internal = j.at("internal");
  n.in_item = j.at("in_item");
  n.level = j.at("level");
  n.lag_items = j.at("lag_items");
  n.policy = static_cast<Policy>(j.at("policy").get<int>());
  n.place = {j.at("place").at(0), j.at("place").at(1), j.at("place").at(2)};
  return n;
}

Json to(const PassPlan& p) {
  Json j{{"stages", Json::array()}, {"rings", Json::array()}, {"state_bytes", p.state_bytes}};
  for (const StagePlan& s : p.stages) {
    Json stage{{"ordered", s.ordered},
               {"nodes", s.nodes},
               {"buffers", Json::array()},
               {"scratch_offset", s.scratch_offset},
               {"slot_bytes", s.slot_bytes}};
    for (const BufferPlan& b : s.buffers)
      stage["buffers"].push_back({{"port", to(b.port)}, {"offset", b.offset}, {"bytes", b.bytes}});
    j["stages"].push_back(stage);
  }
  for (const RingPlan& r : p.rings)
    j["rings"].push_back({{"port", to(r.port)},
                          {"capacity", r.capacity},
                          {"item_bytes", r.item_bytes},
                          {"status_only", r.status_only},
                          {"retained", r.retained},
                          {"scratch", r.scratch},
                          {"why", r.why}});
  return j;
}
PassPlan to_pass(const Json& j) {
  PassPlan p;
  p.state_bytes = j.at("state_bytes");
  for (const Json& s : j.at("stages")) {
    StagePlan stage{s.at("ordered"),
                    s.at("nodes").get<std::vector<int>>(),
                    {},
                    s.at("scratch_offset"),
                    s.at("slot_bytes")};
    for (const Json& b : s.at("buffers"))
      stage.buffers.push_back({to_port_id(b.at("port")), b.at("offset"), b.at("bytes")});
    p.stages.push_back(std::move(stage));
  }
  for (const Json& r : j.at("rings"))
    p.rings.push_back({to_port_id(r.at("port")), r.at("capacity"), r.at("item_bytes"),
                       r.at("status_only"), r.at("retained"), r.value("scratch", false),
                       r.at("why")});
  return p;
}

void read_plan(const Json& j, Plan& plan) {
  plan.version = j.at("version");
  if (plan.version != 1)
    throw std::invalid_argument("version " + std::to_string(plan.version) +
                                "; this program reads version 1");
  plan.pipeline = pipeline_from_json(j.at("pipeline"));
  plan.out_dir = j.at("out_dir").get<std::string>();
  for (const Json& n : j.at("nodes")) plan.nodes.push_back(to_node(n));
  for (const Json& p : j.at("passes")) plan.passes.push_back(to_pass(p));
  for (const Json& r : j.at("reservations"))
    plan.reservations.push_back({r.at("holder"), r.at("what"), r.at("bytes"), r.at("pass")});
  plan.threads = j.at("threads");
  plan.batch = j.at("batch");
  plan.window = j.at("window");
  plan.fused = j.at("fused");
  plan.tile = to_region(j.at("tile"));
  plan.tile_count = j.at("tile_count");
  plan.memory_bytes = j.at("memory_bytes");
  plan.base_bytes = j.at("base_bytes");
  plan.peak_bytes = j.at("peak_bytes");
  plan.disk_bytes = j.at("disk_bytes");
  plan.disk_not_known = j.value("disk_not_known", std::vector<std::string>());
  plan.input = j.value("input", "");
  plan.live = j.at("live");
  plan.recording = j.at("recording");
  plan.notices = j.value("notices", std::vector<std::string>());
  plan.explain = j.at("explain").get<std::vector<std::string>>();
}

// Nodes and passes decide where pixels go: they must be what the planner makes of the description.
void require_same(const Plan& given) {
  const bool tiled = given.tile.rank == 2 && given.tile.shape[0] > 0 && given.tile.shape[1] > 0;
  if (given.threads < 1 || given.threads > 4096 || given.window < 1 || given.window > (1 << 20) ||
      !(tiled || given.tile.rank == 0))
    throw std::invalid_argument("threads, window or tile out of range");
  const Plan own = planning::replan(given);
  bool same = own.nodes.size() == given.nodes.size() && own.passes.size() == given.passes.size() &&
              own.batch == given.batch && own.tile_count == given.tile_count &&
              own.live == given.live && own.recording == given.recording;
  for (size_t n = 0; same && n < own.nodes.size(); ++n)
    same = to(own.nodes[n]) == to(given.nodes[n]);
  for (size_t p = 0; same && p < own.passes.size(); ++p)
    same = to(own.passes[p]) == to(given.passes[p]);
  if (!same) throw std::invalid_argument("it was changed, or made for another source or version");
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json j{{"schema", "parfocal.plan/1"},
         {"version", plan.version},
         {"pipeline", pipeline_to_json(plan.pipeline)},
         {"out_dir", plan.out_dir.string()},
         {"nodes", Json::array()},
         {"passes", Json::array()},
         {"reservations", Json::array()},
         {"threads", plan.threads},
         {"batch", plan.batch},
         {"window", plan.window},
         {"fused", plan.fused},
         {"tile", to(plan.tile)},
         {"tile_count", plan.tile_count},
         {"memory_bytes", plan.memory_bytes},
         {"base_bytes", plan.base_bytes},
         {"peak_bytes", plan.peak_bytes},
         {"disk_bytes", plan.disk_bytes},
         {"disk_not_known", plan.disk_not_known},
         {"input", plan.input},
         {"live", plan.live},
         {"recording", plan.recording},
         {"notices", plan.notices},
         {"explain", plan.explain}};
  for (const NodePlan& n : plan.nodes) j["nodes"].push_back(to(n));
  for (const PassPlan& p : plan.passes) j["passes"].push_back(to(p));
  for (const Reservation& r : plan.reservations)
    j["reservations"].push_back(
        {{"holder", r.holder}, {"what", r.what}, {"bytes", r.bytes}, {"pass", r.pass}});
  return j.dump(2, ' ', false, Json::error_handler_t::replace);
}

Plan plan_from_json(const std::string& text) {
  Plan plan;
  try {
    if (nests_deeper(text, kMostDepth)) throw std::invalid_argument("it is nested too deeply");
    read_plan(Json::parse(text), plan);
    require_same(plan);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::invalid_pipeline,
                Issue{std::string("not a plan that can be run: ") + error.what(), "", "",
                      "a file written by parfocal plan --json", "make it again"});
  }
  return plan;
}

}  // namespace parfocal
