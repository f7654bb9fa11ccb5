#pragma once
/// A file that the HDF5 library changes and that can be read, or made readable, whatever ends the
/// process.
///
/// The library writes its structures in no order that a reader could rely on. So what it writes
/// into the file as it was at the last checkpoint waits in memory, by pages; what lies behind the
/// end of that file is seen by nobody and is written at once. A checkpoint writes the pages to a
/// journal, which appears by renaming, and then into their places. A process that ends before the
/// renaming leaves the last checkpoint; after it, the journal has what is to be written once more.
/// The superblock is written as that of a closed file. The journal also takes what the caller
/// holds and the library has not got yet: items of chunks that are not complete.
///
/// Disk space is taken before it is promised: a full disk is met by hold(), before the library has
/// changed anything, and what ends the file then has the room for it.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/files.h"

namespace parfocal {

/// Items of a dataset that lie behind its end in the file, one behind the other.
struct DatasetTail {
  std::string name;  ///< path in the file
  int64_t first_item = 0, item_bytes = 0;
  std::vector<std::span<const std::byte>> pieces;
};

class JournaledFile {
 public:
  /// Room that ending a file takes: its indices, attributes and logs.
  static constexpr int64_t kEndBytes = 512 << 10;
  /// Disk space that a file of so many bytes takes beyond them, so as to ask seldom.
  static int64_t ahead_bytes(int64_t bytes) {
    return std::clamp<int64_t>(bytes / 8, 64 << 10, 8 << 20);
  }

  /// "<file>.journal"
  static std::filesystem::path journal_of(const std::filesystem::path& file);
  /// Opens an existing file, or makes a new one, and locks it for this process. nullptr: errno
  /// tells; EWOULDBLOCK = another process writes it.
  static std::unique_ptr<JournaledFile> open(const std::filesystem::path& path, bool create);

  const int& descriptor() const { return descriptor_; }
  int64_t end() const { return end_; }       ///< of what the library has allocated
  void set_end(int64_t end) { end_ = end; }  ///< thread-safe
  int64_t bytes() const { return bytes_; }   ///< of the file as the library sees it
  void set_bytes(int64_t b) { bytes_ = b; }
  /// Behind the end of the file there are zeros. \return false: errno tells
  bool read(int64_t at, std::byte* to, int64_t bytes) const;
  bool write(int64_t at, const std::byte* from, int64_t bytes);
  /// The library's structures can no longer be trusted: close() leaves the last checkpoint.
  void give_up() { given_up_ = true; }

  /// To be called when the library has flushed, and before it writes again.
  Status checkpoint(std::span<const DatasetTail> tails);
  /// Makes the last checkpoint, gives back the space that was taken ahead and closes.
  Status close();

  /// Takes the disk space for `bytes` to be written later. False: the disk is full (errno tells),
  /// nothing has changed. Thread-safe.
  bool hold(int64_t bytes);
  void release(int64_t bytes) { promised_ -= bytes; }  ///< of hold(): written, or given up

 private:
  static constexpr int64_t kPage = 4096;
  struct Page {
    std::byte bytes[kPage];
  };
  JournaledFile(std::filesystem::path path, Fd fd, int64_t bytes);
  Page* page(int64_t number);
  bool mark_closed();
  Status write_journal(std::span<const DatasetTail> tails) const;
  Status apply();

  int descriptor_ = -1;  // of `fd_`, at an address that the library can give away
  std::filesystem::path path_;
  Fd fd_;
  std::atomic<int64_t> end_ = 0;
  int64_t bytes_ = 0, committed_ = 0;
  std::map<int64_t, std::unique_ptr<Page>> pages_;  // by number, of the committed part
  std::atomic<int64_t> promised_ = 0, reserved_ = 0;
  bool given_up_ = false;
};

/// What a journal holds.
struct JournalContent {
  int64_t end = 0;  ///< bytes of the file
  struct Page {
    int64_t at = 0;
    std::span<const std::byte> bytes;
  };
  std::vector<Page> pages;
  std::vector<DatasetTail> tails;
  std::vector<std::byte> storage;  ///< what the spans point into
};
/// \return false if there is no journal, or none that is whole
bool read_journal(const std::filesystem::path& journal, JournalContent& content);

/// The file behind an HDF5 file that was opened with set_write_driver(); nullptr: another driver.
/// Valid while the file is open. Under the lock.
JournaledFile* journaled_file(int64_t file_id);
/// Makes files that are opened with this access list journaled ones. Under the lock.
/// \return false if the library does not take it
bool set_write_driver(int64_t access_list);

}  // namespace parfocal
