#include "parfocal/formats/table/csv_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

namespace parfocal {

void CsvWriter::open(const std::filesystem::path& path) {
  path_ = path;
  std::error_code ignored;  // opening tells the reason
  std::filesystem::create_directories(path.parent_path(), ignored);
  fd_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_ && errno == EEXIST)
    throw Error(ErrorCode::output_exists,
                Issue{"the file exists already", path.string(), "", "",
                      "choose another folder with --out DIR, or replace it with --overwrite"});
  if (!fd_) throw Error(ErrorCode::run_failed, io_failure("create", path).issue());
  buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  ends_ = std::make_unique_for_overwrite<int64_t[]>(kRememberedItems);
}

bool CsvWriter::flush() {
  if (!failure_.empty()) return false;
  if (!write_at(fd_.get(), buffer_.get(), used_, written_)) {
    failure_ = io_failure("write", path_).issue().what;
    return false;
  }
  written_ += used_;
  used_ = 0;
  return true;
}

void CsvWriter::put(std::string_view raw) {
  while (!raw.empty()) {
    if (used_ == kBufferBytes && !flush()) return;
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

void CsvWriter::text(std::string_view value) {
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
  if (header_end_ == 0) header_end_ = position();
}

void CsvWriter::end_item() { ends_[static_cast<size_t>(items_++ % kRememberedItems)] = position(); }

Status CsvWriter::status() const { return failure_.empty() ? Status() : Status::fail(failure_); }

int64_t CsvWriter::stored_items() const {
  int64_t n = items_;
  while (n > 0 && items_ - n < kRememberedItems &&
         ends_[static_cast<size_t>((n - 1) % kRememberedItems)] > written_)
    --n;
  return n;
}

Status CsvWriter::keep_first(int64_t items) {
  flush();
  if (Status s = status(); !s.ok() || items >= items_) return s;
  if (items > 0 && items_ - items >= kRememberedItems)
    return Status::fail("cannot cut " + path_.string() + " back to " + std::to_string(items) +
                        " of " + std::to_string(items_) + " items");
  written_ = items == 0 ? header_end_ : ends_[static_cast<size_t>((items - 1) % kRememberedItems)];
  items_ = items;
  return ::ftruncate(fd_.get(), written_) == 0 ? Status() : io_failure("shorten", path_);
}

Status CsvWriter::close(int64_t valid_items) {
  Status result = keep_first(valid_items < 0 ? items_ : valid_items);
  Status closed = fd_.close_checked(path_);
  return result.ok() ? std::move(closed) : std::move(result);
}

}  // namespace parfocal
