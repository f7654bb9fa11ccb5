#pragma once
/// Source `files`: a folder of TIFF files as one stream. The first header that can be read fixes
/// shape and dtype; a file that differs or is damaged makes its own items unreadable, not the run.

#include "parfocal/core/io.h"
#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/tiff/file_list.h"
#include "parfocal/formats/tiff/page_hints.h"
#include "parfocal/formats/tiff/tiff_description.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

struct TiffSourceParams {
  std::vector<std::string> glob;
  std::string axes = "tyx";
  AxisScales scale;
  AxisSizes sizes;  ///< of stream axes but the first, where files and pages do not tell them
  std::string order = "natural";
};

class TiffSource final : public Source {
 public:
  /// \throws Error(input_missing) if no file matches or none can be read,
  /// Error(invalid_pipeline) if axes, sizes or scale do not fit what was found.
  TiffSource(const TiffSourceParams& params, const std::filesystem::path& base_dir);
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return read_bytes_; }
  Region block() const override { return block_; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override;
  SourceRow row(int64_t sequence) const override;
  std::string identity() const override;
  std::vector<std::string> notices() const override { return notices_; }
  FrameSet missing() const override { return missing_; }

 private:
  struct Place {
    int64_t file = 0, page = 0;
  };
  int64_t total_pages() const { return pages_.empty() ? files_.size() : pages_.back().end; }
  Place place(int64_t sequence) const;
  void read_first_header();
  void count_pages();
  void complete_last_step(int64_t inner, int64_t most);
  void size_axes(const AxisSizes& sizes);
  std::string several_images_cure() const;
  void describe();
  void take_axes(const TiffDescription& description);
  void guess_axes(const std::string& why);
  void note_missing();
  Status find_page(const TiffFile& file, const Place& place, uint64_t& directory) const;
  Status read_item(const Place& place, const MutableView& dst) const;

  FileList files_;
  Layout layout_;
  TiffPage first_;  // of the first file that opens
  std::optional<TiffDescription> description_;
  std::vector<int64_t> page_strides_;  // of the stream axes; empty: as in C order
  std::vector<std::string> notices_;
  FrameSet missing_;
  int64_t first_file_ = 0;
  int64_t read_bytes_ = 0;
  Region block_;
  std::string glob_;
  // Multi-page files only: pages up to and including each file, and for each file the position of
  // every stride-th directory so that page k is not reached by k reads.
  struct Pages {
    int64_t end = 0, stride = 1;
    bool cut = false;  // the last page lies beyond the end of the file
    std::vector<uint64_t> checkpoints;
  };
  Pages count_file(const std::filesystem::path& path, int64_t expected) const;
  std::vector<Pages> pages_;
  mutable PageHints hints_;
};

}  // namespace parfocal
