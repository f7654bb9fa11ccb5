#pragma once
/// File descriptors, reads and writes at a position, atomic replacement, and safe output paths.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "parfocal/core/error.h"

namespace parfocal {

/// Owns a file descriptor; closes it silently, so writers call close_checked() first.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  Status close_checked(const std::filesystem::path& name);  ///< reports the errors of close()

 private:
  int fd_ = -1;
};

/// "cannot open <path>: <reason of errno>"; errno stays as it is.
Status io_failure(std::string_view doing, const std::filesystem::path& path);
/// Opens a regular file for reading; anything else (a folder, a pipe) fails without waiting.
/// `size` becomes the file's size in bytes. errno tells why it failed.
Status open_for_reading(const std::filesystem::path& path, Fd& fd, int64_t& size);
/// Reads up to `bytes` at `position`; fewer only at the end of the file; -1 on failure.
/// Thread-safe.
int64_t read_at(int fd, void* to, int64_t bytes, int64_t position);
/// Writes all of `bytes` at `position`; false on failure (errno tells). Thread-safe.
bool write_at(int fd, const void* from, int64_t bytes, int64_t position);
/// Copies the first `bytes` of file `from` to the start of `to`, which is called `name`.
Status copy_start(const std::filesystem::path& from, const Fd& to,
                  const std::filesystem::path& name, int64_t bytes);
/// fsync of a folder: what was created, renamed and removed directly in it before survives a power
/// cut.
Status sync_directory(const std::filesystem::path& folder);
/// Creates missing folders down to `folder`; with `durable`, so that they survive a power cut.
Status make_folders(const std::filesystem::path& folder, bool durable);
/// Opens a file that is written piece by piece, or creates it with its folders, and brings it to
/// `bytes`, whatever was left of it before; `resized`: it had another size.
Status open_sized(const std::filesystem::path& path, int64_t bytes, Fd& fd, bool& resized);
/// Writes `bytes` beside `path` and renames: readers see the old or the new file, never a half.
/// Creates missing parent folders. With `durable`, the new file survives a power cut.
Status write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes,
                             bool durable = false);
Status write_file_atomically(const std::filesystem::path& path, std::string_view text,
                             bool durable = false);

/// out_dir / path for a path that stays below out_dir.
/// \throws Error(invalid_pipeline) naming `owner` if the path is empty, absolute or has "..".
std::filesystem::path output_path(const std::filesystem::path& out_dir, const std::string& path,
                                  const std::string& owner);

}  // namespace parfocal
