#include "parfocal/formats/hdf5/file_driver.h"

#include <algorithm>
#include <iterator>

namespace parfocal {

H5FD_class_t named_driver(const char* name, [[maybe_unused]] int value) {
  H5FD_class_t made = {};
#ifdef H5FD_CLASS_VERSION  // from HDF5 1.14 on
  made.version = H5FD_CLASS_VERSION;
  made.value = value;
#endif
  made.name = name;
  made.maxaddr = kMostFileBytes;
  made.fc_degree = H5F_CLOSE_WEAK;
  const H5FD_mem_t lists[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(lists), std::end(lists), made.fl_map);
  return made;
}

hid_t registered_driver(const H5FD_class_t& driver, hid_t& id) {
  if (id < 0 || H5Iget_type(id) != H5I_VFL) id = H5FDregister(&driver);
  return id;
}

}  // namespace parfocal
