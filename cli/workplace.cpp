#include "workplace.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "parfocal/core/error.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/swap.h"
#include "parfocal/graph/sink_paths.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_busy(const fs::path& out, const std::string& maker) {
  throw Error(ErrorCode::output_exists,
              {maker + " is making this output now", out.string(), "",
               "a name of its own, or the end of that command", "choose another name, or wait"});
}

void require_short_name(const fs::path& out) {
  const size_t bytes = out.filename().string().size();
  if (bytes > kMostOutputNameBytes)
    throw Error(
        ErrorCode::bad_command,
        {"the name of the result is too long", out.string(), std::to_string(bytes) + " bytes",
         "at most " + std::to_string(kMostOutputNameBytes) + " bytes", "choose a shorter name"});
}

}  // namespace

Workplace::Workplace(const fs::path& out) : out_(out), folder_(folder_of(out)) {
  require_short_name(out);
  engine::settle(out);
  if (const std::string maker = engine::maker_of(out_); !maker.empty()) fail_busy(out_, maker);
}
Workplace::~Workplace() {
  if (lock_ && !keeps_) remove();
}

fs::path Workplace::folder_of(const fs::path& out) { return engine::workplace_of(out); }

int64_t Workplace::taken_bytes() const {
  int64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error)) {
    struct stat found {};
    if (::lstat(it->path().c_str(), &found) == 0) bytes += found.st_blocks * 512;
  }
  return bytes;
}

void Workplace::take() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error(ErrorCode::run_failed,
                {"cannot make the folder in which the output is made: " + error.message(),
                 folder_.string(), "", "a folder that can be written", "choose another name"});
  auto lock = engine::FileLock::take(folder_ / engine::kLockName, O_CREAT);
  if (!lock) fail_busy(out_, "another parfocal command");
  engine::require_no_swap(folder_, out_.parent_path());
  lock_ = std::move(lock);
  at_start_ = engine::PlaceState::of(out_);
}

void Workplace::clear() const { engine::clear_hidden(folder_, {out_.filename().string()}); }
void Workplace::clear_beside() const {
  const std::string name = out_.filename().string();
  engine::clear_hidden(folder_, {name}, name);
}

void Workplace::remove() {
  engine::remove_hidden(folder_, {out_.filename().string()}, std::move(lock_));
  lock_.reset();
}

// Asked again, since others may have added to the old result in the time that this took.
void Workplace::require_unchanged() const {
  const std::string cure =
      "the new result is " + unfinished().string() + ": move it where you want it";
  if (engine::PlaceState::of(out_) != at_start_)
    throw Error(ErrorCode::output_exists,
                {"the output was changed while it was made, not by this command", out_.string(), "",
                 "what this command began with", cure});
  const fs::path foreign = at_start_.exists ? engine::foreign_file_in(out_) : fs::path();
  if (!foreign.empty())
    throw Error(ErrorCode::output_exists,
                {"a file was put into the output while it was made, not by this command",
                 foreign.string(), "", "the store that this command began with", cure});
}

void Workplace::publish() {
  keeps_ = true;
  require_unchanged();
  const bool swaps =
      at_start_.exists && (at_start_.folder || engine::PlaceState::of(unfinished()).folder);
  Status s;
  if (swaps)
    s = engine::Swap(folder_, out_.parent_path()).run({{out_.filename().string(), true}});
  else if (at_start_.exists)
    s = engine::rename_over(unfinished(), out_);
  else
    s = engine::rename_new(unfinished(), out_);
  if (!s.ok())
    throw Error(ErrorCode::run_failed,
                {s.issue().what, out_.string(), "", s.issue().cure,
                 "the new result is " + unfinished().string() + ": move it where you want it"});
  keeps_ = false;
  remove();
  if (const fs::path left = engine::left_of_replaced(folder_); !left.empty())
    message("note: what was replaced could not be removed: it is in " + left.string());
}

}  // namespace parfocal::cli
