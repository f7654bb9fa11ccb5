#include "parfocal/formats/table/csv_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include "parfocal/core/utf8.h"
#include "parfocal/formats/common/reserve.h"

namespace parfocal {

void CsvWriter::open(const std::filesystem::path& path, ItemOfRow item_of) {
  path_ = path;
  item_of_ = std::move(item_of);
  std::error_code ignored;  // opening tells the reason
  std::filesystem::create_directories(path.parent_path(), ignored);
  fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_ && errno == EEXIST)
    throw Error(ErrorCode::output_exists,
                Issue{"the file exists already", path.string(), "", "",
                      "choose another folder with --out DIR, or replace it with --overwrite"});
  if (!fd_) throw Error(ErrorCode::run_failed, io_failure("create", path).issue());
  (void)::flock(fd_.get(), LOCK_EX | LOCK_NB);  // told to who wants to recover the file
  buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  ends_ = std::make_unique_for_overwrite<int64_t[]>(kRememberedItems);
  beat_.start([this] {
    const std::lock_guard lock(mutex_);
    flush(complete_);
  });
}

// Brings the buffer up to `until` into the file. After a failure nothing more is written.
bool CsvWriter::flush(int64_t until) {
  if (!failure_.empty()) return false;
  if (until <= flushed_) return true;
  if (!write_at(fd_.get(), buffer_.get() + flushed_, until - flushed_, start_ + flushed_)) {
    failure_ = io_failure("write", path_).issue().what;
    write_failed_ = true;
    lost_from_ = start_ + flushed_;
    return false;
  }
  flushed_ = until;
  return true;
}

// Whole items leave the buffer; an item that fills it alone leaves it in pieces.
void CsvWriter::make_room() {
  const std::lock_guard lock(mutex_);
  const int64_t until = complete_ > 0 ? complete_ : used_;
  flush(until);
  std::memmove(buffer_.get(), buffer_.get() + until, static_cast<size_t>(used_ - until));
  start_ += until;
  used_ -= until;
  complete_ = flushed_ = 0;
}

void CsvWriter::complete() {
  {
    const std::lock_guard lock(mutex_);
    complete_ = used_;
  }
  beat_.touch();
}

void CsvWriter::put(std::string_view raw) {
  while (!raw.empty()) {
    if (used_ == kBufferBytes) make_room();
    const size_t n = std::min(raw.size(), static_cast<size_t>(kBufferBytes - used_));
    std::memcpy(buffer_.get() + used_, raw.data(), n);
    used_ += static_cast<int64_t>(n);
    raw.remove_prefix(n);
  }
}

void CsvWriter::separate() {
  if (row_open_) put(",");
  row_open_ = true;
}

template <class T>
void CsvWriter::number(T value) {
  separate();
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  put({text, static_cast<size_t>(result.ptr - text)});
}

void CsvWriter::integer(int64_t value) { number(value); }
void CsvWriter::natural(uint64_t value) { number(value); }
void CsvWriter::real(double value) { std::isnan(value) ? missing() : number(value); }
void CsvWriter::single(float value) { std::isnan(value) ? missing() : number(value); }
void CsvWriter::missing() { separate(); }

void CsvWriter::text(std::string_view given) {
  const std::string clean = as_utf8(given);
  std::string_view value = clean;
  separate();
  if (value.find_first_of(",\"\r\n") == value.npos) return put(value);
  put("\"");
  for (size_t quote; (quote = value.find('"')) != value.npos; value.remove_prefix(quote + 1)) {
    put(value.substr(0, quote + 1));
    put("\"");
  }
  put(value);
  put("\"");
}

void CsvWriter::scalar(const View& value) {
  dispatch(value.dtype, [&]<class T>() {
    const T v = value.scalar<T>();
    if constexpr (std::is_same_v<T, float>)
      single(v);
    else if constexpr (std::is_same_v<T, double>)
      real(v);
    else if constexpr (std::is_signed_v<T>)
      integer(v);
    else
      natural(v);
  });
}

