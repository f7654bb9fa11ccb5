#include "parfocal/engine/run_inputs.h"

#include <glob.h>
#include <sys/stat.h>

#include "parfocal/engine/output_place.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

// A pattern that matches this name only; the base is empty, or ends in a slash.
std::string literal(const fs::path& name) {
  std::string pattern;
  for (const char c : name.string())
    pattern +=
        std::string("*?[\\").find(c) != std::string::npos ? std::string{'\\', c} : std::string{c};
  return pattern;
}

}  // namespace

RunInputs::RunInputs(const Pipeline& pipeline, bool with_files) {
  add(pipeline.source.params, pipeline.base_dir, with_files);
  if (with_files) add_open_files();
}

// What the source keeps open, by whatever way it came to it: files that its own file refers to.
void RunInputs::add_open_files() {
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", unknown)) {
    const fs::path file = fs::read_symlink(entry.path(), unknown);
    if (!unknown && file.is_absolute() && fs::is_regular_file(file, unknown)) add_input(file);
  }
}

void RunInputs::add(const RawValue& params, const fs::path& base, bool with_files) {
  for (const auto& [key, value] : params.entries) {
    if (value.kind == RawValue::Kind::map) add(value, base, with_files);
    if (key == "glob" && with_files) add_matches(value, base);
    if (key == "path" && !value.text.empty()) add_input(base / value.text);
  }
}

void RunInputs::add_matches(const RawValue& pattern, const fs::path& base) {
  for (const RawValue& item : pattern.items) add_matches(item, base);
  if (pattern.text.empty()) return;
  const bool absolute = fs::path(pattern.text).is_absolute();
  const std::string whole = absolute ? pattern.text : literal(base / "") + pattern.text;
  glob_t found{};
  if (::glob(whole.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; ++i) add_input(found.gl_pathv[i]);
  ::globfree(&found);
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
  inputs_.push_back({std::move(path), state.st_dev, state.st_ino});
}

fs::path RunInputs::touched_by(const fs::path& output) const {
  std::error_code unknown;
  const fs::path place = fs::weakly_canonical(fs::absolute(output), unknown);
  struct stat state {};
  const bool exists = ::stat(output.c_str(), &state) == 0;
  for (const Input& input : inputs_) {
    const bool same = exists && input.inode == state.st_ino && input.device == state.st_dev;
    if (same || lies_in(input.path, place) || lies_in(place, input.path)) return input.path;
  }
  return {};
}

}  // namespace parfocal::engine
