#include "parfocal/formats/tiff/libtiff_page.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/tiff_support.h"

namespace parfocal {
namespace {

constexpr int64_t kCodecBytes = 512 * 1024;  // libtiff's handle and the tables of LZW or deflate
constexpr int64_t kJpegUnit = 32;            // pixels: a block of 8 and at most 4 of them as one

// A JPEG of several passes keeps all coefficients of a block, of 2 bytes; any keeps some rows.
int64_t jpeg_bytes(const TiffPage& page) {
  const auto padded = [](int64_t pixels) { return (pixels / kJpegUnit + 2) * kJpegUnit; };
  const int64_t row = padded(page.block_width) * page.stored_bytes();
  return 2 * row * padded(std::min(page.block_height, page.height)) + 2 * kJpegUnit * row;
}

Status undecodable(const std::string& message) {
  return Status::fail("cannot be decoded: " + (message.empty() ? "damaged data" : message),
                      "copy the file again, or convert it to no compression");
}

bool is_jpeg(const TiffPage& page) { return page.compression == static_cast<int>(kTiffJpeg); }

}  // namespace

int64_t libtiff_bytes(const TiffPage& page) {
  const int64_t block = page.block_width * page.block_height * page.stored_bytes();
  return block + block / 2 + 65536 + page.block_count() * 32 + kCodecBytes +
         (is_jpeg(page) ? jpeg_bytes(page) : 0);
}

// libtiff reports by call-back; the last message becomes the reason of the Status.
int LibtiffPage::keep_message(TIFF*, void* page, const char*, const char* format,
                              va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  static_cast<LibtiffPage*>(page)->message_ = text;
  return 1;
}
// libjpeg only warns of data that end early, and fills what lacks.
int LibtiffPage::keep_warning(TIFF* tiff, void* page, const char* module, const char* format,
                              va_list arguments) {
  static_cast<LibtiffPage*>(page)->was_warned_ = true;
  return keep_message(tiff, page, module, format, arguments);
}

// libtiff's view of a file: a position of its own (duplicates of a descriptor share theirs).
tmsize_t LibtiffPage::read(thandle_t handle, void* to, tmsize_t bytes) {
  auto& page = *static_cast<LibtiffPage*>(handle);
  const int64_t got = read_at(page.file_.fd, to, bytes, page.position_);
  page.position_ += std::max<int64_t>(got, 0);
  return got;
}
toff_t LibtiffPage::seek(thandle_t handle, toff_t offset, int whence) {
  auto& page = *static_cast<LibtiffPage*>(handle);
  const int64_t base = whence == SEEK_END   ? page.file_.size
                       : whence == SEEK_CUR ? page.position_
                                            : 0;
  int64_t target = 0;
  if (__builtin_add_overflow(base, static_cast<int64_t>(offset), &target) || target < 0)
    return static_cast<toff_t>(-1);
  page.position_ = target;
  return static_cast<toff_t>(target);
}
toff_t LibtiffPage::size(thandle_t handle) {
  return static_cast<toff_t>(static_cast<LibtiffPage*>(handle)->file_.size);
}

LibtiffPage::LibtiffPage(const TiffFile& file, const TiffPage& page, int64_t most_bytes)
    : file_(file), page_(page) {
  open(most_bytes);
}

void LibtiffPage::open(int64_t most_bytes) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options, keep_warning, this);
  // m: no memory map (a file that shrinks would kill the process); h: header only.
  tiff_.reset(TIFFClientOpenExt("", "rmh", this, read, write, seek, close, size, nullptr, nullptr,
                                options));
  TIFFOpenOptionsFree(options);
  if (!tiff_) return;
  bool good = TIFFSetSubDirectory(tiff_.get(), page_.directory) != 0;
  if (good && page_.is_ycbcr)
    good = TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) != 0;
  const int64_t bytes = !good         ? 0
                        : page_.tiled ? static_cast<int64_t>(TIFFTileSize64(tiff_.get()))
                                      : static_cast<int64_t>(TIFFStripSize64(tiff_.get()));
  if (good && bytes != page_.block_width * page_.block_height * page_.stored_bytes())
    message_ = "contradictory sizes", good = false;
  if (!good) tiff_.reset();
}

Status LibtiffPage::decode(int64_t index, std::byte* to, int64_t bytes) {
  if (!tiff_) return undecodable(message_);
  was_warned_ = false;
  const auto block = static_cast<uint32_t>(index);
  const tmsize_t got = page_.tiled ? TIFFReadEncodedTile(tiff_.get(), block, to, bytes)
                                   : TIFFReadEncodedStrip(tiff_.get(), block, to, bytes);
  if (got == bytes && !(is_jpeg(page_) && was_warned_)) return {};
  return undecodable(message_);
}

}  // namespace parfocal
