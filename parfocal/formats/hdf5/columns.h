#pragma once
/// 1-D datasets of whole numbers that are longer than memory: mappings.

#include <span>
#include <string>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

class IntegerColumn {
 public:
  /// \throws Error(input_missing) if it is none, or absurdly long
  IntegerColumn(const H5File& file, const std::string& name);
  int64_t size() const { return size_; }
  /// The numbers from `first` on. \throws Error(input_missing) if they cannot be read
  void read(int64_t first, std::span<int64_t> to) const;
  /// Memory that reading takes beside them.
  int64_t reading_bytes() const;

 private:
  std::string where_;
  Handle dataset_;
  int64_t size_ = 0;
};

}  // namespace parfocal
