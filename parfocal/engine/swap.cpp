#include "parfocal/engine/swap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <set>
#include <system_error>

#include "parfocal/core/file_owner.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJournalHead = "parfocal.swap/1\n";

Status failure(const std::string& doing, const fs::path& path, int code = errno) {
  return Status::fail("cannot " + doing + " " + path.string() + ": " +
                      std::generic_category().message(code));
}

Status move(const fs::path& from, const fs::path& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : failure("rename to", to);
}

Status make_parents(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  return error ? failure("create the folder", path.parent_path(), error.value()) : Status();
}

Status sync(const fs::path& path, int flags) {
  const int fd = ::open(path.empty() ? "." : path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure("open", path);
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;  // a file system that cannot
  Status s = synced ? Status() : failure("write", path);
  ::close(fd);
  return s;
}

Status sync_folders(const std::set<fs::path>& folders) {
  for (const fs::path& folder : folders)
    if (Status s = sync(folder, O_DIRECTORY); !s.ok()) return s;
  return {};
}

bool stays_below(const fs::path& name) {
  return name.is_relative() && name.has_filename() &&
         std::none_of(name.begin(), name.end(),
                      [](const fs::path& word) { return word == ".." || word == "."; });
}

// Who owns what this process makes in `folder`: shares may give all files to one user, or those of
// root to nobody. -1 where nothing can be made.
uid_t owner_of_new_files(const fs::path& folder) {
  std::string name = (folder / ".parfocal-swap-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return static_cast<uid_t>(-1);
  struct stat about {};
  const bool told = ::fstat(fd, &about) == 0;
  ::unlink(name.c_str());
  ::close(fd);
  return told ? about.st_uid : static_cast<uid_t>(-1);
}

}  // namespace

bool has_name(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

// The library opens the folders on its way all at once. In batches: names of a large folder take
// memory.
bool remove_tree(const fs::path& path) {
  constexpr size_t kBatch = 512;
  std::error_code error;
  fs::remove_all(path, error);
  if (error != std::errc::too_many_files_open) return !error;
  std::vector<fs::path> batch;
  do {
    batch.clear();
    {
      fs::directory_iterator it(path, error);
      for (; !error && it != fs::directory_iterator() && batch.size() < kBatch; it.increment(error))
        batch.push_back(it->path());
    }
    for (const fs::path& entry : batch)
      if (error || !remove_tree(entry)) return false;
  } while (!batch.empty());
  return !error && fs::remove(path, error);
}

Status rename_over(const fs::path& from, const fs::path& to) {
  keep_owner(to, from);
  return move(from, to);
}

fs::path left_of_replaced(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(kReplacedName)) return entry.path();
  return {};
}

Status rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return failure("rename to", to);
  return has_name(to) ? failure("rename to", to, EEXIST) : move(from, to);
}

fs::path Swap::journal() const { return from_ / ".parfocal-swap"; }
fs::path Swap::replaced() const { return from_ / kReplacedName; }

bool Swap::is_there() const { return has_name(journal()); }

