#include "parfocal/formats/hdf5/journaled_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "parfocal/formats/common/reserve.h"
#include "parfocal/formats/hdf5/superblock.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 16> kBegin = {'p', 'a', 'r', 'f', 'o', 'c', 'a', 'l',
                                         '.', 'h', '5', 'j', '/', '1', 0,   0};
constexpr std::array<char, 16> kEnd = {'p', 'a', 'r', 'f', 'o', 'c', 'a', 'l',
                                       '.', 'h', '5', 'e', 'n', 'd', 0,   0};

bool is_full(int code) { return code == ENOSPC || code == EDQUOT || code == EFBIG; }

// Writes one thing behind the other.
class Appender {
 public:
  explicit Appender(int fd) : fd_(fd) {}
  void put(const void* from, int64_t bytes) {
    good_ = good_ && write_at(fd_, from, bytes, at_);
    at_ += bytes;
  }
  void number(int64_t value) { put(&value, sizeof value); }
  bool good() const { return good_; }

 private:
  int fd_;
  int64_t at_ = 0;
  bool good_ = true;
};

// Takes one thing after the other; what is missing is noticed once, at the end.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::span<const std::byte> take(int64_t bytes) {
    if (bytes < 0 || bytes > static_cast<int64_t>(rest_.size())) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(static_cast<size_t>(bytes));
    rest_ = rest_.subspan(static_cast<size_t>(bytes));
    return taken;
  }
  int64_t number() {
    int64_t value = 0;
    if (const auto bytes = take(sizeof value); !bytes.empty())
      std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  bool is(const std::array<char, 16>& mark) {
    const auto bytes = take(static_cast<int64_t>(mark.size()));
    return bytes.size() == mark.size() && std::memcmp(bytes.data(), mark.data(), mark.size()) == 0;
  }
  bool good() const { return good_; }

 private:
  std::span<const std::byte> rest_;
  bool good_ = true;
};

}  // namespace

fs::path JournaledFile::journal_of(const fs::path& file) { return file.string() + ".journal"; }

JournaledFile::JournaledFile(fs::path path, Fd fd, int64_t bytes)
    : descriptor_(fd.get()),
      path_(std::move(path)),
      fd_(std::move(fd)),
      bytes_(bytes),
      committed_(bytes) {}

std::unique_ptr<JournaledFile> JournaledFile::open(const fs::path& path, bool create) {
  const int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0);
  Fd fd(::open(path.c_str(), flags, 0666));
  struct stat about {};
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(fd.get(), &about) != 0)
    return nullptr;
  return std::unique_ptr<JournaledFile>(new JournaledFile(path, std::move(fd), about.st_size));
}

bool JournaledFile::read(int64_t at, std::byte* to, int64_t bytes) const {
  const int64_t done = read_at(descriptor_, to, bytes, at);
  if (done < 0) return false;
  std::memset(to + done, 0, static_cast<size_t>(bytes - done));
  if (at >= committed_) return true;  // also in a page that ends there
  const int64_t end = std::min(at + bytes, committed_);
  for (auto it = pages_.lower_bound(at / kPage); it != pages_.end() && it->first * kPage < end;
       ++it) {
    const int64_t from = std::max(at, it->first * kPage);
    const int64_t until = std::min(end, (it->first + 1) * kPage);
    std::memcpy(to + (from - at), it->second->bytes + (from - it->first * kPage),
                static_cast<size_t>(until - from));
  }
  return true;
}

JournaledFile::Page* JournaledFile::page(int64_t number) {
  auto& place = pages_[number];
  if (place) return place.get();
  auto made = std::make_unique<Page>();
  const int64_t done = read_at(descriptor_, made->bytes, kPage, number * kPage);
  if (done < 0) return nullptr;
  std::memset(made->bytes + done, 0, static_cast<size_t>(kPage - done));
  place = std::move(made);
  return place.get();
}

bool JournaledFile::write(int64_t at, const std::byte* from, int64_t bytes) {
  bytes_ = std::max(bytes_, at + bytes);
  while (bytes > 0 && at < committed_) {
    Page* into = page(at / kPage);
    if (into == nullptr) return false;
    const int64_t inside = at % kPage;
    const int64_t n = std::min({bytes, kPage - inside, committed_ - at});
    std::memcpy(into->bytes + inside, from, static_cast<size_t>(n));
    at += n, from += n, bytes -= n;
  }
  return bytes == 0 || write_at(descriptor_, from, bytes, at);
}

