#include "parfocal/formats/zarr/writer/recover.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "parfocal/formats/zarr/writer/array_writer.h"
#include "parfocal/formats/zarr/writer/recovery.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostSpecBytes = int64_t{64} << 20;

// Locked as its writer does, so that there is one writer or one recovery at a time.
Status lock_file(const fs::path& root, const fs::path& path, Fd& fd) {
  fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno == ENOENT ? Status() : io_failure("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_failure("lock", path);
    throw Error(ErrorCode::run_failed,
                {"the store is still being written", root.string(), "", "",
                 "stop the program that writes it, or wait until it has closed the store"});
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && info.st_nlink == 0) fd = Fd();  // recovered meanwhile
  return {};
}

// Everything but the description.
Status clear_work_folder(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().filename() != "store.json") fs::remove(it->path(), error);
  if (!error) return sync_directory(folder);
  return Status::fail("cannot clear " + folder.string() + ": " + error.message());
}

}  // namespace

bool is_streamed_store(const fs::path& root) {
  std::error_code absent;
  return fs::exists(work_folder(root) / "store.json", absent);
}

StoreSpec read_store_spec(const fs::path& root) {
  const LocalStore store(root);
  std::string text;
  bool found = false;
  Status s = read_text_object(store, "__parfocal/store.json", kMostSpecBytes, text, found);
  if (!s.ok()) throw Error(ErrorCode::input_missing, s.issue());
  if (!found)
    throw Error(ErrorCode::input_missing,
                {"this is no store that parfocal streams to", root.string(), "",
                 "a folder with __parfocal/store.json", "name the store's outermost folder"});
  return parse_spec(text);
}

void require_no_writer(const fs::path& root) {
  Fd opening, lock;
  Status s = lock_store(root, opening);
  if (s.ok()) s = lock_file(root, work_folder(root) / "journal", lock);
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

Status lock_store(const fs::path& root, Fd& lock) {
  return lock_file(root, work_folder(root) / "store.json", lock);
}

Status recover_store(const fs::path& root, RecoverReport& report) {
  Fd lock;
  if (Status s = lock_store(root, lock); !s.ok()) return s;
  return recover_locked_store(root, report);
}

Status recover_locked_store(const fs::path& root, RecoverReport& report) {
  report = {};
  const StoreSpec spec = read_store_spec(root);
  const fs::path journal = work_folder(root) / "journal";
  Fd lock;
  if (Status s = lock_file(root, journal, lock); !s.ok()) return s;
  if (!lock) return clear_work_folder(work_folder(root));
  report.found = true;
  // What is published by these records must not be known better than they are, if the power goes.
  if (::fdatasync(lock.get()) != 0) return io_failure("sync", journal);
  StoreRecovery recovery(root, spec);
  if (Status s = recovery.run(journal, report); !s.ok()) return s;
  // With the journal goes what the parts and logs mean: all else is on the disk before.
  if (::syncfs(lock.get()) != 0) return io_failure("sync the file system of", root);
  if (::unlink(journal.c_str()) != 0) return io_failure("remove", journal);
  // Before the log goes: a journal that came back would miss the planes in it.
  if (Status s = sync_directory(work_folder(root)); !s.ok()) return s;
  return clear_work_folder(work_folder(root));
}

}  // namespace parfocal
