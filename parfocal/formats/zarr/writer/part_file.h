#pragma once
/// A file that several threads fill with blocks, each at a place of its own.

#include <atomic>
#include <filesystem>
#include <mutex>
#include <span>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"

namespace parfocal {

/// What goes to the disk past the page cache starts at multiples of kWriteAlign; else block follows
/// block, so that small ones take no more than they have.
/// reserve(), write() and sync() are thread-safe. Files beyond the first kMostOpen of the process
/// are opened for each call, so that descriptors do not run out.
class PartFile {
 public:
  static constexpr int kMostOpen = 256;
  static constexpr int64_t kMostStep = int64_t{32} << 20;  ///< files of unknown size grow by up to
  PartFile() = default;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  /// Bytes that a block takes in a file that is written past the page cache, or is not.
  static int64_t room(int64_t bytes, bool direct) { return direct ? aligned_up(bytes) : bytes; }
  int64_t room(int64_t bytes) const { return room(bytes, is_direct()); }

  /// Creates the file, with room for `expected_bytes` on the disk where it can be had: its size at
  /// once, as writes that make a file longer go one after the other. `most_bytes`: what it can
  /// become; no room is taken beyond. `direct`: past the page cache, where the file system does
  /// that.
  Status create(std::filesystem::path path, int64_t expected_bytes, int64_t most_bytes,
                bool direct);
  /// Opens a file that is filled up to `bytes`.
  Status open_filled(std::filesystem::path path, int64_t bytes, bool direct);
  /// A place for a block, grown on the disk where needed.
  Status reserve(int64_t bytes, int64_t& offset);
  /// Writes a block. \pre where the file is direct, data and offset are aligned, data padded to a
  /// multiple of kWriteAlign
  Status write(int64_t offset, const std::byte* data, int64_t bytes);
  /// Reads back what was written. \pre the file is not direct
  Status read(int64_t offset, std::byte* to, int64_t bytes);
  /// fdatasync, if anything was written since the last one. After one that failed all fail: what
  /// it lost is not written again.
  Status sync();
  /// Cuts what was reserved beyond `bytes`, if anything was.
  Status finish(int64_t bytes);
  /// Then sync() has nothing to do any more. Thread-safe with it.
  Status close();
  int64_t end() const { return end_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  class Open;
  Status open(const char* doing, int flags, bool direct);
  Status fail(const char* doing) const;
  Status allocate(int64_t bytes);
  bool is_direct() const;
  std::filesystem::path path_;
  int flags_ = 0;
  bool small_ = false;  // no room is reserved
  Fd kept_;
  std::mutex mutex_, syncing_;  // the first: of end_ and allocated_
  int64_t end_ = 0, allocated_ = 0, step_ = 0, most_ = INT64_MAX;
  bool sized_ = false;  // allocated_ is the size of the file
  std::atomic<bool> dirty_ = false;
  bool sync_failed_ = false;  // by syncing_
};

/// Creates a file of `payload` and then `tail`, by one call. `durable`: its bytes survive a power
/// cut afterwards. What could not be written whole is removed. `direct`: past the page cache, where
/// the file system does that; then what lies behind the payload, up to a multiple of kWriteAlign,
/// comes before the tail. \pre with `direct` both are aligned, and tail.size() is a multiple of
/// kWriteAlign
Status write_new_file(const std::filesystem::path& path, std::span<const std::byte> payload,
                      std::span<const std::byte> tail, bool direct, bool durable);

}  // namespace parfocal
