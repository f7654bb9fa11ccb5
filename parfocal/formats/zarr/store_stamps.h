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
  /// Remembers the files that describe an image that was just opened.
  void add(const FoundImage& image);
  /// Names the file that is another now. A store of ours that was being written when it was opened
  /// may have grown: the frames that it had stay as they are.
  Status unchanged() const;

 private:
  struct File {
    std::string key;
    ObjectStamp stamp;
  };
  struct Growing {
    std::string path;
    ZarrArray array;
  };
  File stamped(const std::string& key) const;
  Status expect_same(const File& file) const;
  Status expect_grown(const Growing& array) const;
  bool has_journal() const;

  std::shared_ptr<const Store> store_;
  File description_;    // of a store that we wrote
  bool being_written_;  // when it was opened
  std::vector<File> files_;
  std::vector<Growing> growing_;
};

}  // namespace parfocal
