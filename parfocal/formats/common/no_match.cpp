#include "parfocal/formats/common/no_match.h"

#include <cstdlib>

#include "parfocal/core/error.h"
#include "parfocal/core/listed.h"
#include "parfocal/core/patterns.h"
#include "parfocal/formats/common/folders.h"
#include "parfocal/formats/common/glob_matches.h"
#include "parfocal/formats/common/near_patterns.h"

namespace parfocal {
namespace {

int64_t count_entries(const std::filesystem::path& folder, const std::string& ending) {
  int64_t entries = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(folder, ignored), end; it != end && !ignored;
       it.increment(ignored))
    entries += ending.empty() || it->path().extension() == ending ? 1 : 0;
  return entries;
}

// A folder is not looked into unless the pattern says so.
void fail_if_folder(const std::filesystem::path& base, const std::string& pattern) {
  std::error_code ignored;
  const std::filesystem::path folder = base / pattern;
  if (pattern.empty() || has_wildcard(pattern) || !std::filesystem::is_directory(folder, ignored))
    return;
  for (const char* file : {"zarr.json", ".zgroup", ".zarray", ".zattrs"})
    if (std::filesystem::exists(folder / file, ignored))
      throw Error(
          ErrorCode::input_missing,
          Issue{"the glob is an OME-Zarr", "source.glob", pattern, "a pattern of image files",
                "write source: {type: ome_zarr, path: \"" + pattern + "\"}"});
  const std::string slash = pattern.ends_with('/') ? "" : "/";
  std::string ending = ".tif";
  for (const char* other :
       {".tiff", ".TIF", ".TIFF", ".btf", ".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG"})
    if (count_entries(folder, ending) == 0 && count_entries(folder, other) > 0) ending = other;
  throw Error(ErrorCode::input_missing,
              Issue{"the glob is a folder", "source.glob", pattern, "a pattern of files",
                    "write glob: \"" + pattern + slash + "*" + ending + "\" (" +
                        std::to_string(count_entries(folder, ending)) + " files)"});
}

// What a shell makes of ~ is not done here.
void fail_if_home(const std::string& pattern) {
  if (!pattern.starts_with("~/")) return;
  const char* home = std::getenv("HOME");
  throw Error(ErrorCode::input_missing,
              Issue{"~ is not known here", "source.glob", pattern, "a path without ~",
                    home ? "write the path in full: \"" + (home + pattern.substr(1)) + "\""
                         : "write the path in full"});
}

void fail_if_address(const std::string& pattern) {
  const size_t mark = pattern.find("://");
  if (mark == pattern.npos || pattern.starts_with("file:")) return;
  throw Error(ErrorCode::input_missing,
              Issue{"this is an address on a network", "source.glob", pattern,
                    "files of this computer", "copy the files here, and name them by their path"});
}

// A pattern that is nearly the same and has files.
void fail_if_near(const std::filesystem::path& base, const std::string& pattern) {
  if (pattern.find("**") != pattern.npos) return;  // whole trees
  for (const std::string& near : near_patterns(base, pattern)) {
    GlobMatches found;
    match_glob(base, near, found);
    if (found.ends.empty()) continue;
    throw Error(ErrorCode::input_missing,
                Issue{"no file matches the glob", "source.glob", pattern, "at least one file",
                      "write glob: \"" + near + "\" (" + std::to_string(found.ends.size()) +
                          (found.ends.size() == 1 ? " file)" : " files)")});
  }
}

}  // namespace

void fail_no_match(const std::filesystem::path& base, const std::string& pattern) {
  fail_if_home(pattern);
  fail_if_address(pattern);
  fail_if_folder(base, pattern);
  fail_if_near(base, pattern);
  std::filesystem::path folder = (base / pattern).parent_path();
  std::error_code ignored;
  while (has_wildcard(folder.string()) || (!folder.empty() && folder != folder.root_path() &&
                                           !std::filesystem::is_directory(folder, ignored)))
    folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  throw Error(
      ErrorCode::input_missing,
      Issue{"no file matches the glob", "source.glob", pattern, "at least one file",
            std::string(pattern.find('$') == pattern.npos
                            ? ""
                            : "write the path in full, $NAME is not known here; ") +
                (pattern.find('\\') == pattern.npos ? "" : "write / between folders, not \\; ") +
                ("the nearest folder that exists is " + seen_in(folder))});
}

void fail_not_there(const std::filesystem::path& base, const std::vector<std::string>& missing) {
  constexpr size_t kNamed = 3;
  std::error_code ignored;
  const std::string& first = missing[0];
  const bool folder = std::filesystem::is_directory(base / first, ignored);
  std::string cure = has_wildcard(first) ? "write glob: \"" + first + "\" in place of files"
                     : folder            ? "write glob: \"" + first + "/*\" in place of files"
                                         : "remove it from files, or correct its name";
  for (const std::string& near : folder ? std::vector<std::string>() : near_patterns(base, first))
    if (std::filesystem::is_regular_file(base / near, ignored)) {
      cure = "did you mean '" + near + "'?";
      break;
    }
  throw Error(
      ErrorCode::input_missing,
      Issue{folder ? "files names a folder" : "files names what is not there", "source.files",
            listed(missing, kNamed) +
                (missing.size() > 1 ? " (" + std::to_string(missing.size()) + ")" : ""),
            "files, relative to " + (base.empty() ? "the current folder" : base.string()), cure});
}

}  // namespace parfocal
