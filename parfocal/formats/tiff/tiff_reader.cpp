#include "parfocal/formats/tiff/tiff_reader.h"

#include <tiffio.h>

#include <algorithm>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

constexpr uint64_t kHeaderBytes = 8;         // at the start of every TIFF: no pixels lie there
constexpr int64_t kCodecBytes = 512 * 1024;  // libtiff's handle and the tables of LZW or deflate

Status truncated(const TiffFile& file, const char* what, uint64_t block, uint64_t position,
                 int64_t bytes) {
  return Status::fail("truncated: " + std::string(what) + " " + std::to_string(block) + " (" +
                          std::to_string(bytes) + " bytes at " + std::to_string(position) +
                          ") lies beyond the file of " + std::to_string(file.size) + " bytes",
                      "copy the file again");
}

const char* block_word(const TiffPage& page) { return page.tiled ? "tile" : "strip"; }

// Bytes of a block in the file.
Status stored_bytes(const TiffPage& page, TiffValueReader& counts, uint64_t block, int64_t y,
                    int64_t& bytes) {
  bytes = page.block_bytes(y);
  if (page.compression == 1) return {};  // writers get the counts of uncompressed strips wrong
  uint64_t count = 0;
  if (Status s = counts.get(block, count); !s.ok()) return s;
  if (count > static_cast<uint64_t>(bytes + bytes / 2 + 65536))
    return Status::fail("damaged TIFF header: a compressed " + std::string(block_word(page)) +
                        " of " + std::to_string(count) + " bytes for " + std::to_string(bytes) +
                        " bytes of pixels");
  bytes = static_cast<int64_t>(count);
  return {};
}

// Position of a block, checked to lie in the file.
Status locate(const TiffFile& file, const TiffPage& page, TiffValueReader& offsets,
              TiffValueReader& counts, uint64_t block, uint64_t& position) {
  const int64_t y = static_cast<int64_t>(block) / page.blocks_across * page.block_height;
  int64_t bytes = 0;
  if (Status s = offsets.get(block, position); !s.ok()) return s;
  if (position < kHeaderBytes)
    return Status::fail(std::string(block_word(page)) + " " + std::to_string(block) +
                            " of a page has no place in the file (byte " +
                            std::to_string(position) + "): it was never written, or is damaged",
                        "write the file again, not as a sparse one");
  position += page.shift;
  if (Status s = stored_bytes(page, counts, block, y, bytes); !s.ok()) return s;
  const uint64_t size = static_cast<uint64_t>(file.size);
  if (position > size || page.shift > size || static_cast<uint64_t>(bytes) > size - position)
    return truncated(file, block_word(page), block, position, bytes);
  return {};
}

// Joins neighbouring reads into one system call.
class JoinedReads {
 public:
  explicit JoinedReads(const TiffFile& file) : file_(file) {}
  Status add(uint64_t position, std::byte* to, int64_t bytes) {
    if (position == position_ + static_cast<uint64_t>(bytes_) && to == to_ + bytes_) {
      bytes_ += bytes;
      return {};
    }
    Status s = flush();
    position_ = position;
    to_ = to;
    bytes_ = bytes;
    return s;
  }
  Status flush() {
    if (bytes_ == 0) return {};
    const int64_t got = read_at(file_.fd, to_, bytes_, static_cast<int64_t>(position_));
    const bool good = got == bytes_;
    const int64_t wanted = std::exchange(bytes_, 0);
    if (good) return {};
    return got < 0 ? io_failure("read", "the pixels")
                   : Status::fail("truncated: " + std::to_string(got) + " of " +
                                  std::to_string(wanted) + " bytes could be read");
  }

 private:
  const TiffFile& file_;
  uint64_t position_ = 0;
  std::byte* to_ = nullptr;
  int64_t bytes_ = 0;
};

// One block and the part of it that is wanted, in coordinates of the page.
struct BlockPart {
  uint64_t index = 0;
  int64_t y = 0, x = 0;  // of the block
  Region part;
};

