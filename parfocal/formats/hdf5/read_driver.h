#pragma once
/// Files for reading are opened with a driver of our own. It reads as HDF5's own for plain files
/// does, and can also tell where raw data lies: HDF5 1.10 has no other way to the address of a
/// chunk than a walk over all chunks before it.

#include <cstdint>

namespace parfocal {

/// Makes files that are opened with this access list use the driver. Under the lock.
/// \return false if the library does not take it
bool set_read_driver(int64_t access_list);
/// Whether a file with this access list uses it. Under the lock.
bool is_read_driver(int64_t access_list);

/// While one lives, this thread's reads of raw data through the driver read nothing: what would
/// have been read is kept here. Under the lock.
class RawDataProbe {
 public:
  RawDataProbe();
  ~RawDataProbe();
  RawDataProbe(const RawDataProbe&) = delete;
  RawDataProbe& operator=(const RawDataProbe&) = delete;

  /// How many reads were asked for, and the place of the last one, from the file's first byte.
  int count() const { return count_; }
  int64_t address() const { return address_; }
  int64_t bytes() const { return bytes_; }
  void add(uint64_t address, uint64_t bytes);

 private:
  int count_ = 0;
  int64_t address_ = -1, bytes_ = 0;
};

}  // namespace parfocal
