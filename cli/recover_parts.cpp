#include "recover_parts.h"

#include <algorithm>

#include "commands.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/table/csv_recover.h"
#include "parfocal/formats/tiff/ome_tiff_recover.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "print.h"
#include "workplace.h"
#if PARFOCAL_WITH_HDF5
#include "parfocal/formats/hdf5/rtdc_recover.h"
#endif

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

void require(const Status& status) {
  if (!status.ok()) throw Error(ErrorCode::run_failed, status.issue());
}

bool ends_with(const fs::path& path, std::string_view end) {
  return path.filename().string().ends_with(end);
}
bool is_tiff(const fs::path& path) {
  return ends_with(path, ".tif") || ends_with(path, ".tiff") || ends_with(path, ".tif.part") ||
         ends_with(path, ".tiff.part");
}
bool is_rtdc(const fs::path& path) {
  return ends_with(path, ".rtdc") || ends_with(path, ".rtdc.part");
}

std::string gaps_of(int64_t gaps) { return gaps > 0 ? ", " + counted(gaps, "gap") : ", no gaps"; }

Recovered recover_a_store(const fs::path& path) {
  RecoverReport report;
  require(recover_store(path, report));
  Recovered result{path, "store", report.found};
  result.details["images"] = nlohmann::ordered_json::array();
  for (const RecoverReport::Image& image : report.images) {
    result.details["images"].push_back({{"path", image.path},
                                        {"steps", image.outer},
                                        {"frames", image.frames},
                                        {"gaps", image.gaps}});
    result.lines.push_back((image.path.empty() ? "" : image.path + ": ") +
                           counted(image.frames, "frame") + gaps_of(image.gaps));
  }
  result.details["damaged_frames"] = report.damaged_frames;
  result.details["dropped_bytes"] = report.dropped_bytes;
  if (report.damaged_frames > 0)
    result.lines.push_back(counted(report.damaged_frames, "frame") +
                           " left out: damaged on the disk");
  if (report.dropped_bytes > 0)
    result.lines.push_back(format_bytes(report.dropped_bytes) + " of unfinished frames dropped");
  return result;
}

Recovered recover_a_tiff(const fs::path& path) {
  OmeTiffRecovery recovery;
  require(recover_ome_tiff(path, recovery));
  Recovered result{path, "ome_tiff", recovery.found};
  result.details = {{"pages", recovery.pages}, {"gaps", recovery.gaps}};
  result.lines = {counted(recovery.pages, "page") + gaps_of(recovery.gaps)};
  return result;
}

Recovered recover_a_table(const fs::path& path) {
  CsvRecovery recovery;
  require(recover_csv(path, recovery));
  Recovered result{path, "table", recovery.dropped_bytes > 0};
  result.details = {{"rows", recovery.rows}, {"dropped_bytes", recovery.dropped_bytes}};
  result.lines = {counted(recovery.rows, "row") + ", a torn one was cut"};
  return result;
}

Recovered recover_an_rtdc(const fs::path& path) {
#if PARFOCAL_WITH_HDF5
  RtdcRecovery recovery;
  require(recover_rtdc(path, recovery));
  Recovered result{recovery.file, "rtdc", recovery.found};
  result.details = {{"events", recovery.events}};
  result.lines = {counted(recovery.events, "event")};
  return result;
#else
  throw Error(ErrorCode::bad_command, Issue{"this parfocal was built without HDF5", path.string(),
                                            "", "", "build it with -DPARFOCAL_WITH_HDF5=ON"});
#endif
}

bool may_be_recovered(const fs::path& path) {
  return is_tiff(path) || ends_with(path, ".rtdc.part") || ends_with(path, ".csv");
}

}  // namespace

Recovered recover_output(const fs::path& path) {
  std::error_code ignored;
  const bool there =
      fs::exists(path, ignored) || (is_rtdc(path) && fs::exists(path.string() + ".part", ignored));
  if (fs::is_directory(path, ignored)) return recover_a_store(path);
  if (!there)
    throw Error(ErrorCode::input_missing,
                Issue{"there is no such file or folder", path.string(), "", "", "check the path"});
  if (is_rtdc(path)) return recover_an_rtdc(path);
  if (is_tiff(path)) return recover_a_tiff(path);
  if (ends_with(path, ".csv")) return recover_a_table(path);
  throw Error(ErrorCode::input_missing,
              Issue{"this is no output of parfocal that can be recovered", path.string(), "",
                    "a store, .rtdc.part, .ome.tif or .csv, or the folder of a run", ""});
}

bool wants_recovery(const fs::path& path) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown))
    return is_streamed_store(path) && fs::exists(path / "__parfocal" / "journal", unknown);
#if PARFOCAL_WITH_HDF5
  if (is_rtdc(path)) return is_unfinished_rtdc(path);
#endif
  if (is_tiff(path)) return is_unfinished_ome_tiff(path);
  return ends_with(path, ".csv") && ends_torn(path);
}

std::vector<fs::path> outputs_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_symlink(error)) continue;
    if (it->is_directory(error)) {
      const bool store = is_streamed_store(it->path());
      if (store) found.push_back(it->path());
      if (store || fs::exists(it->path() / "zarr.json", error) ||
          fs::exists(it->path() / ".zgroup", error))
        it.disable_recursion_pending();
    } else if (may_be_recovered(it->path())) {
      found.push_back(it->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace parfocal::cli
