#pragma once
/// Texts of variable length past the HDF5 library, whose 1.10 walks out of bounds in a damaged
/// global heap.
/// \source https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html: III.E, Disk Format: Level 1E

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

inline constexpr size_t kHeapReferenceBytes = 16;  ///< length, address of a collection, index

/// Reads objects of the collections of a file with addresses and lengths of 8 bytes and no user
/// block. Keeps the collection it read last.
class GlobalHeap {
 public:
  /// `most_bytes`: of all collections together that it will read.
  GlobalHeap(int fd, size_t most_bytes) : fd_(fd), most_bytes_(most_bytes) {}
  /// The text that `reference` (kHeapReferenceBytes) leads to, up to its first NUL.
  Status text(std::span<const std::byte> reference, std::string& text);
  /// Memory that it takes: of the largest collection up to now, and of where its objects are.
  size_t bytes() const { return 4 * collection_.capacity(); }

 private:
  Status load(uint64_t address);

  int fd_;
  size_t most_bytes_;
  uint64_t address_ = 0;  // 0: none
  std::vector<std::byte> collection_;
  std::unordered_map<uint64_t, std::span<const std::byte>> objects_;
};

}  // namespace parfocal
