#include "parfocal/formats/hdf5/lock.h"

#include <hdf5.h>

#include <mutex>

#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

// Never destroyed: the library closes itself at exit, when static handles may still be alive.
std::recursive_mutex& mutex() {
  static auto* one = new std::recursive_mutex;
  return *one;
}

}  // namespace

Hdf5Lock::Hdf5Lock() {
  mutex().lock();
  // A file that could not be written for a full disk stays half open in the library, which then
  // crashes when it cleans up at the end of the process. We close all files ourselves.
  // (It refuses where the program has used the library before us: then its end is the program's.)
  static const bool ready = ((void)H5dont_atexit(), H5open()) >= 0 && register_zstd_filter();
  (void)ready;
  // A thread-safe library keeps the error stack, and whether it is printed, per thread.
  thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)silent;
}

Hdf5Lock::~Hdf5Lock() { mutex().unlock(); }

}  // namespace parfocal
