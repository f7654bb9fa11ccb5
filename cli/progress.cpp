#include "progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "print.h"

namespace parfocal::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string eta_text(const Progress& p) {
  if (p.items_total <= 0 || p.items_done <= 0 || p.items_done >= p.items_total) return "";
  // Passes and tiles take about the same time each; the ones to come are counted as such.
  const double steps = static_cast<double>(p.passes) * static_cast<double>(p.tiles);
  const double done = static_cast<double>(p.pass) * static_cast<double>(p.tiles) +
                      static_cast<double>(p.tile) +
                      static_cast<double>(p.items_done) / static_cast<double>(p.items_total);
  return fmt::format("  {:.0f} s left", p.seconds * (steps / done - 1));
}

std::string line_of(const Progress& p) {
  std::string line = p.passes > 1 ? fmt::format("pass {} of {}  ", p.pass + 1, p.passes) : "";
  if (p.tiles > 1) line += fmt::format("tile {} of {}  ", p.tile + 1, p.tiles);
  line += p.items_total > 0 ? fmt::format("{} of {} frames", p.items_done, p.items_total)
                            : counted(p.items_done, "frame");
  if (p.gaps > 0) line += "  " + std::to_string(p.gaps) + " missing";
  return line + fmt::format("  {:.1f} s", p.seconds) + eta_text(p);
}

std::string json_of(const Progress& p) {
  return json_text({{"schema", "parfocal.progress/1"},
                    {"event", "progress"},
                    {"pass", p.pass},
                    {"passes", p.passes},
                    {"tile", p.tile},
                    {"tiles", p.tiles},
                    {"items_done", p.items_done},
                    {"items_total", p.items_total},
                    {"gaps", p.gaps},
                    {"seconds", p.seconds}},
                   -1);
}

}  // namespace

ProgressPrinter::ProgressPrinter(const std::string& mode)
    : mode_(mode == "none"         ? Mode::none
            : mode == "json"       ? Mode::json
            : mode == "plain"      ? Mode::plain
            : stderr_is_terminal() ? Mode::redraw
                                   : Mode::plain) {}

void ProgressPrinter::show(const Progress& progress) {
  if (mode_ == Mode::json) message(json_of(progress));
  if (mode_ == Mode::plain) show_plain(progress);
  if (mode_ == Mode::redraw) {
    drawn_ = true;
    const std::string line = "\r" + line_of(progress) + "\x1b[K";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

void ProgressPrinter::show_plain(const Progress& progress) {
  // The end of a pass whose length nobody knew shows when the next one begins.
  if (latest_.pass != progress.pass || latest_.tile != progress.tile) print_rest();
  latest_ = progress;
  const bool pass_ended = progress.items_done == progress.items_total &&
                          (progress.pass != last_pass_ || progress.tile != last_tile_);
  if (!pass_ended && Clock::now() - last_line_ < std::chrono::seconds(10)) return;
  if (pass_ended) {
    last_pass_ = progress.pass;
    last_tile_ = progress.tile;
  }
  last_line_ = Clock::now();
  printed_ = progress.items_done;
  message(line_of(progress));
}

void ProgressPrinter::print_rest() {
  if (latest_.items_done > printed_ && latest_.items_total <= 0) message(line_of(latest_));
  printed_ = 0;
}

void ProgressPrinter::finish(const RunRecord& record) {
  if (mode_ == Mode::plain) print_rest();
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  if (mode_ == Mode::json)
    message(json_text({{"schema", "parfocal.progress/1"},
                       {"event", "end"},
                       {"exit_code", record.exit_code},
                       {"items", record.items},
                       {"seconds", record.seconds}},
                      -1));
}

}  // namespace parfocal::cli
