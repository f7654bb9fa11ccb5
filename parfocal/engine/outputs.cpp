#include "parfocal/engine/outputs.h"

#include <unistd.h>

#include <algorithm>

#include "parfocal/engine/record.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

void fail_exists(const fs::path& path, const std::string& needed, const std::string& cure) {
  throw Error(ErrorCode::output_exists,
              Issue{"the output exists already", path.string(), "", needed, cure});
}

}  // namespace

OutputFolder::OutputFolder(const Plan& plan, bool overwrite, bool resume)
    : final_(plan.out_dir), writing_(plan.out_dir) {
  if (resume) return;
  for (const NodePlan& node : plan.nodes) {
    const RawValue* path = node.kind == NodeKind::sink ? node.params.find("path") : nullptr;
    if (path) names_.push_back(fs::path(path->text).begin()->string());
  }
  names_.push_back(kRecordName);
  const auto recorded = recorded_names(final_);
  for (const std::string& name : names_) {
    if (!fs::exists(fs::symlink_status(final_ / name))) continue;
    staged_ = true;
    if (!overwrite)
      fail_exists(final_ / name, "a new folder, or leave to replace it",
                  "--out " + (final_.string() + "-2") + "   or   --overwrite");
    if (std::find(recorded.begin(), recorded.end(), name) == recorded.end())
      fail_exists(final_ / name,
                  "an output of an earlier run (it is not recorded in " +
                      (final_ / kRecordName).string() + ")",
                  "--out " + (final_.string() + "-2"));
  }
  if (staged_) writing_ = final_ / (".parfocal-new-" + std::to_string(getpid()));
}

void OutputFolder::create() {
  std::error_code error;
  fs::create_directories(writing_, error);
  if (error)
    throw Error(ErrorCode::run_failed,
                Issue{"cannot create the output folder: " + error.message(), writing_.string(), "",
                      "a folder that can be written", "choose another folder (run: --out DIR)"});
}

void OutputFolder::publish() {
  if (!staged_) return;
  for (const auto& entry : fs::directory_iterator(writing_)) {
    const fs::path target = final_ / entry.path().filename(),
                   old = writing_ / (entry.path().filename().string() + ".old");
    if (entry.path().extension() == ".old") continue;
    if (fs::exists(fs::symlink_status(target))) fs::rename(target, old);
    fs::rename(entry.path(), target);
  }
  fs::remove_all(writing_);
  published_ = true;
}

fs::path OutputFolder::shown(const fs::path& path) const {
  return staged_ && published_ ? final_ / path.lexically_relative(writing_) : path;
}

}  // namespace parfocal::engine
