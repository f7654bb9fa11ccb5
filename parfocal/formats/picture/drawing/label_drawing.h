#pragma once
/// Label images (0 = ground, each other value an object) in colours on a picture.

#include <cstdint>
#include <vector>

#include "parfocal/core/view.h"
#include "parfocal/formats/picture/drawing/canvas.h"

namespace parfocal {

/// The colour of an object: by its number alone, so that it is the same in every picture; hues of
/// numbers that follow each other lie a golden ratio of the circle apart.
Colour label_colour(uint64_t label);

/// All of these take a plane (y x) of an integer type whose region has the canvas' size; values
/// below 1 are ground.

/// Draws the inner boundary of each object: its pixels that have a pixel of another value, ground
/// or object, above, below, left or right of them; as scikit-image's find_boundaries(mode="inner").
void draw_outlines(Canvas& canvas, const View& labels);
/// Draws all pixels of each object; half and half with what is there where `through`.
void draw_filled(Canvas& canvas, const View& labels, bool through);

/// Where the objects of a label image lie. Takes its memory once. Not thread-safe.
class ObjectCentres {
 public:
  static constexpr size_t kMost = size_t{1} << 16;  ///< objects of a picture; others are left out
  static constexpr int64_t kBytes = static_cast<int64_t>(kMost) * (2 * 32 + 4);

  struct Object {
    uint64_t label = 0;
    int64_t pixels = 0, sum_y = 0, sum_x = 0;
    double y() const { return static_cast<double>(sum_y) / static_cast<double>(pixels); }
    double x() const { return static_cast<double>(sum_x) / static_cast<double>(pixels); }
  };

  ObjectCentres();
  /// Forgets what it found before, and finds all objects of `labels`.
  void find(const View& labels);
  /// f(object), in the order of their first pixels.
  template <class F>
  void for_each(F&& f) const {
    for (const uint32_t slot : used_) f(slots_[slot]);
  }

 private:
  void add(uint64_t label, int64_t y, int64_t x, int64_t pixels);

  std::vector<Object> slots_;  // by a hash of the label; at most half of them are used
  std::vector<uint32_t> used_;
};

/// Writes the number of each object at its centre, on a canvas `zoom` times as large as the labels.
void draw_numbers(Canvas& canvas, const ObjectCentres& centres, int64_t zoom);

}  // namespace parfocal
