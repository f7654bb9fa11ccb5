#pragma once
/// The features of one event, by dcnum's names, and the gates on them.

#include <array>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/core/parameters.h"
#include "parfocal/core/table.h"

namespace parfocal::flow {

/// In the order of the table's columns. Groups follow each other.
enum class Feature : uint8_t {
  area_msd,
  area_ratio,
  area_um,
  area_um_raw,
  aspect,
  deform,
  deform_raw,
  eccentr_prnc,
  inert_ratio_cvx,
  inert_ratio_prnc,
  inert_ratio_raw,
  per_ratio,
  per_um_raw,
  pos_x,
  pos_y,
  size_x,
  size_y,
  tilt,
  volume,
  bg_med,
  bright_avg,
  bright_bc_avg,
  bright_bc_sd,
  bright_perc_10,
  bright_perc_90,
  bright_sd,
  tex_asm_avg,  ///< the first of 22: mean and range of kernels::Texture, in its order
};
inline constexpr int kFeatures = static_cast<int>(Feature::tex_asm_avg) + 22;

/// What can be switched off; `contour` never is.
enum class FeatureGroup : uint8_t { contour, volume, brightness, haralick };
struct FeatureGroups {
  bool volume = true, brightness = true, haralick = true;
  bool has(FeatureGroup group) const;
};

FeatureGroup group_of(int feature);
/// Column of each feature: dcnum's name, the unit, real.
const std::array<Column, kFeatures>& feature_columns();

/// The numbers of one event; NaN where a feature is not defined or not computed.
using FeatureValues = std::array<double, kFeatures>;
inline double& at(FeatureValues& values, Feature f) { return values[static_cast<size_t>(f)]; }
inline double at(const FeatureValues& values, Feature f) { return values[static_cast<size_t>(f)]; }

/// A condition that an event must meet: "area_um >= 20". NaN meets none.
struct Gate {
  enum class Compare : uint8_t { at_least, at_most, above, below };
  std::string feature;
  Compare compare = Compare::at_least;
  double limit = 0;
  bool passes(double value) const;
};

/// A gate bound to its feature.
struct BoundGate {
  int feature;
  Gate gate;
};
/// \throws Error for a feature that does not exist or is not computed
std::vector<BoundGate> bind_gates(const std::vector<Gate>& gates, const FeatureGroups& groups);

/// Gates that come with the frames: row i of `gate=... limit=2` are the limits of the feature that
/// label i of axis `gate` names, NaN where there is none. Both are inclusive. "pixels" is no
/// feature: events have more pixels than its least.
class OnlineGates {
 public:
  /// \throws Error for a layout that is none, and as bind_gates
  OnlineGates(const Layout& layout, const FeatureGroups& groups);
  bool pass(FeatureGroup group, const FeatureValues& values, const double* limits) const;
  /// Objects of that many pixels or fewer are no events; `otherwise` where the file does not say.
  double min_pixels(const double* limits, double otherwise) const;

 private:
  struct Row {
    int feature;
    size_t row;
  };
  std::vector<Row> rows_;
  int pixels_ = -1;
};

}  // namespace parfocal::flow

namespace parfocal {

template <>
struct ParamTraits<flow::Gate> {
  static std::string type_name() { return "gate"; }
  static std::optional<std::string> parse(const RawValue& raw, flow::Gate& out);
};

}  // namespace parfocal
