// The driver by which the HDF5 library reads and writes a JournaledFile.

#include <cerrno>
#include <memory>
#include <new>
#include <system_error>

#include "parfocal/formats/hdf5/file_driver.h"
#include "parfocal/formats/hdf5/journaled_file.h"

namespace parfocal {
namespace {

// The library sees the first member only.
struct OpenFile {
  H5FD_t base = {};
  std::unique_ptr<JournaledFile> file;
};
JournaledFile& file_of(H5FD_t* file) { return *reinterpret_cast<OpenFile*>(file)->file; }
const JournaledFile& file_of(const H5FD_t* file) {
  return *reinterpret_cast<const OpenFile*>(file)->file;
}

// The stack of errors has the reason, as of the library's own driver.
herr_t failed(const char* what, int code) {
  H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_WRITEERROR,
           "%s: error message = '%s'", what, std::generic_category().message(code).c_str());
  return -1;
}

H5FD_t* open(const char* name, unsigned flags, hid_t, haddr_t) {
  auto opened = std::make_unique<OpenFile>();
  opened->file = JournaledFile::open(name, (flags & H5F_ACC_CREAT) != 0);
  if (!opened->file) {
    failed("file open failed", errno);
    return nullptr;
  }
  return &opened.release()->base;
}

herr_t close(H5FD_t* file) {
  const Status s = file_of(file).close();
  delete reinterpret_cast<OpenFile*>(file);
  if (s.ok()) return 0;
  H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_CANTCLOSEFILE, "%s",
           s.issue().what.c_str());
  return -1;
}

int compare(const H5FD_t* one, const H5FD_t* other) {
  const int a = file_of(one).descriptor(), b = file_of(other).descriptor();
  return a < b ? -1 : a > b;
}

// Without aggregation of small blocks: their places would depend on when the file is flushed.
herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
  return 0;
}

haddr_t end_of_allocation(const H5FD_t* file, H5FD_mem_t) {
  return static_cast<haddr_t>(file_of(file).end());
}
herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  file_of(file).set_end(static_cast<int64_t>(address));
  return 0;
}
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) {
  return static_cast<haddr_t>(file_of(file).bytes());
}

herr_t handle(H5FD_t* file, hid_t, void** to) {
  *to = &file_of(file);
  return 0;
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t bytes, void* to) {
  if (!is_within_file(address, bytes)) return -1;
  const bool good = file_of(file).read(static_cast<int64_t>(address), static_cast<std::byte*>(to),
                                       static_cast<int64_t>(bytes));
  return good ? 0 : failed("file read failed", errno);
}

// A chunk that is not written is missed by nobody; a structure that is not written is.
herr_t write(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, size_t bytes,
             const void* from) {
  if (!is_within_file(address, bytes)) return -1;
  bool good = false;
  try {
    good = file_of(file).write(static_cast<int64_t>(address), static_cast<const std::byte*>(from),
                               static_cast<int64_t>(bytes));
  } catch (const std::bad_alloc&) {  // not through C
    errno = ENOMEM;
  }
  if (good) return 0;
  if (type != H5FD_MEM_DRAW) file_of(file).give_up();
  return failed("file write failed", errno);
}

// The file is cut when it is closed; until then its end is as the last checkpoint left it.
herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  file_of(file).set_bytes(file_of(file).end());
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t made = named_driver("parfocal_write", 601);
  made.open = open;
  made.close = close;
  made.cmp = compare;
  made.query = query;
  made.get_eoa = end_of_allocation;
  made.set_eoa = set_end_of_allocation;
  made.get_eof = end_of_file;
  made.get_handle = handle;
  made.read = read;
  made.write = write;
  made.truncate = truncate;
  return made;
}

hid_t driver() {
  static const H5FD_class_t one = driver_class();
  static hid_t id = H5I_INVALID_HID;
  return registered_driver(one, id);
}

}  // namespace

bool set_write_driver(int64_t access_list) {
  const hid_t id = driver();
  return id >= 0 && H5Pset_driver(access_list, id, nullptr) >= 0;
}

JournaledFile* journaled_file(int64_t file_id) {
  const hid_t access = H5Fget_access_plist(file_id);
  if (access < 0) return nullptr;
  const bool ours = H5Pget_driver(access) == driver();
  H5Pclose(access);
  void* handle = nullptr;
  if (!ours || H5Fget_vfd_handle(file_id, H5P_DEFAULT, &handle) < 0) return nullptr;
  return static_cast<JournaledFile*>(handle);
}

}  // namespace parfocal
