#include "parfocal/formats/hdf5/file.h"

#include <hdf5.h>
#include <sys/stat.h>

#include <algorithm>

#include "parfocal/core/file_head.h"
#include "parfocal/core/patterns.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/journaled_file.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/read_driver.h"
#include "parfocal/formats/hdf5/recording_words.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

// A file that cannot be opened at all fails here with the reason of the system, before HDF5.
void require_readable(const fs::path& path) {
  std::error_code unknown;
  if (fs::status(path, unknown).type() == fs::file_type::not_found)
    throw Error(ErrorCode::input_missing,
                Issue{"the file does not exist", path.string(), "", kRecording,
                      "give a recording that there is, in a pipeline by --set "
                      "source.path=RECORDING.rtdc, of a replay by source.of.path"});
  if (fs::is_directory(path, unknown))
    throw Error(ErrorCode::input_missing,
                Issue{"this is a folder", path.string(), "", kRecording, "give a file in it"});
  Fd fd;
  int64_t size = 0;
  const Status opened = open_for_reading(path, fd, size);
  if (!opened.ok()) throw Error(ErrorCode::input_missing, opened.issue());
}

enum class Access : uint8_t { read, change, journaled };

// Data go to the file when they are written: what the library keeps back until a dataset is closed,
// and cannot write then, is lost without a word.
void write_at_once(const Handle& list) {
  H5Pset_cache(list.id(), 0, 0, 0, 0);
  H5Pset_sieve_buf_size(list.id(), 0);
}

Handle access_list(Access how) {
  Handle list(H5Pcreate(H5P_FILE_ACCESS));
#if H5_VERSION_GE(1, 12, 0)
  // Not what HDF5_VOL_CONNECTOR names: these are plain files, and the library crashes where it
  // lacks that connector.
  H5Pset_vol(list.id(), H5VL_NATIVE, nullptr);
#endif
  if (how == Access::read)
    set_read_driver(list.id());  // without locks
  else  // the format that dcnum wrote up to h5py 3.15 and all read; what is newer in a changed
        // file stays
    H5Pset_libver_bounds(list.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST);
  if (how != Access::read) write_at_once(list);
  if (how == Access::journaled) set_write_driver(list.id());
  return list;
}

bool holds_hdf5(const std::string& name, const Handle& access) {
#if H5_VERSION_GE(1, 12, 0)
  return H5Fis_accessible(name.c_str(), access.id()) > 0;
#else
  (void)access;
  return H5Fis_hdf5(name.c_str()) > 0;
#endif
}

Handle open_file(const fs::path& path, Access how) {
  require_readable(path);
  const Hdf5Lock lock;
  const std::string name = path.string();
  const Handle access = access_list(how);
  const bool change = how != Access::read;
  const hid_t id = H5Fopen(name.c_str(), change ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access.id());
  if (id >= 0) return Handle(id);
  const std::string reason = hdf5_reason();
  const bool is_hdf5 = holds_hdf5(name, access);
  if (const bool tiff = !is_hdf5 && has_head_of_tiff(path); !is_hdf5)
    throw Error(ErrorCode::input_missing,
                Issue{tiff ? "this is a TIFF file, not HDF5" : "this is no HDF5 file", name, reason,
                      kRecording,
                      tiff ? "read it as an image: source: {type: files, glob: \"" +
                                 literal_pattern(fs::absolute(path).string()) + "\"}"
                           : "check the path, or copy it again"});
  const bool truncated = reason.find("truncated") != std::string::npos;
  throw Error(change && !truncated ? ErrorCode::run_failed : ErrorCode::input_missing,
              Issue{truncated ? "the file is truncated" : "the HDF5 file cannot be opened", name,
                    reason, truncated ? "the whole file" : "",
                    truncated ? "copy it again; if it is still being written, wait for its end"
                              : "close it in other programs, check permissions"});
}

}  // namespace

H5File H5File::open(const fs::path& path) {
  const Stamp stamp = stamp_of(path);  // before: what changes meanwhile is noticed
  return H5File(path, open_file(path, Access::read), ErrorCode::input_missing, stamp);
}

H5File::Stamp H5File::stamp_of(const fs::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino, about.st_size,
          about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec};
}

Status H5File::unchanged() const {
  const Stamp now = stamp_of(path_);
  if (now == stamp_) return {};
  const bool replaced = now.inode != stamp_.inode || now.device != stamp_.device;
  return Status::fail(Issue{"the input was changed while it was read", path_.string(),
                            now == Stamp{} ? "it is gone"
                            : replaced     ? "another file lies there"
                                           : "another size or time",
                            "", "run again when nothing writes it"});
}

H5File H5File::open_for_change(const fs::path& path) {
  return H5File(path, open_file(path, Access::change), ErrorCode::run_failed);
}

H5File H5File::open_journaled(const fs::path& path) {
  return H5File(path, open_file(path, Access::journaled), ErrorCode::run_failed);
}

