#pragma once
/// Where the planes of images lie, in whatever files and order: OME-TIFF lists that plane by plane.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace parfocal {

/// Planes that follow each other, on pages that do.
struct PlaneRun {
  int64_t plane = 0;
  int64_t count = 0;  ///< -1: as many as the file has pages
  int64_t file = -1;  ///< index into a list of files; -1: the file that says so
  int64_t page = 0;
};

/// As small as the runs are few.
class PlaneMap {
 public:
  bool empty() const { return runs_.empty(); }
  const std::vector<PlaneRun>& runs() const { return runs_; }
  std::vector<PlaneRun>& runs() { return runs_; }
  /// A run of one that goes on where the last one ends becomes part of it.
  void add(const PlaneRun& run) {
    if (run.count == 0) return;
    if (!runs_.empty() && joins(runs_.back(), run))
      runs_.back().count += run.count;
    else
      runs_.push_back(run);
  }
  /// Sorts and joins; the first plane that is listed twice, or -1. \pre all counts are known
  int64_t sort() {
    std::stable_sort(runs_.begin(), runs_.end(),
                     [](const PlaneRun& a, const PlaneRun& b) { return a.plane < b.plane; });
    std::vector<PlaneRun> old = std::move(runs_);
    runs_.clear();
    for (const PlaneRun& run : old) {
      if (!runs_.empty() && runs_.back().plane + runs_.back().count > run.plane) return run.plane;
      add(run);
    }
    runs_.shrink_to_fit();
    return -1;
  }
  /// The place of one plane, as a run of one; nullopt if it is listed nowhere. \pre sorted
  std::optional<PlaneRun> find(int64_t plane) const {
    auto run = std::upper_bound(runs_.begin(), runs_.end(), plane,
                                [](int64_t p, const PlaneRun& r) { return p < r.plane; });
    if (run == runs_.begin() || plane >= (--run)->plane + run->count) return std::nullopt;
    return PlaneRun{plane, 1, run->file, run->page + plane - run->plane};
  }

 private:
  static bool joins(const PlaneRun& a, const PlaneRun& b) {
    return a.count > 0 && b.count > 0 && a.file == b.file && a.plane + a.count == b.plane &&
           a.page + a.count == b.page;
  }
  std::vector<PlaneRun> runs_;
};

}  // namespace parfocal
