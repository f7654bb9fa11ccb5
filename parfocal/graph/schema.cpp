#include "parfocal/graph/schema.h"

#include <nlohmann/json.hpp>

#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

using nlohmann::json;

const json kText = {{"type", "string"}};
json described(json schema, const std::string& text) {
  if (!text.empty()) schema["description"] = text;
  return schema;
}
json one_of(const std::vector<std::string>& words) { return {{"enum", words}}; }

json number_schema(const std::string& type, const ParamInfo& info) {
  json j = {{"type", type}};
  if (info.above) j["exclusiveMinimum"] = *info.above;
  if (info.at_least) j["minimum"] = *info.at_least;
  if (info.at_most) j["maximum"] = *info.at_most;
  return j;
}

// Own types of operators (footprints, ranges) are open: only their parser knows their form.
json type_schema(const std::string& type, const ParamInfo& info) {
  constexpr std::string_view kList = "list of ";
  if (type.starts_with(kList)) {
    const json item = type_schema(type.substr(kList.size()), info);
    if (item.empty()) return item;
    return {{"anyOf", {item, {{"type", "array"}, {"items", item}}}}};
  }
  if (type == "text")
    return info.choices.empty() ? json{{"type", {"string", "number", "boolean"}}}
                                : one_of(info.choices);
  if (type == "number") return number_schema("number", info);
  if (type == "integer") return number_schema("integer", info);
  if (type == "boolean") return {{"type", "boolean"}};
  if (type == "length") return {{"anyOf", {number_schema("number", info), kText}}};
  if (type == "dtype") return kText;
  return json::object();
}

json param_schema(const ParamInfo& info) {
  json j = type_schema(info.type, info);
  if (!j.empty()) j = {{"anyOf", {j, {{"type", "string"}, {"pattern", "\\$\\{"}}}}};
  std::string text = info.doc + " (" + info.type;
  if (const std::string range = info.range_text(); !range.empty()) text += " " + range;
  if (!info.default_text.empty()) text += ", default " + info.default_text;
  return described(std::move(j), text + ")");
}

struct Entry {
  json properties = json::object();
  std::vector<std::string> required;
};
void add_params(const ParamSet& params, Entry& entry) {
  for (const ParamInfo& info : params.infos()) {
    entry.properties[info.name] = param_schema(info);
    if (info.required) entry.required.push_back(info.name);
  }
}

// One branch for each value of `key`: {if key is that value, then exactly these properties}.
json branch(const std::string& key, const std::string& value, Entry entry) {
  entry.properties[key] = {{"const", value}};
  json then = {{"properties", std::move(entry.properties)}, {"additionalProperties", false}};
  if (!entry.required.empty()) then["required"] = entry.required;
  return {{"if", {{"properties", {{key, {{"const", value}}}}}, {"required", {key}}}},
          {"then", std::move(then)}};
}
json variants(const std::string& key, const std::vector<std::string>& names, json branches) {
  json j = {{"type", "object"}, {"required", {key}}, {"properties", {{key, one_of(names)}}}};
  if (!branches.empty()) j["allOf"] = std::move(branches);
  return j;
}

json source_schema() {
  json branches = json::array();
  for (const std::string& name : offered_names(sources())) {
    Entry entry;
    add_params(sources().find(name)->params, entry);
    branches.push_back(branch("type", name, std::move(entry)));
  }
  return variants("type", offered_names(sources()), std::move(branches));
}

json step_schema() {
  json branches = json::array();
  for (const std::string& name : offered_names(operators())) {
    const OperatorInfo& info = *operators().find(name);
    Entry entry;
    entry.properties["id"] = described({{"type", "string"}, {"pattern", "^[A-Za-z][A-Za-z0-9_]*$"}},
                                       "Name of the step; default: the operator's name");
    entry.properties["on_error"] = one_of({"stop", "skip"});
    for (size_t k = 0; k < info.inputs.size(); ++k) {
      const InputPort& port = info.inputs[k];
      entry.properties[k == 0 ? "from" : port.name] = described(kText, port.doc);
      if (k > 0 && !port.optional) entry.required.push_back(port.name);
    }
    add_params(info.params, entry);
    json j = branch("op", name, std::move(entry));
    branches.push_back(described(std::move(j), info.summary));
  }
  return variants("op", offered_names(operators()), std::move(branches));
}

// An entry of `steps`: a step, or a file of steps.
json step_entry_schema() {
  const json include = {
      {"type", "object"},
      {"additionalProperties", false},
      {"properties",
       {{"include", described(kText,
                              "A file with a list of steps, which stand here; relative to "
                              "this file")}}}};
  return {{"if", {{"type", "object"}, {"required", {"include"}}}},
          {"then", include},
          {"else", step_schema()}};
}

json datasets_schema() {
  const json glob = {{"type", "object"},
                     {"required", {"glob"}},
                     {"additionalProperties", false},
                     {"properties",
                      {{"glob", described(kText,
                                          "Pattern of files with a group (?<dataset>...): "
                                          "each of its values is a dataset")}}}};
  return described(
      {{"anyOf", {kText, glob}}},
      "A table with a column dataset and columns such as mask.factor, a dataset a row");
}

json sink_schema() {
  json branches = json::array();
  for (const std::string& name : offered_names(sinks())) {
    const SinkInfo& info = *sinks().find(name);
    Entry entry;
    entry.properties["from"] = kText;
    entry.properties["policy"] = one_of({"block", "gap", "fail"});
    if (info.takes_labels)
      entry.properties["labels"] = {{"type", "object"}, {"additionalProperties", kText}};
    for (const SinkPort& port : info.inputs) {
      entry.properties[port.name] = described(kText, port.doc);
      if (!port.optional) entry.required.push_back(port.name);
    }
    add_params(info.params, entry);
    branches.push_back(branch("type", name, std::move(entry)));
  }
  return variants("type", offered_names(sinks()), std::move(branches));
}

json observer_schema() {
  json branches = json::array();
  for (const std::string& name : offered_names(observers())) {
    Entry entry;
    entry.properties["from"] = kText;
    entry.properties["policy"] = one_of({"latest", "drop_oldest"});
    add_params(observers().find(name)->params, entry);
    branches.push_back(branch("type", name, std::move(entry)));
  }
  return variants("type", offered_names(observers()), std::move(branches));
}

}  // namespace

json pipeline_schema() {
  const auto list_of = [](json items) { return json{{"type", "array"}, {"items", items}}; };
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "Parfocal pipeline"},
          {"type", "object"},
          {"required", {"parfocal", "source", "sinks"}},
          {"additionalProperties", false},
          {"properties",
           {{"parfocal", {{"const", 1}}},
            {"memory", {{"type", {"string", "integer"}}, {"description", "e.g. 1 GiB"}}},
            {"on_error", one_of({"stop", "skip"})},
            {"vars", {{"type", "object"}}},
            {"source", source_schema()},
            {"datasets", datasets_schema()},
            {"steps", list_of(step_entry_schema())},
            {"sinks", list_of(sink_schema())},
            {"observe", list_of(observer_schema())}}}};
}

}  // namespace parfocal
