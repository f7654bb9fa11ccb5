#include "pipeline_file.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "info_parts.h"
#include "near_file.h"
#include "parfocal/core/error.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/text_input.h"
#include "parfocal/engine/record.h"
#include "print.h"
#include "record_fields.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& what,
                       const std::vector<std::string>& line) {
  throw Error(ErrorCode::bad_command,
              {what + ", not a pipeline", file.string(), "",
               "a pipeline file (YAML): parfocal demo cells writes one", run_text(line)});
}

[[noreturn]] void fail_absent(const fs::path& file) {
  const fs::path near = near_file(file);
  throw Error(ErrorCode::input_missing,
              {"the file does not exist", file.string(), "", "a pipeline file (YAML)",
               near.empty() ? "check the path; parfocal demo cells writes a pipeline file"
                            : "did you mean '" + near.string() + "'?"});
}

// The first of them by name, so that the message is the same each time.
fs::path first_with(const fs::path& folder, const std::vector<std::string>& extensions) {
  fs::path first;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    const std::string extension = lowercase(entry.path().extension().string());
    if (std::find(extensions.begin(), extensions.end(), extension) == extensions.end()) continue;
    if (first.empty() || entry.path() < first) first = entry.path();
  }
  return first;
}

void require_no_folder(const fs::path& file) {
  const std::string name = file.has_filename() ? file.string() : file.parent_path().string();
  if (is_zarr(name)) fail(file, "this is an OME-Zarr", {"parfocal", "info", name});
  if (fs::exists(file / engine::kRecordName))
    fail(file, "this is the folder of a run's results", {"parfocal", "info", name});
  if (const fs::path pipeline = first_with(file, {".yaml", ".yml"}); !pipeline.empty())
    fail(file, "this is a folder", {"parfocal", "run", pipeline.string()});
  if (!first_with(file, {".tif", ".tiff", ".btf"}).empty())
    fail(file, "this is a folder of images", {"parfocal", "convert", name, name + ".ome.zarr"});
  fail(file, "this is a folder", {"parfocal", "demo", "cells"});
}

/// The description of a Zarr group or array, which its folder is known by.
void require_no_zarr_metadata(const fs::path& file) {
  static const std::vector<std::string> names = {"zarr.json", ".zarray", ".zgroup", ".zattrs",
                                                 ".zmetadata"};
  if (std::find(names.begin(), names.end(), file.filename().string()) == names.end()) return;
  const fs::path folder = file.parent_path().empty() ? "." : file.parent_path();
  fail(file, "this is the description of a Zarr folder", {"parfocal", "info", folder.string()});
}

/// A document that this program wrote for programs, or one that was cut in writing it.
void require_no_document(const fs::path& file, bool takes_plan) {
  constexpr int64_t kMostBytes = int64_t{64} << 20;
  std::string text;
  if (file.extension() != ".json" || !read_text_file(file, kMostBytes, text).ok()) return;
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (json.is_discarded() && first != text.npos && text[first] == '{')
    throw Error(ErrorCode::bad_command,
                {"the JSON ends too early, or is none", file.string(),
                 std::to_string(text.size()) + " bytes", "a whole document",
                 "make it again, as by parfocal plan PIPELINE.yaml --json > plan.json"});
  const std::string schema = text_in(json, "schema");
  const fs::path folder = file.parent_path().empty() ? "." : file.parent_path();
  if (schema.starts_with("parfocal.plan/") && !takes_plan)
    fail(file, "this is a plan", {"parfocal", "run", file.string()});
  if (schema.starts_with("parfocal.run/"))
    fail(file, "this is the record of a run", {"parfocal", "info", folder.string()});
}

}  // namespace

void require_pipeline_file(const fs::path& file, bool takes_plan) {
  std::error_code absent;
  if (fs::symlink_status(file, absent).type() == fs::file_type::not_found) fail_absent(file);
  require_no_zarr_metadata(file);
  require_no_document(file, takes_plan);
  if (fs::is_directory(file, absent)) require_no_folder(file);
  static const std::vector<std::string> images = {".tif", ".tiff", ".btf", ".rtdc", ".h5", ".hdf5",
                                                  ".png", ".jpg",  ".czi", ".nd2",  ".lif"};
  const bool image =
      std::find(images.begin(), images.end(), lowercase(file.extension().string())) != images.end();
  if (image && fs::exists(file, absent))
    fail(file, "this is an image", {"parfocal", "info", file.string()});
}

const Description& description_in(const fs::path& file) {
  static std::map<fs::path, std::variant<Description, Error>> known;
  auto it = known.find(file);
  if (it == known.end()) {
    try {
      it = known.emplace(file, read_description(file)).first;
    } catch (const Error& error) {
      it = known.emplace(file, error).first;
    }
  }
  if (const auto* error = std::get_if<Error>(&it->second)) throw Error(*error);
  return std::get<Description>(it->second);
}

Pipeline pipeline_in(const fs::path& file, const std::vector<std::string>& sets) {
  std::vector<Change> changes;
  for (const std::string& set : sets) changes.push_back({set});
  return describe(description_in(file), changes);
}

}  // namespace parfocal::cli
