#pragma once
/// An HDF5 file: opened for reading, opened for change, or new. Paths inside it are as in
/// "events/image". Every function takes the lock.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/handle.h"

namespace parfocal {

class JournaledFile;

class H5File {
 public:
  /// For reading, without file locks, so that files on read-only or shared disks open.
  /// \throws Error(input_missing): no such file, no HDF5 file, truncated, damaged
  static H5File open(const std::filesystem::path& path);
  /// For reading and writing. \throws Error(input_missing | run_failed)
  static H5File open_for_change(const std::filesystem::path& path);
  /// A new file with the latest format, as dcnum writes. \throws Error(output_exists | run_failed)
  static H5File create(const std::filesystem::path& path);
  /// As create() and open_for_change(), of a file that can be recovered at any moment: see
  /// JournaledFile.
  static H5File create_journaled(const std::filesystem::path& path);
  static H5File open_journaled(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  int64_t id() const { return file_.id(); }
  /// "movie.rtdc: events/image", for messages.
  std::string where(const std::string& name) const;

  enum class Kind : uint8_t { none, group, dataset, other };
  /// What stands at `name`; none also when a part of the path is missing or a link is dangling.
  Kind kind(const std::string& name) const;
  bool exists(const std::string& name) const { return kind(name) != Kind::none; }
  /// Names in a group, sorted; empty if there is no such group. Soft and external links are
  /// members too. At most `most` names are read from hostile files.
  std::vector<std::string> members(const std::string& group, size_t most = 100'000) const;
  /// \throws Error if there is none: input_missing of files for reading, else run_failed
  Handle group(const std::string& name) const;
  Handle dataset(const std::string& name) const;
  /// Opens the group or makes it, with its parents.
  Handle require_group(const std::string& name) const;
  /// Removes the link; nothing happens if there is none.
  void remove(const std::string& name) const;
  void flush() const;
  /// The file on the disk, if it is a journaled one, else nullptr.
  JournaledFile* journaled() const;
  /// Whether the path still leads to the file that was opened, with its size and time. Fails with
  /// the file's name.
  Status unchanged() const;
  /// Of the file when it was opened for reading; the time of change counts from 1970.
  int64_t bytes() const { return stamp_.bytes; }
  int64_t changed_ns() const { return stamp_.time_ns; }
  /// Closes the file and reports what failed then; later calls do nothing. All handles into the
  /// file must have been given back, else the file stays open until they are.
  Status close();

 private:
  /// What tells a file from another one at its path.
  struct Stamp {
    uint64_t device, inode;
    int64_t bytes, time_ns;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::filesystem::path& path);
  H5File(std::filesystem::path path, Handle file, ErrorCode code, Stamp stamp = {})
      : path_(std::move(path)), file_(std::move(file)), code_(code), stamp_(stamp) {}
  std::filesystem::path path_;
  Handle file_;
  ErrorCode code_;
  Stamp stamp_;  // when it was opened for reading
};

/// The descriptor of the file that the object `id` lies in (an external link leads to another), for
/// reading at the addresses that HDF5 tells; -1 where these do not count from the file's first
/// byte, or it is no plain file on disk. Valid while the object is open. Under the lock.
int descriptor_of(int64_t id);
/// Whether a RawDataProbe tells where the chunks of dataset `id` lie. Under the lock.
bool tells_places(int64_t id);

}  // namespace parfocal
