#include "parfocal/formats/hdf5/read_driver.h"

#include <sys/stat.h>

#include <cstring>
#include <memory>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/file_driver.h"

namespace parfocal {
namespace {

thread_local RawDataProbe* current_probe = nullptr;

// The library sees the first member only.
struct OpenFile {
  H5FD_t base = {};
  Fd file;
  int descriptor = -1;  // of `file`, at an address that the library can give away
  haddr_t end_of_allocation = 0, bytes = 0;
  dev_t device = 0;
  ino_t inode = 0;
};
OpenFile& file_of(H5FD_t* file) { return *reinterpret_cast<OpenFile*>(file); }
const OpenFile& file_of(const H5FD_t* file) { return *reinterpret_cast<const OpenFile*>(file); }

H5FD_t* open(const char* name, unsigned flags, hid_t, haddr_t) {
  auto opened = std::make_unique<OpenFile>();
  int64_t bytes = 0;
  struct stat about = {};
  if ((flags & H5F_ACC_RDWR) != 0 || !open_for_reading(name, opened->file, bytes).ok() ||
      fstat(opened->file.get(), &about) != 0)
    return nullptr;
  opened->descriptor = opened->file.get();
  opened->bytes = static_cast<haddr_t>(bytes);
  opened->device = about.st_dev;
  opened->inode = about.st_ino;
  return &opened.release()->base;
}

herr_t close(H5FD_t* file) {
  delete &file_of(file);
  return 0;
}

// The library keeps one copy of a file that is opened twice.
int compare(const H5FD_t* one, const H5FD_t* other) {
  const OpenFile &a = file_of(one), &b = file_of(other);
  if (a.device != b.device) return a.device < b.device ? -1 : 1;
  return a.inode < b.inode ? -1 : a.inode > b.inode;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr)
    *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_POSIX_COMPAT_HANDLE |
             H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_of_allocation(const H5FD_t* file, H5FD_mem_t) {
  return file_of(file).end_of_allocation;
}
herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  file_of(file).end_of_allocation = address;
  return 0;
}
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return file_of(file).bytes; }

herr_t descriptor(H5FD_t* file, hid_t, void** handle) {
  *handle = &file_of(file).descriptor;
  return 0;
}

// Behind the end of the file there are zeros, as with HDF5's own driver.
herr_t read(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, size_t bytes, void* to) {
  if (!is_within_file(address, bytes)) return -1;
  if (type == H5FD_MEM_DRAW && current_probe != nullptr) {
    current_probe->add(address, bytes);
    return 0;
  }
  const int64_t done = read_at(file_of(file).descriptor, to, static_cast<int64_t>(bytes),
                               static_cast<int64_t>(address));
  if (done < 0) return -1;
  std::memset(static_cast<std::byte*>(to) + done, 0, bytes - static_cast<size_t>(done));
  return 0;
}

herr_t write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, size_t, const void*) { return -1; }

H5FD_class_t driver_class() {
  H5FD_class_t made = named_driver("parfocal_read", 600);
  made.open = open;
  made.close = close;
  made.cmp = compare;
  made.query = query;
  made.get_eoa = end_of_allocation;
  made.set_eoa = set_end_of_allocation;
  made.get_eof = end_of_file;
  made.get_handle = descriptor;
  made.read = read;
  made.write = write;
  return made;
}

hid_t driver() {
  static const H5FD_class_t one = driver_class();
  static hid_t id = H5I_INVALID_HID;
  return registered_driver(one, id);
}

}  // namespace

bool set_read_driver(int64_t access_list) {
  const hid_t id = driver();
  return id >= 0 && H5Pset_driver(access_list, id, nullptr) >= 0;
}

bool is_read_driver(int64_t access_list) { return H5Pget_driver(access_list) == driver(); }

RawDataProbe::RawDataProbe() { current_probe = this; }
RawDataProbe::~RawDataProbe() { current_probe = nullptr; }

void RawDataProbe::add(uint64_t address, uint64_t bytes) {
  ++count_;
  address_ = static_cast<int64_t>(address);
  bytes_ = static_cast<int64_t>(bytes);
}

}  // namespace parfocal
