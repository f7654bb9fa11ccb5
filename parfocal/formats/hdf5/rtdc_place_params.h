#pragma once
/// The parameters that the sinks of .rtdc files share: where the file goes and where its frames
/// are.

#include <string>

#include "parfocal/core/operator_info.h"

namespace parfocal {

struct RtdcPlaceParams {
  std::string path;
  std::string input;
  std::string change;
  std::string published;
  bool compress = true;
};

/// Parameters of a sink whose struct P has RtdcPlaceParams as its base; `change`: it can replace
/// the background in a copy of a file.
template <class P>
Parameters<P> rtdc_place_params(bool change) {
  Parameters<P> params;
  params
      .add("path", static_cast<std::string P::*>(&P::path),
           "file below the output folder, e.g. events.rtdc")
      .required()
      .add("compress", static_cast<bool P::*>(&P::compress), "zstd level 5, or only checksums")
      .defaults("true")
      .add("input", static_cast<std::string P::*>(&P::input),
           "the .rtdc file of the frames: a recording of this run, below the output folder, or an "
           "absolute path; default: the source's");
  if (change)
    params.add("change", static_cast<std::string P::*>(&P::change),
               "an .rtdc file that is copied with all it holds, and only its background replaced");
  params.add("published", static_cast<std::string P::*>(&P::published),
             "where the file will stand; default: where it is written");
  return params;
}

/// \throws Error(invalid_pipeline) if a sink has some inputs of a background series, but not all.
inline void check_series(bool series, bool steps, bool index) {
  if (series != index || series != steps)
    fail_layout("sink rtdc_events needs series, steps and index together", "some of them",
                "the backgrounds, how many there are, and which one each frame has",
                "write series: <background>.series, steps: <background>.steps, "
                "index: <background>.index");
}

}  // namespace parfocal
