#pragma once
/// CSV as Parfocal writes it (RFC 4180 quoting): UTF-8, comma, `.`, LF, shortest floats that read
/// back the same, empty = missing.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/view.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/heartbeat.h"

namespace parfocal {

/// Rows through a buffer of fixed size; whole items are in the file at most a second after they
/// were written, whatever ends the process then. Remembers where the latest items end, so that the
/// file can be cut back to fewer items; for earlier ones it reads its rows again.
class CsvWriter {
 public:
  static constexpr int64_t kBufferBytes = 256 * 1024;
  static constexpr int64_t kRememberedItems = 4096;
  static constexpr int64_t kResidentBytes =
      kBufferBytes + kRememberedItems * 8 + Heartbeat::kResidentBytes;

  /// The item that a row belongs to, told from its beginning.
  using ItemOfRow = std::function<int64_t(std::string_view row)>;

  /// Creates the file (and its folders). \throws Error(output_exists) if it exists,
  /// Error(run_failed) if it cannot be created.
  void open(const std::filesystem::path& path, ItemOfRow item_of);
  void integer(int64_t value);
  void natural(uint64_t value);
  void real(double value);  ///< NaN = empty
  void single(float value);
  void text(std::string_view value);
  void missing();
  /// The scalar of a rank-0 view.
  void scalar(const View& value);
  void end_row();
  /// Marks the end of an item (also one without rows). The header line is not an item. Where the
  /// disk has no room for the item, the file ends before it, and status() tells.
  void end_item();
  /// The first failure to write, reported until close.
  Status status() const;
  /// Items whose rows are in the file, or will be at close.
  int64_t stored_items() const;
  /// Takes back all but the first `items` items; rows may follow.
  Status keep_first(int64_t items);
  /// Keeps the first `valid_items` items (-1 = all) and closes.
  Status close(int64_t valid_items);

 private:
  void put(std::string_view raw);
  void separate();
  template <class T>
  void number(T value);
  void make_room();
  void complete();
  bool take_room();
  bool flush(int64_t until);
  /// In the file, of item `items` - 1. \pre it is remembered
  int64_t end_of(int64_t items) const;
  Status find_end(int64_t items, int64_t& end);
  int64_t position() const { return start_ + used_; }

  std::filesystem::path path_;
  ItemOfRow item_of_;
  Fd fd_;
  std::unique_ptr<char[]> buffer_;
  std::unique_ptr<int64_t[]> ends_;                            // of item k at k % kRememberedItems
  int64_t used_ = 0, start_ = 0, items_ = 0, header_end_ = 0;  // start_: in the file, of the buffer
  int64_t room_ = 0;                                           // of the file on the disk
  bool row_open_ = false;
  mutable std::mutex mutex_;            // of what follows, and of what lies before complete_
  int64_t complete_ = 0, flushed_ = 0;  // in the buffer: whole items; in the file
  std::string failure_;
  bool write_failed_ = false;
  int64_t lost_from_ = 0;  // where writing failed
  Heartbeat beat_;         // ends first
};

}  // namespace parfocal
