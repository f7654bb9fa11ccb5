#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "catalogue.h"
#include "commands.h"
#include "parfocal/graph/schema.h"
#include "print.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ParamInfo& p) {
  Json entry = {{"name", p.name}, {"type", p.type}, {"doc", p.doc}, {"required", p.required}};
  if (!p.default_text.empty()) entry["default"] = p.default_text;
  if (!p.choices.empty()) entry["choices"] = p.choices;
  if (!p.range_text().empty()) entry["range"] = p.range_text();
  return entry;
}

Json json_of(const Entry& entry) {
  Json parameters = Json::array(), inputs = Json::array(), outputs = Json::array();
  for (const ParamInfo& p : *entry.params) parameters.push_back(json_of(p));
  for (const Port& port : entry.inputs)
    inputs.push_back({{"name", port.name}, {"what", port.what}, {"optional", port.optional}});
  for (const Port& port : entry.outputs)
    outputs.push_back({{"name", port.name}, {"what", port.what}});
  return {{"name", entry.name},       {"role", entry.role},          {"family", entry.family},
          {"kind", entry.kind},       {"summary", entry.summary},    {"inputs", inputs},
          {"outputs", outputs},       {"parameters", parameters},    {"tolerance", entry.tolerance},
          {"example", entry.example}, {"reference", entry.reference}};
}

std::string parameter_text(const ParamInfo& p) {
  std::string facts = p.type;
  if (!p.range_text().empty()) facts += " " + p.range_text();
  if (p.required) facts += ", required";
  if (!p.default_text.empty()) facts += ", default " + p.default_text;
  std::string text = fmt::format("  {:<14} {}\n  {:<14} {}\n", p.name, facts, "", p.doc);
  if (!p.choices.empty())
    text += fmt::format("  {:<14} one of {}\n", "", fmt::join(p.choices, ", "));
  return text;
}

std::string ports_text(const char* title, const std::vector<Port>& ports) {
  std::string text;
  for (const Port& port : ports)
    text += fmt::format("  {:<14} {}{}\n", port.name, port.what, port.optional ? ", optional" : "");
  return text.empty() ? "" : fmt::format("\n{}:\n{}", title, text);
}

std::string page_of(const Entry& entry) {
  std::string page = fmt::format("{} ({}{}): {}\n", entry.name, entry.role,
                                 entry.kind.empty() ? "" : ", " + entry.kind, entry.summary);
  page += ports_text("inputs", entry.inputs) + ports_text("outputs", entry.outputs);
  if (!entry.params->empty()) page += "\nparameters:\n";
  for (const ParamInfo& p : *entry.params) page += parameter_text(p);
  if (!entry.tolerance.empty()) page += "\ntolerance: " + entry.tolerance + "\n";
  if (!entry.reference.empty()) page += "\nreference: " + entry.reference + "\n";
  if (!entry.example.empty()) page += "\nexample:\n  " + entry.example + "\n";
  return page;
}

std::string list_of(const std::vector<Entry>& entries) {
  std::map<std::string, std::string> groups;
  for (const Entry& entry : entries)
    groups[entry.role == "operator" ? "operators: " + entry.family : entry.role + "s"] +=
        fmt::format("  {:<16} {}\n", entry.name, entry.summary);
  std::string page;
  for (const auto& [title, lines] : groups) page += title + "\n" + lines + "\n";
  return page + "`parfocal ops NAME` shows parameters, units, defaults and an example.\n";
}

}  // namespace

int ops(const OpsArguments& arguments) {
  if (arguments.schema) {
    result(json_text(pipeline_schema()));
    return 0;
  }
  std::vector<Entry> entries = catalogue();
  if (!arguments.name.empty()) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.push_back(entry.name);
    std::erase_if(entries, [&](const Entry& entry) { return entry.name != arguments.name; });
    if (entries.empty()) {
      const auto near = nearest_names(arguments.name, names);
      throw Error(ErrorCode::bad_command,
                  {"no operator, source or sink is called '" + arguments.name + "'", "", "", "",
                   near.empty() ? "`parfocal ops` lists them" : "did you mean '" + near[0] + "'?"});
    }
  }
  if (arguments.json) {
    Json list = Json::array();
    for (const Entry& entry : entries) list.push_back(json_of(entry));
    result(json_text({{"schema", "parfocal.ops/1"}, {"entries", list}}));
  } else if (arguments.name.empty()) {
    result(list_of(entries));
  } else {
    for (const Entry& entry : entries) result(page_of(entry));
  }
  return 0;
}

}  // namespace parfocal::cli
