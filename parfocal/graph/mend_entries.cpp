#include "parfocal/graph/mend_entries.h"

#include <algorithm>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

bool is_map(const RawValue& value) { return value.kind == RawValue::Kind::map; }
bool is_scalar(const RawValue& value) { return value.kind == RawValue::Kind::scalar; }

// What one entry of steps, or of sinks, is named by and may be.
struct Kind {
  std::string type;  // op, type
  std::string others;
  bool (*is_name)(const std::string&);
  const ParamSet* (*params)(const std::string&);
};

template <class Info>
const ParamSet* params_of(const Registry<Info>& registry, const std::string& name) {
  const Info* info = registry.find(name);
  return info && !info->test_only ? &info->params : nullptr;
}
const ParamSet* step_params(const std::string& name) { return params_of(operators(), name); }
const ParamSet* sink_params(const std::string& name) { return params_of(sinks(), name); }

const Kind kStep{"op",
                 "operator operation function func type step filter module task action kind name",
                 [](const std::string& name) {
                   return step_params(name) || other_name("op", name).starts_with("write op: ");
                 },
                 step_params};
const Kind kSink{"type", "format kind writer op sink output",
                 [](const std::string& name) {
                   return sink_params(name) || other_name("sink", name).starts_with("write type: ");
                 },
                 sink_params};

std::string fields_text(const RawValue& map) {
  const std::string text = map.str();  // {sigma: 2 px}
  return text.size() < 2 ? "" : text.substr(1, text.size() - 2);
}

// {operator: open} is {op: open}.
void mend_type(RawValue& entry, const Kind& kind, std::vector<Issue>& issues) {
  for (size_t k = 0; k < entry.entries.size() && !entry.find(kind.type); ++k) {
    auto& [key, value] = entry.entries[k];
    if (!is_scalar(value) || !lists(kind.others, " ", plain_name(key)) || !kind.is_name(value.text))
      continue;
    issues.push_back(
        {"unknown key '" + key + "'", key_place(entry, k).str(), key, kind.type,
         "write " + kind.type + ": " + value.text + " in place of " + key + ": " + value.text});
    key = kind.type;
  }
}

// {gaussian: {sigma: 2 px}} is {op: gaussian, sigma: 2 px}.
void mend_named(RawValue& entry, const Kind& kind, std::vector<Issue>& issues) {
  for (size_t k = 0; k < entry.entries.size() && !entry.find(kind.type); ++k) {
    const auto [key, value] = entry.entries[k];
    const bool fits = is_map(value) || value.kind == RawValue::Kind::null;
    if (!fits || !kind.params(key)) continue;
    const Location place = key_place(entry, k);
    const std::string fields = value.entries.empty() ? "" : ", " + fields_text(value);
    issues.push_back({"'" + key + "' stands where a key belongs", place.str(), key, kind.type,
                      "write " + kind.type + ": " + key + fields + " in place of " + key + ":" +
                          (fields.empty() ? "" : " " + value.str())});
    remove_entry(entry, k);
    RawValue name = RawValue::scalar(key);
    name.place = place;
    entry.set(kind.type, name);
    for (const auto& [field, given] : value.entries) entry.set(field, given);
  }
}

// {op: gaussian, params: {sigma: 2 px}} is {op: gaussian, sigma: 2 px}.
void mend_params(RawValue& entry, const Kind& kind, std::vector<Issue>& issues) {
  const RawValue* type = entry.find(kind.type);
  const ParamSet* own = type ? kind.params(type->text) : nullptr;
  for (size_t k = 0; k < entry.entries.size(); ++k) {
    const auto [key, value] = entry.entries[k];
    constexpr std::string_view names =
        "params parameters param args arguments kwargs options settings config with";
    if (!is_map(value) || !lists(names, " ", plain_name(key)) || (own && own->find(key))) continue;
    issues.push_back({"unknown key '" + key + "'", key_place(entry, k).str(), key,
                      "parameters beside " + kind.type,
                      "write " + fields_text(value) + " in place of " + key + ": " + value.str()});
    remove_entry(entry, k--);
    for (const auto& [field, given] : value.entries) entry.set(field, given);
  }
}