// Calls f(BlockPart) -> Status for every block that meets `region`, in order.
template <class F>
Status for_each_block(const TiffPage& page, const Region& region, F&& f) {
  for (int64_t by = region.begin(0) / page.block_height; by * page.block_height < region.end(0);
       ++by)
    for (int64_t bx = region.begin(1) / page.block_width; bx * page.block_width < region.end(1);
         ++bx) {
      BlockPart b{static_cast<uint64_t>(by * page.blocks_across + bx), by * page.block_height,
                  bx * page.block_width, Region::whole({page.block_height, page.block_width})};
      b.part.origin = {b.y, b.x};
      b.part = clipped(b.part, region);
      if (Status s = f(b); !s.ok()) return s;
    }
  return {};
}

Status read_plain(const TiffFile& file, const TiffPage& page, TiffValueReader& offsets,
                  TiffValueReader& counts, const MutableView& dst) {
  JoinedReads reads(file);
  const int64_t size = page.pixel_bytes();
  Status result = for_each_block(page, dst.region, [&](const BlockPart& b) -> Status {
    uint64_t position = 0;
    if (Status s = locate(file, page, offsets, counts, b.index, position); !s.ok()) return s;
    for (int64_t y = b.part.begin(0); y < b.part.end(0); ++y) {
      const int64_t pixel = (y - b.y) * page.block_width + b.part.begin(1) - b.x;
      std::byte* to = dst.data + ((y - dst.region.begin(0)) * dst.strides[0] + b.part.begin(1) -
                                  dst.region.begin(1)) *
                                     size;
      if (Status s =
              reads.add(position + static_cast<uint64_t>(pixel * size), to, b.part.shape[1] * size);
          !s.ok())
        return s;
    }
    return {};
  });
  return result.ok() ? reads.flush() : std::move(result);
}

// Shifts rather than a byte-swap instruction: compilers vectorise them for every target.
template <class U>
U swapped(U v) {
  if constexpr (sizeof v == 2) return static_cast<U>(v << 8 | v >> 8);
  if constexpr (sizeof v == 4) return v << 24 | (v & 0xff00u) << 8 | (v >> 8 & 0xff00u) | v >> 24;
  if constexpr (sizeof v == 8) return __builtin_bswap64(v);
}
template <class U>
void swap_run(std::byte* run, int64_t n) {
  U* p = reinterpret_cast<U*>(run);
  for (int64_t i = 0; i < n; ++i) p[i] = swapped(p[i]);
}

void swap_bytes(const MutableView& v) {
  const int64_t n = v.region.shape[1];
  for_each_run(v, [&](std::byte* run, const auto&) {
    if (dtype_size(v.dtype) == 2) swap_run<uint16_t>(run, n);
    if (dtype_size(v.dtype) == 4) swap_run<uint32_t>(run, n);
    if (dtype_size(v.dtype) == 8) swap_run<uint64_t>(run, n);
  });
}

// libtiff reports by call-back; the last message becomes the reason of the Status.
int keep_message(TIFF*, void* to, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  *static_cast<std::string*>(to) = text;
  return 1;
}
int drop_message(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct TiffCloser {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, TiffCloser>;

// libtiff's view of a file: a position of its own, so that handles on one descriptor are
// independent (duplicates of a descriptor share their position).
struct FileCursor {
  const TiffFile& file;
  int64_t position = 0;

  static FileCursor& of(thandle_t handle) { return *static_cast<FileCursor*>(handle); }
  static tmsize_t read(thandle_t handle, void* to, tmsize_t bytes) {
    FileCursor& cursor = of(handle);
    const int64_t got = read_at(cursor.file.fd, to, bytes, cursor.position);
    cursor.position += std::max<int64_t>(got, 0);
    return got;
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    FileCursor& cursor = of(handle);
    const int64_t base = whence == SEEK_END   ? cursor.file.size
                         : whence == SEEK_CUR ? cursor.position
                                              : 0;
    int64_t target = 0;
    if (__builtin_add_overflow(base, static_cast<int64_t>(offset), &target) || target < 0)
      return static_cast<toff_t>(-1);
    cursor.position = target;
    return static_cast<toff_t>(target);
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return static_cast<toff_t>(of(handle).file.size); }
};

TiffHandle open_libtiff(FileCursor& cursor, const TiffPage& page, std::string& message) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, tiff_read_bytes(page));
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, &message);
  TIFFOpenOptionsSetWarningHandlerExtR(options, drop_message, nullptr);
  // m: no memory map (a file that shrinks would kill the process); h: header only.
  TiffHandle tiff(TIFFClientOpenExt("", "rmh", &cursor, FileCursor::read, FileCursor::write,
                                    FileCursor::seek, FileCursor::close, FileCursor::size, nullptr,
                                    nullptr, options));
  TIFFOpenOptionsFree(options);
  if (!tiff || !TIFFSetSubDirectory(tiff.get(), page.directory)) return nullptr;
  const int64_t bytes = page.tiled ? TIFFTileSize64(tiff.get()) : TIFFStripSize64(tiff.get());
  if (bytes == page.block_width * page.block_height * page.pixel_bytes()) return tiff;
  message = "contradictory sizes";
  return nullptr;
}

