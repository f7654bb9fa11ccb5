#include "parfocal/formats/tiff/page_blocks.h"

namespace parfocal {
namespace {

constexpr uint64_t kHeaderBytes = 8;  // at the start of every TIFF: no pixels lie there

Status truncated(const TiffFile& file, const char* what, int64_t block, uint64_t position,
                 int64_t bytes) {
  return Status::fail("truncated: " + std::string(what) + " " + std::to_string(block) + " (" +
                          std::to_string(bytes) + " bytes at " + std::to_string(position) +
                          ") lies beyond the file of " + std::to_string(file.size) + " bytes",
                      "copy the file again");
}

const char* block_word(const TiffPage& page) { return page.tiled ? "tile" : "strip"; }

}  // namespace

// Bytes of a block in the file.
Status PageBlocks::stored_bytes(int64_t block, int64_t y, int64_t& bytes) {
  bytes = page_.block_bytes(y);
  if (page_.compression == 1) return {};  // writers get the counts of uncompressed strips wrong
  uint64_t count = 0;
  if (Status s = counts_.get(static_cast<uint64_t>(block), count); !s.ok()) return s;
  if (count > static_cast<uint64_t>(bytes + bytes / 2 + 65536))
    return Status::fail("damaged TIFF header: a compressed " + std::string(block_word(page_)) +
                        " of " + std::to_string(count) + " bytes for " + std::to_string(bytes) +
                        " bytes of pixels");
  bytes = static_cast<int64_t>(count);
  return {};
}

Status PageBlocks::locate(int64_t block, uint64_t& position) {
  const int64_t y = block % page_.plane_blocks() / page_.blocks_across * page_.block_height;
  int64_t bytes = 0;
  if (Status s = offset(block, position); !s.ok()) return s;
  if (position < kHeaderBytes)
    return Status::fail(std::string(block_word(page_)) + " " + std::to_string(block) +
                            " of a page has no place in the file (byte " +
                            std::to_string(position) + "): it was never written, or is damaged",
                        "write the file again, not as a sparse one");
  position += page_.shift;
  if (Status s = stored_bytes(block, y, bytes); !s.ok()) return s;
  const uint64_t size = static_cast<uint64_t>(file_.size);
  if (position > size || page_.shift > size || static_cast<uint64_t>(bytes) > size - position)
    return truncated(file_, block_word(page_), block, position, bytes);
  return {};
}

}  // namespace parfocal