// {name: clean, op: open} is {id: clean, op: open}; select has a name of its own.
void mend_id(RawValue& step, std::vector<Issue>& issues) {
  const RawValue* op = step.find("op");
  const ParamSet* own = op ? step_params(op->text) : nullptr;
  for (size_t k = 0; own && k < step.entries.size() && !step.find("id"); ++k) {
    auto& [key, value] = step.entries[k];
    if (!is_scalar(value) || own->find(key) || !lists("name label step_id", " ", plain_name(key)))
      continue;
    issues.push_back({"unknown key '" + key + "'", key_place(step, k).str(), key, "id",
                      "write id: " + value.text + " in place of " + key + ": " + value.text});
    key = "id";
  }
}

// A step that takes the name of the source would be read by all that name the source.
void mend_source_id(RawValue& step, std::vector<Issue>& issues) {
  for (auto& [key, value] : step.entries) {
    if (key != "id" || value.text != "source") continue;
    issues.push_back({"a step cannot have the id 'source'", value.place.str(), "source",
                      "'source' names the source of the pipeline",
                      "choose another id, e.g. id: source_2"});
    value.text = "source_2";
  }
}

RawValue* list_of(RawValue& document, const std::string& key) {
  for (auto& [name, value] : document.entries)
    if (name == key && value.kind == RawValue::Kind::list) return &value;
  return nullptr;
}

// - {type: table, path: objects.csv} among the steps
void move_sinks(RawValue& document, std::vector<Issue>& issues) {
  RawValue* steps = list_of(document, "steps");
  std::vector<RawValue> moved;
  for (size_t i = 0; steps && i < steps->items.size(); ++i) {
    const RawValue& item = steps->items[i];
    const RawValue* type = is_map(item) && !item.find("op") ? item.find("type") : nullptr;
    if (!type || !sink_params(type->text)) continue;
    issues.push_back({"a sink stands among the steps", item.place.str(), item.str(), "a step",
                      "move it below sinks:, as - " + item.str()});
    moved.push_back(item);
    steps->items.erase(steps->items.begin() + static_cast<long>(i--));
  }
  if (moved.empty()) return;
  if (!document.find("sinks")) document.set("sinks", RawValue::list({}));
  if (RawValue* sinks = list_of(document, "sinks"))
    sinks->items.insert(sinks->items.end(), moved.begin(), moved.end());
}

void mend(RawValue& entry, const Kind& kind, std::vector<Issue>& issues) {
  if (!is_map(entry)) return;
  mend_type(entry, kind, issues);
  mend_named(entry, kind, issues);
  mend_params(entry, kind, issues);
}

}  // namespace

Location key_place(const RawValue& map, size_t k) {
  return k < map.key_places.size() ? map.key_places[k] : map.entries[k].second.place;
}

void remove_entry(RawValue& map, size_t k) {
  map.entries.erase(map.entries.begin() + static_cast<long>(k));
  if (k < map.key_places.size())
    map.key_places.erase(map.key_places.begin() + static_cast<long>(k));
}

bool is_source_key(const RawValue& source, const RawValue& document, const std::string& key) {
  const RawValue* type = source.find("type");
  if (!type) type = document.find("type");
  const SourceInfo* info = type ? sources().find(type->text) : nullptr;
  return info && (key == "type" || info->params.find(key) != nullptr);
}

void mend_entries(RawValue& document, std::vector<Issue>& issues) {
  move_sinks(document, issues);
  if (RawValue* steps = list_of(document, "steps"))
    for (RawValue& step : steps->items) {
      mend(step, kStep, issues);
      if (!is_map(step)) continue;
      mend_id(step, issues);
      mend_source_id(step, issues);
    }
  if (RawValue* entries = list_of(document, "sinks"))
    for (RawValue& sink : entries->items) mend(sink, kSink, issues);
}

}  // namespace parfocal
