#pragma once
/// RAII over the ids of the HDF5 library, and its failures as errors. No header of this room
/// includes <hdf5.h>: an id is an int64_t here.

#include <cstdint>
#include <string>
#include <utility>

#include "parfocal/core/error.h"

namespace parfocal {

/// Owns one reference to an id of any kind: file, group, dataset, attribute, type, space, property
/// list. Gives it back silently; who writes closes the file by H5File::close().
class Handle {
 public:
  Handle() = default;
  explicit Handle(int64_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle();
  int64_t id() const { return id_; }
  int64_t release() { return std::exchange(id_, -1); }  ///< the caller closes it
  explicit operator bool() const { return id_ >= 0; }

 private:
  int64_t id_ = -1;
};

/// What the HDF5 library says of the last failure in this thread: outermost and innermost cause.
/// Under the lock that the failed call was made under.
std::string hdf5_reason();

/// \throws Error with `what`, `where` ("movie.rtdc: events/image"), the library's reason as given,
/// and the cure. Under the lock that the failed call was made under.
[[noreturn]] void throw_hdf5(ErrorCode code, std::string what, std::string where,
                             std::string cure = {});
/// `id` as a Handle. \throws as throw_hdf5 if it is negative
Handle checked(int64_t id, ErrorCode code, std::string what, std::string where);
/// The first issue of an error as a Status: for sinks and sources, which must not throw.
Status status_of(const Error& error);

}  // namespace parfocal
