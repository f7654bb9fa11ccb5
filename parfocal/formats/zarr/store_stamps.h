#pragma once
/// Whether the images that are read still are those that were opened: somebody may replace a store,
/// or write into it, while a run reads it.

#include <string>
#include <vector>

#include "parfocal/formats/zarr/image_lookup.h"

namespace parfocal {

class StoreStamps {
 public:
  explicit StoreStamps(const ZarrHierarchy& store);
  /// Remembers the files that describe an image that was just opened, and its chunks.
  void add(const FoundImage& image);
  /// Names the file that is another now. A store of ours that was being written when it was opened
  /// may have grown: the frames that it had stay as they are.
  Status unchanged() const;
  /// Whether it was a store of ours that was being written when it was opened.
  bool being_written() const { return being_written_; }

 private:
  struct File {
    std::string key;
    ObjectStamp stamp;
  };
  struct Growing {
    std::string path;
    ZarrArray array;
  };
  /// The chunks of an array, by some of their folders and some of them.
  struct Chunks {
    std::string path;
    std::vector<uint64_t> one_of;  // folders or chunks of each level, so many are looked at
    uint64_t stamp = 0;
  };
  File stamped(const std::string& key) const;
  Status expect_same(const File& file) const;
  uint64_t stamped(const Chunks& chunks) const;
  void add_below(const Chunks& chunks, const std::string& key, size_t level, uint64_t& sum) const;
  Status expect_grown(const Growing& array) const;
  bool has_journal() const;

  std::shared_ptr<const Store> store_;
  File description_;    // of a store that we wrote
  bool being_written_;  // when it was opened
  std::vector<File> files_;
  std::vector<Chunks> chunks_;
  std::vector<Growing> growing_;
};

}  // namespace parfocal
