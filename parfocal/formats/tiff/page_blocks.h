#pragma once
/// The strips or tiles of a TIFF page, in its file and in its image.

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// Where the blocks of a page lie.
class PageBlocks {
 public:
  PageBlocks(const TiffFile& file, const TiffPage& page)
      : file_(file), page_(page), offsets_(file, page.offsets), counts_(file, page.byte_counts) {}
  const TiffPage& page() const { return page_; }
  const TiffFile& file() const { return file_; }
  Status offset(int64_t block, uint64_t& position) {
    return offsets_.get(static_cast<uint64_t>(block), position);
  }
  /// Position of a block, checked to lie in the file.
  Status locate(int64_t block, uint64_t& position);

 private:
  Status stored_bytes(int64_t block, int64_t y, int64_t& bytes);

  const TiffFile& file_;
  const TiffPage& page_;
  TiffValueReader offsets_, counts_;
};

/// One block and the part of it that is wanted, in coordinates of the page.
struct BlockPart {
  int64_t index = 0;
  int64_t y = 0, x = 0;  ///< of the block
  Region part;
};

/// Calls f(BlockPart) -> Status for every block that meets `region`, in order; of a planar page,
/// for those of one sample.
template <class F>
Status for_each_block(const TiffPage& page, int64_t sample, const Region& region, F&& f) {
  const int64_t first = page.planar ? sample * page.plane_blocks() : 0;
  for (int64_t by = region.begin(0) / page.block_height; by * page.block_height < region.end(0);
       ++by)
    for (int64_t bx = region.begin(1) / page.block_width; bx * page.block_width < region.end(1);
         ++bx) {
      BlockPart b{first + by * page.blocks_across + bx, by * page.block_height,
                  bx * page.block_width, Region::whole({page.block_height, page.block_width})};
      b.part.origin = {b.y, b.x};
      b.part = clipped(b.part, region);
      if (Status s = f(b); !s.ok()) return s;
    }
  return {};
}

}  // namespace parfocal
