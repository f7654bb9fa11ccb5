#include <algorithm>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/zarr/writer/journal_format.h"

namespace parfocal {
namespace {

using namespace journal_format;

/// A window of a file that only goes forward; as large as the largest record.
class ForwardReader {
 public:
  static constexpr size_t kReadBytes = size_t{256} << 10;
  Status open(const std::filesystem::path& path) {
    path_ = path;
    return open_for_reading(path, fd_, size_);
  }
  /// The next `bytes`; fewer at the end of the file.
  Status peek(size_t bytes, std::span<const std::byte>& next) {
    bytes = std::min(bytes, static_cast<size_t>(std::max<int64_t>(0, size_ - position_)));
    if (held_ - used_ < bytes) {
      if (Status s = fill(bytes); !s.ok()) return s;
      bytes = std::min(bytes, held_ - used_);
    }
    next = std::span(buffer_).subspan(used_, bytes);
    return {};
  }
  void skip(size_t bytes) {
    used_ += bytes;
    position_ += static_cast<int64_t>(bytes);
  }
  int64_t position() const { return position_; }

 private:
  Status fill(size_t bytes) {
    std::copy(buffer_.begin() + static_cast<ptrdiff_t>(used_),
              buffer_.begin() + static_cast<ptrdiff_t>(held_), buffer_.begin());
    held_ -= used_;
    used_ = 0;
    buffer_.resize(std::max({buffer_.size(), bytes, kReadBytes}));
    const int64_t n =
        read_at(fd_.get(), buffer_.data() + held_, static_cast<int64_t>(buffer_.size() - held_),
                position_ + static_cast<int64_t>(held_));
    if (n < 0) return io_failure("read", path_);
    held_ += static_cast<size_t>(n);
    return {};
  }
  std::filesystem::path path_;
  Fd fd_;
  int64_t size_ = 0, position_ = 0;
  std::vector<std::byte> buffer_;
  size_t used_ = 0, held_ = 0;  // the window is buffer_[used_, held_)
};

// The functions below fill records that are used again, and say whether the body is one such.
bool decode(Decoder& from, Piece& piece) {
  piece.array = from.take<uint32_t>();
  const auto kind = from.take<uint32_t>();
  piece.kind = static_cast<PieceKind>(kind);
  piece.frame = from.take<int64_t>();
  const size_t entries = from.take<uint32_t>();
  from.take<uint32_t>();
  const auto bytes = from.take_bytes(entries * sizeof(TileEntry));
  if (!from.good()) return false;
  piece.entries.resize(entries);
  if (entries > 0) std::memcpy(piece.entries.data(), bytes.data(), bytes.size());
  return kind <= static_cast<uint32_t>(PieceKind::logged) && piece.frame >= 0;
}
bool decode(Decoder& from, FrameRecord& record) {
  record.image = from.take<uint32_t>();
  const size_t row = from.take<uint32_t>();
  record.frame = from.take<int64_t>();
  const size_t pieces = from.take<uint32_t>();
  from.take<uint32_t>();
  const auto bytes = from.take_bytes(padded(row));
  // No piece is smaller than 24 bytes: so much is never allocated because a number says so.
  if (!from.good() || record.frame < 0 || pieces > from.left() / 24) return false;
  record.row.assign(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(row));
  record.pieces.resize(pieces);
  for (Piece& piece : record.pieces)
    if (!decode(from, piece)) return false;
  return true;
}
bool decode(Decoder& from, SlabRecord& record) { return decode(from, record.piece); }
bool decode(Decoder& from, SealRecord& record) {
  record.array = from.take<uint32_t>();
  from.take<uint32_t>();
  record.frame = from.take<int64_t>();
  return record.frame >= 0;
}
bool decode(Decoder& from, GapRecord& record) {
  record.image = from.take<uint32_t>();
  const auto reason = from.take<uint32_t>();
  record.reason = static_cast<GapReason>(reason);
  record.frame = from.take<int64_t>();
  record.count = from.take<int64_t>();
  const size_t text = from.take<uint32_t>();
  from.take<uint32_t>();
  const auto bytes = from.take_bytes(text);
  record.text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return reason <= static_cast<uint32_t>(GapReason::failed) && record.frame >= 0 &&
         record.count >= 1 && record.count <= std::numeric_limits<int64_t>::max() - record.frame;
}

bool decode(Decoder& from, TakenBackRecord& record) {
  record.image = from.take<uint32_t>();
  from.take<uint32_t>();
  record.frame = from.take<int64_t>();
  return record.frame >= 0;
}

/// Decodes bodies and hands them on.
class Records {
 public:
  explicit Records(const JournalVisitor& visitor) : visitor_(visitor) {}
  /// Whether the body was a record of this kind.
  bool take(uint32_t kind, std::span<const std::byte> body) {
    switch (kind) {
      case kFrame:
        return take(body, frame_, visitor_.frame);
      case kSlab:
        return take(body, slab_, visitor_.slab);
      case kSeal:
        return take(body, seal_, visitor_.seal);
      case kGap:
        return take(body, gap_, visitor_.gap);
      case kTakenBack:
        return take(body, taken_back_, visitor_.taken_back);
      default:
        return false;
    }
  }

 private:
  template <class Record, class Visit>
  bool take(std::span<const std::byte> body, Record& record, const Visit& visit) {
    Decoder from(body);
    if (!decode(from, record) || !from.good() || from.left() > 0) return false;
    if (visit) visit(record);
    return true;
  }
  const JournalVisitor& visitor_;
  FrameRecord frame_;
  SlabRecord slab_;
  SealRecord seal_;
  GapRecord gap_;
  TakenBackRecord taken_back_;
};

/// Takes one record off the front; `whole` says whether there was one.
Status take_record(ForwardReader& file, Records& records, bool& whole) {
  whole = false;
  std::span<const std::byte> bytes;
  if (Status s = file.peek(kHeaderBytes, bytes); !s.ok()) return s;
  if (bytes.size() < kHeaderBytes) return {};
  Decoder header(bytes);
  const auto magic = header.take<uint32_t>(), body = header.take<uint32_t>();
  const auto crc = header.take<uint32_t>(), kind = header.take<uint32_t>();
  if (magic != kMagic || body > kMostRecordBytes) return {};
  const size_t record_bytes = kHeaderBytes + padded(body);
  if (Status s = file.peek(record_bytes, bytes); !s.ok()) return s;
  if (bytes.size() < record_bytes || crc32c(bytes.subspan(kCrcFrom)) != crc) return {};
  whole = records.take(kind, bytes.subspan(kHeaderBytes, body));
  if (whole) file.skip(record_bytes);
  return {};
}

}  // namespace

Status read_journal(const std::filesystem::path& path, const JournalVisitor& visitor,
                    int64_t& good_bytes) {
  good_bytes = 0;
  ForwardReader file;
  if (Status s = file.open(path); !s.ok()) return s;
  Records records(visitor);
  for (bool whole = true; whole;) {
    if (Status s = take_record(file, records, whole); !s.ok()) return s;
    good_bytes = file.position();
  }
  return {};
}

}  // namespace parfocal
