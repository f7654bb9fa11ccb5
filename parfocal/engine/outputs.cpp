#include "parfocal/engine/outputs.h"

#include <sys/stat.h>

#include <algorithm>

#include "parfocal/core/reads_files.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/run_inputs.h"
#include "parfocal/engine/swap.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_exists(const fs::path& path, const std::string& what,
                              const std::string& needed, const fs::path& folder,
                              bool overwriting_helps = false) {
  throw Error(
      ErrorCode::output_exists,
      Issue{what, path.string(), "", needed,
            "--out " + folder.string() + "-2" + (overwriting_helps ? "   or   --overwrite" : "")});
}

// The name that a sink gives its output; "" if it has none, or one that it will refuse.
std::string output_name(const NodePlan& node) {
  const RawValue* given = node.params.find("path");
  const SinkInfo* info = sinks().find(node.type);
  const ParamInfo* param = info ? info->params.find("path") : nullptr;
  const fs::path path = fs::path(given   ? given->text
                                 : param ? param->default_text
                                         : "")
                            .lexically_normal();
  const bool below = !path.empty() && path.is_relative() && *path.begin() != "..";
  return below ? (path.has_filename() ? path : path.parent_path()).generic_string() : "";
}

std::vector<fs::path> files_of(const OpenSource& source) {
  const auto* reads = source.live ? dynamic_cast<const ReadsFiles*>(source.live.get())
                                  : dynamic_cast<const ReadsFiles*>(source.random.get());
  return reads ? reads->files() : std::vector<fs::path>();
}

bool is_empty_file(const fs::path& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown) && fs::file_size(path, unknown) == 0 && !unknown;
}

}  // namespace

OutputFolder::OutputFolder(const Plan& plan, const OpenSource& source, bool overwrite, bool resume)
    : final_(plan.out_dir),
      writing_(plan.out_dir),
      earlier_record_(plan.out_dir),
      record_(plan.out_dir),
      resumes_(resume) {
  settle(final_);
  name_outputs(plan);
  require_own_places();
  if (resume) return;
  require_nobody_else(overwrite);
  for (Output& output : outputs_) output.before = PlaceState::of(final_ / output.name);
  staged_ = std::any_of(outputs_.begin(), outputs_.end(),
                        [](const Output& o) { return o.before.exists; });
  require_readable_record();
  earlier_ = recorded_names(final_);
  earlier_killed_ = recorded_unended(final_);
  require_apart(plan, staged_ ? files_of(source) : std::vector<fs::path>());
  require_replaceable(overwrite);
  if (!staged_) require_no_parts();
  if (!staged_) return;
  writing_ = staging_of(final_);
  record_ = RecordFile(writing_);
}

void OutputFolder::name_outputs(const Plan& plan) {
  for (const NodePlan& node : plan.nodes)
    if (node.kind == NodeKind::sink)
      if (std::string name = output_name(node); !name.empty())
        outputs_.push_back({std::move(name)});
  outputs_.push_back({kRecordName});
}

// An input is never replaced, whatever --overwrite says, and nothing is written into a store that
// is read.
void OutputFolder::require_apart(const Plan& plan,
                                 const std::vector<fs::path>& source_files) const {
  const RunInputs inputs(plan.pipeline, source_files, staged_);
  for (const Output& output : outputs_) {
    if (output.name == kRecordName) continue;  // held open by this run, and its own
    if (const fs::path input = inputs.touched_by(final_ / output.name); !input.empty())
      fail_exists(final_ / output.name, "the output would replace or change an input of this run",
                  "a place apart from " + input.string(), final_);
  }
}

// Names that differ may be one place by a link.
void OutputFolder::require_own_places() const {
  std::vector<fs::path> places;
  for (const Output& output : outputs_) {
    const fs::path place = real_place(final_ / output.name);
    for (size_t k = 0; k < places.size(); ++k)
      if (lies_in(place, places[k]) || lies_in(places[k], place))
        fail_exists(final_ / output.name,
                    "it is the place of the output " + outputs_[k].name + ", too",
                    "a place of its own for each output: look for a link on the way", final_);
    places.push_back(place);
  }
}

// Without it, what an earlier run made would be taken for somebody else's.
void OutputFolder::require_readable_record() const {
  if (const Status s = readable_record(final_); !s.ok())
    throw Error(ErrorCode::run_failed,
                Issue{s.issue().what, earlier_record_.path().string(), "",
                      "the record of the earlier run, readable",
                      "check its permissions, and the limit of open files (ulimit -n)"});
}

// Holds the record of an earlier run from now on, if that is to be replaced.
void OutputFolder::require_nobody_else(bool overwrite) {
  const bool free = overwrite && fs::exists(earlier_record_.path())
                        ? earlier_record_.lock()
                        : !FileLock::held(earlier_record_.path());
  if (!free)
    fail_exists(final_, run_at_work(final_) + " is writing into this folder",
                "a folder of its own, or the end of that run", final_);
  for (const Output& output : outputs_)
    if (const std::string maker = maker_of(final_ / output.name, final_); !maker.empty())
      fail_exists(final_ / output.name, maker + " is making this output now",
                  "a name of its own, or the end of that command", final_);
  require_no_swap(staging_of(final_), final_);
}

// All of them are looked at before anything is said, so that the cure that is printed works.
void OutputFolder::require_replaceable(bool overwrite) const {
  std::string why;
  const Output* first = nullptr;
  for (const Output& output : outputs_) {
    require_place(output);
    if (!output.before.exists) continue;
    if (!may_be_replaced(output, why))
      fail_exists(final_ / output.name, "the output exists already", why, final_);
    if (!first) first = &output;
  }
  if (first && !overwrite)
    fail_exists(final_ / first->name, "the output exists already",
                "a new folder, or leave to replace it", final_, true);
}