// What another user wrote is not done in the name of this one.
bool Swap::begun() const {
  struct stat about {};
  return ::lstat(journal().c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         (about.st_uid == ::geteuid() || about.st_uid == owner_of_new_files(from_));
}

// The journal: a line that names it, then for each entry two marks and the name, which may be any
// bytes but 0.
Status Swap::read(std::vector<SwapEntry>& entries) const {
  std::ifstream in(journal(), std::ios::binary);
  if (!in) return failure("read", journal());
  std::string record;
  std::getline(in, record, '\0');
  bool good = record == kJournalHead;
  while (good && std::getline(in, record, '\0')) {
    good = record.size() > 2 && stays_below(record.substr(2));
    if (good) entries.push_back({record.substr(2), record[0] == 'r', record[1] == '1'});
  }
  if (good) return {};
  return Status::fail(journal().string() + " is no list of outputs as parfocal writes it",
                      "look what it is, and remove it");
}

// What an earlier swap could not remove (a file that somebody has open on a network disk, or that
// may not be removed) would be taken for what this one moves aside, and brought back.
Status Swap::clear_way() const {
  remove_tree(replaced());
  if (!has_name(replaced())) return {};
  fs::path aside;
  for (int i = 2; aside.empty() || has_name(aside); ++i)
    aside = replaced().string() + "-" + std::to_string(i);
  return rename_new(replaced(), aside);
}

Status Swap::run(const std::vector<SwapEntry>& entries) const {
  if (Status s = clear_way(); !s.ok()) return s;
  const fs::path part = journal().string() + ".part";
  std::ofstream out(part, std::ios::binary);
  out << kJournalHead << '\0';
  for (const SwapEntry& e : entries)
    out << (e.replaces ? 'r' : 'n') << (e.in_one_step ? '1' : '2') << e.name << '\0';
  out.close();
  Status s = out ? sync(part, 0) : failure("write", part);
  if (s.ok()) s = move(part, journal());
  if (s.ok()) s = sync(from_, O_DIRECTORY);
  if (s.ok()) s = complete(entries);
  if (!s.ok() && (!is_there() || undo(entries))) ::unlink(journal().c_str());
  return s;
}

Status Swap::require_known(const std::vector<std::string>& known) const {
  std::vector<SwapEntry> entries;
  if (Status s = read(entries); !s.ok()) return s;
  for (const SwapEntry& entry : entries) {
    if (std::find(known.begin(), known.end(), entry.name) == known.end())
      return Status::fail(
          journal().string() + " names " + entry.name + ", which no record of a run names",
          "look what it is, and remove it");
    for (const fs::path& folder : {from_, to_})
      for (fs::path place = (folder / entry.name).parent_path(); place != folder;
           place = place.parent_path())
        if (std::error_code unknown; fs::is_symlink(place, unknown))
          return Status::fail(place.string() + " is a link: outputs are not given names through it",
                              "put a folder in its place");
  }
  return {};
}

Status Swap::finish() const {
  if (!begun()) return {};
  std::vector<SwapEntry> entries;
  if (Status s = read(entries); !s.ok()) return s;
  return complete(entries);
}

// Names are safe before the entry that cannot be undone follows.
Status Swap::complete(const std::vector<SwapEntry>& entries) const {
  std::set<fs::path> folders = {to_};
  for (const SwapEntry& entry : entries) {
    Status s = entry.in_one_step ? sync_folders(folders) : Status();
    if (s.ok()) s = forward(entry);
    if (!s.ok()) return s;
    folders.insert((to_ / entry.name).parent_path());
  }
  if (const Status s = sync_folders(folders); !s.ok())
    return Status::fail(s.issue().what + ": what was made may or may not have its names",
                        "look after the disk; the next command on " + to_.string() + " finishes");
  remove_tree(replaced());
  return ::unlink(journal().c_str()) == 0 ? Status() : failure("remove", journal());
}

Status Swap::forward(const SwapEntry& entry) const {
  const fs::path made = from_ / entry.name, place = to_ / entry.name, old = replaced() / entry.name;
  if (!has_name(made)) return {};
  if (entry.in_one_step) return rename_over(made, place);
  if (has_name(place)) {
    if (!entry.replaces || has_name(old))
      return Status::fail(place.string() + " was put there meanwhile, not by parfocal",
                          "move it away");
    Status s = make_parents(old);
    if (s.ok()) s = move(place, old);
    if (!s.ok()) return s;
  }
  Status s = make_parents(place);
  keep_owner(old, made);
  if (s.ok()) s = rename_new(made, place);
  return s;
}

Status Swap::back(const SwapEntry& entry) const {
  const fs::path made = from_ / entry.name, place = to_ / entry.name, old = replaced() / entry.name;
  if (entry.in_one_step && !has_name(made)) return Status::fail("is done");
  if (!has_name(made))
    if (Status s = move(place, made); !s.ok()) return s;
  return has_name(old) ? rename_new(old, place) : Status();
}

bool Swap::undo(const std::vector<SwapEntry>& entries) const {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
    if (!back(*entry).ok()) return false;
  return true;
}

}  // namespace parfocal::engine
