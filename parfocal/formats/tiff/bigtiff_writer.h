#pragma once
/// A BigTIFF file (little-endian) of pages of one size that grows page by page. Uncompressed, the
/// place of every page follows from its number, so nothing is kept per page and pages may be
/// written in any order and in parts; a page can be seen by readers once it is linked. Deflated
/// pages are written whole, in order, and linked at once.
///
/// The file, with G pages a group (BigTIFF: TIFF 6.0 with 64-bit offsets, libtiff.gitlab.io):
///
///   header | description | G directories | pixels of G pages | G directories | pixels ...
///
/// Directories lie together, so that a reader that follows their chain reads few disk blocks, and
/// the pixels of a group are contiguous. Linking is the last write of a page: whatever ends the
/// process, the pages linked before stay readable.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/layout.h"
#include "parfocal/core/view.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/strip_encoder.h"

namespace parfocal {

struct BigTiffPages {
  int64_t width = 0, height = 0;  ///< both at least 1
  DType dtype = DType::u8;        ///< bool is stored as uint8 0/1
  int64_t count = kUnbounded;     ///< as far as known; decides how many pages share a group
  bool deflate = false;
  int threads = 1;  ///< that may deflate
};

class BigTiffWriter {
 public:
  static constexpr int64_t kMostStripBytes = 8 << 20;  ///< a strip has at least one row
  static constexpr int64_t kDeflatedStripBytes = 256 << 10;
  static constexpr int64_t kAheadBytes = 64 << 20;  ///< disk space reserved at a time
  static constexpr int64_t kEndBytes = 16 << 10;    ///< reserved for the description at the end

  explicit BigTiffWriter(const BigTiffPages& pages);

  /// Creates the file with its header and the description of its first page (the tag
  /// ImageDescription, ASCII). \throws Error(output_exists | run_failed)
  void create(const std::filesystem::path& path, std::string_view description);
  /// Goes on with a file that create() made and that was never closed: its pages are linked, those
  /// that follow can only be missing. \return false if it is no such file, or it is closed
  static bool reopen(const std::filesystem::path& path, std::unique_ptr<BigTiffWriter>& writer,
                     std::string& description);
  /// The description of a file that reopen() would go on with; "" = it is none.
  static std::string growing_description(const std::filesystem::path& path);
  /// Writes plane.region, a part of page `page`, in place; what is never written is 0. Where pages
  /// are deflated, whole pages in order, those left out are 0.
  Status write(int64_t page, const View& plane);
  /// Says of pages that are still to be linked, in ascending order, that they are missing: their
  /// directories tell it to those who recover the file. Of what waits a bounded list is kept.
  void note_missing(int64_t first, int64_t count);
  /// Makes pages [0, count) visible; no effect if they are.
  Status link(int64_t count);
  /// Overwrites bytes of the description given to create(), which keeps its length.
  Status patch_description(size_t at, std::string_view text);
  /// Keeps pages [0, count) only, ends the file with a description in place of the first one, and
  /// closes it. count >= 1.
  Status close(int64_t count, std::string_view description);

  int64_t linked() const { return linked_; }
  const FrameSet& missing() const { return missing_; }  ///< linked pages of a reopened file
  const BigTiffPages& pages() const { return pages_; }
  /// Bytes of a file of this many pages, without its descriptions.
  int64_t file_bytes(int64_t pages) const;
  int64_t resident_bytes() const {
    return slot_bytes_ + (encoder_ ? encoder_->resident_bytes() + page_bytes_ : 0);
  }

 private:
  struct Strip {
    int64_t at = 0, bytes = 0;
  };
  bool find_pages();
  void place_missing(int64_t count);
  Status append(const View& plane);
  Status append_strips(int64_t& end);
  Status append_zeros();
  Status add_hole();
  Status add_directory(int64_t page);
  int64_t chained_directory(int64_t page) const;
  int64_t directory_at(int64_t page) const;
  int64_t pixels_at(int64_t page) const;
  int64_t link_at(int64_t page) const;  // where the position of this page's directory stands
  void place_strips(int64_t page);
  void render(int64_t page);
  bool is_missing(int64_t page);
  Status put(const void* from, int64_t bytes, int64_t at);
  Status reserve(int64_t end);
  Status extend(int64_t end);
  // Where pages lie cannot be told from their number.
  bool placed_one_by_one() const { return encoder_ || reopened_; }

  BigTiffPages pages_;
  int64_t row_bytes_, page_bytes_, rows_per_strip_, strips_;
  int64_t slot_bytes_, group_;  // of a directory; pages a group
  int64_t directories_bytes_, group_bytes_ = 0;
  int64_t head_bytes_ = 0, first_directory_at_ = 0;
  int64_t reserved_ = 0;  // the file's size while it grows
  int64_t linked_ = 0;
  int64_t next_link_at_ = 8;  // where the position of the next directory belongs
  int64_t description_bytes_ = 0;
  std::unique_ptr<StripEncoder> encoder_;  // none: not compressed
  std::vector<Strip> page_strips_;         // of the page to be linked
  std::vector<Strip> zero_strips_;         // of the pages of 0, which share them
  int64_t end_ = 0, group_at_ = 0;         // deflated: where to go on; the current directories
  std::deque<std::pair<int64_t, int64_t>> missing_ahead_;  // first page, end
  FrameSet missing_;
  bool reopened_ = false;
  std::vector<std::byte> slot_;
  std::filesystem::path path_;
  Fd fd_;
};

}  // namespace parfocal
