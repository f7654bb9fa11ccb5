#pragma once
/// The one lock around every call into the HDF5 library. Debian's serial library may have been
/// built without thread safety, and where it has, it serialises calls anyway; so does Parfocal.
/// What can be done without the library (reading chunk bytes, decoding) is done without the lock.

namespace parfocal {

/// Holds the process-wide lock while alive; may be nested in one thread. The first lock registers
/// the zstd filter, and the first in each thread silences the library's own printing of errors.
/// Every function of this room takes it where it calls HDF5: callers need it only around calls of
/// their own.
class Hdf5Lock {
 public:
  Hdf5Lock();
  ~Hdf5Lock();
  Hdf5Lock(const Hdf5Lock&) = delete;
  Hdf5Lock& operator=(const Hdf5Lock&) = delete;
};

}  // namespace parfocal
