#pragma once
/// A movie of nuclei that move and divide: bright round blobs on a dark noisy background.
///
/// The image plane is shared out by halving: every cell owns a part of the plane and sits at its
/// middle; when it divides its part is cut in two and the daughters move to the middles of theirs.
/// So nuclei never overlap, the state of any frame is a formula, and the truth (how many, where) is
/// known.

#include <cstdint>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/view.h"

namespace parfocal {

class NucleiMovie {
 public:
  struct Options {
    int64_t height = 0, width = 0, frames = 1;
    int64_t cells = 8;  ///< in the first frame; lowered if the plane has no room for them
    double radius_px = 9;
    uint64_t seed = 1;
  };
  struct Nucleus {
    double y = 0, x = 0, radius_px = 0, brightness = 0;  ///< brightness 0.6..1
  };
  explicit NucleiMovie(const Options& options);
  /// The nuclei of a frame, in a fixed order. Thread-safe.
  std::vector<Nucleus> truth(int64_t frame) const;
  int64_t count(int64_t frame) const;
  /// Draws any region of a frame; integers use about 60 % of an 8-bit or 12-bit range. Thread-safe.
  void draw(int64_t frame, const MutableView& dst) const;
  static constexpr int64_t kMostCells = 4096;

 private:
  struct Cell {
    int64_t born = 0, ends = 0;     // frames [born, ends)
    double y = 0, x = 0;            // its place
    double from_y = 0, from_x = 0;  // the mother's place
    uint64_t key = 0;
  };
  struct Part {
    double y = 0, x = 0, height = 0, width = 0;
  };
  void grow(const Part& part, const Cell& mother, int64_t born, int generation, uint64_t key);
  bool place(const Cell& cell, int64_t frame, Nucleus& nucleus) const;

  Options options_;
  std::vector<Cell> cells_;
};

}  // namespace parfocal
