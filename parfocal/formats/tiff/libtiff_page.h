#pragma once
/// Compressed blocks of one TIFF page, decoded by libtiff.

#include <tiffio.h>

#include <memory>
#include <string>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// Most bytes that libtiff and its codecs allocate for a page.
int64_t libtiff_bytes(const TiffPage& page);

/// A handle of its own on an open file: several of one file are independent. Not thread-safe.
class LibtiffPage {
 public:
  /// `most_bytes`: of one allocation of libtiff.
  LibtiffPage(const TiffFile& file, const TiffPage& page, int64_t most_bytes);
  LibtiffPage(const LibtiffPage&) = delete;
  LibtiffPage& operator=(const LibtiffPage&) = delete;
  /// Decodes block `index` into `bytes` bytes, samples in the machine's byte order; YCbCr becomes
  /// red, green and blue. Fails where that is not exactly the size of the block, the data are
  /// damaged, or a JPEG ends early.
  Status decode(int64_t index, std::byte* to, int64_t bytes);

 private:
  struct Closer {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };
  static int keep_message(TIFF*, void* page, const char*, const char* format, va_list arguments);
  static int keep_warning(TIFF*, void* page, const char*, const char* format, va_list arguments);
  static tmsize_t read(thandle_t page, void* to, tmsize_t bytes);
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t page, toff_t offset, int whence);
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t page);
  void open(int64_t most_bytes);

  const TiffFile& file_;
  const TiffPage& page_;
  int64_t position_ = 0;
  std::string message_;  // of libtiff, the last one
  bool was_warned_ = false;
  std::unique_ptr<TIFF, Closer> tiff_;  // null: cannot be opened
};

}  // namespace parfocal