Status undecodable(const std::string& message) {
  return Status::fail("cannot be decoded: " + (message.empty() ? "damaged data" : message),
                      "copy the file again, or convert it to no compression");
}

Status read_compressed(const TiffFile& file, const TiffPage& page, TiffValueReader& offsets,
                       TiffValueReader& counts, const MutableView& dst) {
  std::string message;
  FileCursor cursor{file};
  const TiffHandle tiff = open_libtiff(cursor, page, message);
  if (!tiff) return undecodable(message);
  const bool full_rows = dst.strides[0] == page.block_width && dst.region.shape[1] == page.width &&
                         page.block_width == page.width;
  std::unique_ptr<std::byte[]> buffer;
  return for_each_block(page, dst.region, [&](const BlockPart& b) -> Status {
    uint64_t position = 0;
    if (Status s = locate(file, page, offsets, counts, b.index, position); !s.ok()) return s;
    const int64_t bytes = page.block_bytes(b.y);
    const bool direct = full_rows && b.part.shape[0] == page.block_rows(b.y);
    const MutableView target = subview(dst, b.part);
    if (!direct && !buffer)
      buffer =
          std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(page.block_bytes(0)));
    std::byte* to = direct ? target.data : buffer.get();
    const auto index = static_cast<uint32_t>(b.index);
    const tmsize_t got = page.tiled ? TIFFReadEncodedTile(tiff.get(), index, to, bytes)
                                    : TIFFReadEncodedStrip(tiff.get(), index, to, bytes);
    if (got != bytes) return undecodable(message);
    if (direct) return {};
    Region block = Region::whole({page.block_rows(b.y), page.block_width});
    block.origin = {b.y, b.x};
    copy_pixels(packed_view<const std::byte>(to, page.dtype, block), target);
    return {};
  });
}

// Images behind one directory follow the first, whose strips must follow each other.
Status check_stack(const TiffPage& page, TiffValueReader& offsets) {
  if (page.shift == 0) return {};
  if (page.compression != 1 || page.tiled)
    return Status::fail("several images behind one directory can be read uncompressed, in strips",
                        "write each image as a page of its own");
  const uint64_t last = static_cast<uint64_t>(page.blocks_down - 1);
  uint64_t first_at = 0, last_at = 0;
  if (Status s = offsets.get(0, first_at); !s.ok()) return s;
  if (Status s = offsets.get(last, last_at); !s.ok()) return s;
  if (last_at - first_at == last * static_cast<uint64_t>(page.block_bytes(0))) return {};
  return Status::fail("the strips of several images behind one directory lie apart",
                      "write each image as a page of its own");
}

}  // namespace

int64_t tiff_read_bytes(const TiffPage& page) {
  if (page.compression == 1) return 0;
  const int64_t block = page.block_width * page.block_height * page.pixel_bytes();
  return block + (block + block / 2 + 65536) + page.blocks_across * page.blocks_down * 32 +
         kCodecBytes;
}

Status read_tiff_region(const TiffFile& file, const TiffPage& page, const MutableView& dst) {
  if (dst.region.count() == 0) return {};
  TiffValueReader offsets(file, page.offsets), counts(file, page.byte_counts);
  if (Status s = check_stack(page, offsets); !s.ok()) return s;
  uint64_t position = 0;
  const uint64_t last = static_cast<uint64_t>(page.blocks_across * page.blocks_down - 1);
  if (Status s = locate(file, page, offsets, counts, last, position); !s.ok()) return s;
  if (page.compression != 1) return read_compressed(file, page, offsets, counts, dst);
  if (Status s = read_plain(file, page, offsets, counts, dst); !s.ok()) return s;
  if (file.big_endian != (std::endian::native == std::endian::big) && page.pixel_bytes() > 1)
    swap_bytes(dst);
  return {};
}

}  // namespace parfocal
