#include "parfocal/core/io.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/report/html_page.h"
#include "parfocal/report/run_report.h"

namespace parfocal::report {
namespace {

struct ReportParams {
  std::string path = "report.html";
};

/// Keeps the place of the page, as an output of the run: what is shown lies in the other outputs,
/// and is known only when all of them are closed. The command then writes the page.
class ReportSink final : public Sink {
 public:
  explicit ReportSink(std::filesystem::path path) : path_(std::move(path)) {}
  int64_t resident_bytes() const override { return kReportBytes; }
  int64_t disk_bytes() const override { return static_cast<int64_t>(kMostPageBytes); }
  bool takes_regions() const override { return true; }
  void open() override {
    if (const Status s = write("This run has not ended."); !s.ok())
      throw Error(ErrorCode::run_failed, s.issue());
  }
  Status write(std::span<const Input>) override { return {}; }
  // No page is worth a run: the command tells if it cannot write it.
  Status close(const Outcome&) override {
    (void)write("The run has ended. `parfocal report`, given this folder, shows what it left.");
    return {};
  }
  std::vector<std::filesystem::path> paths() const override { return {path_}; }

 private:
  Status write(const char* text) const {
    HtmlPage page("Report of a run");
    page.section("What ran", paragraph(text));
    return write_file_atomically(path_, page.text(PARFOCAL_VERSION));
  }

  std::filesystem::path path_;
};

}  // namespace

PARFOCAL_SINK(report) {
  using P = ReportParams;
  SinkInfo info;
  info.name = "report";
  info.summary = "one page of what the run found: pictures, plots, missing frames, memory";
  info.accepts = {PortKind::image, PortKind::table};
  info.params =
      Parameters<P>().add("path", &P::path, "file below the output folder").defaults("report.html");
  info.example = "{type: report, path: report.html}";
  info.make = [](const std::any& params, std::span<const SinkInput>,
                 const SinkContext& context) -> std::unique_ptr<Sink> {
    return std::make_unique<ReportSink>(
        output_path(context.out_dir, std::any_cast<const P&>(params).path, "report"));
  };
  return info;
}

}  // namespace parfocal::report
