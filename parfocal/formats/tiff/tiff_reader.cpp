#include "parfocal/formats/tiff/tiff_reader.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <string>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/libtiff_page.h"
#include "parfocal/formats/tiff/page_blocks.h"

namespace parfocal {
namespace {

constexpr int64_t kPieceBytes = 128 * 1024;  // of interleaved samples: what a core has at hand

Status incomplete(int64_t got, int64_t wanted) {
  return got < 0 ? io_failure("read", "the pixels")
                 : Status::fail("truncated: " + std::to_string(got) + " of " +
                                std::to_string(wanted) + " bytes could be read");
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
    return good ? Status() : incomplete(got, wanted);
  }

 private:
  const TiffFile& file_;
  uint64_t position_ = 0;
  std::byte* to_ = nullptr;
  int64_t bytes_ = 0;
};

Status read_plain(PageBlocks& blocks, int64_t sample, const MutableView& dst) {
  const TiffPage& page = blocks.page();
  JoinedReads reads(blocks.file());
  const int64_t size = page.sample_bytes;
  Status result = for_each_block(page, sample, dst.region, [&](const BlockPart& b) -> Status {
    uint64_t position = 0;
    if (Status s = blocks.locate(b.index, position); !s.ok()) return s;
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

void swap_run(std::byte* run, int64_t n, int64_t bytes) {
  if (bytes == 2) swap_run<uint16_t>(run, n);
  if (bytes == 4) swap_run<uint32_t>(run, n);
  if (bytes == 8) swap_run<uint64_t>(run, n);
}

bool is_swapped(const TiffFile& file) {
  return file.big_endian != (std::endian::native == std::endian::big);
}

Status read_plain_planes(PageBlocks& blocks, ChannelRange wanted, const MutableView& dst) {
  const bool swap = is_swapped(blocks.file());
  for (int64_t k = 0; k < wanted.count; ++k) {
    const MutableView plane = plane_at(dst, k);
    if (Status s = read_plain(blocks, wanted.first + k, plane); !s.ok()) return s;
    if (swap)
      for_each_run(plane, [&](std::byte* run, const auto&) {
        swap_run(run, plane.region.shape[1], blocks.page().sample_bytes);
      });
  }
  return {};
}

// Pixels of a piece of a block: so many columns of so many rows.
int64_t piece_pixels(const TiffPage& page) {
  return std::max<int64_t>(1, kPieceBytes / page.stored_bytes());
}

// Uncompressed pixels that have to be taken apart, in pieces of rows, or of parts of one.
class PlainPieces {
 public:
  PlainPieces(PageBlocks& blocks, const ChannelPlanes& planes)
      : blocks_(blocks),
        planes_(planes),
        most_(piece_pixels(blocks.page())),
        buffer_(std::make_unique_for_overwrite<std::byte[]>(
            static_cast<size_t>(most_ * blocks.page().stored_bytes()))) {}

  Status read(const BlockPart& b) {
    uint64_t position = 0;
    if (Status s = blocks_.locate(b.index, position); !s.ok()) return s;
    const int64_t block_width = blocks_.page().block_width, width = b.part.shape[1];
    const int64_t rows = width == block_width ? std::max<int64_t>(1, most_ / width) : 1;
    const int64_t columns = std::min(most_, width);
    for (int64_t y = b.part.begin(0); y < b.part.end(0); y += rows)
      for (int64_t x = b.part.begin(1); x < b.part.end(1); x += columns) {
        const Region piece = clipped({2, {y, x}, {rows, columns}}, b.part);
        const int64_t before = (y - b.y) * block_width + x - b.x;
        if (Status s = read_piece(position, before, piece); !s.ok()) return s;
      }
    return {};
  }

 private:
  Status read_piece(uint64_t block, int64_t before, const Region& piece) {
    const TiffPage& page = blocks_.page();
    const int64_t bytes = piece.count() * page.stored_bytes();
    const int64_t at = static_cast<int64_t>(block) + before * page.stored_bytes();
    const int64_t got = read_at(blocks_.file().fd, buffer_.get(), bytes, at);
    if (got != bytes) return incomplete(got, bytes);
    if (is_swapped(blocks_.file()))
      swap_run(buffer_.get(), bytes / page.sample_bytes, page.sample_bytes);
    for (int64_t row = 0; row < piece.shape[0]; ++row)
      planes_.put(buffer_.get() + row * piece.shape[1] * page.stored_bytes(), piece.begin(0) + row,
                  piece.begin(1), piece.shape[1]);
    return {};
  }

  PageBlocks& blocks_;
  const ChannelPlanes& planes_;
  const int64_t most_;
  std::unique_ptr<std::byte[]> buffer_;
};

Status read_plain_pieces(PageBlocks& blocks, const ChannelPlanes& planes) {
  PlainPieces pieces(blocks, planes);
  return for_each_block(blocks.page(), 0, planes.region(),
                        [&](const BlockPart& b) { return pieces.read(b); });
}

/// Compressed blocks, through a buffer of one where they cannot be decoded in place.
class DecodedBlocks {
 public:
  explicit DecodedBlocks(PageBlocks& blocks)
      : blocks_(blocks), libtiff_(blocks.file(), blocks.page(), tiff_read_bytes(blocks.page())) {}

  // Of one sample.
  Status read_plane(int64_t sample, const MutableView& dst) {
    const TiffPage& page = blocks_.page();
    const bool full_rows = dst.strides[0] == page.block_width &&
                           dst.region.shape[1] == page.width && page.block_width == page.width;
    return for_each_block(page, sample, dst.region, [&](const BlockPart& b) -> Status {
      const MutableView target = subview(dst, b.part);
      if (full_rows && b.part.shape[0] == page.block_rows(b.y)) return decode(b, target.data);
      if (Status s = decode(b, buffer()); !s.ok()) return s;
      Region block = Region::whole({page.block_rows(b.y), page.block_width});
      block.origin = {b.y, b.x};
      copy_pixels(packed_view<const std::byte>(buffer(), page.dtype, block), target);
      return {};
    });
  }

  // Of all samples.
  Status read_pixels(const ChannelPlanes& planes) {
    const TiffPage& page = blocks_.page();
    return for_each_block(page, 0, planes.region(), [&](const BlockPart& b) -> Status {
      if (Status s = decode(b, buffer()); !s.ok()) return s;
      for (int64_t y = b.part.begin(0); y < b.part.end(0); ++y) {
        const int64_t pixel = (y - b.y) * page.block_width + b.part.begin(1) - b.x;
        planes.put(buffer() + pixel * page.stored_bytes(), y, b.part.begin(1), b.part.shape[1]);
      }
      return {};
    });
  }

 private:
  Status decode(const BlockPart& b, std::byte* to) {
    uint64_t position = 0;
    if (Status s = blocks_.locate(b.index, position); !s.ok()) return s;
    return libtiff_.decode(b.index, to, blocks_.page().block_bytes(b.y));
  }
  std::byte* buffer() {
    if (!buffer_)
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(
          static_cast<size_t>(blocks_.page().block_bytes(0)));
    return buffer_.get();
  }

  PageBlocks& blocks_;
  LibtiffPage libtiff_;
  std::unique_ptr<std::byte[]> buffer_;
};

Status read_compressed_planes(PageBlocks& blocks, ChannelRange wanted, const MutableView& dst) {
  DecodedBlocks decoded(blocks);
  for (int64_t k = 0; k < wanted.count; ++k)
    if (Status s = decoded.read_plane(wanted.first + k, plane_at(dst, k)); !s.ok()) return s;
  return {};
}

// Images behind one directory follow the first, whose strips must follow each other.
Status check_stack(PageBlocks& blocks) {
  const TiffPage& page = blocks.page();
  if (page.shift == 0) return {};
  if (page.compression != 1 || page.tiled)
    return Status::fail("several images behind one directory can be read uncompressed, in strips",
                        "write each image as a page of its own");
  const int64_t last = page.plane_blocks() - 1;
  const int64_t planes = page.planar ? page.samples : 1;
  const uint64_t apart = static_cast<uint64_t>((planes - 1) * page.image_bytes() / planes +
                                               last * page.block_bytes(0));
  uint64_t first_at = 0, last_at = 0;
  if (Status s = blocks.offset(0, first_at); !s.ok()) return s;
  if (Status s = blocks.offset(page.block_count() - 1, last_at); !s.ok()) return s;
  if (last_at - first_at == apart) return {};
  return Status::fail("the strips of several images behind one directory lie apart",
                      "write each image as a page of its own");
}

}  // namespace

int64_t tiff_read_bytes(const TiffPage& page) {
  const int64_t palette = static_cast<int64_t>(page.colour_map.count) * 2;
  if (page.compression != 1)
    return page.block_width * page.block_height * page.stored_bytes() + libtiff_bytes(page) +
           palette;
  return page.has_whole_channels() ? 0 : piece_pixels(page) * page.stored_bytes() + palette;
}

Status read_tiff_region(const TiffFile& file, const TiffPage& page, ChannelRange wanted,
                        const MutableView& dst) {
  if (dst.region.count() == 0) return {};
  PageBlocks blocks(file, page);
  if (Status s = check_stack(blocks); !s.ok()) return s;
  uint64_t position = 0;
  if (Status s = blocks.locate(page.block_count() - 1, position); !s.ok()) return s;
  const bool plain = page.compression == 1;
  if (page.has_whole_channels())
    return plain ? read_plain_planes(blocks, wanted, dst)
                 : read_compressed_planes(blocks, wanted, dst);
  ChannelPlanes planes(page, wanted, dst);
  if (Status s = planes.open(file); !s.ok()) return s;
  return plain ? read_plain_pieces(blocks, planes) : DecodedBlocks(blocks).read_pixels(planes);
}

}  // namespace parfocal
