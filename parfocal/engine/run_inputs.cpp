#include "parfocal/engine/run_inputs.h"

#include <sys/stat.h>

#include "parfocal/engine/output_place.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

// Of every folder on the way to `path`, itself included: two names of one place by a bind mount
// have no more in common.
std::set<std::pair<dev_t, ino_t>> places_on_the_way(fs::path path) {
  std::set<std::pair<dev_t, ino_t>> places;
  for (;; path = path.parent_path()) {
    struct stat state {};
    if (::stat(path.c_str(), &state) == 0) places.emplace(state.st_dev, state.st_ino);
    if (!path.has_relative_path()) return places;
  }
}

}  // namespace

RunInputs::RunInputs(const Pipeline& pipeline, const std::vector<fs::path>& files,
                     bool with_files) {
  add(pipeline.source.params, pipeline.base_dir);
  if (!with_files) return;
  for (const fs::path& file : files) add_input(file);
  add_open_files();
}

// What the source keeps open, by whatever way it came to it: files that its own file refers to.
void RunInputs::add_open_files() {
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", unknown)) {
    const fs::path file = fs::read_symlink(entry.path(), unknown);
    if (!unknown && file.is_absolute() && fs::is_regular_file(file, unknown)) add_input(file);
  }
}

void RunInputs::add(const RawValue& params, const fs::path& base) {
  for (const auto& [key, value] : params.entries) {
    if (value.kind == RawValue::Kind::map) add(value, base);
    if (key == "path" && !value.text.empty()) add_input(base / value.text);
  }
}

// The folders of thousands of files are few: their links are followed once.
void RunInputs::add_input(const fs::path& name) {
  struct stat state {};
  if (::stat(name.c_str(), &state) != 0) return;
  std::error_code unknown;
  fs::path path = fs::absolute(name, unknown);
  if (S_ISDIR(state.st_mode) || fs::is_symlink(name, unknown)) {
    path = fs::canonical(path, unknown);
  } else {
    const auto [folder, is_new] = folders_.try_emplace(path.parent_path());
    if (is_new) folder->second = fs::canonical(path.parent_path(), unknown);
    path = folder->second / path.filename();
  }
  inputs_.push_back({std::move(path), state.st_dev, state.st_ino, S_ISDIR(state.st_mode)});
}

bool RunInputs::lies_by_another_name_in(const Input& input, dev_t device, ino_t inode) const {
  const fs::path folder = input.is_folder ? input.path : input.path.parent_path();
  Places& known = ways_[folder];
  if (known.empty()) known = places_on_the_way(folder);
  return known.contains({device, inode});
}

fs::path RunInputs::touched_by(const fs::path& output) const {
  std::error_code unknown;
  const fs::path place = fs::weakly_canonical(fs::absolute(output), unknown);
  const auto way = places_on_the_way(place);
  struct stat state {};
  const bool exists = ::stat(output.c_str(), &state) == 0;
  for (const Input& input : inputs_) {
    const bool same = exists && input.inode == state.st_ino && input.device == state.st_dev;
    const bool in_output = exists && S_ISDIR(state.st_mode) &&
                           lies_by_another_name_in(input, state.st_dev, state.st_ino);
    const bool in_input = input.is_folder && way.contains({input.device, input.inode});
    if (same || in_output || in_input || lies_in(input.path, place) || lies_in(place, input.path))
      return input.path;
  }
  return {};
}

}  // namespace parfocal::engine
