#include "parfocal/kernels/label.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {
namespace {

/// The runs of one row: run i covers columns [bounds[2i], bounds[2i+1]).
struct RowRuns {
  uint32_t* bounds;
  uint32_t* labels;
  int64_t count = 0;
};

struct LabelBuffers {
  uint64_t* packed;
  uint32_t* parents;
  RowRuns above;
  RowRuns here;
};

LabelBuffers take_buffers(ScratchCursor& cursor, int64_t width, int64_t height,
                          Connectivity connectivity) noexcept {
  const auto runs = static_cast<size_t>((width + 1) / 2);
  LabelBuffers buffers;
  buffers.packed = cursor.take<uint64_t>(static_cast<size_t>(packed_words(width) * height));
  buffers.parents =
      cursor.take<uint32_t>(static_cast<size_t>(most_objects(width, height, connectivity)) + 1);
  buffers.above = {cursor.take<uint32_t>(2 * runs), cursor.take<uint32_t>(runs)};
  buffers.here = {cursor.take<uint32_t>(2 * runs), cursor.take<uint32_t>(runs)};
  return buffers;
}

/// Finds the runs of a packed row: a bit of `changes` is set where a pixel differs from the one to
/// its left, so set bits are run starts and ends in turn.
inline int64_t find_runs(const uint64_t* words, int64_t count, uint32_t* bounds) noexcept {
  uint32_t* next = bounds;
  uint64_t carry = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t changes = words[i] ^ ((words[i] << 1) | carry);
    carry = words[i] >> 63;
    while (changes != 0) {
      *next++ = static_cast<uint32_t>(64 * i + std::countr_zero(changes));
      changes &= changes - 1;
    }
  }
  if (carry != 0) *next++ = static_cast<uint32_t>(64 * count);
  return (next - bounds) / 2;
}

inline uint32_t root_of(uint32_t* parents, uint32_t label) noexcept {
  while (parents[label] != label) {
    parents[label] = parents[parents[label]];
    label = parents[label];
  }
  return label;
}

/// Joins two objects under the smaller root, which keeps roots in raster order.
inline uint32_t join(uint32_t* parents, uint32_t a, uint32_t b) noexcept {
  a = root_of(parents, a);
  b = root_of(parents, b);
  if (a > b) std::swap(a, b);
  parents[b] = a;
  return a;
}

/// Gives each run of `here` a provisional label. `reach` is 1 when diagonal neighbours touch.
/// Returns the number of labels in use.
uint32_t label_runs(const RowRuns& above, const RowRuns& here, uint32_t reach, uint32_t* parents,
                    uint32_t used) noexcept {
  int64_t first = 0;
  for (int64_t i = 0; i < here.count; ++i) {
    const uint32_t begin = here.bounds[2 * i];
    const uint32_t end = here.bounds[2 * i + 1];
    while (first < above.count && above.bounds[2 * first + 1] + reach <= begin) ++first;
    uint32_t label = 0;
    for (int64_t j = first; j < above.count && above.bounds[2 * j] < end + reach; ++j) {
      label =
          label == 0 ? root_of(parents, above.labels[j]) : join(parents, label, above.labels[j]);
    }
    if (label == 0) {
      label = ++used;
      parents[label] = label;
    }
    here.labels[i] = label;
  }
  return used;
}

/// Turns parents into final labels, numbered in order of the roots. Returns the number of objects.
uint32_t number_objects(uint32_t* parents, uint32_t used) noexcept {
  uint32_t objects = 0;
  for (uint32_t i = 1; i <= used; ++i) {
    parents[i] = parents[i] == i ? ++objects : parents[parents[i]];
  }
  return objects;
}

/// Writes a row of labels. The provisional label of each run waits in the run's first pixel.
void write_row(const RowRuns& runs, const uint32_t* finals, uint32_t* row, int64_t width) noexcept {
  int64_t x = 0;
  for (int64_t i = 0; i < runs.count; ++i) {
    const int64_t begin = runs.bounds[2 * i];
    const int64_t end = runs.bounds[2 * i + 1];
    const uint32_t label = finals[row[begin]];
    std::fill(row + x, row + begin, 0u);
    std::fill(row + begin, row + end, label);
    x = end;
  }
  std::fill(row + x, row + width, 0u);
}

}  // namespace

size_t label_scratch_bytes(int64_t width, int64_t height, Connectivity connectivity) noexcept {
  ScratchCursor cursor(nullptr);
  take_buffers(cursor, width, height, connectivity);
  return cursor.used_bytes();
}

uint32_t label(Plane<const uint8_t> mask, Connectivity connectivity, Plane<uint32_t> labels,
               void* scratch) noexcept {
  ScratchCursor cursor(scratch);
  LabelBuffers buffers = take_buffers(cursor, mask.width, mask.height, connectivity);
  const int64_t words = packed_words(mask.width);
  const uint32_t reach = connectivity == Connectivity::eight ? 1 : 0;
  pack(mask, buffers.packed);
  uint32_t used = 0;
  for (int64_t y = 0; y < mask.height; ++y) {
    RowRuns& here = buffers.here;
    here.count = find_runs(buffers.packed + y * words, words, here.bounds);
    used = label_runs(buffers.above, here, reach, buffers.parents, used);
    uint32_t* row = labels.row(y);
    for (int64_t i = 0; i < here.count; ++i) row[here.bounds[2 * i]] = here.labels[i];
    std::swap(buffers.above, buffers.here);
  }
  const uint32_t objects = number_objects(buffers.parents, used);
  for (int64_t y = 0; y < mask.height; ++y) {
    RowRuns& here = buffers.here;
    here.count = find_runs(buffers.packed + y * words, words, here.bounds);
    write_row(here, buffers.parents, labels.row(y), mask.width);
  }
  return objects;
}

}  // namespace parfocal::kernels