void CsvWriter::end_row() {
  put("\n");
  row_open_ = false;
  if (header_end_ != 0) return;
  header_end_ = position();
  complete();
}

// The disk space of an item is taken before the item counts. File systems that cannot reserve space
// tell when it is written.
bool CsvWriter::take_room() {
  for (const int64_t target : {position() + kBufferBytes, position()}) {
    if (position() <= room_) break;
    if (reserve_space(fd_.get(), room_, target)) room_ = target;
  }
  if (position() <= room_) return true;
  Status full = io_failure("write", path_);
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = full.issue().what;
  return false;
}

void CsvWriter::end_item() {
  if (!take_room()) return;
  ends_[static_cast<size_t>(items_++ % kRememberedItems)] = position();
  complete();
}

Status CsvWriter::status() const {
  const std::lock_guard lock(mutex_);
  return failure_.empty() ? Status() : Status::fail(failure_);
}

int64_t CsvWriter::end_of(int64_t items) const {
  return items == 0 ? header_end_ : ends_[static_cast<size_t>((items - 1) % kRememberedItems)];
}

// In the file, all of which is flushed: of an item that is not remembered, where the first row of a
// later one begins. The buffer is free then. A line feed within quotes belongs to a field.
Status CsvWriter::find_end(int64_t items, int64_t& end) {
  const bool remembered = items == 0 || items_ - items < kRememberedItems;
  end = remembered ? end_of(items) : start_ + flushed_;
  if (remembered) return {};
  std::string row;
  bool quoted = false;
  int64_t row_at = header_end_;
  for (int64_t at = header_end_; at < end;) {
    const int64_t got = read_at(fd_.get(), buffer_.get(), std::min(kBufferBytes, end - at), at);
    if (got <= 0) return io_failure("read", path_);
    for (int64_t k = 0; k < got; ++k) {
      const char c = buffer_[static_cast<size_t>(k)];
      row += c;
      if (c == '"') quoted = !quoted;
      if (c != '\n' || quoted) continue;
      if (item_of_(row) >= items) {
        end = row_at;
        return {};
      }
      row.clear();
      row_at = at + k + 1;
    }
    at += got;
  }
  return {};
}

// What has its room on the disk will be there, unless writing it failed.
int64_t CsvWriter::stored_items() const {
  const std::lock_guard lock(mutex_);
  int64_t n = items_;
  while (write_failed_ && n > 0 && items_ - n < kRememberedItems && end_of(n) > lost_from_) --n;
  return n;
}

Status CsvWriter::keep_first(int64_t items) {
  const std::lock_guard lock(mutex_);
  if (!flush(complete_)) return Status::fail(failure_);
  if (items >= items_) return {};
  int64_t end = 0;
  if (Status s = find_end(items, end); !s.ok()) return s;
  start_ = room_ = end;
  used_ = complete_ = flushed_ = 0;
  items_ = items;
  return ::ftruncate(fd_.get(), start_) == 0 ? Status() : io_failure("shorten", path_);
}

Status CsvWriter::close(int64_t valid_items) {
  beat_.stop();
  Status result = status();
  failure_.clear();  // what has its room is written, whatever came after it
  if (!write_failed_ && !flush(complete_) && result.ok()) result = status();
  // An item that was too long for the buffer may be there in part.
  int64_t end = std::min(write_failed_ ? lost_from_ : start_ + flushed_, end_of(stored_items()));
  if (valid_items >= 0 && valid_items < items_) {
    int64_t valid_end = end;
    if (Status s = find_end(valid_items, valid_end); !s.ok() && result.ok()) result = std::move(s);
    end = std::min(end, valid_end);
  }
  // Also gives back the room that was taken ahead.
  if (::ftruncate(fd_.get(), end) != 0 && result.ok()) result = io_failure("shorten", path_);
  Status closed = fd_.close_checked(path_);
  return result.ok() ? std::move(closed) : std::move(result);
}

}  // namespace parfocal
