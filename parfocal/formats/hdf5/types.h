#pragma once
/// Pixel types as HDF5 types, and back.

#include <optional>

#include "parfocal/core/dtype.h"
#include "parfocal/formats/hdf5/handle.h"

namespace parfocal {

/// The type of `dtype` in memory and in files that we write; boolean is h5py's enum of int8.
/// Under the lock.
Handle native_type(DType dtype);

/// How the numbers of a dataset lie in the file.
struct FileType {
  DType dtype = DType::u8;
  bool swapped = false;  ///< the other byte order than this machine's
  bool plain = true;     ///< false: odd precision or padding, only the library can convert it
};
/// nullopt for anything but integers, floats and h5py's booleans of 1, 2, 4, 8 bytes. Under the
/// lock.
std::optional<FileType> file_type(int64_t type);

}  // namespace parfocal
