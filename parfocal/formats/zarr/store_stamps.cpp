#include "parfocal/formats/zarr/store_stamps.h"

#include <algorithm>

namespace parfocal {
namespace {

constexpr const char* kJournals[] = {"__parfocal/journal", "__parfocal/journal.next"};
constexpr const char* kCure = "run again when nothing else writes it";

}  // namespace

StoreStamps::StoreStamps(const ZarrHierarchy& store)
    : store_(store.store()),
      description_(stamped("__parfocal/store.json")),
      being_written_(description_.stamp.found && has_journal()) {}

void StoreStamps::add(const FoundImage& image) {
  if (being_written_) return growing_.push_back({image.path, image.array});
  for (const char* name : {"zarr.json", ".zarray", ".zattrs"})
    files_.push_back(stamped(joined_key(image.path, name)));
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
