#include "parfocal/formats/zarr/writer/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/journal_format.h"

namespace parfocal {
namespace {

using namespace journal_format;

// Space is asked for in such steps, so that a record seldom waits for the file system's own log.
constexpr int64_t kSpaceStep = int64_t{4} << 20;

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

}  // namespace

Status Journal::failed() const { return failure_.ok() ? Status() : Status::fail(failure_.issue()); }

Status Journal::fail(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  return failed();
}

Status Journal::create(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  path_ = path;
  size_ = allocated_ = 0;
  fd_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_) return fail(io_failure("create", path));
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return fail(io_failure("lock", path));
  reserve_space(0);
  if (Status s = sync_directory(path.parent_path()); !s.ok()) return fail(std::move(s));
  return {};
}

// Only a help: a file system that cannot, or is full, lets the write itself tell.
void Journal::reserve_space(int64_t end) {
  if (end < allocated_) return;
  (void)::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, allocated_, end - allocated_ + kSpaceStep);
  allocated_ = end + kSpaceStep;
}

// By one write, so that a record is torn by a power cut at most, not by the end of the process.
Status Journal::write_buffer() {
  const auto bytes = static_cast<int64_t>(buffer_.size());
  reserve_space(size_ + bytes);
  if (!write_at(fd_.get(), buffer_.data(), bytes, size_)) return fail(io_failure("write", path_));
  size_ += bytes;
  return {};
}

template <class Record>
Status Journal::append_record(uint32_t kind, const Record& record) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failed();
  if (!fd_) return Status::fail("the journal " + path_.string() + " is not open");
  buffer_.clear();
  Encoder to(buffer_);
  for (const uint32_t number : {kMagic, uint32_t{0}, uint32_t{0}, kind}) to.put(number);
  encode(to, record);
  const size_t body = buffer_.size() - kHeaderBytes;
  if (body > static_cast<size_t>(kMostRecordBytes))
    return fail(Status::fail("a frame of " + path_.string() + " has too many tiles for one record",
                             "choose larger chunks"));
  to.pad();
  const auto put_at = [&](size_t at, size_t number) {
    const auto value = static_cast<uint32_t>(number);
    std::memcpy(buffer_.data() + at, &value, sizeof value);
  };
  put_at(4, body);
  put_at(8, crc32c(std::span(buffer_).subspan(kCrcFrom)));
  return write_buffer();
}

Status Journal::append(const FrameRecord& record) { return append_record(kFrame, record); }
Status Journal::append(const SlabRecord& record) { return append_record(kSlab, record); }
Status Journal::append(const SealRecord& record) { return append_record(kSeal, record); }
Status Journal::append(const GapRecord& record) { return append_record(kGap, record); }

Status Journal::sync() {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) return failed();
  }
  // Outside the lock, so that records go on while the disk works. Linux forgets the pages of a
  // failed sync: trying again would report them safe.
  if (::fdatasync(fd_.get()) == 0) return {};
  Status failure = io_failure("sync", path_);
  const std::lock_guard lock(mutex_);
  return fail(std::move(failure));
}

Status Journal::close() {
  const std::lock_guard lock(mutex_);
  Status closed = fd_.close_checked(path_);
  if (!failure_.ok()) return failed();
  return closed.ok() ? Status() : fail(std::move(closed));
}

}  // namespace parfocal
