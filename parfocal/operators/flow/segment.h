#pragma once
/// Parameters of segment_below_background and of the map that it expands into.

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"

namespace parfocal::flow {

struct SegmentParams {
  double threshold = -6;
  bool clear_border = true;
  bool fill_holes = true;
  int64_t open_radius = 2;
  bool skip_repeats = true;  ///< of the recipe only
};

inline constexpr int64_t kMostOpenRadius = 50;

inline void check_threshold(const SegmentParams& p, const Connections& = {}) {
  if (!(p.threshold < 0))
    fail_layout("the threshold must be below the background", std::to_string(p.threshold),
                "a negative number", "write threshold: -6");
}

template <class P>
Parameters<P> with_segment_params(Parameters<P> params) {
  params
      .add("threshold", &P::threshold,
           "grey levels relative to the background, negative: objects are darker than that")
      .defaults("-6")
      .add("clear_border", &P::clear_border, "drop objects that touch the edge of the image")
      .defaults("true")
      .add("fill_holes", &P::fill_holes,
           "fill holes by flooding the background from the top left corner; row 0 and the pixels "
           "beside the corner become background first")
      .defaults("true")
      .add("open_radius", &P::open_radius,
           "opening with the disk x^2 + y^2 <= radius^2, 0 for none (dcnum's closing_disk)")
      .at_least(0)
      .at_most(kMostOpenRadius)
      .defaults("2");
  return params;
}

/// The inputs: image, background and, optional, the offset of the background.
std::vector<InputPort> segment_inputs();
inline constexpr size_t kSegmentOffset = 2;  ///< port

/// Throws Error unless `inputs` are planes of one size and type, with one number for offset.
void check_segment_inputs(const std::string& op, std::span<const PortLayout> inputs);
/// \throws Error if something else than one number a frame is connected as the background's offset
void check_offset(std::span<const PortLayout> inputs, size_t port);

}  // namespace parfocal::flow
