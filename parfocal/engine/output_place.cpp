#include "parfocal/engine/output_place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "parfocal/core/file_head.h"
#include "parfocal/core/own_picture.h"
#include "parfocal/core/store_parts.h"
#include "parfocal/engine/file_lock.h"
#include "parfocal/engine/record.h"
#include "parfocal/engine/swap.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

// Of the files in which a sink makes an output.
constexpr const char* kPartEndings[] = {".part", ".part.journal", ".part.journal.new"};

std::string with_process(std::string who, const fs::path& folder) {
  const int64_t staged = recorded_process(staging_of(folder));
  const int64_t process = staged > 0 ? staged : recorded_process(folder);
  return process > 0 ? who + " (process " + std::to_string(process) + ")" : who;
}

// A swap is over when its folder holds nothing but what can be thrown away.
// `known`: adds the names that may be in it, asked for where there is one.
template <class F>
void settle_swap(const fs::path& from, const fs::path& to, const fs::path& lock_file, F&& known) {
  const Swap swap(from, to);
  if (!swap.begun()) return;
  std::vector<std::string> names;
  Status s = known(names);
  if (s.ok()) s = swap.require_known(names);
  auto lock = s.ok() ? FileLock::take(lock_file, O_CREAT) : std::nullopt;
  const bool at_work = s.ok() ? !lock : FileLock::held(lock_file);
  if (at_work || !swap.is_there()) return;  // whoever is at it goes on, or has ended
  if (s.ok()) s = swap.finish();
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  remove_hidden(from, {}, std::move(lock));
}

// By the record of the run, which is moved last. What cannot be read now may name them.
Status add_names_made_in(const fs::path& folder, std::vector<std::string>& names) {
  names.emplace_back(kRecordName);
  for (const fs::path& place : {staging_of(folder), folder}) {
    if (Status s = readable_record(place); !s.ok()) return s;
    for (std::string& name : recorded_names(place)) names.push_back(std::move(name));
  }
  return {};
}

// A result that was recovered and moved to its name leaves the folder in which it was made.
void clear_emptied(const fs::path& output) {
  const fs::path folder = workplace_of(output), lock_file = folder / kLockName;
  if (!has_name(output) || !has_name(folder / kRecordName) || !has_name(lock_file)) return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(output.filename().string())) return;
  try {
    auto lock = FileLock::take(lock_file, 0);
    if (!lock) return;
    remove_hidden(folder, {}, std::move(lock));
  } catch (const Error&) {  // not allowed to: it is somebody else's
  }
}

bool starts_with(const fs::path& name, const char* prefix) {
  return name.filename().string().starts_with(prefix);
}

// Files that commands need while they make outputs, and nobody else.
bool is_of_the_making(const fs::path& name) {
  return name == "frames.csv" || name == std::string(kRecordName) + ".part" ||
         starts_with(name, ".parfocal-swap") || starts_with(name, kReplacedName) ||
         starts_with(name, ".parfocal-scratch-");
}

// Or holds nothing yet.
bool begins_as_hdf5(const fs::path& file) {
  std::error_code unknown;
  if (!fs::is_regular_file(fs::symlink_status(file, unknown))) return false;
  return has_head_of_hdf5(file) || file_head(file) == std::string(4, '\0');
}

/// What to do with the names of a hidden folder, by the outputs that were made there.
class HiddenNames {
 public:
  HiddenNames(const fs::path& folder, std::vector<std::string> outputs, std::string kept)
      : folder_(folder), outputs_(std::move(outputs)), kept_(std::move(kept)) {
    for (std::string& name : recorded_names(folder)) outputs_.push_back(std::move(name));
  }

  void clear(const fs::path& below = {}) const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_ / below, ignored)) {
      const fs::path name = below / entry.path().filename();
      if (name == kLockName || name == kRecordName || (!kept_.empty() && name == kept_)) continue;
      if (is_own(name)) {
        if (foreign_file_in(entry.path()).empty()) remove_tree(entry.path());
      } else if (leads_to_own(name)) {
        clear(name);
        fs::remove(entry.path(), ignored);
      } else if (below.empty() && is_of_the_making(name)) {
        remove_tree(entry.path());
      }
    }
  }

 private:
  bool is_own(const fs::path& name) const {
    return std::any_of(outputs_.begin(), outputs_.end(), [&](const std::string& output) {
      return name == output ||
             std::any_of(std::begin(kPartEndings), std::end(kPartEndings),
                         [&](const char* ending) { return name == output + ending; });
    });
  }
  bool leads_to_own(const fs::path& name) const {
    return std::any_of(outputs_.begin(), outputs_.end(), [&](const std::string& output) {
      return name != output && lies_in(output, name);
    });
  }

  const fs::path& folder_;
  std::vector<std::string> outputs_;
  std::string kept_;
};

}  // namespace

