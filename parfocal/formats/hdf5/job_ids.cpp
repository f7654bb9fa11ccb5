#include "parfocal/formats/hdf5/job_ids.h"

#include <algorithm>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/hdf5/frame_selection.h"

namespace parfocal {
namespace {

const LineageStep* last_of(std::span<const LineageStep> lineage, std::string_view prefix) {
  for (auto step = lineage.rbegin(); step != lineage.rend(); ++step)
    if (step->type.starts_with(prefix)) return &*step;
  return nullptr;
}

// As written, else the operator's default, else `otherwise`.
std::string text_param(const LineageStep& step, const std::string& name,
                       const std::string& otherwise) {
  if (const RawValue* given = step.params.find(name)) return given->text;
  const OperatorInfo* info = operators().find(step.type);
  const ParamInfo* param = info ? info->params.find(name) : nullptr;
  return param && !param->default_text.empty() ? param->default_text : otherwise;
}

// As the operator reads it: in `unit` where it has one, else as written.
double number_param(const LineageStep& step, const std::string& name, double otherwise,
                    std::string_view unit = "s") {
  const auto quantity = parse_quantity(text_param(step, name, ""));
  if (!quantity) return otherwise;
  const auto factor = quantity->unit.empty() ? std::nullopt : unit_factor(quantity->unit, unit);
  return quantity->value * factor.value_or(1);
}

bool flag_param(const LineageStep& step, const std::string& name, bool otherwise) {
  return text_param(step, name, otherwise ? "true" : "false") == "true";
}

bool uses_source_port(std::span<const LineageStep> lineage, std::string_view port) {
  if (lineage.empty()) return false;
  const auto& ports = lineage[0].ports;
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

std::string segmenter_id(std::span<const LineageStep> lineage) {
  const LineageStep* step = last_of(lineage, "segment_below_background");
  if (!step) return "parfocal:none";
  return ppid_threshold(number_param(*step, "threshold", -6),
                        flag_param(*step, "clear_border", true),
                        flag_param(*step, "fill_holes", true),
                        static_cast<int64_t>(number_param(*step, "open_radius", 2)));
}

std::string feature_id(std::span<const LineageStep> lineage) {
  const LineageStep* step = last_of(lineage, "flow_features");
  if (!step) return lineage.empty() ? "parfocal:none" : "parfocal:" + lineage.back().type;
  return ppid_features(flag_param(*step, "brightness", true), flag_param(*step, "haralick", true),
                       flag_param(*step, "volume", true));
}

std::string gate_id(std::span<const LineageStep> lineage) {
  const LineageStep* step = last_of(lineage, "flow_features");
  const double least = step ? number_param(*step, "min_pixels", 10) : 0;
  const bool online = uses_source_port(lineage, "gates");
  if (const RawValue* gates = step ? step->params.find("gates") : nullptr)
    return "parfocal:gates=" + gates->str() + (online ? "^online" : "");
  // dcnum names its default here also where the file says otherwise (online_contour:bin area min).
  return ppid_gate(online, static_cast<int64_t>(least));
}

}  // namespace

std::string offset_mode(std::span<const LineageStep> lineage) {
  const LineageStep* step = last_of(lineage, "background_sparse_median");
  return step ? text_param(*step, "offset_correction", "true") : "";
}

bool corrects_offsets(const TableView& steps, std::span<const LineageStep> lineage) {
  const int column = steps.schema ? steps.schema->find("corrected") : -1;
  if (column >= 0 && steps.rows > 0) return steps.column<int64_t>(column)[0] != 0;
  return offset_mode(lineage) != "false";
}

std::string background_id(std::span<const LineageStep> lineage, bool offset_correction) {
  const LineageStep* step = last_of(lineage, "background_");
  if (!step) {
    return uses_source_port(lineage, "background") ? "copy:" : "";
  }
  // dcnum's background is of all frames even where only some are analysed.
  if (!selection_of(lineage).is_all()) return "parfocal:" + step->type;
  if (step->type == "background_rolling_median")
    return ppid_rolling_median(static_cast<int64_t>(number_param(*step, "kernel_size", 100)),
                               10'000);
  if (step->type != "background_sparse_median") return "parfocal:" + step->type;
  return ppid_sparse_median(static_cast<int64_t>(number_param(*step, "kernel_size", 200)),
                            number_param(*step, "split_time", 1),
                            number_param(*step, "thresh_cleansing", 0),
                            number_param(*step, "frac_cleansing", 0.8), offset_correction);
}

PipelineIds job_ids(std::span<const LineageStep> lineage, double pixel_size_um,
                    bool offset_correction) {
  PipelineIds ids;
  ids.data = ppid_data(pixel_size_um, selection_of(lineage).id());
  ids.background = background_id(lineage, offset_correction);
  ids.segmenter = segmenter_id(lineage);
  ids.feature = feature_id(lineage);
  ids.gate = gate_id(lineage);
  return ids;
}

double stated_pixel_size(std::span<const LineageStep> lineage) {
  const LineageStep* step = last_of(lineage, "flow_features");
  return step ? number_param(*step, "pixel_size", 0, "um") : 0;
}

}  // namespace parfocal
