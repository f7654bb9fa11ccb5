#pragma once
/// Source `files`: a folder of TIFF files as one stream. The first header that can be read fixes
/// shape and dtype; a file that differs or is damaged makes its own items unreadable, not the run.
/// An image never takes the place of another: what is missing, shorter or longer than the others
/// say is a failure by name.

#include "parfocal/core/io.h"
#include "parfocal/core/reads_files.h"
#include "parfocal/formats/common/decoded_group.h"
#include "parfocal/formats/files/files_params.h"
#include "parfocal/formats/tiff/channel_planes.h"
#include "parfocal/formats/tiff/page_chain.h"
#include "parfocal/formats/tiff/page_hints.h"
#include "parfocal/formats/tiff/stated_axes.h"
#include "parfocal/formats/tiff/tiff_description.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

class TiffSource final : public Source, public ReadsFiles {
 public:
  /// \throws Error(input_missing) if none of the files can be read,
  /// Error(invalid_pipeline) if axes, sizes or scale do not fit what was found.
  TiffSource(const FilesParams& params, FileList files);
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return read_bytes_ + kept_bytes(); }
  Region block() const override { return block_; }
  int64_t items_per_read() const override { return behind_channel_ == 1 ? channels_ : 1; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override;
  /// All channels of a page.
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override;
  SourceRow row(int64_t sequence) const override;
  std::string identity() const override;
  std::vector<std::string> notices() const override { return notices_; }
  FrameSet missing() const override { return missing_; }
  std::vector<std::filesystem::path> files() const override;
  Status unchanged() const override;

 private:
  struct Place {
    int64_t file = 0, page = 0;  // file -1: listed nowhere
    int64_t channel = 0;
  };
  // Of the pages: how many steps, and how many pages lie between two.
  struct PageAxis {
    int64_t size = 1, stride = 1;
  };
  // What is kept of a file of several images.
  struct Pages {
    int64_t end = 0;    // images up to and including this file
    int64_t stack = 1;  // images behind each directory
    PageChain chain;
  };
  bool automatic() const { return params_.takes_axes_of_files() && params_.sizes.entries.empty(); }
  int64_t total_pages() const { return pages_.empty() ? files_.size() : pages_.back().end; }
  int64_t images_in(int64_t file) const;
  Place place(int64_t sequence) const;
  void read_first_header();
  std::vector<std::string> patterns() const;
  static void require_short(int64_t bytes, const std::string& name);
  void follow_metadata_file();
  void look_at_odd_files();
  bool is_like_first(const TiffPage& page) const;

  // Counting images.
  bool all_single() const;
  void count_pages();
  Pages count_file(int64_t file, int64_t expected);
  void compare_description(int64_t file, const TiffFile& opened, const TiffPage& first);
  void compare_measures(int64_t file, const TiffDescription& other);
  void compare_few_files();
  void add_missing(const FrameSet& pages, int64_t before);
  void complete_last_step(int64_t inner, int64_t most);

  // Axes that are stated.
  void size_axes(const AxisSizes& sizes);
  StatedPages stated_pages() const;
  std::string sizes_cure(const AxisSizes& sizes) const;
  void check_lengths(int64_t inner) const;
  [[noreturn]] void fail_lengths(int64_t file, const std::string& needed) const;
  void take_measures();
  void order_axes();

  // Channels of a pixel, which become axis c.
  void keep_numbers_of_display_palette();
  std::vector<std::string> channel_names() const;
  void check_stated_channels() const;
  [[noreturn]] void fail_channels(const Axis& c) const;
  void check_described_samples() const;
  void add_channels();
  void multiply_channels(Axis& c) const;
  void note_channels();

  // Axes of descriptions.
  void describe();
  void take_axes(const TiffDescription& description);
  void set_axes(const std::vector<Axis>& planes, int64_t positions);
  void guess_axes(const std::string& why);

  // Notices.
  void note_description();
  void note_page_counts();
  void note_unlike();
  void note_unlike_files(const std::vector<std::string>& unlike);
  void note_joined();
  void note_other_measures();
  void note_name_grid();
  void note_absent_files();
  void note_placeless();
  void note_missing();

  // Planes that OME-XML places one by one, in one file or in several.
  bool take_places();
  bool lies_in_order() const;
  std::vector<int64_t> set_files();
  void resolve_places(const std::vector<int64_t>& members);
  void check_foreign(const std::vector<int64_t>& members) const;
  void check_images() const;
  void check_shared_pages() const;
  void describe_places();
  void take_first_plane();

  Status find_directory(const TiffFile& file, const Place& place, uint64_t& directory) const;
  Status check_page(const TiffFile& file, const TiffPage& page, int64_t file_number) const;
  Status read_page(const TiffFile& file, uint64_t directory, TiffPage& page) const;
  Status read_item(const Place& place, ChannelRange wanted, const MutableView& dst) const;
  Status read_channel(const Place& place, int64_t group, const MutableView& dst) const;
  int64_t kept_bytes() const;

  FilesParams params_;
  FileList files_;
  Layout layout_;
  TiffPage first_;  // of the first file that opens
  int64_t first_stack_ = 1;
  int64_t sub_pages_ = 0;  ///< whole images in SubIFDs of the first page
  std::optional<TiffDescription> description_;
  std::string description_file_;     // not empty: where that stands instead of the first file
  FileList description_files_;       // that file
  std::vector<PageAxis> page_axes_;  // of the stream axes; empty: as in C order
  int64_t channels_ = 1;             // of a page: steps of c that each page has
  int64_t behind_channel_ = 1;       // items from one channel of a page to the next: steps of z
  uint64_t owner_ = DecodedGroup::new_owner();
  bool keeps_numbers_ = false;               // of palettes, which only show them
  PlaneMap places_;                          // empty: the pages of the files one behind the other
  int64_t listed_ = -1;                      // planes that OME-XML lists, all of them in order
  std::string other_description_;            // not empty: which file says something else
  std::vector<std::string> other_measures_;  // files of other scales or names of channels
  FrameSet missing_pages_;                   // of all files
  std::vector<std::string> notices_;
  FrameSet missing_;
  int64_t first_file_ = 0;
  int64_t read_bytes_ = 0;
  Region block_;
  std::string glob_;
  std::vector<Pages> pages_;  // of each file, where one has several
  mutable PageHints hints_;
};

}  // namespace parfocal
