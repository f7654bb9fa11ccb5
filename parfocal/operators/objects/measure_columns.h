#pragma once
/// Which columns `measure` writes, known when the step is bound.

#include <string>
#include <vector>

#include "parfocal/core/operator_info.h"

namespace parfocal::objects {

/// One number of an object.
enum class Measurand : uint8_t {
  label,
  area,
  area_um2,
  bbox_min_y,
  bbox_min_x,
  bbox_max_y,
  bbox_max_x,
  centroid_y,
  centroid_x,
  centroid_y_um,
  centroid_x_um,
  intensity_mean,
  intensity_min,
  intensity_max,
  intensity_sum,
};

struct MeasureColumns {
  std::vector<Measurand> measurands;  ///< in the order of `columns`
  std::vector<Column> columns;
  double um_per_row = 0, um_per_column = 0;  ///< 0 = no scale known
  bool intensity = false;                    ///< some column is of intensities
};

/// The names that a person may list, label first.
const std::vector<std::string>& measure_properties();

/// Columns for `properties` of labels with layout `labels`: label first, then the properties as
/// listed, vectors by axis (as scikit-image's table, axes by name: centroid_y), physical ones
/// beside where both axes have a scale in a unit of length. `intensity` is nullptr without that
/// input. \throws Error if a property needs intensities that are not there
/// \throws Error if a property needs an image and there is none
void check_intensity(const std::vector<std::string>& properties, bool intensity);
MeasureColumns measure_columns(const std::vector<std::string>& properties, const Layout& labels,
                               const Layout* intensity);

}  // namespace parfocal::objects