fs::path real_place(const fs::path& path) {
  std::error_code unknown;
  fs::path clean = fs::weakly_canonical(fs::absolute(path), unknown);
  if (unknown) clean = fs::absolute(path).lexically_normal();
  return clean.has_filename() ? clean : clean.parent_path();
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

fs::path workplace_of(const fs::path& output) {
  return output.parent_path() / ("." + output.filename().string() + ".parfocal");
}
fs::path staging_of(const fs::path& folder) { return folder / ".parfocal-new"; }

std::string run_at_work(const fs::path& folder) {
  return FileLock::held(folder / kRecordName) ? with_process("a run", folder) : "";
}

std::string maker_of(const fs::path& output, const fs::path& own) {
  const fs::path path = real_place(output), mine = own.empty() ? own : real_place(own);
  if (FileLock::held(workplace_of(path) / kLockName))
    return with_process("a parfocal command", workplace_of(path));
  for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
    if (folder != mine && FileLock::held(folder / kRecordName)) {
      const fs::path name = path.lexically_relative(folder);
      for (const fs::path& record : {folder, staging_of(folder)})
        for (const std::string& other : recorded_names(record))
          if (lies_in(name, other) || lies_in(other, name)) return run_at_work(folder);
    }
    if (!folder.has_relative_path()) return "";
  }
}

void settle(const fs::path& path) {
  fs::path at = real_place(path);
  clear_emptied(at);
  for (;; at = at.parent_path()) {
    settle_swap(staging_of(at), at, at / kRecordName,
                [&](auto& names) { return add_names_made_in(at, names); });
    if (!at.has_relative_path()) return;
    settle_swap(workplace_of(at), at.parent_path(), workplace_of(at) / kLockName, [&](auto& names) {
      names.push_back(at.filename().string());
      return Status();
    });
  }
}

void require_no_swap(const fs::path& from, const fs::path& to) {
  if (!Swap(from, to).is_there()) return;
  throw Error(ErrorCode::output_exists,
              Issue{"giving outputs their names was begun here by another user, and not finished",
                    from.string(), "", "the end of it: parts of both results are there",
                    "let its owner run\n          parfocal info " + to.string() +
                        "\n          which finishes it, or choose another place"});
}

// A folder changes with every name in it, also those of notes that are moved away again: what is in
// it is foreign_file_in()'s to tell.
PlaceState PlaceState::of(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  PlaceState state{true, S_ISDIR(found.st_mode), found.st_dev, found.st_ino};
  if (state.folder) return state;
  state.size = found.st_size;
  state.time_ns = found.st_mtim.tv_sec * int64_t{1'000'000'000} + found.st_mtim.tv_nsec;
  return state;
}

fs::path foreign_file_in(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return {};
  // The description comes first: a writer that ended before the metadata leaves nothing else.
  const bool store = has_name(folder / "zarr.json") || has_name(folder / ".zgroup") ||
                     has_name(folder / "__parfocal");
  const StoreParts parts(folder);
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_directory(error) && !it->is_symlink(error)) continue;
    const fs::path name = it->path().lexically_relative(folder);
    const bool own = store ? parts.has(name) : !name.has_parent_path() && is_of_own_pictures(*it);
    if (!own) return it->path();
  }
  return {};
}

// The record goes last: it names the rest for whoever goes on after a kill.
void clear_hidden(const fs::path& folder, const std::vector<std::string>& outputs,
                  const std::string& kept) {
  std::error_code ignored;
  if (!fs::is_directory(fs::symlink_status(folder, ignored))) return;  // somebody else's
  HiddenNames(folder, outputs, kept).clear();
  fs::remove(folder / kRecordName, ignored);
  fs::remove(folder, ignored);
}

// Network disks and FUSE keep a file that is removed while it is open under another name, and its
// folder with it: so the folder goes after the lock.
void remove_hidden(const fs::path& folder, const std::vector<std::string>& outputs,
                   std::optional<FileLock> lock) {
  clear_hidden(folder, outputs);
  std::error_code ignored;
  fs::remove(folder / kLockName, ignored);
  lock.reset();
  fs::remove(folder, ignored);
}

// Only .rtdc files are made under such names.
void remove_parts(const fs::path& folder, const std::vector<std::string>& outputs) {
  std::error_code ignored;
  for (const std::string& name : outputs) {
    if (!begins_as_hdf5(folder / (name + kPartEndings[0]))) continue;
    for (const char* ending : kPartEndings) fs::remove(folder / (name + ending), ignored);
  }
}

}  // namespace parfocal::engine
