#pragma once
/// Decoders of pictures: PNG by libpng, JPEG by libjpeg. Foreign bytes: every failure is a Status,
/// and what decoding allocates is known before it starts.

#include <filesystem>
#include <memory>
#include <optional>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/picture/picture_head.h"

namespace parfocal {

/// Of one open file, for one thread.
class PictureDecoder {
 public:
  virtual ~PictureDecoder() = default;
  /// Reads what stands before the pixels. Fails where that is damaged, of a kind that is not read,
  /// or says more pixels than a file of that size can hold. Once, first.
  virtual Status open(PictureHead& head) = 0;
  /// Decodes to.region, rows from the first one on: those above are dropped, those below are not
  /// read. Fails where the file ends early or is damaged as far as it is read; where the last row
  /// is wanted, that is the whole file. Allocates at most PictureHead::decode_bytes with open().
  /// Once.
  virtual Status read(const PicturePlanes& to) = 0;
};

/// Of a file of `size` bytes, which stays the caller's. Grey, colours and palettes, with and
/// without alpha, 1 to 16 bits, interlaced or not.
std::unique_ptr<PictureDecoder> make_png_decoder(int fd, int64_t size);
/// Grey and colours (which are made r g b) of 8 bits, baseline and progressive, as libjpeg makes
/// them by default (exact DCT, smooth chroma), so that Pillow and OpenCV give the same numbers.
std::unique_ptr<PictureDecoder> make_jpeg_decoder(int fd, int64_t size);

/// What a file is by its first bytes; nullopt if it is no picture.
std::optional<PictureKind> picture_kind(int fd);
/// A picture that was opened.
struct OpenPicture {
  Fd fd;
  int64_t size = 0;
  PictureHead head;
  std::unique_ptr<PictureDecoder> decoder;
};
/// Opens a file and reads its header. The failures say what it is, if it is neither.
Status open_picture(const std::filesystem::path& path, OpenPicture& picture);

}  // namespace parfocal
