#pragma once
/// Which items become pictures, and under which names.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/picture/picture_params.h"

namespace parfocal {

using Coordinates = std::array<int64_t, kMaxRank>;

class PicturePlaces {
 public:
  /// `root`: the file, or the folder of the pictures. `composite`: all steps of the last stream
  /// axis make one picture. \throws Error(invalid_pipeline) for a step that is not there, and for
  /// several pictures in one file
  PicturePlaces(const PictureParams& params, const Layout& layout, std::filesystem::path root,
                bool composite);

  /// Whether an item is drawn, by its coordinates on the stream axes; `max` is not looked at.
  bool wants(const Coordinates& stream) const;
  /// The same of a plane, by its coordinates on the item axes before y x.
  bool wants_plane(const Coordinates& plane) const;
  std::filesystem::path file(const Coordinates& stream, const Coordinates& plane) const;
  /// Pictures of all items, `max` not looked at; kUnbounded where that is not known.
  int64_t count() const;
  /// Calls f(plane) for all planes of an item that are wanted.
  template <class F>
  void for_each_plane(F&& f) const {
    Coordinates plane{};
    for (int64_t i = 0; i < planes_; ++i) {
      int64_t rest = i;
      for (size_t a = inner_.size(); a-- > 0; rest /= inner_[a].axis.size)
        plane[a] = rest % inner_[a].axis.size;
      if (wants_plane(plane)) f(plane);
    }
  }

 private:
  struct Place {
    Axis axis;
    std::optional<int64_t> only;  ///< `at`
    int64_t every = 1;
    int digits = 1;
    bool wants(int64_t step) const { return only ? step == *only : step % every == 0; }
  };
  static Place place_of(const PictureParams& params, const Axis& axis);
  void require_one() const;

  std::filesystem::path root_;
  bool one_;
  std::vector<Place> outer_, inner_;  // stream axes, item axes before y x
  int64_t planes_ = 1;
};

}  // namespace parfocal
