#include "parfocal/formats/zarr/chunk_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace parfocal {
namespace {

constexpr size_t kMostNames = 20000;  // of one folder
constexpr int kMostFolders = 64;      // looked into for the first chunk below them
constexpr size_t kMostChecked = 64;   // misplaced chunks of which the right place is looked at

// A name such as "0.1.2", "c/0/1", "C_0_1": digits with signs between them, perhaps after a letter.
struct ChunkName {
  std::string key;  // below the array
  bool prefixed = false;
  std::string separator;  // the first one between indices, "" where there is one index
  std::vector<int64_t> index;
};

bool is_separator(char c) { return c == '.' || c == '/' || c == '_' || c == '-'; }

std::optional<ChunkName> parse_chunk_name(const std::string& key) {
  ChunkName name;
  name.key = key;
  const char *at = key.data(), *const end = at + key.size();
  if (at != end && (*at == 'c' || *at == 'C')) {
    name.prefixed = true;
    if (++at != end && is_separator(*at)) ++at;
  }
  for (;;) {
    int64_t index = 0;
    if (at == end || *at == '-') return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, index);
    if (error != std::errc{}) return std::nullopt;
    name.index.push_back(index);
    if (next == end) return name;
    if (!is_separator(*next)) return std::nullopt;
    if (name.separator.empty()) name.separator = *next;
    at = next + 1;
  }
}

// Folders on the way to nested chunks: "c", "0".
bool may_be_folder(const std::string& name) {
  return name == "c" || name == "C" ||
         (!name.empty() && std::all_of(name.begin(), name.end(),
                                       [](unsigned char c) { return c >= '0' && c <= '9'; }));
}
// Nested chunks with a letter first, or without one.
char way_of(const std::string& name) { return name == "c" || name == "C" ? name[0] : '0'; }

