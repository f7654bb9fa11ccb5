#include "parfocal/operators/flow/features.h"

#include <algorithm>
#include <cmath>

#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace flow {
namespace {

std::array<Column, kFeatures> made_columns() {
  using enum Column::Type;
  std::array<Column, kFeatures> columns{{
      {"area_msd", "px2", real},      {"area_ratio", "", real},      {"area_um", "um2", real},
      {"area_um_raw", "um2", real},   {"aspect", "", real},          {"deform", "", real},
      {"deform_raw", "", real},       {"eccentr_prnc", "", real},    {"inert_ratio_cvx", "", real},
      {"inert_ratio_prnc", "", real}, {"inert_ratio_raw", "", real}, {"per_ratio", "", real},
      {"per_um_raw", "um", real},     {"pos_x", "um", real},         {"pos_y", "um", real},
      {"size_x", "um", real},         {"size_y", "um", real},        {"tilt", "rad", real},
      {"volume", "um3", real},        {"bg_med", "", real},          {"bright_avg", "", real},
      {"bright_bc_avg", "", real},    {"bright_bc_sd", "", real},    {"bright_perc_10", "", real},
      {"bright_perc_90", "", real},   {"bright_sd", "", real},
  }};
  auto next = static_cast<size_t>(Feature::tex_asm_avg);
  for (const char* name :
       {"asm", "con", "cor", "den", "ent", "f12", "f13", "idm", "sen", "sva", "var"})
    for (const char* of : {"_avg", "_ptp"})
      columns[next++] = {std::string("tex_") + name + of, "", real};
  return columns;
}

std::string switch_of(FeatureGroup group) {
  return group == FeatureGroup::volume       ? "volume"
         : group == FeatureGroup::brightness ? "brightness"
                                             : "haralick";
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (const Column& column : feature_columns()) names.push_back(column.name);
  return names;
}

int find_feature(const std::string& name) {
  for (int f = 0; f < kFeatures; ++f)
    if (feature_columns()[static_cast<size_t>(f)].name == name) return f;
  const auto near = nearest_names(name, feature_names());
  fail_layout("there is no feature '" + name + "' to gate", name, "one of the columns of the table",
              near.empty() ? "see docs/flow-features.md for their names"
                           : "did you mean '" + near[0] + "'?");
}

}  // namespace

bool FeatureGroups::has(FeatureGroup group) const {
  switch (group) {
    case FeatureGroup::contour:
      return true;
    case FeatureGroup::volume:
      return volume;
    case FeatureGroup::brightness:
      return brightness;
    case FeatureGroup::haralick:
      return haralick;
  }
  return false;
}

FeatureGroup group_of(int feature) {
  if (feature < static_cast<int>(Feature::volume)) return FeatureGroup::contour;
  if (feature < static_cast<int>(Feature::bg_med)) return FeatureGroup::volume;
  if (feature < static_cast<int>(Feature::tex_asm_avg)) return FeatureGroup::brightness;
  return FeatureGroup::haralick;
}

const std::array<Column, kFeatures>& feature_columns() {
  static const std::array<Column, kFeatures> columns = made_columns();
  return columns;
}

bool Gate::passes(double value) const {
  switch (compare) {
    case Compare::at_least:
      return value >= limit;
    case Compare::at_most:
      return value <= limit;
    case Compare::above:
      return value > limit;
    case Compare::below:
      return value < limit;
  }
  return false;
}

namespace {

int find_gated(const std::string& name, const FeatureGroups& groups) {
  const int feature = find_feature(name);
  const FeatureGroup group = group_of(feature);
  if (!groups.has(group))
    fail_layout("the gate on " + name + " needs features that are switched off",
                switch_of(group) + ": false", switch_of(group) + ": true",
                "remove the gate, or switch them on");
  return feature;
}

}  // namespace

std::vector<BoundGate> bind_gates(const std::vector<Gate>& gates, const FeatureGroups& groups) {
  std::vector<BoundGate> bound;
  for (const Gate& gate : gates) bound.push_back({find_gated(gate.feature, groups), gate});
  return bound;
}

OnlineGates::OnlineGates(const Layout& layout, const FeatureGroups& groups) {
  if (layout.item.size() != 2 || layout.item[1].size != 2 ||
      static_cast<int64_t>(layout.item[0].labels.size()) != layout.item[0].size)
    fail_layout("these are no gates of a measurement", layout.str(),
                "gate=... limit=2, with the names of the features",
                "write online_gates: source.gates");
  for (size_t row = 0; row < layout.item[0].labels.size(); ++row) {
    const std::string& name = layout.item[0].labels[row];
    if (name == "pixels")
      pixels_ = static_cast<int>(row);
    else if (name != "size_x" && name != "size_y")  // dcnum puts 3 pixels in their place
      rows_.push_back({find_gated(name, groups), row});
  }
}

bool OnlineGates::pass(FeatureGroup group, const FeatureValues& values,
                       const double* limits) const {
  return std::all_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    if (group_of(row.feature) != group) return true;
    const double value = values[static_cast<size_t>(row.feature)];
    const double least = limits[2 * row.row], most = limits[2 * row.row + 1];
    return (std::isnan(least) || value >= least) && (std::isnan(most) || value <= most);
  });
}

double OnlineGates::min_pixels(const double* limits, double otherwise) const {
  const double least = pixels_ < 0 ? otherwise : limits[2 * pixels_];
  return std::isnan(least) ? otherwise : least;
}

}  // namespace flow

std::optional<std::string> ParamTraits<flow::Gate>::parse(const RawValue& raw, flow::Gate& out) {
  using Compare = flow::Gate::Compare;
  static const std::string needed =
      "needs a feature, one of >= <= > <, and a number: 'area_um >= 20'";
  if (raw.text.find("polygon") != std::string::npos || raw.text.find(',') != std::string::npos)
    return "needs gates of one feature each ('area_um >= 20'): polygon gates are not supported";
  const size_t at = raw.text.find_first_of("<>");
  if (raw.kind != RawValue::Kind::scalar || at == std::string::npos || at == 0) return needed;
  const bool equal = raw.text.compare(at + 1, 1, "=") == 0;
  const bool least = raw.text[at] == '>';
  out.feature = raw.text.substr(0, at);
  out.feature.erase(out.feature.find_last_not_of(" \t") + 1);
  out.feature.erase(0, out.feature.find_first_not_of(" \t"));
  out.compare = least ? (equal ? Compare::at_least : Compare::above)
                      : (equal ? Compare::at_most : Compare::below);
  const auto limit = parse_quantity(raw.text.substr(at + (equal ? 2 : 1)));
  if (out.feature.empty() || !limit || !limit->unit.empty()) return needed;
  out.limit = limit->value;
  return std::nullopt;
}

}  // namespace parfocal
