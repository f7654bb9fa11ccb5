#pragma once
/// The gates by which a measurement chose its events while it ran, from the attributes of an .rtdc
/// file: `online_filter:<feature> min | max | soft limit` and `online_contour:bin area min`.
/// \source dcnum 0.31.0, feat/gate.py

#include <limits>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/attributes.h"

namespace parfocal {

/// One line of the port `gates`; a limit that is not stated is NaN.
struct OnlineGate {
  std::string feature;  ///< "pixels": events have more pixels than `least`
  double least = std::numeric_limits<double>::quiet_NaN();
  double most = std::numeric_limits<double>::quiet_NaN();
};

struct OnlineGates {
  /// The first is always "pixels", which only `least` is stated of, if anything; then by name.
  std::vector<OnlineGate> gates;
  std::vector<std::string> notices;  ///< attributes that are no gate
};

/// Hard gates only: those whose attribute `soft limit` is there and false. `where` names the file.
/// \throws Error(input_missing) for a polygon gate, and for a limit that is no number
OnlineGates read_online_gates(const Attributes& attributes, const std::string& where);

}  // namespace parfocal
