#include "parfocal/formats/hdf5/handle.h"

#include <fmt/format.h>
#include <hdf5.h>

#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {

static_assert(sizeof(hid_t) == sizeof(int64_t), "HDF5 1.10 or newer");

Handle::~Handle() {
  if (id_ < 0) return;
  const Hdf5Lock lock;
  if (H5Iis_valid(id_) > 0) H5Idec_ref(id_);
}

// "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf = ..."
// says its point in the middle.
static std::string shortened(std::string text) {
  const std::string mark = "error message = '";
  const size_t from = text.find(mark), to = text.find('\'', from + mark.size());
  if (from == std::string::npos || to == std::string::npos) return text;
  const std::string message = text.substr(from + mark.size(), to - from - mark.size());
  return text.substr(0, text.find(": time = ")) + ": " + message;
}

std::string hdf5_reason() {
  std::string reasons[2];
  const auto keep = [](unsigned, const H5E_error2_t* error, void* to) -> herr_t {
    std::string* both = static_cast<std::string*>(to);
    if (both[0].empty()) both[0] = error->desc != nullptr ? error->desc : "";
    both[1] = error->desc != nullptr ? error->desc : "";
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep, reasons);
  if (reasons[0].empty()) return "";
  return "HDF5: " + reasons[0] + (reasons[1] == reasons[0] ? "" : ": " + shortened(reasons[1]));
}

// HDF5 2 writes newer messages when it is asked for its latest format, as h5py and dcnum ask.
static bool is_too_new(const std::string& reason) {
  return H5_VERS_MAJOR < 2 && reason.find("bad version number") != std::string::npos;
}

void throw_hdf5(ErrorCode code, std::string what, std::string where, std::string cure) {
  const std::string reason = hdf5_reason();
  if (is_too_new(reason)) {
    what += fmt::format(": it is in a newer format than HDF5 {}.{} reads", H5_VERS_MAJOR,
                        H5_VERS_MINOR);
    cure = "build Parfocal with HDF5 2, which reads it: see scripts/hdf5.sh";
  }
  throw Error(code, Issue{std::move(what), std::move(where), reason, "", std::move(cure)});
}

Handle checked(int64_t id, ErrorCode code, std::string what, std::string where) {
  if (id < 0) throw_hdf5(code, std::move(what), std::move(where));
  return Handle(id);
}

Status status_of(const Error& error) { return Status::fail(error.issues().front()); }

}  // namespace parfocal
