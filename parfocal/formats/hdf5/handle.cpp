#include "parfocal/formats/hdf5/handle.h"

#include <hdf5.h>

#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {

static_assert(sizeof(hid_t) == sizeof(int64_t), "HDF5 1.10 or newer");

Handle::~Handle() {
  if (id_ < 0) return;
  const Hdf5Lock lock;
  if (H5Iis_valid(id_) > 0) H5Idec_ref(id_);
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
  return "HDF5: " + reasons[0] + (reasons[1] == reasons[0] ? "" : ": " + reasons[1]);
}

void throw_hdf5(ErrorCode code, std::string what, std::string where, std::string cure) {
  throw Error(code, Issue{std::move(what), std::move(where), hdf5_reason(), "", std::move(cure)});
}

Handle checked(int64_t id, ErrorCode code, std::string what, std::string where) {
  if (id < 0) throw_hdf5(code, std::move(what), std::move(where));
  return Handle(id);
}

Status status_of(const Error& error) { return Status::fail(error.issues().front()); }

}  // namespace parfocal
