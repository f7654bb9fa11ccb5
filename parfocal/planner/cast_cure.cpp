#include "parfocal/planner/cast_cure.h"

#include <algorithm>

namespace parfocal::planning {
namespace {

// An id that no step has.
std::string free_id(const Pipeline& pipeline, const std::string& wanted) {
  std::string id = wanted;
  for (int n = 2; id == "source" || pipeline.find_step(id); ++n)
    id = wanted + "_" + std::to_string(n);
  return id;
}

// uint8 is u8
std::string brief(DType dtype) {
  const std::string name(dtype_name(dtype));
  return name.substr(0, 1) + name.substr(std::min(name.find_first_of("0123456789"), name.size()));
}

std::string step_text(const std::string& id, const std::string& what, const std::string& from) {
  return "{id: " + id + ", op: " + what + ", from: " + from + "}";
}

std::string added(const std::string& steps, const WrongInput& input, const std::string& id) {
  const std::string main = input.key == "from" ? "" : "from: " + input.main + ", ";
  return "add before it " + steps + " and write " + main + input.key + ": " + id;
}

std::string cast_cure(const Pipeline& pipeline, const WrongInput& input, DType dtype) {
  std::string base = input.from + "_" + brief(dtype);
  std::replace(base.begin(), base.end(), '.', '_');
  const std::string id = free_id(pipeline, base);
  return added("{id: " + id + ", op: cast, from: " + input.from +
                   ", dtype: " + std::string(dtype_name(dtype)) + "}",
               input, id);
}

// The nearest step above that makes labels; "" where none does.
std::string labels_above(const Pipeline& pipeline, const WrongInput& input) {
  std::string nearest;
  for (const StepSpec& step : pipeline.steps) {
    if (step.id == input.step) break;
    if (step.op == "label" || step.op == "segment_below_background") nearest = step.id;
  }
  return nearest;
}

// Masks are made by thresholds, labels of masks; a cast would make neither.
std::string labels_cure(const Pipeline& pipeline, const WrongInput& input) {
  const std::string mask = free_id(pipeline, "mask"), cells = free_id(pipeline, "cells");
  const std::string above = labels_above(pipeline, input);
  std::string known = "write " + input.key + ": " + above + ", the labels made above";
  if (!above.empty() && input.given == DType::i64) return known;  // counts are no image
  known = above.empty() ? "" : known + "; or ";
  const std::string label =
      step_text(cells, "label", input.given == DType::boolean ? input.from : mask);
  if (input.given == DType::boolean) return known + added(label, input, cells);
  const std::string threshold = step_text(mask, "threshold", input.from) + ", ";
  return known + "of an image, number the objects: " + added(threshold + label, input, cells) +
         (above.empty() ? "; of labels change the type: " + cast_cure(pipeline, input, DType::u32)
                        : "");
}

}  // namespace

std::string dtype_cure(const Pipeline& pipeline, const WrongInput& input,
                       const std::vector<DType>& needed) {
  const std::vector<DType> masks{DType::boolean}, labels{DType::u16, DType::u32};
  const std::string mask = free_id(pipeline, "mask");
  if (needed == masks) return added(step_text(mask, "threshold", input.from), input, mask);
  if (needed == labels) return labels_cure(pipeline, input);
  return cast_cure(pipeline, input, input.given == DType::boolean ? needed.front() : needed.back());
}

std::string connected_cure(const Pipeline& pipeline, const WrongInput& input,
                           const std::string& cure) {
  const std::string begin = "add a step before: {op: cast, dtype: ";
  const size_t end = cure.find('}');
  if (!cure.starts_with(begin) || end == cure.npos) return cure;
  const auto dtype = parse_dtype(cure.substr(begin.size(), end - begin.size()));
  return dtype ? cast_cure(pipeline, input, *dtype) : cure;
}

}  // namespace parfocal::planning
