#pragma once
/// Source `files` of pictures: PNG or JPEG files as one stream, their colours as its axis c. The
/// first header that can be read fixes kind, shape, channels and dtype; a file that differs or is
/// damaged makes its own items unreadable, not the run.

#include "parfocal/core/io.h"
#include "parfocal/core/reads_files.h"
#include "parfocal/formats/files/files_params.h"
#include "parfocal/formats/picture/picture_decoder.h"

namespace parfocal {

class PictureSource final : public Source, public ReadsFiles {
 public:
  /// `first`: of `files` the first whose header can be read. \throws Error(input_missing) if it
  /// cannot, Error(invalid_pipeline) if axes, sizes or scale do not fit what was found.
  PictureSource(const FilesParams& params, FileList files, int64_t first);
  PictureKind kind() const { return first_.kind; }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return read_bytes_; }
  Region block() const override { return layout_.whole_item(); }
  int64_t items_per_read() const override { return first_.channels; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override;
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override;
  SourceRow row(int64_t sequence) const override;
  std::string identity() const override;
  std::vector<std::string> notices() const override { return notices_; }
  std::vector<std::filesystem::path> files() const override;
  Status unchanged() const override { return files_.unchanged(); }

 private:
  void size_axes(const FilesParams& params);
  void add_colours(const FilesParams& params);
  void look_at_few_files();
  int64_t file_of(int64_t group) const;
  Status decode(int64_t file, const PicturePlanes& to) const;
  Status decode_all(int64_t file, std::span<std::byte> dst) const;
  Status read_channel(int64_t file, int64_t channel, const MutableView& dst) const;

  FileList files_;
  const int64_t first_file_;
  PictureHead first_;
  Layout layout_;
  std::vector<int64_t> file_strides_;  // of the stream axes that are stated
  std::string text_;                   // of what names the files
  std::vector<std::string> notices_;
  int64_t read_bytes_ = 0;  // of decoding, and of the channels that are kept for read()
  int64_t decode_bytes_ = 0;
  uint64_t owner_;
};

}  // namespace parfocal
