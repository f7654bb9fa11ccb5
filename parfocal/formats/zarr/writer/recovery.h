#pragma once
/// The steps of recover_store() between finding the journal and removing it.

#include <limits>
#include <memory>
#include <set>
#include <vector>

#include "parfocal/formats/common/gap_ranges.h"
#include "parfocal/formats/zarr/writer/array_recovery.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {

class StoreRecovery {
 public:
  /// `spec` is referred to.
  StoreRecovery(std::filesystem::path root, const StoreSpec& spec);
  Status run(const std::filesystem::path& journal, RecoverReport& report);

 private:
  struct Image {
    std::vector<std::unique_ptr<ArrayRecovery>> levels;
    uint32_t first_array = 0;
    int64_t published = 0;      // steps of the first axis that readers saw already
    std::set<int64_t> damaged;  // frames that are recorded but not whole
    GapRanges recorded;         // gaps by the journal
    FrameSet known_gaps;        // their frames
    int64_t taken_from = std::numeric_limits<int64_t>::max();  // frames from here on are taken back
    FrameSet present;
    int64_t outer = 0;
    GapRanges gaps;
  };
  void read_published();
  Status read_records(const std::filesystem::path& journal, RecoverReport& report);
  void take(const FrameRecord& record);
  ArrayRecovery* array(uint32_t number);
  Status finish_image(Image& image, RecoverReport& report);
  void end_alike();
  Status clear_image(Image& image, RecoverReport& report);
  Status remove_strays(const Image& image, size_t level, RecoverReport& report);
  bool is_there(const Image& image, size_t level, int64_t frame) const;
  bool is_gap(const Image& image, size_t level, FrameIndex index, size_t z) const;
  std::set<int64_t> planes_to_pool(const Image& image, size_t level, size_t z) const;
  Status pool_missing(Image& image, size_t level);
  void find_present(Image& image);
  void add_earlier(Image& image);
  void find_gaps(Image& image);
  Status write_columns(const std::filesystem::path& journal);
  Status put_metadata();
  Status finish_tables() const;
  Status put(const std::vector<MetadataObject>& objects) const;
  std::vector<ContrastWindow> windows_of(const Image& image) const;
  ContrastWindow window_of(const Image& image, const std::vector<int64_t>& frames) const;
  const ImageSpec& spec_of(const Image& image) const;

  std::filesystem::path root_;
  const StoreSpec& spec_;
  std::shared_ptr<Store> store_;
  std::vector<Image> images_;
};

}  // namespace parfocal