bool OutputFolder::may_be_replaced(const Output& output, std::string& why) const {
  const fs::path path = final_ / output.name;
  const bool recorded = std::find(earlier_.begin(), earlier_.end(), output.name) != earlier_.end();
  const bool killed_at_once = output.name == kRecordName && is_empty_file(path);
  if (!recorded && !killed_at_once) {
    why = "an output of an earlier run (it is not recorded in " + (final_ / kRecordName).string() +
          ")";
    return false;
  }
  const fs::path foreign = foreign_file_in(path);
  if (!foreign.empty())
    why = "a result with nothing else in it: move " + foreign.string() + " away";
  return foreign.empty();
}

// A name whose folder is a file, or on another disk, cannot be given to what was staged.
void OutputFolder::require_place(const Output& output) const {
  struct stat root {};
  struct stat found {};
  if (::stat(final_.c_str(), &root) != 0) return;
  fs::path folder = final_;
  const fs::path name(output.name);
  for (const fs::path& part : name.parent_path()) {
    folder /= part;
    if (::stat(folder.c_str(), &found) != 0) return;
    if (!S_ISDIR(found.st_mode) || found.st_dev != root.st_dev)
      fail_exists(folder, "this is in the way of the output " + output.name,
                  "a folder on the disk of " + final_.string(), final_);
  }
}

// Some sinks make a file as "<name>.part", and would take one that lies there for their own.
void OutputFolder::require_no_parts() const {
  for (const Output& output : outputs_)
    if (const fs::path part = final_ / (output.name + ".part"); has_name(part))
      fail_exists(part, "this is in the way of the output " + output.name,
                  "a folder without it: move it away if it is of use", final_);
}

// What somebody else has put into the staging folder stays there.
void OutputFolder::clear_staging() const { clear_hidden(writing_, names()); }

void OutputFolder::require_room_in_staging() const {
  for (const Output& output : outputs_)
    if (const fs::path path = writing_ / output.name; has_name(path))
      fail_exists(path, "this is in the way of the output " + output.name,
                  "a folder without it: move " + path.string() + " away", final_);
}

// Outputs that an earlier run recorded, too.
std::vector<std::string> OutputFolder::replaced() const {
  std::vector<std::string> names = this->names();
  std::erase_if(names, [&](const std::string& name) {
    return std::find(earlier_.begin(), earlier_.end(), name) == earlier_.end();
  });
  return names;
}

std::vector<std::string> OutputFolder::names() const {
  std::vector<std::string> names;
  for (const Output& output : outputs_) names.push_back(output.name);
  return names;
}

void OutputFolder::create() {
  std::error_code error;
  if (staged_) {  // of a run that was killed; its lock is ours now
    clear_staging();
    earlier_record_.remove_part();
    require_room_in_staging();
  }
  created_folder_ = fs::create_directories(writing_, error);
  if (error)
    throw Error(ErrorCode::run_failed,
                Issue{"cannot create the output folder: " + error.message(), writing_.string(), "",
                      "a folder that can be written", "choose another folder (run: --out DIR)"});
  created_ = record_.create() || (resumes_ && record_.lock());
  if (!created_)
    fail_exists(final_, "another run has begun to write into this folder", "a folder of its own",
                final_);
}

OutputFolder::~OutputFolder() {
  if (!created_ || begun_) return;
  std::error_code ignored;
  const bool made = std::any_of(outputs_.begin(), outputs_.end(), [this](const Output& output) {
    return output.name != kRecordName && has_name(writing_ / output.name);
  });
  if (staged_) clear_staging();
  if (!staged_ && !resumes_) remove_parts(writing_, names());  // there were none before
  if (made || resumes_) return;
  fs::remove(record_.path(), ignored);
  if (created_folder_) fs::remove(writing_, ignored);
}

std::vector<std::string> OutputFolder::recorded() const {
  std::vector<std::string> names = this->names();
  for (const std::string& name : earlier_)
    if (std::find(names.begin(), names.end(), name) == names.end() && has_name(final_ / name))
      names.push_back(name);
  return names;
}

// Asked again, since a run may take hours in which others look at the old results and add to them.
Status OutputFolder::require_unchanged() const {
  const std::string cure = "the new results are in " + writing_.string();
  for (const Output& output : outputs_) {
    const fs::path path = final_ / output.name;
    if (PlaceState::of(path) != output.before)
      return Status::fail(
          path.string() + " was changed while this run went on, not by it: it is not replaced",
          cure);
    const fs::path foreign = output.before.exists ? foreign_file_in(path) : fs::path();
    if (!foreign.empty())
      return Status::fail(foreign.string() + " was put into the earlier result " + output.name +
                              " while this run went on, not by it: that is not replaced",
                          cure);
  }
  return {};
}

Status OutputFolder::publish() {
  if (!staged_) return {};
  if (Status s = require_unchanged(); !s.ok()) return s;
  std::vector<SwapEntry> entries;
  for (const Output& output : outputs_)
    entries.push_back({output.name, output.before.exists, output.name == kRecordName});
  if (Status s = Swap(writing_, final_).run(entries); !s.ok()) return s;
  clear_staging();
  if (earlier_killed_) remove_parts(final_, replaced());
  published_ = true;
  return {};
}

fs::path OutputFolder::left_behind() const {
  return published_ ? left_of_replaced(writing_) : fs::path();
}

fs::path OutputFolder::shown(const fs::path& path) const {
  return staged_ && published_ ? final_ / path.lexically_relative(writing_) : path;
}

}  // namespace parfocal::engine