static Handle create_file(const fs::path& path, Access how) {
  if (fs::exists(path))
    throw Error(ErrorCode::output_exists,
                Issue{"the output exists", path.string(), "", "", "remove it or choose another"});
  const Hdf5Lock lock;
  const Handle access = access_list(how);
  return checked(H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.id()),
                 ErrorCode::run_failed, "the HDF5 file cannot be created", path.string());
}

H5File H5File::create(const fs::path& path) {
  return H5File(path, create_file(path, Access::change), ErrorCode::run_failed);
}

H5File H5File::create_journaled(const fs::path& path) {
  return H5File(path, create_file(path, Access::journaled), ErrorCode::run_failed);
}

std::string H5File::where(const std::string& name) const {
  return path_.filename().string() + ": " + name;
}

H5File::Kind H5File::kind(const std::string& name) const {
  const Hdf5Lock lock;
  // H5Oexists fails where a parent is missing, so the path is walked.
  for (size_t end = name.find('/', 1); end != std::string::npos; end = name.find('/', end + 1))
    if (H5Lexists(id(), name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return Kind::none;
  H5O_info_t info;
  if (H5Oexists_by_name(id(), name.c_str(), H5P_DEFAULT) <= 0 ||
      H5Oget_info_by_name2(id(), name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
    return Kind::none;
  return info.type == H5O_TYPE_GROUP     ? Kind::group
         : info.type == H5O_TYPE_DATASET ? Kind::dataset
                                         : Kind::other;
}

std::vector<std::string> H5File::members(const std::string& name, size_t most) const {
  std::vector<std::string> names;
  const Hdf5Lock lock;
  if (kind(name) != Kind::group) return names;
  struct Into {
    std::vector<std::string>* names;
    size_t most;
  } into{&names, most};
  const auto add = [](hid_t, const char* link, const H5L_info_t*, void* to) -> herr_t {
    Into& target = *static_cast<Into*>(to);
    if (target.names->size() >= target.most) return 1;
    target.names->emplace_back(link);
    return 0;
  };
  if (H5Literate_by_name(id(), name.c_str(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, add, &into,
                         H5P_DEFAULT) < 0)
    throw_hdf5(code_, "the group cannot be listed", where(name), "copy the file again");
  std::sort(names.begin(), names.end());
  return names;
}

Handle H5File::group(const std::string& name) const {
  const Hdf5Lock lock;
  return checked(H5Gopen2(id(), name.c_str(), H5P_DEFAULT), code_, "the group cannot be opened",
                 where(name));
}

Handle H5File::dataset(const std::string& name) const {
  const Hdf5Lock lock;
  const hid_t opened = H5Dopen2(id(), name.c_str(), H5P_DEFAULT);
  if (opened >= 0) return Handle(opened);
  throw_hdf5(code_, "the dataset cannot be opened", where(name));
}

Handle H5File::require_group(const std::string& name) const {
  const Hdf5Lock lock;
  if (kind(name) != Kind::none) return group(name);
  const Handle list(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(list.id(), 1);
  return checked(H5Gcreate2(id(), name.c_str(), list.id(), H5P_DEFAULT, H5P_DEFAULT), code_,
                 "the group cannot be created", where(name));
}

void H5File::remove(const std::string& name) const {
  const Hdf5Lock lock;
  if (kind(name) == Kind::none) return;
  if (H5Ldelete(id(), name.c_str(), H5P_DEFAULT) < 0)
    throw_hdf5(code_, "it cannot be removed", where(name));
}

void H5File::flush() const {
  const Hdf5Lock lock;
  if (H5Fflush(id(), H5F_SCOPE_GLOBAL) < 0)
    throw_hdf5(code_, "the file cannot be written", path_.string(), "check the space on the disk");
}

JournaledFile* H5File::journaled() const {
  const Hdf5Lock lock;
  return journaled_file(id());
}

Status H5File::close() {
  if (!file_) return {};
  const Hdf5Lock lock;
  if (H5Fclose(file_.release()) >= 0) return {};
  return Status::fail(Issue{"the file cannot be written and closed", path_.string(), hdf5_reason(),
                            "", "check the space on the disk"});
}

int descriptor_of(int64_t id) {
  const Handle file(H5Iget_file_id(id));
  const Handle access(H5Fget_access_plist(file.id())), create(H5Fget_create_plist(file.id()));
  hsize_t user_block = 1;
  if (!access || (H5Pget_driver(access.id()) != H5FD_SEC2 && !is_read_driver(access.id())))
    return -1;
  if (H5Pget_userblock(create.id(), &user_block) < 0 || user_block != 0) return -1;
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &handle) < 0 || handle == nullptr) return -1;
  return *static_cast<const int*>(handle);
}

bool tells_places(int64_t id) {
  const Handle file(H5Iget_file_id(id)), access(H5Fget_access_plist(file.id()));
  return access && is_read_driver(access.id());
}

}  // namespace parfocal
