#include "parfocal/graph/mend_shape.h"

#include <algorithm>
#include <utility>

#include "parfocal/graph/check.h"
#include "parfocal/graph/mend_entries.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

struct TopRow {
  std::string_view own, others;
};
constexpr TopRow kTops[] = {
    {"source", "input inputs sources src images data reader"},
    {"steps", "pipeline operations operators ops step processing process workflow tasks stages"},
    {"sinks", "outputs output sink save saves results writers"},
    {"parfocal", "version parfocal_version format_version"},
    {"memory", "memory_limit mem ram max_memory memory_budget"},
    {"vars", "variables"}};

// What to do with keys that have no place in a file, or whose place is taken; $: the value given.
struct OutsiderRow {
  std::string_view others, cure;
  std::string_view value = "";  // not empty: meant with this one only
};
constexpr OutsiderRow kOutsiders[] = {
    {"threads n_jobs jobs cores workers n_workers num_threads n_threads cpus max_workers",
     "leave it out, and run with --threads $"},
    {"out output output_dir outdir out_dir output_folder output_path folder results",
     "leave it out, and run with --out $"},
    {"progress", "leave it out, and run with --progress $"},
    {"overwrite force", "leave it out, and run with --overwrite", "true"},
    {"include includes import", "put it among the steps, as   - {include: $}"},
    {"memory_limit mem ram max_memory memory_budget", "write memory: $ in its place"}};

bool is_map(const RawValue& value) { return value.kind == RawValue::Kind::map; }
bool is_scalar(const RawValue& value) { return value.kind == RawValue::Kind::scalar; }
bool is_known(const std::string& key) {
  return std::find(kTopKeys.begin(), kTopKeys.end(), key) != kTopKeys.end();
}

// The key of ours that `key` stands for; "" where there is none.
std::string top_of(const std::string& key, const RawValue& value) {
  for (const TopRow& row : kTops)
    if (lists(row.others, " ", plain_name(key))) {
      const bool list = row.own == "steps" || row.own == "sinks";
      return list && is_scalar(value) ? "" : std::string(row.own);
    }
  const auto near = nearest_names(key, kTopKeys);
  return near.empty() ? "" : near[0];
}

// threads: 4
bool tell_outsider(const RawValue& document, size_t k, std::vector<Issue>& issues) {
  const auto& [key, value] = document.entries[k];
  for (const OutsiderRow& row : kOutsiders) {
    if (!is_scalar(value) || !lists(row.others, " ", plain_name(key))) continue;
    if (!row.value.empty() && value.text != row.value) continue;
    std::string cure(row.cure);
    if (const size_t mark = cure.find('$'); mark != cure.npos) cure.replace(mark, 1, value.text);
    issues.push_back({"unknown key '" + key + "'", key_place(document, k).str(), key,
                      "one of " + joined(kTopKeys), cure});
    return true;
  }
  return false;
}

RawValue* entry_of(RawValue& map, const std::string& key) {
  for (auto& [name, value] : map.entries)
    if (name == key) return &value;
  return nullptr;
}

// glob: beside source: instead of below it.
bool move_to_source(RawValue& document, size_t k, std::vector<Issue>& issues) {
  RawValue* source = entry_of(document, "source");
  const auto [key, value] = document.entries[k];
  if (!source || (!is_map(*source) && source->kind != RawValue::Kind::null)) return false;
  if (source->find(key) || !is_source_key(*source, document, key)) return false;
  issues.push_back(
      {"'" + key + "' stands beside source", key_place(document, k).str(), key,
       "the keys of the source below it",
       "indent it by two blanks below source:, as   " + key + ": " + as_yaml(value.str())});
  if (!is_map(*source)) *source = RawValue::map();
  if (source->place.str().empty()) source->place = value.place;
  source->key_places.resize(source->entries.size(), source->place);
  source->entries.emplace_back(key, value);
  source->key_places.push_back(value.place);
  return true;
}

bool rename_top(RawValue& document, size_t k, std::vector<Issue>& issues) {
  auto& [key, value] = document.entries[k];
  const std::string meant = top_of(key, value);
  if (meant.empty() || document.find(meant)) return false;
  const bool near = !nearest_names(key, kTopKeys).empty();
  issues.push_back(
      {"unknown key '" + key + "'", key_place(document, k).str(), key, "one of " + joined(kTopKeys),
       near ? "did you mean '" + meant + "'?" : "write " + meant + ": in place of " + key + ":"});
  key = meant;
  if (meant == "parfocal") value.text = "1";
  return true;
}

void mend_top(RawValue& document, std::vector<Issue>& issues) {
  for (size_t k = 0; k < document.entries.size(); ++k) {
    if (is_known(document.entries[k].first) || rename_top(document, k, issues)) continue;
    if (move_to_source(document, k, issues) || tell_outsider(document, k, issues))
      remove_entry(document, k--);
  }
}

// {op: threshold} and {mask: {op: threshold}} where a list belongs.
void mend_list(RawValue& document, const std::string& key, const std::string& type,
               std::vector<Issue>& issues) {
  RawValue* list = entry_of(document, key);
  if (!list || !is_map(*list) || list->entries.empty()) return;
  std::vector<RawValue> items;
  const bool named = std::all_of(list->entries.begin(), list->entries.end(),
                                 [](const auto& entry) { return is_map(entry.second); });
  if (!named) items.push_back(*list);
  for (const auto& [name, value] : named ? list->entries : decltype(list->entries)()) {
    RawValue item = value;
    if (key == "steps" && !item.find("id") && item.find(type)) {
      item = RawValue::map();
      item.place = value.place;
      item.set("id", RawValue::scalar(name));
      for (const auto& [field, given] : value.entries) item.set(field, given);
    } else if (!item.find(type)) {  // {gaussian: {sigma: 2 px}}
      item = RawValue::map();
      item.place = value.place;
      item.set(name, value);
    }
    items.push_back(std::move(item));
  }
  issues.push_back({"'" + key + "' needs a list", list->place.str(), list->str(), "a list",
                    "start every entry with '- ': - " + items[0].str()});
  const Location place = list->place;
  *list = RawValue::list(std::move(items));
  list->place = place;
}

}  // namespace

void mend_shape(RawValue& document, std::vector<Issue>& issues) {
  if (!is_map(document)) return;
  mend_top(document, issues);
  mend_list(document, "steps", "op", issues);
  mend_list(document, "sinks", "type", issues);
  mend_entries(document, issues);
}

}  // namespace parfocal