// The superblock says that somebody writes the file; what is on the disk is as if it was closed.
bool JournaledFile::mark_closed() {
  std::byte head[kSuperblockBytes];
  if (!read(0, head, kSuperblockBytes)) return false;
  if (!close_superblock(head)) return true;
  return write(0, head, kSuperblockBytes);
}

Status JournaledFile::checkpoint(std::span<const DatasetTail> tails) {
  if (given_up_) return Status::fail("the structures of " + path_.string() + " were not written");
  if (!mark_closed()) return io_failure("write", path_);
  if (Status s = write_journal(tails); !s.ok()) return s;
  return apply();
}

Status JournaledFile::write_journal(std::span<const DatasetTail> tails) const {
  const fs::path name = journal_of(path_), beside = name.string() + ".new";
  Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return io_failure("create", beside);
  Appender out(fd.get());
  out.put(kBegin.data(), kBegin.size());
  out.number(end_);
  out.number(static_cast<int64_t>(pages_.size()));
  for (const auto& [number, page] : pages_) {
    const int64_t bytes = std::min(kPage, committed_ - number * kPage);
    out.number(number * kPage);
    out.number(bytes);
    out.put(page->bytes, bytes);
  }
  out.number(static_cast<int64_t>(tails.size()));
  for (const DatasetTail& tail : tails) {
    int64_t bytes = 0;
    for (const auto& piece : tail.pieces) bytes += static_cast<int64_t>(piece.size());
    out.number(static_cast<int64_t>(tail.name.size()));
    out.put(tail.name.data(), static_cast<int64_t>(tail.name.size()));
    out.number(tail.first_item);
    out.number(tail.item_bytes);
    out.number(bytes);
    for (const auto& piece : tail.pieces) out.put(piece.data(), static_cast<int64_t>(piece.size()));
  }
  out.put(kEnd.data(), kEnd.size());
  Status s = out.good() ? fd.close_checked(beside) : io_failure("write", beside);
  if (s.ok() && ::rename(beside.c_str(), name.c_str()) != 0) s = io_failure("rename to", name);
  if (s.ok()) return s;
  const int reason = errno;
  ::unlink(beside.c_str());
  errno = reason;
  return s;
}

Status JournaledFile::apply() {
  for (const auto& [number, page] : pages_) {
    const int64_t at = number * kPage;
    if (!write_at(descriptor_, page->bytes, std::min(kPage, committed_ - at), at))
      return io_failure("write", path_);
  }
  pages_.clear();
  committed_ = end_;
  return {};
}

// On a disk that has no room for the journal the pages are written without it: their places exist.
Status JournaledFile::close() {
  if (given_up_) return Status::fail("the structures of " + path_.string() + " were not written");
  Status s = mark_closed() ? Status() : io_failure("write", path_);
  if (s.ok()) s = write_journal({});
  if (!s.ok() && is_full(errno)) s = {};
  if (s.ok()) s = apply();
  if (s.ok() && ::ftruncate(descriptor_, end_) != 0) s = io_failure("cut", path_);
  Status closed = fd_.close_checked(path_);
  return s.ok() ? std::move(closed) : std::move(s);
}

// A file system that cannot reserve space tells when it is written that it is full.
bool JournaledFile::hold(int64_t bytes) {
  promised_ += bytes;
  const int64_t needed = end_ + promised_ + kEndBytes;
  const int64_t has = std::max(reserved_.load(), int64_t{0});
  if (needed <= has) return true;
  for (const int64_t target : {needed + ahead_bytes(needed), needed}) {
    if (reserve_space(descriptor_, has, target)) {
      reserved_ = target;
      return true;
    }
  }
  promised_ -= bytes;
  return false;
}

bool read_journal(const fs::path& journal, JournalContent& content) {
  Fd fd;
  int64_t bytes = 0;
  if (!open_for_reading(journal, fd, bytes).ok()) return false;
  content.storage.resize(static_cast<size_t>(bytes));
  if (read_at(fd.get(), content.storage.data(), bytes, 0) != bytes) return false;
  Taker in(content.storage);
  if (!in.is(kBegin)) return false;
  content.end = in.number();
  for (int64_t n = in.number(); n > 0 && in.good(); --n) {
    JournalContent::Page page;
    page.at = in.number();
    page.bytes = in.take(in.number());
    content.pages.push_back(page);
  }
  for (int64_t n = in.number(); n > 0 && in.good(); --n) {
    DatasetTail tail;
    const auto name = in.take(in.number());
    tail.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
    tail.first_item = in.number();
    tail.item_bytes = in.number();
    tail.pieces = {in.take(in.number())};
    content.tails.push_back(std::move(tail));
  }
  return in.is(kEnd) && in.good() && content.end >= 0;
}

}  // namespace parfocal
