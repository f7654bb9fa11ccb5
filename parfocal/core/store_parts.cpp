#include "parfocal/core/store_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/text_input.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kMostBytes = int64_t{64} << 20;
constexpr int kMostNested = 64;
constexpr size_t kMostLevels = 64;

Json json_in(const fs::path& file) {
  std::string text;
  std::error_code unknown;
  if (!fs::is_regular_file(file, unknown) || !read_text_file(file, kMostBytes, text).ok() ||
      nests_deeper(text, kMostNested))
    return {};
  return Json::parse(text, nullptr, false);
}

const Json& at(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) return none;
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}
std::string text_at(const Json& json, const char* key) {
  const Json& text = at(json, key);
  return text.is_string() ? text.get<std::string>() : "";
}
size_t number_at(const Json& json, const char* key) {
  const Json& number = at(json, key);
  return number.is_number_unsigned() ? number.get<size_t>() : 0;
}
std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> texts;
  if (!list.is_array()) return texts;
  for (const Json& text : list)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

std::string joined(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

Json attributes_of(const fs::path& group) {
  const Json json = json_in(group / "zarr.json");
  return json.is_object() ? at(json, "attributes") : json_in(group / ".zattrs");
}

bool is_number(const std::string& word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
}

// Of Zarr v3 "c/0/1/2", of v2 "0/1/2".
size_t indices_of(const fs::path& key, int format) {
  auto word = key.begin();
  if (format == 3 && (word == key.end() || *word++ != "c")) return 0;
  const auto indices = static_cast<size_t>(std::distance(word, key.end()));
  return std::all_of(word, key.end(), [](const fs::path& w) { return is_number(w.string()); })
             ? indices
             : 0;
}

}  // namespace

StoreParts::StoreParts(fs::path root) : root_(std::move(root)) {
  add_described();
  if (groups_.empty()) add_marked("");
  if (!groups_.empty()) add_tables();
}

void StoreParts::add_described() {
  const Json json = json_in(root_ / "__parfocal" / "store.json");
  if (number_at(json, "zarr_format") == 2) format_ = 2;
  const Json& images = at(json, "images");
  if (!images.is_array()) return;
  for (const Json& column : at(json, "columns")) columns_.push_back(text_at(column, "name"));
  columns_.emplace_back("valid");
  for (const Json& image : images) {
    std::vector<std::string> levels;
    for (size_t i = 0; i < std::min(number_at(image, "levels"), kMostLevels); ++i)
      levels.push_back(std::to_string(i));
    if (at(image, "path").is_string() && !levels.empty())
      add_image(text_at(image, "path"), levels, at(image, "axes").size());
  }
  if (!groups_.empty() && !arrays_.contains("0")) add_group("OME");  // lists the images
}

// A version without a description made one image and its labels, without columns.
void StoreParts::add_marked(const std::string& image) {
  const Json attributes = attributes_of(root_ / image);
  if (!at(attributes, "parfocal").is_object()) return;
  if (image.empty() && fs::exists(root_ / ".zgroup")) format_ = 2;
  const Json& ome = at(attributes, "ome").is_object() ? at(attributes, "ome") : attributes;
  for (const Json& scales : at(ome, "multiscales")) {
    std::vector<std::string> levels;
    for (const Json& level : at(scales, "datasets")) levels.push_back(text_at(level, "path"));
    add_image(image, levels, at(scales, "axes").size());
  }
  if (!image.empty()) return;
  const Json list = attributes_of(root_ / "labels");
  const Json& labels = at(list, "ome").is_object() ? at(list, "ome") : list;
  for (const std::string& name : texts(at(labels, "labels"))) add_marked("labels/" + name);
}

void StoreParts::add_image(const std::string& image, const std::vector<std::string>& levels,
                           size_t rank) {
  add_group(image);
  for (const std::string& level : levels) arrays_[joined(image, level)] = rank;
  const std::string frames = joined(image, "frames");
  if (!columns_.empty()) add_group(frames);
  for (const std::string& column : columns_) arrays_[joined(frames, column)] = 1;
}

// With those that it lies in.
void StoreParts::add_group(const std::string& group) {
  for (fs::path path = group; groups_.insert(path.generic_string()).second && !path.empty();)
    path = path.parent_path();
}

void StoreParts::add_columns(const std::string& group) {
  const Json attributes = attributes_of(root_ / group);
  for (const std::string& column : texts(at(at(attributes, "parfocal"), "columns")))
    arrays_[joined(group, column)] = 1;
}

void StoreParts::add_tables() {
  const Json attributes = attributes_of(root_ / "tables");
  for (const std::string& name : texts(at(at(attributes, "parfocal"), "tables"))) {
    add_group("tables/" + name);
    add_columns("tables/" + name);
  }
}

// Its columns come first and the group that names it last: a writer that was killed between has
// left metadata alone. Whoever adds an array makes the groups that it is in.
bool StoreParts::is_table_being_begun(const std::string& node) const {
  const fs::path path(node), tables = root_ / "tables";
  std::error_code unknown;
  return !path.empty() && *path.begin() == "tables" &&
         std::distance(path.begin(), path.end()) <= 3 &&
         fs::exists(root_ / "__parfocal" / "journal", unknown) &&
         !fs::exists(tables / "zarr.json", unknown) && !fs::exists(tables / ".zgroup", unknown);
}

bool StoreParts::is_metadata(const std::string& node, const std::string& name) const {
  const bool group = groups_.contains(node), array = arrays_.contains(node);
  if (!group && !array && !is_table_being_begun(node)) return false;
  if (format_ == 3) return name == "zarr.json";
  // .zmetadata is a copy of the others that readers ask for.
  return name == ".zattrs" || (name == ".zgroup" && !array) || (name == ".zarray" && !group) ||
         (name == ".zmetadata" && node.empty());
}

bool StoreParts::is_chunk(const fs::path& file) const {
  fs::path array;
  for (auto word = file.begin(); word != file.end(); ++word) {
    array /= *word;
    const auto found = arrays_.find(array.generic_string());
    if (found == arrays_.end()) continue;
    const size_t indices = indices_of(file.lexically_relative(array), format_);
    return indices > 0 && indices == found->second;
  }
  return false;
}

bool StoreParts::has(const fs::path& file) const {
  if (*file.begin() == "__parfocal") return true;
  fs::path name = file;
  if (name.extension() == ".part") name.replace_extension();  // of a writer that was killed
  return is_metadata(name.parent_path().generic_string(), name.filename().string()) ||
         is_chunk(name);
}

}  // namespace parfocal
