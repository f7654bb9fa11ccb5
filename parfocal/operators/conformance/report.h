#pragma once
/// Where the checks put what they find, and helpers that the three kinds share.

#include <atomic>
#include <thread>

#include "parfocal/operators/conformance/run.h"
#include "parfocal/operators/conformance/synthesis.h"

namespace parfocal::conformance {

/// Findings of one suite run. Not thread-safe.
class Report {
 public:
  void enter(std::string context) { context_ = std::move(context); }
  void problem(const std::string& text) {
    if (found_.size() < 20) found_.push_back(text + " [" + context_ + "]");
  }
  void take(const Outcome& outcome) {
    for (const std::string& text : outcome.problems) problem(text);
  }
  /// `got` must equal `expected` in every byte.
  void equal(const Outcome& expected, const Outcome& got, const std::string& otherwise) {
    take(got);
    if (!same(expected, got))
      problem(otherwise + (expected.failure == got.failure ? "" : ": " + got.failure));
  }
  const std::vector<std::string>& found() const { return found_; }

 private:
  std::string context_;
  std::vector<std::string> found_;
};

/// The regions that cover `whole` in tiles of at most height x width over its last two axes.
inline std::vector<Region> tiles_of(const Region& whole, int64_t height, int64_t width) {
  if (whole.rank == 0) return {whole};
  const auto x = static_cast<size_t>(whole.rank - 1);
  const bool rows = whole.rank > 1;
  const size_t y = rows ? x - 1 : x;
  std::vector<Region> tiles;
  for (int64_t y0 = 0; y0 < (rows ? whole.shape[y] : 1); y0 += height)
    for (int64_t x0 = 0; x0 < whole.shape[x]; x0 += width) {
      Region tile = whole;
      if (rows) tile.origin[y] = y0;
      if (rows) tile.shape[y] = std::min(height, whole.shape[y] - y0);
      tile.origin[x] = x0;
      tile.shape[x] = std::min(width, whole.shape[x] - x0);
      tiles.push_back(tile);
    }
  return tiles;
}
/// The tilings that every tileable operator is tried with: 17 x 31, and single rows.
inline std::vector<std::vector<Region>> tilings_of(const Region& whole) {
  return {tiles_of(whole, 17, 31), tiles_of(whole, 1, INT64_MAX)};
}

/// Puts the items of a run on `tile` into the whole items of `all`; made by the first tile.
inline void assemble(const Operator& op, const Region& tile, const Outcome& part, Outcome& all) {
  if (!part.failure.empty()) all.failure = part.failure;
  for (const std::string& text : part.problems) all.problem(text);
  all.ports.resize(part.ports.size());
  for (size_t p = 0; p < part.ports.size(); ++p) {
    const Layout& layout = op.outputs()[p].layout;
    all.ports[p].resize(std::max(all.ports[p].size(), part.ports[p].size()));
    for (size_t k = 0; k < part.ports[p].size(); ++k) {
      const Item& from = part.ports[p][k];
      Item& to = all.ports[p][k];
      to.missing = from.missing;
      to.gap = from.gap;
      if (from.missing || from.bytes.empty()) continue;
      to.bytes.resize(static_cast<size_t>(layout.item_bytes()));
      const MutableView whole = packed_view(to.bytes.data(), layout.dtype, layout.whole_item());
      copy_pixels(packed_view(from.bytes.data(), layout.dtype, tile), subview(whole, tile));
    }
  }
}

inline bool only_images(const Operator& op) {
  for (const PortLayout& port : op.outputs())
    if (port.kind != PortKind::image) return false;
  return true;
}

/// Calls task(i) for i < count in every one of `threads` threads at once, each from another start.
template <class Task>
void in_threads(size_t threads, size_t count, Task&& task) {
  std::atomic<size_t> waiting{threads};
  std::vector<std::jthread> crew;
  for (size_t t = 0; t < threads; ++t)
    crew.emplace_back([&, t] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      for (size_t i = 0; i < count; ++i) task((i + t) % count);
    });
}

}  // namespace parfocal::conformance
