#include "parfocal/graph/graph_json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

using json = nlohmann::ordered_json;
using Inputs = std::vector<std::pair<std::string, PortRef>>;

void put_place(json& j, const Location& place) {
  if (!place.str().empty()) j["place"] = {place.file, place.line, place.column};
}
Location get_place(const json& j) {
  const auto it = j.find("place");
  if (it == j.end()) return {};
  return {it->at(0).get<std::string>(), it->at(1).get<int>(), it->at(2).get<int>()};
}

json ref_to_json(const PortRef& ref) {
  json j = {{"step", ref.step}};
  if (!ref.port.empty()) j["port"] = ref.port;
  put_place(j, ref.place);
  return j;
}
PortRef ref_from_json(const json& j) {
  return {j.at("step").get<std::string>(), j.value("port", ""), get_place(j)};
}

// An array, because the order of ports counts and objects are sorted.
json inputs_to_json(const Inputs& inputs) {
  json list = json::array();
  for (const auto& [name, ref] : inputs) {
    list.push_back(ref_to_json(ref));
    list.back()["input"] = name;
  }
  return list;
}
Inputs inputs_from_json(const json& list) {
  Inputs inputs;
  for (const json& j : list)
    inputs.emplace_back(j.at("input").get<std::string>(), ref_from_json(j));
  return inputs;
}

const char* on_error_name(OnError on_error) { return on_error == OnError::skip ? "skip" : "stop"; }
OnError on_error_from(const json& j) {
  const auto name = j.at("on_error").get<std::string>();
  if (name != "skip" && name != "stop") throw std::invalid_argument("on_error " + name);
  return name == "skip" ? OnError::skip : OnError::stop;
}
Policy policy_from(const json& j) {
  const auto name = j.at("policy").get<std::string>();
  const Policy policy = parse_policy(name);
  if (policy == Policy::automatic && !name.empty()) throw std::invalid_argument("policy " + name);
  return policy;
}
RawValue params_from(const json& j) {
  RawValue params = raw_from_json(j.at("params"));
  if (params.kind != RawValue::Kind::map) throw std::invalid_argument("params is no object");
  return params;
}

json node_to_json(const std::string& type, const RawValue& params, const Location& place) {
  json j = {{"type", type}, {"params", raw_to_json(params)}};
  put_place(j, place);
  return j;
}

json step_to_json(const StepSpec& step) {
  json j = {{"id", step.id},
            {"op", step.op},
            {"params", raw_to_json(step.params)},
            {"inputs", inputs_to_json(step.inputs)},
            {"on_error", on_error_name(step.on_error)}};
  put_place(j, step.place);
  return j;
}
StepSpec step_from_json(const json& j) {
  return {j.at("id").get<std::string>(),
          j.at("op").get<std::string>(),
          params_from(j),
          inputs_from_json(j.at("inputs")),
          on_error_from(j),
          get_place(j)};
}

json sink_to_json(const SinkSpec& sink) {
  json j = node_to_json(sink.type, sink.params, sink.place);
  j["inputs"] = inputs_to_json(sink.inputs);
  j["policy"] = policy_name(sink.policy);
  return j;
}
SinkSpec sink_from_json(const json& j) {
  return {j.at("type").get<std::string>(), inputs_from_json(j.at("inputs")), params_from(j),
          policy_from(j), get_place(j)};
}

json observer_to_json(const ObserverSpec& observer) {
  json j = node_to_json(observer.type, observer.params, observer.place);
  j["from"] = ref_to_json(observer.from);
  j["policy"] = policy_name(observer.policy);
  return j;
}
ObserverSpec observer_from_json(const json& j) {
  return {j.at("type").get<std::string>(), ref_from_json(j.at("from")), params_from(j),
          policy_from(j), get_place(j)};
}

Pipeline read_pipeline(const json& j) {
  if (j.at("parfocal").get<int>() != 1) throw std::invalid_argument("unknown version");
  Pipeline p;
  p.name = j.at("name").get<std::string>();
  p.base_dir = j.at("base_dir").get<std::string>();
  if (j.contains("memory_bytes")) p.memory_bytes = j.at("memory_bytes").get<int64_t>();
  p.on_error = on_error_from(j);
  const json& source = j.at("source");
  p.source = {source.at("type").get<std::string>(), params_from(source), get_place(source)};
  for (const json& one : source.value("picked", json::array()))
    p.source.picked.emplace_back(one.at(0).get<std::string>(), one.at(1).get<int64_t>());
  for (const json& step : j.at("steps")) p.steps.push_back(step_from_json(step));
  for (const json& sink : j.at("sinks")) p.sinks.push_back(sink_from_json(sink));
  for (const json& observer : j.at("observe")) p.observers.push_back(observer_from_json(observer));
  p.text = j.at("text").get<std::string>();
  for (const json& one : j.value("included", json::array()))
    p.included.push_back({one.at("file").get<std::string>(), one.at("text").get<std::string>()});
  p.sets = j.value("sets", std::vector<std::string>());
  return p;
}

}  // namespace

json raw_to_json(const RawValue& value) {
  json j;
  switch (value.kind) {
    case RawValue::Kind::null:
      break;
    case RawValue::Kind::scalar:
      j = value.text;
      break;
    case RawValue::Kind::list:
      j = json::array();
      for (const RawValue& item : value.items) j.push_back(raw_to_json(item));
      break;
    case RawValue::Kind::map:
      j = json::object();
      for (const auto& [key, entry] : value.entries) j[key] = raw_to_json(entry);
      break;
  }
  return j;
}

RawValue raw_from_json(const json& j) {
  if (j.is_null()) return {};
  if (j.is_string()) return RawValue::scalar(j.get<std::string>());
  if (j.is_array()) {
    RawValue list = RawValue::list({});
    for (const json& item : j) list.items.push_back(raw_from_json(item));
    return list;
  }
  if (!j.is_object()) return RawValue::scalar(j.dump());
  RawValue map = RawValue::map();
  for (const auto& [key, entry] : j.items()) map.entries.emplace_back(key, raw_from_json(entry));
  return map;
}

json pipeline_to_json(const Pipeline& p) {
  json j = {{"parfocal", 1},
            {"name", p.name},
            {"base_dir", p.base_dir.generic_string()},
            {"on_error", on_error_name(p.on_error)},
            {"source", node_to_json(p.source.type, p.source.params, p.source.place)},
            {"steps", json::array()},
            {"sinks", json::array()},
            {"observe", json::array()},
            {"text", p.text}};
  for (const IncludedText& one : p.included)
    j["included"].push_back({{"file", one.file}, {"text", one.text}});
  if (!p.sets.empty()) j["sets"] = p.sets;
  for (const auto& [axis, step] : p.source.picked)
    j["source"]["picked"].push_back(json::array({axis, step}));
  if (p.memory_bytes) j["memory_bytes"] = *p.memory_bytes;
  for (const StepSpec& step : p.steps) j["steps"].push_back(step_to_json(step));
  for (const SinkSpec& sink : p.sinks) j["sinks"].push_back(sink_to_json(sink));
  for (const ObserverSpec& o : p.observers) j["observe"].push_back(observer_to_json(o));
  return j;
}

Pipeline pipeline_from_json(const json& j) {
  try {
    return read_pipeline(j);
  } catch (const std::exception& e) {
    throw Error(ErrorCode::invalid_pipeline,
                {"this is not the JSON form of a pipeline", "", e.what(),
                 "what `plan --json` writes", "write the plan again from the pipeline file"});
  }
}

}  // namespace parfocal
