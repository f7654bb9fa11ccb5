// LD_PRELOAD library: a file that is removed while this process has it open gets a hidden name in
// its folder until it is closed, as NFS (.nfs...) and FUSE (.fuse_hidden...) do it.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

namespace {

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

std::map<int, std::string>& hidden() {
  static auto* const names = new std::map<int, std::string>;
  return *names;
}

int descriptor_of(const char* path) {
  struct stat named {};
  struct stat open {};
  if (::lstat(path, &named) != 0 || !S_ISREG(named.st_mode)) return -1;
  for (int fd = 3; fd < 256; ++fd)
    if (::fstat(fd, &open) == 0 && open.st_ino == named.st_ino && open.st_dev == named.st_dev)
      return fd;
  return -1;
}

int remove_by(const char* function, const char* path) {
  const int fd = descriptor_of(path);
  if (fd < 0) return next<int (*)(const char*)>(function)(path);
  const std::string name = path;
  const std::string aside = name.substr(0, name.rfind('/') + 1) + ".nfs" +
                            std::to_string(::getpid()) + std::to_string(fd);
  hidden()[fd] = aside;
  return ::rename(path, aside.c_str());
}

}  // namespace

extern "C" {

int remove(const char* path) noexcept { return remove_by("remove", path); }
int unlink(const char* path) noexcept { return remove_by("unlink", path); }
int close(int fd) {
  const int result = next<int (*)(int)>("close")(fd);
  if (const auto found = hidden().find(fd); found != hidden().end()) {
    next<int (*)(const char*)>("unlink")(found->second.c_str());
    hidden().erase(found);
  }
  return result;
}

}  // extern "C"
