/// A plan in five lines, for people who want to know what a run will take.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "parfocal/planner/grouped.h"
#include "parfocal/planner/plan.h"

namespace parfocal {
namespace {

constexpr size_t kMostLabels = 4;
constexpr size_t kMostResults = 6;

// "t 40, c 3 (r, g, b)"; the size of a lone axis is the number of images.
std::string axes_text(const std::vector<Axis>& axes) {
  std::vector<std::string> words;
  for (const Axis& axis : axes) {
    std::string word = axis.name;
    if (axes.size() > 1) word += axis.size < 0 ? " without end" : " " + grouped(axis.size);
    if (!axis.labels.empty() && axis.labels.size() <= kMostLabels)
      word += fmt::format(" ({})", fmt::join(axis.labels, ", "));
    words.push_back(word);
  }
  return words.empty() ? "" : fmt::format(", along {}", fmt::join(words, ", "));
}

// "256 x 256 pixels (y, x), uint8"
std::string image_text(const Layout& layout) {
  std::vector<int64_t> sizes;
  std::vector<std::string> names;
  for (const Axis& axis : layout.item) {
    sizes.push_back(axis.size);
    names.push_back(axis.name);
  }
  const std::string shape = sizes.empty() ? "1 number"
                                          : fmt::format("{} pixels ({})", fmt::join(sizes, " x "),
                                                        fmt::join(names, ", "));
  return shape + ", " + std::string(dtype_name(layout.dtype));
}

std::string images_line(const Layout& layout) {
  const int64_t count = layout.stream_count();
  int64_t all = 0;
  const bool known = count >= 0 && !__builtin_mul_overflow(count, layout.item_bytes(), &all);
  return fmt::format("{} of {}{}: {} each{}", count < 0 ? "as many as come" : grouped(count),
                     image_text(layout), axes_text(layout.stream),
                     format_bytes(layout.item_bytes()),
                     known ? ", " + format_bytes(all) + " in all" : "");
}

std::string disk_line(const Plan& plan) {
  std::string text = plan.disk_bytes > 0 ? "at most " + format_bytes(plan.disk_bytes) : "";
  if (!plan.disk_not_known.empty())
    text += fmt::format("{}what {} takes", text.empty() ? "" : ", and ",
                        fmt::join(plan.disk_not_known, ", "));
  return text.empty() ? "not known" : text;
}

std::string times(size_t n) {
  return n == 1 ? "once" : n == 2 ? "twice" : fmt::format("{} times", n);
}

std::string reading_line(const Plan& plan) {
  const size_t passes = plan.passes.size();
  const std::string again = ": some steps need what the pass before has found";
  if (plan.live) {
    const std::string first = "every image once, as it comes (pass 1)";
    if (passes == 1 || plan.recording < 0) return first;
    return fmt::format("{}, then {} from {}{}", first, times(passes - 1),
                       plan.nodes[static_cast<size_t>(plan.recording)].id, again);
  }
  if (plan.tile_count > 1)
    return fmt::format("in {} bands of at most {} rows, one after the other, each {} ({}){}",
                       plan.tile_count, plan.tile.shape[0], times(passes),
                       passes == 1 ? "1 pass" : fmt::format("{} passes", passes),
                       passes == 1 ? ": so the memory suffices" : again);
  if (passes == 1) return "every image once, whole (1 pass)";
  return fmt::format("every image {}, whole ({} passes){}", times(passes), passes, again);
}

std::string results_line(const Plan& plan) {
  std::vector<std::string> names;
  for (const NodePlan& node : plan.nodes) {
    if (node.kind != NodeKind::sink) continue;
    const RawValue* path = node.params.find("path");
    names.push_back(node.internal || !path ? node.id : path->text);
  }
  const size_t more = names.size() - std::min(names.size(), kMostResults);
  names.resize(names.size() - more);
  return fmt::format("in {}: {}{}", plan.out_dir.string(), fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

// Until an item of a live stream is saved or shown, if the run keeps up with the source.
std::string lag_of(const Plan& plan, const NodePlan& end) {
  const Layout& source = plan.nodes[0].outputs[0].layout;
  const PortId in = end.inputs[0];
  const Layout& saved =
      plan.nodes[static_cast<size_t>(in.node)].outputs[static_cast<size_t>(in.port)].layout;
  if (end.level > 0) return fmt::format("when the stream has ended, in pass {}", end.level + 1);
  if (saved.find_stream(source.stream[0].name) < 0) return "when the stream has ended";
  if (end.lag_items == 0) return "at once";
  const Axis& inner = source.stream.back();
  const bool timed = source.stream.size() == 1 && inner.unit == "s";
  return fmt::format("{} frames behind the source", end.lag_items) +
         (timed ? fmt::format(", {:.3g} s", static_cast<double>(end.lag_items) * inner.scale) : "");
}

std::string lag_text(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> lags{{"live", "lag"}};
  for (const NodePlan& node : plan.nodes) {
    if (node.kind != NodeKind::sink && node.kind != NodeKind::observer) continue;
    const std::string from = plan.nodes[static_cast<size_t>(node.inputs[0].node)].id;
    const std::string step = from.substr(0, from.find('/'));  // of a recipe's part
    lags.emplace_back(node.internal ? node.id : step + " -> " + node.id, lag_of(plan, node));
  }
  size_t width = 0;
  for (const auto& [output, lag] : lags) width = std::max(width, output.size());
  std::string s = "\n";
  for (const auto& [output, lag] : lags) s += fmt::format("{:<{}}  {}\n", output, width, lag);
  return s;
}

}  // namespace

std::string plan_summary(const Plan& plan, const std::string& budget_origin) {
  std::string s = "images:  " + images_line(plan.nodes[0].outputs[0].layout) + "\n";
  s += fmt::format("memory:  at most {} of the {} allowed ({}), with {} thread{}\n",
                   format_bytes(plan.peak_bytes), format_bytes(plan.memory_bytes), budget_origin,
                   plan.threads, plan.threads == 1 ? "" : "s");
  s += "disk:    " + disk_line(plan) + "\n";
  s += "reading: " + reading_line(plan) + "\n";
  s += "results: " + results_line(plan) + "\n";
  return plan.live ? s + lag_text(plan) : s;
}

}  // namespace parfocal
