#include "parfocal/operators/objects/measure_columns.h"

#include <algorithm>
#include <limits>

namespace parfocal::objects {
namespace {

using enum Column::Type;

// Micrometres of one step along `axis`; 0 without a scale in a unit of length.
double um_per_step(const Axis& axis) {
  const auto factor = axis.unit.empty() ? std::nullopt : unit_factor(axis.unit, "um");
  return factor && axis.scale > 0 ? axis.scale * *factor : 0;
}

class Builder {
 public:
  Builder(const Layout& labels, const Layout* intensity) : intensity_(intensity) {
    y_ = labels.item[0].name;
    x_ = labels.item[1].name;
    result_.um_per_row = um_per_step(labels.item[0]);
    result_.um_per_column = um_per_step(labels.item[1]);
    scaled_ = result_.um_per_row > 0 && result_.um_per_column > 0;
    add(Measurand::label, {"label", "", integer});
  }
  void add_property(const std::string& name) {
    if (name == "area") area();
    if (name == "bbox") bbox();
    if (name == "centroid") centroid();
    if (name.starts_with("intensity_")) intensities(name);
  }
  MeasureColumns take() { return std::move(result_); }

 private:
  void add(Measurand measurand, Column column) {
    const auto& known = result_.measurands;
    if (std::find(known.begin(), known.end(), measurand) != known.end()) return;
    result_.measurands.push_back(measurand);
    result_.columns.push_back(std::move(column));
  }
  void area() {
    add(Measurand::area, {"area", "px", integer});
    if (scaled_) add(Measurand::area_um2, {"area_um2", "um2", real});
  }
  void bbox() {
    add(Measurand::bbox_min_y, {"bbox_min_" + y_, "px", integer});
    add(Measurand::bbox_min_x, {"bbox_min_" + x_, "px", integer});
    add(Measurand::bbox_max_y, {"bbox_max_" + y_, "px", integer});
    add(Measurand::bbox_max_x, {"bbox_max_" + x_, "px", integer});
  }
  void centroid() {
    add(Measurand::centroid_y, {"centroid_" + y_, "px", real});
    add(Measurand::centroid_x, {"centroid_" + x_, "px", real});
    if (!scaled_) return;
    add(Measurand::centroid_y_um, {"centroid_" + y_ + "_um", "um", real});
    add(Measurand::centroid_x_um, {"centroid_" + x_ + "_um", "um", real});
  }
  void intensities(const std::string& name) {
    result_.intensity = true;
    const Column::Type own = is_float(intensity_->dtype) ? real : integer;
    if (name == "intensity_mean") add(Measurand::intensity_mean, {name, "", real});
    if (name == "intensity_min") add(Measurand::intensity_min, {name, "", own});
    if (name == "intensity_max") add(Measurand::intensity_max, {name, "", own});
    if (name != "intensity_sum") return;
    // Exact in 64 bits: an object is at most the frame.
    if (own == integer && intensity_->item_count() > (int64_t{1} << 31))
      fail_layout("intensity_sum could exceed 64 bits", intensity_->str(),
                  "at most 2^31 pixels a frame", "crop the frames");
    add(Measurand::intensity_sum, {name, "", own});
  }

  const Layout* intensity_;
  std::string y_, x_;
  bool scaled_ = false;
  MeasureColumns result_;
};

}  // namespace

const std::vector<std::string>& measure_properties() {
  static const std::vector<std::string> names = {"label",         "area",           "bbox",
                                                 "centroid",      "intensity_mean", "intensity_min",
                                                 "intensity_max", "intensity_sum"};
  return names;
}

void check_intensity(const std::vector<std::string>& properties, bool intensity) {
  const auto needs = [](const std::string& name) { return name.starts_with("intensity_"); };
  const auto first = std::find_if(properties.begin(), properties.end(), needs);
  if (!intensity && first != properties.end())
    fail_layout("measure needs an image for " + *first, "no intensity input",
                "the image to measure", "add intensity: source, or the id of a step");
}

MeasureColumns measure_columns(const std::vector<std::string>& properties, const Layout& labels,
                               const Layout* intensity) {
  check_intensity(properties, intensity != nullptr);
  Builder builder(labels, intensity);
  for (const std::string& name : properties) builder.add_property(name);
  return builder.take();
}

}  // namespace parfocal::objects
