#include "parfocal/kernels/object_choice.h"

#include <algorithm>

namespace parfocal::kernels {

void object_sizes(Plane<const uint32_t> labels, uint32_t count, uint32_t* table) noexcept {
  std::fill_n(table, size_t{count} + 1, 0U);
  for (int64_t y = 0; y < labels.height; ++y) {
    const uint32_t* row = labels.row(y);
    for (int64_t x = 0; x < labels.width;) {  // run by run: neighbours would wait for each other
      int64_t end = x + 1;
      while (end < labels.width && row[end] == row[x]) ++end;
      table[row[x]] += static_cast<uint32_t>(end - x);
      x = end;
    }
  }
}

void inner_objects(Plane<const uint32_t> labels, uint32_t count, uint32_t* table) noexcept {
  std::fill_n(table, size_t{count} + 1, 0U);
  const int64_t right = labels.width - 1, bottom = labels.height - 1;
  for (int64_t y = 1; y < bottom; ++y)
    for (int64_t x = 1; x < right; ++x) table[labels.row(y)[x]] = 1;
  for_each_edge_pixel(labels, [table](uint32_t label) { table[label] = 0; });
}

uint32_t number_those_that_stay(uint32_t count, uint32_t* table) noexcept {
  table[0] = 0;
  uint32_t next = 0;
  for (uint32_t label = 1; label <= count; ++label) table[label] = table[label] ? ++next : 0;
  return next;
}

}  // namespace parfocal::kernels
