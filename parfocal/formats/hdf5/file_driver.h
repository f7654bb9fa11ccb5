#pragma once
/// What the file drivers that the HDF5 library is given have in common.

#include <hdf5.h>

#include <cstdint>

namespace parfocal {

/// Files are no longer than what file offsets can tell.
inline constexpr haddr_t kMostFileBytes = INT64_MAX;

inline bool is_within_file(haddr_t address, size_t bytes) {
  return address <= kMostFileBytes && bytes <= kMostFileBytes - address;
}

/// A driver without functions. `value`: any of those that are for private use, each driver's own.
H5FD_class_t named_driver(const char* name, int value);

/// The id of the driver, kept in `id`; the library forgets it when a program closes the library.
hid_t registered_driver(const H5FD_class_t& driver, hid_t& id);

}  // namespace parfocal
