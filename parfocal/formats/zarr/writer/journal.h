#pragma once
/// The store's journal, `__parfocal/journal`: what was written where, appended after the payload it
/// speaks of. So a record that is whole (its CRC-32C says so) means a payload that is there; what
/// a reader's index does not know yet is rebuilt from here.
///
/// A record: u32 magic, u32 bytes of the body, u32 CRC-32C of all that follows it, u32 kind, then
/// the body, zeros up to a multiple of 8. Little-endian. The first record that is not whole ends
/// the journal.
///
/// Bodies. A piece: u32 array, u32 kind, i64 frame, u32 entries, u32 0, then the entries as
/// u64 offset, u32 bytes, u32 CRC-32C of the stored bytes.
///   1 frame: u32 image, u32 bytes of the row, i64 frame, u32 pieces, u32 0; the row, zeros up to a
///     multiple of 8; the pieces
///   2 slab: a piece                       3 seal: u32 array, u32 0, i64 frame
///   4 gap: u32 image, u32 reason, i64 frame, i64 count, u32 bytes of the text, u32 0; the text
///   5 taken back: u32 image, u32 0, i64 frame

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/item.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// Where the piece of a chunk that one frame brought lies.
struct TileEntry {
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  uint64_t offset = kEmpty;  ///< in the part file; kEmpty: all fill value, nothing stored
  uint32_t bytes = 0;
  uint32_t crc = 0;  ///< CRC-32C of the stored bytes
  bool operator==(const TileEntry&) const = default;
};

enum class PieceKind : uint32_t {
  tiles,   ///< whole chunks, one entry for each tile of the plane in ArrayGrid's order
  logged,  ///< the plane waits in the frame log: one entry, of its bytes the lowest 32 bits
};
/// What a frame put into one array.
struct Piece {
  uint32_t array = 0;
  PieceKind kind = PieceKind::tiles;
  int64_t frame = 0;  ///< linear frame number in that array (a level halved in z has fewer)
  std::vector<TileEntry> entries;
  bool operator==(const Piece&) const = default;
};

/// A frame was stored: at `kernel` and `durable` its receipt rests on this record.
struct FrameRecord {
  uint32_t image = 0;
  int64_t frame = 0;           ///< linear frame number in the image
  std::vector<std::byte> row;  ///< its row of the columns, packed
  std::vector<Piece> pieces;
  bool operator==(const FrameRecord&) const = default;
};
/// Chunks of several frames were written whole; their frames leave the log.
struct SlabRecord {
  Piece piece;  ///< kind tiles; frame = any frame of the slab
  bool operator==(const SlabRecord&) const = default;
};
/// All shards that hold this frame are published.
struct SealRecord {
  uint32_t array = 0;
  int64_t frame = 0;
  bool operator==(const SealRecord&) const = default;
};
/// Frames [frame, frame + count) of an image are missing, and known to be.
struct GapRecord {
  uint32_t image = 0;
  int64_t frame = 0, count = 1;
  GapReason reason = GapReason::none;
  std::string text;
  bool operator==(const GapRecord&) const = default;
};

/// The frames of an image from this one on are not to be kept, whatever is recorded of them before.
struct TakenBackRecord {
  uint32_t image = 0;
  int64_t frame = 0;
  bool operator==(const TakenBackRecord&) const = default;
};

/// Most bytes of one record's body: a million tiles. The bound of what a reader allocates.
inline constexpr int64_t kMostRecordBytes = int64_t{16} << 20;

/// Appends records to a growing object of the store. Thread-safe. After the first failure every
/// call fails with it.
class Journal {
 public:
  /// Begins the journal, which must not exist (Store::create_growing).
  Status create(Store& store, const std::string& key);
  Status append(const FrameRecord& record);
  Status append(const SlabRecord& record);
  Status append(const SealRecord& record);
  Status append(const GapRecord& record);
  Status append(const TakenBackRecord& record);
  /// What was appended before survives a power cut.
  Status sync();
  Status close();

 private:
  template <class Record>
  Status append_record(uint32_t kind, const Record& record);
  std::string where_;
  std::unique_ptr<AppendObject> object_;
  std::mutex mutex_;               // of the buffer
  std::vector<std::byte> buffer_;  // the record being written
};

/// Receives the records of a journal in order.
struct JournalVisitor {
  std::function<void(const FrameRecord&)> frame;
  std::function<void(const SlabRecord&)> slab;
  std::function<void(const SealRecord&)> seal;
  std::function<void(const GapRecord&)> gap;
  std::function<void(const TakenBackRecord&)> taken_back;
};
/// Reads up to the first record that is not whole; `good_bytes`: where that is. Whatever the bytes
/// are, nothing is allocated by what they declare and nothing crashes. Fails only if the file
/// cannot be read.
Status read_journal(const std::filesystem::path& path, const JournalVisitor& visitor,
                    int64_t& good_bytes);

}  // namespace parfocal
