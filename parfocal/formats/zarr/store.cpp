#include "parfocal/formats/zarr/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/append_file.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

bool is_good_key(const std::string& key) {
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part(key.data() + begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return false;
    begin = end + 1;
  }
  return true;
}

Status bad_key(const std::string& key) {
  return Status::fail("'" + key + "' is no path inside a store");
}

// Opens; what is not there is no failure but `found` = false.
Status open_object(const fs::path& path, Fd& fd, ObjectRead& result) {
  result = {};
  errno = 0;
  Status status = open_for_reading(path, fd, result.size);
  if (!status.ok() && (errno == ENOENT || errno == ENOTDIR)) return {};
  result.found = status.ok();
  return status;
}

Status read_range(const fs::path& path, const Fd& fd, int64_t offset, std::span<std::byte> to,
                  ObjectRead& result) {
  result.read = read_at(fd.get(), to.data(), static_cast<int64_t>(to.size()), offset);
  return result.read < 0 ? io_failure("read", path) : Status();
}

}  // namespace

Status LocalStore::read(const std::string& key, int64_t offset, std::span<std::byte> to,
                        ObjectRead& result) const {
  if (!is_good_key(key)) return bad_key(key);
  const fs::path path = folder_ / key;
  Fd fd;
  if (Status s = open_object(path, fd, result); !s.ok() || !result.found) return s;
  return read_range(path, fd, offset, to, result);
}

Status LocalStore::read_end(const std::string& key, std::span<std::byte> to,
                            ObjectRead& result) const {
  if (!is_good_key(key)) return bad_key(key);
  const fs::path path = folder_ / key;
  Fd fd;
  if (Status s = open_object(path, fd, result); !s.ok() || !result.found) return s;
  const int64_t bytes = std::min(result.size, static_cast<int64_t>(to.size()));
  return read_range(path, fd, result.size - bytes, to.first(static_cast<size_t>(bytes)), result);
}

Status LocalStore::list(const std::string& prefix, size_t most,
                        std::vector<std::string>& names) const {
  names.clear();
  if (!prefix.empty() && !is_good_key(prefix)) return bad_key(prefix);
  std::error_code error;
  for (fs::directory_iterator it(folder_ / prefix, error), end;
       !error && it != end && names.size() < most; it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  if (!error || error == std::errc::no_such_file_or_directory ||
      error == std::errc::not_a_directory)
    return {};
  return Status::fail("cannot list " + where(prefix) + ": " + error.message());
}

Status LocalStore::stamp(const std::string& key, ObjectStamp& result) const {
  result = {};
  if (!is_good_key(key)) return bad_key(key);
  const fs::path path = folder_ / key;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return errno == ENOENT || errno == ENOTDIR ? Status() : io_failure("stat", path);
  result = {true, info.st_dev, info.st_ino, info.st_size,
            info.st_mtim.tv_sec * int64_t{1'000'000'000} + info.st_mtim.tv_nsec};
  return {};
}

Status LocalStore::put(const std::string& key, std::span<const std::byte> bytes, bool durable) {
  return is_good_key(key) ? write_file_atomically(folder_ / key, bytes, durable) : bad_key(key);
}

Status LocalStore::create_growing(const std::string& key, std::unique_ptr<AppendObject>& object) {
  return is_good_key(key) ? create_append_file(folder_ / key, object) : bad_key(key);
}

std::string LocalStore::where(const std::string& key) const {
  return (key.empty() ? folder_ : folder_ / key).string();
}

std::string joined_key(std::string_view a, std::string_view b) {
  return std::string(a) + (a.empty() || b.empty() ? "" : "/") + std::string(b);
}

Status read_text_object(const Store& store, const std::string& key, int64_t most, std::string& text,
                        bool& found) {
  ObjectRead result;
  text.clear();
  if (Status s = store.read(key, 0, {}, result); !s.ok()) return s;
  found = result.found;
  if (!found) return {};
  if (result.size > most)
    return Status::fail(
        fmt::format("{} has {} bytes, more than {}", store.where(key), result.size, most));
  text.resize(static_cast<size_t>(result.size));
  if (Status s = store.read(key, 0, std::as_writable_bytes(std::span(text)), result); !s.ok())
    return s;
  text.resize(static_cast<size_t>(result.read));
  return {};
}

}  // namespace parfocal
