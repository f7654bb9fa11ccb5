#include "info_parts.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// "movie.ome.zarr", or the first of "movie-2.ome.zarr"... that does not exist.
std::string free_store(const std::string& stem) {
  std::string name = stem + ".ome.zarr";
  std::error_code unknown;
  for (int i = 2; fs::exists(name, unknown); ++i)
    name = stem + "-" + std::to_string(i) + ".ome.zarr";
  return name;
}

/// Images into a store of their name; that of several is no name for one.
std::vector<std::string> conversion_of(const std::string& path) {
  const bool several = fs::is_directory(path) || !fs::exists(path);
  const std::string stem = several ? "images" : fs::path(path).stem().stem().string();
  return {"parfocal", "convert", path, free_store(stem)};
}

std::vector<std::string> line_after_run(const fs::path& folder) {
  if (was_killed(folder)) return {"parfocal", "recover", folder.string()};
  if (fs::path frames = folder / "frames.csv"; fs::exists(frames))
    return {"parfocal", "info", frames.string()};
  return {"parfocal", "ops"};
}

}  // namespace

std::vector<std::string> line_after_info(const std::string& path, bool validated) {
  const std::string ending = fs::path(path).extension().string();
  if (is_run_folder(path)) return line_after_run(path);
  if (is_zarr(path) && !validated) return {"parfocal", "info", path, "--validate"};
  if (is_zarr(path)) return {"parfocal", "ops", "ome_zarr"};
  if (ending == ".yaml" || ending == ".yml" || ending == ".json") return {"parfocal", "plan", path};
  if (ending == ".csv") return {"parfocal", "ops", "table"};
  if (ending == ".rtdc" || ending == ".part" || ending == ".h5" || ending == ".hdf5")
    return {"parfocal", "ops", "rtdc"};
  return conversion_of(path);
}

}  // namespace parfocal::cli
