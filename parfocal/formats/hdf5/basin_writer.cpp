#include "parfocal/formats/hdf5/basin_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "parfocal/formats/hdf5/columns.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/md5.h"
#include "parfocal/formats/hdf5/pieces.h"
#include "parfocal/formats/hdf5/strings.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

std::optional<std::string> text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                   : std::nullopt;
}

std::vector<std::string> texts_of(const Json& json, const char* key) {
  std::vector<std::string> texts;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return texts;
  for (const Json& item : *found)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

struct KeyedEntry {
  std::string key;
  BasinEntry entry;
};
std::vector<KeyedEntry> keyed_entries(const H5File& file) {
  std::vector<KeyedEntry> entries;
  for (const std::string& key : file.members("basins"))
    if (auto entry = parse_basin(joined(read_strings(file, "basins/" + key))))
      entries.push_back({key, std::move(*entry)});
  return entries;
}

bool is_used(const std::vector<KeyedEntry>& entries, const std::string& mapping) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const KeyedEntry& e) { return e.entry.mapping == mapping; });
}

// Calls use(first, numbers) for all of them; false as soon as it gives false.
template <class F>
bool for_each_piece(int64_t length, const MappingRead& read, F&& use) {
  std::vector<int64_t> numbers(static_cast<size_t>(std::min(length, kMappingAtOnce)));
  for (int64_t first = 0; first < length; first += kMappingAtOnce) {
    const auto piece =
        std::span(numbers).first(static_cast<size_t>(std::min(length - first, kMappingAtOnce)));
    read(first, piece);
    if (!use(first, piece)) return false;
  }
  return true;
}

bool is_mapping(const IntegerColumn& there, int64_t length, const MappingRead& read) {
  if (there.size() != length) return false;
  std::vector<int64_t> other;
  return for_each_piece(length, read, [&](int64_t first, std::span<const int64_t> numbers) {
    other.resize(numbers.size());
    there.read(first, other);
    return std::equal(numbers.begin(), numbers.end(), other.begin());
  });
}

void write_mapping(const H5File& file, const std::string& name, int64_t length,
                   const MappingRead& read) {
  const Hdf5Lock lock;
  const Handle dataset = create_dataset(file, name, {DType::i64, {length}, {}, 5, true});
  const Handle type = native_type(DType::i64);
  for_each_piece(length, read, [&](int64_t first, std::span<const int64_t> numbers) {
    const Box box{{static_cast<uint64_t>(first)}, {numbers.size()}};
    if (!write_box(dataset.id(), type.id(), box, numbers.data()))
      throw_hdf5(ErrorCode::run_failed, "the dataset cannot be written", file.where(name),
                 "check the space on the disk");
    return true;
  });
}

}  // namespace

std::string basin_text(const BasinEntry& entry) {
  Json json;
  json["description"] = text_or_null(entry.description);
  json["name"] = entry.name;
  json["format"] = entry.internal ? "h5dataset" : "hdf5";
  json["paths"] = entry.internal ? std::vector<std::string>{"basin_events"} : entry.paths;
  json["type"] = entry.internal ? "internal" : "file";
  if (!entry.internal) json["identifier"] = text_or_null(entry.identifier);
  if (!entry.features.empty()) json["features"] = entry.features;
  if (!entry.mapping.empty()) json["mapping"] = entry.mapping;
  return json.dump(2, ' ', true, Json::error_handler_t::replace);
}

std::optional<BasinEntry> parse_basin(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto type = text_of(json, "type");
  if (type != "file" && type != "internal") return std::nullopt;
  BasinEntry entry;
  entry.name = text_of(json, "name").value_or("");
  entry.description = text_of(json, "description");
  entry.internal = type == "internal";
  entry.paths = texts_of(json, "paths");
  entry.features = texts_of(json, "features");
  entry.identifier = text_of(json, "identifier");
  entry.mapping = text_of(json, "mapping").value_or("");
  return entry;
}

std::vector<BasinEntry> read_basin_entries(const H5File& file) {
  std::vector<BasinEntry> entries;
  for (KeyedEntry& keyed : keyed_entries(file)) entries.push_back(std::move(keyed.entry));
  return entries;
}

void store_basin(const H5File& file, const BasinEntry& entry) {
  const std::string text = basin_text(entry), name = "basins/" + md5_hex(text);
  if (!file.exists(name)) write_strings(file, name, lines_of(text));
}

std::string store_mapping(const H5File& file, const std::vector<int64_t>& mapping) {
  return store_mapping(file, static_cast<int64_t>(mapping.size()),
                       [&](int64_t first, std::span<int64_t> to) {
                         std::copy_n(mapping.begin() + first, to.size(), to.begin());
                       });
}

std::string store_mapping(const H5File& file, int64_t length, const MappingRead& read) {
  for (int k = 0; k < 10; ++k) {
    const std::string name = "basinmap" + std::to_string(k), path = "events/" + name;
    if (!file.exists(path)) {
      write_mapping(file, path, length, read);
      return name;
    }
    if (is_mapping(IntegerColumn(file, path), length, read)) return name;
  }
  throw Error(ErrorCode::run_failed,
              Issue{"the file has ten mappings already", file.path().string(), "basinmap0..9",
                    "a free one of the ten that the format has", "write to a new file"});
}

void remove_internal_feature(const H5File& file, const std::string& feature) {
  file.remove("basin_events/" + feature);
  auto entries = keyed_entries(file);
  std::vector<std::string> mappings;
  for (size_t i = 0; i < entries.size();) {
    BasinEntry& entry = entries[i].entry;
    const size_t removed = entry.internal ? std::erase(entry.features, feature) : 0;
    if (removed == 0) {
      ++i;
      continue;
    }
    file.remove("basins/" + entries[i].key);
    mappings.push_back(entry.mapping);
    if (!entry.features.empty()) {
      store_basin(file, entry);
      ++i;
    } else {
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const std::string& mapping : mappings)
    if (!mapping.empty() && !is_used(entries, mapping)) file.remove("events/" + mapping);
}

}  // namespace parfocal
