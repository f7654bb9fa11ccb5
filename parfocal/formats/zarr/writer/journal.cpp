#include "parfocal/formats/zarr/writer/journal.h"

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/journal_format.h"

namespace parfocal {
namespace {

using namespace journal_format;

static_assert(sizeof(TileEntry) == 16, "entries are written as they lie");

void encode(Encoder& to, const Piece& piece) {
  to.put(piece.array);
  to.put(static_cast<uint32_t>(piece.kind));
  to.put(piece.frame);
  to.put(static_cast<uint32_t>(piece.entries.size()));
  to.put(uint32_t{0});
  to.put_bytes(std::as_bytes(std::span(piece.entries)));
}
void encode(Encoder& to, const FrameRecord& record) {
  to.put(record.image);
  to.put(static_cast<uint32_t>(record.row.size()));
  to.put(record.frame);
  to.put(static_cast<uint32_t>(record.pieces.size()));
  to.put(uint32_t{0});
  to.put_bytes(record.row);
  to.pad();
  for (const Piece& piece : record.pieces) encode(to, piece);
}
void encode(Encoder& to, const SlabRecord& record) { encode(to, record.piece); }
void encode(Encoder& to, const SealRecord& record) {
  to.put(record.array);
  to.put(uint32_t{0});
  to.put(record.frame);
}
void encode(Encoder& to, const GapRecord& record) {
  to.put(record.image);
  to.put(static_cast<uint32_t>(record.reason));
  to.put(record.frame);
  to.put(record.count);
  to.put(static_cast<uint32_t>(record.text.size()));
  to.put(uint32_t{0});
  to.put_bytes(std::as_bytes(std::span(record.text.data(), record.text.size())));
}
void encode(Encoder& to, const TakenBackRecord& record) {
  to.put(record.image);
  to.put(uint32_t{0});
  to.put(record.frame);
}

}  // namespace

Status Journal::create(Store& store, const std::string& key) {
  const std::lock_guard lock(mutex_);
  where_ = store.where(key);
  return store.create_growing(key, object_);
}

template <class Record>
Status Journal::append_record(uint32_t kind, const Record& record) {
  const std::lock_guard lock(mutex_);
  if (!object_) return Status::fail("the journal " + where_ + " is not open");
  buffer_.clear();
  Encoder to(buffer_);
  for (const uint32_t number : {kMagic, uint32_t{0}, uint32_t{0}, kind}) to.put(number);
  encode(to, record);
  const size_t body = buffer_.size() - kHeaderBytes;
  if (body > static_cast<size_t>(kMostRecordBytes))
    return Status::fail("a frame of " + where_ + " has too many tiles for one record",
                        "choose larger chunks");
  to.pad();
  const auto put_at = [&](size_t at, size_t number) {
    const auto value = static_cast<uint32_t>(number);
    std::memcpy(buffer_.data() + at, &value, sizeof value);
  };
  put_at(4, body);
  put_at(8, crc32c(std::span(buffer_).subspan(kCrcFrom)));
  return object_->append(buffer_);
}

Status Journal::append(const FrameRecord& record) { return append_record(kFrame, record); }
Status Journal::append(const SlabRecord& record) { return append_record(kSlab, record); }
Status Journal::append(const SealRecord& record) { return append_record(kSeal, record); }
Status Journal::append(const GapRecord& record) { return append_record(kGap, record); }
Status Journal::append(const TakenBackRecord& record) { return append_record(kTakenBack, record); }

Status Journal::sync() { return object_->sync(); }

Status Journal::close() { return object_->close(); }

}  // namespace parfocal
