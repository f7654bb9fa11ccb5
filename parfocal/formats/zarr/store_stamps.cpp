#include "parfocal/formats/zarr/store_stamps.h"

#include <algorithm>
#include <functional>

namespace parfocal {
namespace {

constexpr const char* kJournals[] = {"__parfocal/journal", "__parfocal/journal.next"};
// Some milliseconds at the start and at the end.
constexpr uint64_t kMostLookedAt = 4096;  // of a level
constexpr size_t kMostNames = 20000;      // of a folder
constexpr const char* kCure = "run again when nothing else writes it";

// Of each level below an array, which are folders and at last chunks: one of so many is looked at.
std::vector<uint64_t> looked_at(const ZarrArray& array) {
  const size_t rank = array.shape.size();
  const std::string key = array.chunk_key(std::vector<int64_t>(rank, 0));
  const size_t levels = 1 + static_cast<size_t>(std::count(key.begin(), key.end(), '/'));
  const size_t prefixes =
      levels > rank ? levels - rank : 0;  // "c/0/0" begins with a folder of its own
  std::vector<uint64_t> one_of;
  uint64_t count = 1;
  for (size_t level = 1, axis = 0; level <= levels; ++level) {
    const size_t axes = level == levels ? rank : level - std::min(level, prefixes);
    for (; axis < axes && count < (uint64_t{1} << 40); ++axis)
      count *= static_cast<uint64_t>(
          std::max<int64_t>(1, (array.shape[axis] - 1) / array.chunk[axis] + 1));
    one_of.push_back(1 + count / kMostLookedAt);
  }
  return one_of;
}

uint64_t mixed(uint64_t v) {
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ull;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebull;
  return v ^ (v >> 31);
}

uint64_t number_of(const ObjectStamp& stamp, uint64_t name) {
  uint64_t all = mixed(name + (stamp.found ? 1 : 0));
  for (const uint64_t value : {stamp.device, stamp.number, static_cast<uint64_t>(stamp.size),
                               static_cast<uint64_t>(stamp.changed_ns)})
    all = mixed(all ^ value);
  return all;
}

}  // namespace

StoreStamps::StoreStamps(const ZarrHierarchy& store)
    : store_(store.store()),
      description_(stamped("__parfocal/store.json")),
      being_written_(description_.stamp.found && has_journal()) {}

void StoreStamps::add(const FoundImage& image) {
  if (being_written_) return growing_.push_back({image.path, image.array});
  for (const char* name : {"zarr.json", ".zarray", ".zattrs"})
    files_.push_back(stamped(joined_key(image.path, name)));
  chunks_.push_back({image.path, looked_at(image.array)});
  chunks_.back().stamp = stamped(chunks_.back());
  if (image.group == image.path) return;
  for (const char* name : {"zarr.json", ".zattrs"})
    files_.push_back(stamped(joined_key(image.group, name)));
}

Status StoreStamps::unchanged() const {
  if (Status s = expect_same(description_); !s.ok()) return s;
  if (!being_written_ && has_journal())
    return Status::fail(
        "the store " + store_->where("") + " is being written, and was not when it was opened",
        kCure);
  for (const File& file : files_)
    if (Status s = expect_same(file); !s.ok()) return s;
  for (const Chunks& chunks : chunks_)
    if (stamped(chunks) != chunks.stamp)
      return Status::fail(
          "chunks of " + store_->where(chunks.path) + " changed while the store was read", kCure);
  for (const Growing& array : growing_)
    if (Status s = expect_grown(array); !s.ok()) return s;
  return {};
}

// What cannot be looked at counts as not there: it is told when it comes to be compared.
StoreStamps::File StoreStamps::stamped(const std::string& key) const {
  File file{key, {}};
  (void)store_->stamp(key, file.stamp);
  return file;
}

uint64_t StoreStamps::stamped(const Chunks& chunks) const {
  uint64_t sum = 0;
  add_below(chunks, chunks.path, 0, sum);
  return sum;
}

// A folder changes when a name in it comes, goes or leads to another file. So files need not be
// looked at one by one, but for being written in their place. A sum: names come in any order.
void StoreStamps::add_below(const Chunks& chunks, const std::string& key, size_t level,
                            uint64_t& sum) const {
  sum += number_of(stamped(key).stamp, std::hash<std::string>()(key));
  std::vector<std::string> names;
  if (level == chunks.one_of.size() || !store_->list(key, kMostNames, names).ok()) return;
  for (const std::string& name : names)
    if (const std::string below = joined_key(key, name);
        std::hash<std::string>()(below) % chunks.one_of[level] == 0)
      add_below(chunks, below, level + 1, sum);
}

bool StoreStamps::has_journal() const {
  return std::any_of(std::begin(kJournals), std::end(kJournals),
                     [&](const char* key) { return stamped(key).stamp.found; });
}

Status StoreStamps::expect_same(const File& file) const {
  if (stamped(file.key).stamp == file.stamp) return {};
  return Status::fail(store_->where(file.key) + " changed while the store was read", kCure);
}

Status StoreStamps::expect_grown(const Growing& array) const {
  bool same = false;
  try {
    const ZarrArray now = ZarrHierarchy(store_).array(array.path);
    const ZarrArray& then = array.array;
    same = now.dtype == then.dtype && now.chunk == then.chunk &&
           now.shape.size() == then.shape.size() && now.shape[0] >= then.shape[0] &&
           std::equal(now.shape.begin() + 1, now.shape.end(), then.shape.begin() + 1);
  } catch (const Error&) {
    same = false;  // it cannot be read any more
  }
  return same ? Status()
              : Status::fail(
                    "the array " + store_->where(array.path) + " changed while the store was read",
                    kCure);
}

}  // namespace parfocal
