#include "parfocal/report/run_report.h"

#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/core/guarded.h"
#include "print.h"
#include "running.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// The folder of an output's path; empty where the path is not that of `name`.
fs::path folder_above(const fs::path& path, const fs::path& name) {
  fs::path folder = path;
  for (auto part = name.end(); part != name.begin(); folder = folder.parent_path())
    if (folder.filename() != *--part) return {};
  return folder.empty() ? "." : folder;
}

void write_page(const fs::path& folder, const fs::path& file) {
  const Status status = guarded([&] {
    report::write_report(folder, file);
    return Status();
  });
  if (!status.ok())
    message("the report " + file.string() + " was not written: " + status.issue().what);
}

}  // namespace

void write_reports(const Plan& plan, const RunRecord& record) {
  for (const NodePlan& node : plan.nodes) {
    if (node.kind != NodeKind::sink || node.type != "report") continue;
    const RawValue* given = node.params.find("path");
    const fs::path name = fs::path(given ? given->text : "report.html").lexically_normal();
    for (const fs::path& output : record.outputs)  // of a run that failed they lie elsewhere
      if (const fs::path folder = folder_above(output, name); !folder.empty())
        write_page(folder, output);
  }
}

int report(const ReportArguments& arguments) {
  const fs::path file = arguments.out.empty() ? arguments.folder / "report.html" : arguments.out;
  report::write_report(arguments.folder, file);
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.report/1"}, {"page", file.string()}}));
    return 0;
  }
  result(file.string());
  print_next({"parfocal", "info", arguments.folder.string()});
  return 0;
}

}  // namespace parfocal::cli
