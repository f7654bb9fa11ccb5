#pragma once
/// What `reduce` keeps while it folds: one strategy per statistic and kind of number, all with the
/// exactness and the order of rule R (docs/design.md, "The order of sums").

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "parfocal/core/layout.h"
#include "parfocal/core/view.h"

namespace parfocal::reduction {

enum class How : uint8_t { mean, sum, min, max, std, var };

/// What is to be folded, as far as it decides the strategy.
struct Task {
  How how = How::mean;
  DType in = DType::u8, out = DType::f64;
  /// True: all pixels of an item are folded into one number; false: every pixel has its own.
  bool within_items = false;
  int64_t item_pixels = 1;  ///< pixels of an item if folded within items, else 1
  int64_t items = 1;        ///< items folded over, or kUnbounded
};

/// Const after construction; its memory (`state`, aligned to 8) belongs to the caller, who counts
/// the items. `pixels` is the number of results.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  /// The most items that can be added without overflow.
  virtual int64_t most_items() const { return INT64_MAX; }
  virtual int64_t state_bytes(int64_t pixels) const = 0;
  /// More, for a range that begins after item 0 and is to be combined with others.
  virtual int64_t shard_state_bytes(int64_t pixels, int64_t first, int64_t end) const {
    (void)first;
    (void)end;
    return state_bytes(pixels);
  }
  virtual void init(std::span<std::byte> state, int64_t pixels) const = 0;
  /// Adds item `index`; `count` items came before. False if there is no room for the index.
  virtual bool add(std::span<std::byte> state, const View& item, int64_t index,
                   int64_t count) const = 0;
  /// Appends the state of a later range. \pre both counted at least one item, or `count` is 0
  virtual bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t pixels,
                       int64_t count) const = 0;
  /// Writes the results of `count` > 0 items.
  virtual void finish(std::span<std::byte> state, int64_t pixels, int64_t count,
                      const MutableView& out) const = 0;
};

/// The strategy for a task. nullptr where none is exact enough: never for valid tasks.
std::unique_ptr<Accumulator> make_accumulator(const Task& task);

/// Calls f(const T* pixels, offset of the first one in the packed view, count) for each contiguous
/// piece of `view`: once if it is packed.
template <class T, class F>
void for_each_piece(const View& view, F&& f) {
  if (view.region.rank == 0 || view.contiguous()) {
    f(view.as<T>(), int64_t{0}, view.region.count());
    return;
  }
  const int64_t width = view.region.shape[static_cast<size_t>(view.region.rank - 1)];
  int64_t offset = 0;
  for_each_run(view, [&](const std::byte* run, const auto&) {
    f(reinterpret_cast<const T*>(run), offset, width);
    offset += width;
  });
}

/// Calls f(const T* row, width) for the rows of an item in order, packed or not: the unit of rule
/// R(b).
template <class T, class F>
void for_each_row(const View& view, F&& f) {
  if (view.region.rank == 0) return f(view.as<T>(), int64_t{1});
  const int64_t width = view.region.shape[static_cast<size_t>(view.region.rank - 1)];
  for_each_run(
      view, [&](const std::byte* run, const auto&) { f(reinterpret_cast<const T*>(run), width); });
}

/// out[i] = value(i) as Out, in the order of the packed view.
template <class Out, class F>
void write_results(const MutableView& out, F&& value) {
  int64_t i = 0;
  if (out.region.rank == 0) {
    out.scalar<Out>() = static_cast<Out>(value(i));
    return;
  }
  const int64_t width = out.region.shape[static_cast<size_t>(out.region.rank - 1)];
  for_each_run(out, [&](std::byte* run, const auto&) {
    Out* to = reinterpret_cast<Out*>(run);
    for (int64_t x = 0; x < width; ++x) to[x] = static_cast<Out>(value(i++));
  });
}

/// Results in double as float32 or float64; every NaN as the one quiet NaN.
template <class F>
void write_real(const MutableView& out, F&& value) {
  const auto canonical = [&](int64_t i) {
    const double v = value(i);
    return v != v ? std::numeric_limits<double>::quiet_NaN() : v;
  };
  if (out.dtype == DType::f32)
    write_results<float>(out, canonical);
  else
    write_results<double>(out, canonical);
}

}  // namespace parfocal::reduction
