#include "parfocal/kernels/rank_filter.h"

namespace parfocal::kernels {
namespace {

// Up to so many pixels a network costs less than counting, or than sorting pixel by pixel.
constexpr int64_t kMostOfSmallTypes = 100;
constexpr int64_t kMostOfLargeTypes = 400;

bool is_rectangle(const std::vector<Chord>& chords) {
  for (size_t k = 1; k < chords.size(); ++k)
    if (chords[k].begin != chords[0].begin || chords[k].end != chords[0].end ||
        chords[k].row != chords[k - 1].row + 1)
      return false;
  return true;
}

}  // namespace

RankSearch::RankSearch(Footprint footprint, int64_t rank, size_t element_bytes)
    : chords_(footprint.chords, footprint.chords + footprint.count),
      rank_(rank),
      pixels_(footprint_pixels(footprint)),
      reach_(footprint_reach(footprint)) {
  const bool small_type = element_bytes <= 2;
  if (pixels_ > (small_type ? kMostOfSmallTypes : kMostOfLargeTypes)) {
    way_ = small_type ? Way::counting : Way::sorting;
    return;
  }
  const auto at = static_cast<size_t>(rank);
  if (is_rectangle(chords_)) {
    way_ = Way::box;
    column_sort_ = sorting_network(static_cast<size_t>(rows()));
    network_ = selection_network(static_cast<size_t>(columns()), static_cast<size_t>(rows()), at);
  } else {
    way_ = Way::pixels;
    network_ = selection_network(static_cast<size_t>(pixels_), 1, at);
  }
}

}  // namespace parfocal::kernels
