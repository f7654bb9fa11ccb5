#include "recover_parts.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "commands.h"
#include "datasets_record.h"
#include "info_parts.h"
#include "parfocal/core/file_head.h"
#include "parfocal/core/folder_names.h"
#include "parfocal/core/units.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
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

std::string gaps_of(int64_t gaps) {
  return gaps > 0 ? ", " + counted(gaps, "missing frame") : ", no missing frames";
}

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

/// Whether a sink of parfocal has closed it: its record stands at the end.
bool is_closed_here(const fs::path& path) {
  constexpr std::streamoff kTail = 4 << 20;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  in.seekg(std::max<std::streamoff>(0, in.tellg() - kTail));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return text.find("parfocal.record/1") != text.npos;
}

Recovered recover_a_table(const fs::path& path) {
  CsvRecovery recovery;
  require(recover_csv(path, recovery));
  Recovered result{path, "table", recovery.dropped_bytes > 0};
  result.details = {{"rows", recovery.rows}, {"dropped_bytes", recovery.dropped_bytes}};
  result.lines = {counted(recovery.rows, "row") + ", a torn one was cut"};
  return result;
}

/// The folder of the run that recorded this output as its own, by the run.json in it; "" = none.
fs::path recording_run(const fs::path& output) {
  const fs::path whole = engine::real_place(output);
  for (fs::path folder = whole.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    const auto names = engine::recorded_names(folder);
    if (std::find(names.begin(), names.end(), whole.lexically_relative(folder)) != names.end())
      return folder;
  }
  return {};
}

/// A table that was named. A run that came to its end has closed its own: what is torn in it since
/// is not its doing, as in tables that no run recorded.
Recovered recover_a_given_table(const fs::path& path) {
  if (is_of_killed_run(path)) return recover_a_table(path);
  if (!recording_run(path).empty() || !ends_torn(path)) return {path, "table"};
  throw Error(ErrorCode::input_missing,
              Issue{"no run of parfocal recorded this table: it is left as it is", path.string(),
                    "a table of another program, or one that was moved from the folder of its run",
                    "a table in the folder of its run, below its run.json",
                    "for what is in it, " + run_text({"parfocal", "info", path.string()})});
}

/// A file that was named, of which nobody recorded who wrote it.
Recovered recover_a_given_tiff(const fs::path& path) {
  Recovered result = recover_a_tiff(path);
  std::error_code unknown;
  if (result.found || is_closed_here(path) || fs::file_size(path, unknown) == 0) return result;
  throw Error(
      ErrorCode::input_missing,
      Issue{has_head_of_tiff(path)
                ? "no OME-TIFF with pages that parfocal was writing: nothing to recover"
                : "it is no TIFF file: nothing to recover",
            path.string(),
            "a file of another program, one cut short later, or one whose writer was "
            "killed before its first page",
            "what parfocal left when it was killed",
            "for what can be read of it, " + run_text({"parfocal", "info", path.string()})});
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

/// What there is instead of an output that its writer closed, "" if it is one.
std::string found_instead(const Recovered& one) {
  std::error_code unknown;
  if (one.found || !fs::is_regular_file(one.path, unknown)) return "";
  if (fs::file_size(one.path, unknown) == 0) return "it is empty (0 bytes)";
  if (one.kind == "ome_tiff" && !has_head_of_tiff(one.path)) return "it is no TIFF file";
  return one.kind == "rtdc" && !has_head_of_hdf5(one.path) ? "it is no HDF5 file" : "";
}

Recovered with_state(Recovered one) {
  one.state = found_instead(one);
  if (!one.state.empty()) one.details["state"] = one.state;
  return one;
}

/// Pictures and pages are written beside and renamed: what is there is whole.
bool is_picture_or_page(const fs::path& path) {
  return has_head_of_png(path) || file_head(path).starts_with("<!");
}

/// Outputs of a run may have any name: those that it recorded are told by what is in them.
std::optional<Recovered> recover_recorded(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return is_streamed_store(path) ? std::optional(recover_a_store(path)) : std::nullopt;
  if (fs::exists(path.string() + ".part", ignored)) return recover_an_rtdc(path);
  if (!fs::is_regular_file(path, ignored) || has_head_of_hdf5(path) || is_picture_or_page(path))
    return std::nullopt;
  const bool tiff = is_tiff(path) || has_head_of_tiff(path);
  return with_state(tiff ? recover_a_tiff(path) : recover_a_given_table(path));
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
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    throw Error(ErrorCode::input_missing, Issue{"it is neither a file nor a folder", path.string(),
                                                "a pipe, a socket or a device", "", ""});
  if (is_rtdc(path)) return with_state(recover_an_rtdc(path));
  if (is_tiff(path) || has_head_of_tiff(path)) return with_state(recover_a_given_tiff(path));
  if (ends_with(path, ".csv")) return with_state(recover_a_given_table(path));
  throw Error(ErrorCode::input_missing,
              Issue{"this is no output of parfocal that can be recovered", path.string(), "",
                    "a store, .rtdc.part, .ome.tif or .csv, or the folder of a run", ""});
}

bool wants_recovery(const fs::path& path) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown))
    return is_streamed_store(path) && fs::exists(path / "__parfocal" / "journal", unknown);
  if (fs::exists(path, unknown) && !fs::is_regular_file(path, unknown)) return false;
#if PARFOCAL_WITH_HDF5
  if (is_rtdc(path)) return is_unfinished_rtdc(path);
#endif
  if (is_tiff(path) || has_head_of_tiff(path)) return is_unfinished_ome_tiff(path);
  return ends_with(path, ".csv") && ends_torn(path) && is_of_killed_run(path);
}

bool is_of_killed_run(const fs::path& output) {
  const fs::path run = recording_run(output);
  return !run.empty() && was_killed(run);
}

std::vector<fs::path> outputs_of_run(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::path& dataset : folders_of_datasets(folder))
    for (fs::path& output : outputs_of_run(dataset)) found.push_back(std::move(output));
  for (const fs::path& made : {folder, engine::staging_of(folder)})
    for (const std::string& name : engine::recorded_names(made))
      if (name != engine::kRecordName && stays_below(name)) found.push_back(made / name);
  std::sort(found.begin(), found.end());
  return found;
}

Recovery recover_all(const std::vector<fs::path>& outputs) {
  Recovery all;
  for (const fs::path& path : outputs) {
    try {
      if (auto one = recover_recorded(path)) all.outputs.push_back(std::move(*one));
    } catch (const Error& error) {
      all.failures.insert(all.failures.end(), error.issues().begin(), error.issues().end());
    }
  }
  return all;
}

}  // namespace parfocal::cli
