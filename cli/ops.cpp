#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "catalogue.h"
#include "commands.h"
#include "parfocal/graph/find_meant.h"
#include "parfocal/graph/schema.h"
#include "print.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDemoPipeline = "parfocal-demo/cells.yaml";

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
  return page +
         "`parfocal ops NAME` shows parameters, units, defaults and an example; `parfocal ops "
         "median "
         "filter` finds by words, also those of other programs.\n";
}

/// What fits the words, best first, and what is told of the name of another program.
std::string found_text(const std::vector<std::string>& words, const FoundParts& found) {
  std::string page;
  if (!found.cure.empty()) page = fmt::format("{}: {}\n\n", fmt::join(words, " "), found.cure);
  size_t width = 0;
  for (const FoundPart& part : found.parts) width = std::max(width, part.name.size());
  for (const FoundPart& part : found.parts)
    page += fmt::format("  {:<{}}  {}{}\n", part.name, width,
                        part.role == "operator" ? "" : part.role + ": ", part.summary);
  return page;
}

/// The entry of this name; several, if a source and a sink share it.
std::vector<Entry> named(const std::string& name) {
  std::vector<Entry> entries = catalogue();
  std::erase_if(entries, [&](const Entry& entry) { return entry.name != name; });
  return entries;
}

std::vector<Entry> entries_of(const FoundParts& found) {
  std::vector<Entry> entries;
  for (const FoundPart& part : found.parts)
    for (Entry& entry : named(part.name))
      if (entry.role == part.role) entries.push_back(std::move(entry));
  return entries;
}

[[noreturn]] void fail_unknown(const std::vector<std::string>& words) {
  const auto near = near_parts(words);
  throw Error(ErrorCode::bad_command,
              {fmt::format("no operator, source or sink is called '{}', or does that",
                           fmt::join(words, " ")),
               "", "", "",
               near.empty() ? "`parfocal ops` lists them"
                            : "did you mean '" + near[0] + "'? `parfocal ops` lists all"});
}

/// After all, one; after what was found, the best; after a page, a pipeline to try it in.
std::vector<std::string> next_line(const std::vector<Entry>& pages, const FoundParts& found) {
  if (!found.parts.empty()) return {"parfocal", "ops", found.parts[0].name};
  if (pages.empty()) return {"parfocal", "ops", "threshold"};
  if (!std::filesystem::exists(kDemoPipeline)) return {"parfocal", "demo", "cells"};
  return {"parfocal", "plan", kDemoPipeline};
}

void print_entries(const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) list.push_back(json_of(entry));
  result(json_text({{"schema", "parfocal.ops/1"}, {"entries", list}}));
}

}  // namespace

int ops(const OpsArguments& arguments) {
  if (arguments.schema) {
    result(json_text(pipeline_schema()));
    return 0;
  }
  const std::vector<std::string>& words = arguments.words;
  const std::vector<Entry> pages = words.size() == 1 ? named(words[0]) : std::vector<Entry>();
  const FoundParts found = words.empty() || !pages.empty() ? FoundParts() : find_meant(words);
  if (!words.empty() && pages.empty() && found.parts.empty() && found.cure.empty())
    fail_unknown(words);
  if (arguments.json) {
    print_entries(words.empty() ? catalogue() : pages.empty() ? entries_of(found) : pages);
    return 0;
  }
  if (words.empty()) result(list_of(catalogue()));
  for (const Entry& entry : pages) result(page_of(entry));
  if (!words.empty() && pages.empty()) result(found_text(words, found));
  print_next(next_line(pages, found));
  return 0;
}

}  // namespace parfocal::cli