// "2" before "10": the first ones lie in the grid, if any do.
void by_number(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

class ChunkSurvey {
 public:
  ChunkSurvey(const Store& store, const std::string& path, ZarrArray& array)
      : store_(store), path_(path), array_(array) {}

  std::vector<std::string> run() {
    std::vector<std::string> names;
    if (Status s = store_.list(path_, kMostNames, names); !s.ok())
      throw Error(ErrorCode::input_missing, s.issue());
    by_number(names);
    for (const std::string& name : names) {
      if (!may_be_folder(name)) {
        take(name);
      } else if (const char way = way_of(name); ways_.find(way) == ways_.npos) {
        const std::string first = first_below(name);
        if (first.size() > name.size()) ways_ += way;
        take(first);
      }
    }
    return judge();
  }

 private:
  // The first object at or below `name`, "" if there is none.
  std::string first_below(const std::string& name) {
    std::vector<std::string> names;
    if (folders_ == kMostFolders) return "";
    ++folders_;
    const std::string key = joined_key(path_, name);
    if (Status s = store_.list(key, kMostNames, names); !s.ok())
      throw Error(ErrorCode::input_missing, s.issue());
    ObjectRead object;
    if (names.empty()) return store_.read(key, 0, {}, object).ok() && object.found ? name : "";
    by_number(names);
    for (const std::string& below : names)
      if (may_be_folder(below) || parse_chunk_name(below))
        if (std::string found = first_below(name + '/' + below); !found.empty()) return found;
    return "";
  }

  bool in_grid(const ChunkName& name) const {
    if (name.index.size() != array_.shape.size()) return false;
    for (size_t a = 0; a < name.index.size(); ++a)
      if (name.index[a] > (array_.shape[a] - 1) / array_.chunk[a] || array_.shape[a] == 0)
        return false;
    return true;
  }

  void take(const std::string& key) {
    std::optional<ChunkName> name = parse_chunk_name(key);
    if (!name) return;
    const bool ranked = name->index.size() == array_.shape.size();
    const bool own = ranked && key == array_.chunk_key(name->index);
    if (own && in_grid(*name))
      ++found_;
    else if (own)
      ++outside_;
    else if (!in_grid(*name))
      ++strange_, strange_name_ = strange_ == 1 ? key : strange_name_;
    else
      misplaced_.push_back(std::move(*name));
  }

  // The chunk also lies where the metadata says: what is misplaced is an older copy.
  bool has_twin(const ChunkName& name) const {
    ObjectRead result;
    const std::string key = joined_key(path_, array_.chunk_key(name.index));
    return store_.read(key, 0, {}, result).ok() && result.found;
  }

  std::vector<std::string> judge() {
    const std::string where = store_.where(path_);
    if (decide_separator())
      return {
          fmt::format("The metadata of {} does not state its dimension_separator: the chunks "
                      "lie in folders, so it is {}.",
                      where, quoted("/"))};
    for (size_t i = 0; i < std::min(misplaced_.size(), kMostChecked); ++i)
      if (found_ == 0 || !has_twin(misplaced_[i])) fail_misplaced(misplaced_[i]);
    if (found_ > 0)
      return strange_ > 0 ? std::vector{strange_note(where)} : std::vector<std::string>();
    if (strange_ > 0) fail_strange();
    if (std::find(array_.shape.begin(), array_.shape.end(), 0) != array_.shape.end()) return {};
    return {fmt::format("No chunk of {} is there{}: all its pixels have the fill value.", where,
                        outside_ > 0 ? " (only some outside its shape)" : "")};
  }

  // Zarr v2 before 2.8 wrote nested chunks without a word of it.
  bool decide_separator() {
    const auto nested = [](const ChunkName& name) {
      return !name.prefixed && name.separator == "/" &&
             std::count(name.key.begin(), name.key.end(), '/') + 1 ==
                 static_cast<std::ptrdiff_t>(name.index.size());
    };
    if (array_.separator_stated || found_ > 0 || misplaced_.empty() ||
        !std::all_of(misplaced_.begin(), misplaced_.end(), nested))
      return false;
    array_.separator = "/";
    return true;
  }

  [[noreturn]] void fail_misplaced(const ChunkName& name) const {
    throw Error(ErrorCode::input_missing,
                Issue{"chunks lie under other keys than the metadata states, and would be read as "
                      "the fill value",
                      store_.where(path_), name.key, array_.chunk_key(name.index), cure(name)});
  }
  [[noreturn]] void fail_strange() const {
    const std::vector<int64_t> first(array_.shape.size(), 0);
    throw Error(ErrorCode::input_missing,
                Issue{"no file in the array's folder is one of its chunks, though they look like "
                      "chunks",
                      store_.where(path_), strange_name_,
                      fmt::format("keys such as {}", array_.chunk_key(first)),
                      "correct the shape, the chunks or the keys in the array's metadata"});
  }
  std::string strange_note(const std::string& where) const {
    return fmt::format("{} in {} named like chunks {} none of it and not read, such as {}.",
                       strange_ == 1 ? "1 file" : fmt::format("{} files", strange_), where,
                       strange_ == 1 ? "is" : "are", strange_name_);
  }

  // What the metadata has to say for these chunks to be found.
  std::string cure(const ChunkName& name) const {
    ZarrArray other = array_;
    for (const char* separator : {"/", "."})
      for (const bool v2_keys : {true, false}) {
        other.v2_keys = v2_keys;
        other.separator = separator;
        if (other.chunk_key(name.index) != name.key || (array_.format == 2 && !v2_keys)) continue;
        if (array_.format == 2)
          return fmt::format(R"(write "dimension_separator": {} into .zarray)", quoted(separator));
        return fmt::format(
            R"(write "chunk_key_encoding": {{"name": {}, "configuration": {{"separator": {}}}}} into zarr.json)",
            quoted(v2_keys ? "v2" : "default"), quoted(separator));
      }
    return fmt::format("rename the chunks: {} to {}, and so on", name.key,
                       array_.chunk_key(name.index));
  }

  const Store& store_;
  const std::string& path_;
  ZarrArray& array_;
  int64_t found_ = 0, outside_ = 0, strange_ = 0;
  std::string strange_name_;
  std::vector<ChunkName> misplaced_;
  std::string ways_;  // of nesting, of which one chunk was found: it says how the others lie
  int folders_ = 0;
};

}  // namespace

std::vector<std::string> locate_chunks(const Store& store, const std::string& path,
                                       ZarrArray& array) {
  return ChunkSurvey(store, path, array).run();
}

}  // namespace parfocal
