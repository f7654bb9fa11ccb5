#include "parfocal/formats/zarr/writer/recover.h"

#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/core/units.h"
#include "parfocal/engine/output_place.h"
#include "print.h"
#include "workplace.h"

namespace parfocal::cli {
namespace {

std::string line_of(const RecoverReport::Image& image) {
  const std::string name = image.path.empty() ? "" : image.path + ": ";
  const std::string gaps = image.gaps > 0 ? ", " + counted(image.gaps, "gap") : ", no gaps";
  return name + counted(image.frames, "frame") + gaps;
}

void print_json(const RecoverArguments& arguments, const RecoverReport& report) {
  nlohmann::ordered_json images = nlohmann::ordered_json::array();
  for (const RecoverReport::Image& image : report.images)
    images.push_back({{"path", image.path},
                      {"steps", image.outer},
                      {"frames", image.frames},
                      {"gaps", image.gaps}});
  result(nlohmann::ordered_json{{"schema", "parfocal.recover/1"},
                                {"store", arguments.store.string()},
                                {"recovered", report.found},
                                {"images", images},
                                {"damaged_frames", report.damaged_frames},
                                {"dropped_bytes", report.dropped_bytes}}
             .dump(2));
}

}  // namespace

void require_no_unfinished(const std::filesystem::path& path) {
  const auto out = path.has_filename() ? path : path.parent_path();
  const auto store = Workplace::folder_of(out) / out.filename();
  if (const std::string maker = engine::maker_of(out);
      !maker.empty() && !std::filesystem::exists(out))
    throw Error(ErrorCode::input_missing, {maker + " is making this output now", out.string(), "",
                                           "the end of that command", "wait for it"});
  if (std::filesystem::exists(out) || !is_streamed_store(store)) return;
  throw Error(ErrorCode::input_missing,
              {"a conversion to this name is unfinished: there is no such result yet", out.string(),
               store.string(), "",
               "run its command again with --resume, or keep what is there already:\n          " +
                   shell_line({"parfocal", "recover", store.string()})});
}

int recover(const RecoverArguments& arguments) {
  RecoverReport report;
  engine::settle(arguments.store);
  require_no_unfinished(arguments.store);
  if (Status s = recover_store(arguments.store, report); !s.ok())
    throw Error(ErrorCode::run_failed, s.issue());
  if (arguments.json) {
    print_json(arguments, report);
    return 0;
  }
  const std::string name = arguments.store.string();
  if (!report.found) {
    result(name + ": nothing to recover, its writer closed it");
    return 0;
  }
  result(name + ": recovered");
  for (const RecoverReport::Image& image : report.images) result("  " + line_of(image));
  if (report.damaged_frames > 0)
    result("  " + counted(report.damaged_frames, "frame") + " left out: damaged on the disk");
  if (report.dropped_bytes > 0)
    result("  " + format_bytes(report.dropped_bytes) + " of unfinished frames dropped");
  message("next: parfocal info " + shell_line({name}));
  return 0;
}

}  // namespace parfocal::cli
