#include "parfocal/graph/input_cures.h"

#include <algorithm>
#include <set>

#include "parfocal/graph/known_items.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

using Shape = ItemFacts::Shape;

const std::vector<DType> kMasks{DType::boolean}, kLabels{DType::u16, DType::u32},
    kMasksOrLabels{DType::boolean, DType::u16, DType::u32};
const ItemFacts kLabelImages{kLabels, Shape::image};

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

// mask.threshold is mask_threshold
std::string as_name(std::string ref) {
  std::replace(ref.begin(), ref.end(), '.', '_');
  return ref;
}

std::string step_text(const std::string& id, const std::string& what, const std::string& from) {
  return "{id: " + id + ", op: " + what + ", from: " + from + "}";
}

std::string written(const WrongInput& input, const std::string& id) {
  const std::string main = input.key == "from" ? "" : "from: " + input.main + ", ";
  return "write " + main + input.key + ": " + id;
}

// Steps to add, and the id of the last one.
struct Added {
  std::string steps, id;
};

Added cast_step(const Pipeline& pipeline, const std::string& from, DType dtype) {
  const std::string id = free_id(pipeline, as_name(from) + "_" + brief(dtype));
  return {step_text(id, "cast", from + ", dtype: " + std::string(dtype_name(dtype))), id};
}
Added label_steps(const Pipeline& pipeline, const WrongInput& input) {
  const std::string mask = free_id(pipeline, "mask"), cells = free_id(pipeline, "cells");
  if (input.given.dtypes == kMasks) return {step_text(cells, "label", input.from), cells};
  return {step_text(mask, "threshold", input.from) + ", " + step_text(cells, "label", mask), cells};
}

std::string added(const Added& made, const WrongInput& input) {
  return "add before it " + made.steps + " and " + written(input, made.id);
}

// Whether numbers of objects come out of it, in whatever type.
bool numbers_objects(const Pipeline& pipeline, const std::string& step) {
  const StepSpec* by = maker_of(pipeline, step);
  const OperatorInfo* info = by ? operators().find(by->op) : nullptr;
  return info && (info->family == "objects" || info->family == "flow");
}

// Masks are made by thresholds, labels of masks; a cast would make neither.
std::string dtype_cure(const Pipeline& pipeline, const WrongInput& input,
                       const std::vector<DType>& needed) {
  const bool is_mask = input.given.dtypes == kMasks;
  if (needed == kMasks || (needed == kMasksOrLabels && !is_mask)) {
    const std::string mask = free_id(pipeline, "mask");
    const std::string step = parse_port_ref(input.from, {}).step;
    const bool labels = numbers_objects(pipeline, step);
    const std::string values = labels ? ", method: value, value: 0" : "";
    const std::string stored = maker_of(pipeline, step)
                                   ? ""
                                   : "; where it is a mask of 0 and 1, " +
                                         step_text(mask, "cast", input.from + ", dtype: bool") +
                                         " in its place";
    return added({step_text(mask, "threshold", input.from + values), mask}, input) + stored;
  }
  if (needed == kLabels && is_mask) return added(label_steps(pipeline, input), input);
  if (needed == kLabels)
    return "of an image, number the objects: " + added(label_steps(pipeline, input), input) +
           "; of labels change the type: " +
           added(cast_step(pipeline, input.from, DType::u32), input);
  return added(cast_step(pipeline, input.from, is_mask ? needed.front() : needed.back()), input);
}

// The steps that `step` was made of, itself too.
std::set<std::string> makers_of(const Pipeline& pipeline, const std::string& step) {
  std::set<std::string> makers;
  std::vector<std::string> open{step};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    if (!makers.insert(next).second) continue;
    if (const StepSpec* spec = pipeline.find_step(next))
      for (const auto& [port, ref] : spec->inputs) open.push_back(ref.step);
  }
  return makers;
}

bool makes_table(const StepSpec& step) {
  const OperatorInfo* info = operators().find(step.op);
  return info && !info->outputs.empty() && info->outputs[0].kind == PortKind::table;
}

// The last step above `user` ("": of all) that `wanted` says yes to; "" where there is none.
template <class F>
std::string last_step(const Pipeline& pipeline, const std::string& user, F&& wanted) {
  std::string found;
  for (const StepSpec& step : pipeline.steps) {
    if (step.id == user) break;
    if (wanted(step)) found = step.id;
  }
  return found;
}

// A step whose first output surely is `needed`, made of what `from` is or the other way round.
std::string in_line(const Pipeline& pipeline, const std::string& user, const std::string& from,
                    const ItemFacts& needed) {
  const KnownItems known(pipeline);
  const std::string start = parse_port_ref(from, {}).step;
  const std::set<std::string> makers = makers_of(pipeline, start);
  return last_step(pipeline, user, [&](const StepSpec& step) {
    return known.of({step.id, "", {}}).surely_meets(needed) && numbers_objects(pipeline, step.id) &&
           (makers.contains(step.id) || makers_of(pipeline, step.id).contains(start));
  });
}

// The last image, no label image, that the number `from` was made of.
std::string image_of(const Pipeline& pipeline, const std::string& from, const ItemFacts& needed) {
  const KnownItems known(pipeline);
  const std::set<std::string> makers = makers_of(pipeline, parse_port_ref(from, {}).step);
  const std::string found = last_step(pipeline, "", [&](const StepSpec& step) {
    const ItemFacts facts = known.of({step.id, "", {}});
    return makers.contains(step.id) && facts.shape == Shape::image && facts.may_meet(needed) &&
           !facts.surely_meets(kLabelImages);
  });
  return found.empty() ? "source" : found;
}

// The same input, of the image that its number was made of.
WrongInput of_image(const Pipeline& pipeline, const WrongInput& input) {
  if (input.given.shape != Shape::number) return input;
  WrongInput instead = input;
  instead.from = image_of(pipeline, input.from, {});
  instead.given = KnownItems(pipeline).of({instead.from, "", {}});
  return instead;
}

// All of `labels`, `key` with another step.
std::string labels_text(const SinkSpec& sink, const std::string& key, const std::string& id) {
  const std::string prefix = "labels.";
  std::string text;
  for (const auto& [name, ref] : sink.inputs)
    if (name.starts_with(prefix))
      text += (text.empty() ? "" : ", ") + name.substr(prefix.size()) + ": " +
              (name == key ? id : port_ref_text(ref));
  return "write labels: {" + text + "}";
}

std::string rows_cure(const Pipeline& pipeline, const WrongInput& input) {
  const std::string step = parse_port_ref(input.from, {}).step;
  const std::string table = last_step(pipeline, "", [&](const StepSpec& s) {
    return makes_table(s) && makers_of(pipeline, s.id).contains(step);
  });
  if (!table.empty() && step != "source") return "write from: " + table;
  if (input.given.dtypes.empty() || !input.given.surely_meets(kLabelImages))
    return "write {type: ome_zarr, from: " + input.from + ", path: " + as_name(input.from) +
           ".ome.zarr}";
  const std::string id = free_id(pipeline, "objects");
  return "add to steps " + step_text(id, "measure", input.from) + " and write from: " + id;
}

}  // namespace

std::string input_cure(const Pipeline& pipeline, const std::string& user, const WrongInput& input,
                       const ItemFacts& needed) {
  if (needed.dtypes == kLabels)
    if (const std::string id = in_line(pipeline, user, input.from, kLabelImages); !id.empty())
      return written(input, id);
  if (input.given.shape == Shape::number && needed.shape == Shape::image) {
    const std::string image = image_of(pipeline, input.from, needed);
    const bool to_make = needed.dtypes == kLabels || needed.dtypes == kMasks;
    return image == "source" && to_make
               ? dtype_cure(pipeline, of_image(pipeline, input), needed.dtypes)
               : written(input, image);
  }
  return dtype_cure(pipeline, input, needed.dtypes);
}

const StepSpec* maker_of(const Pipeline& pipeline, const std::string& step) {
  const StepSpec* by = pipeline.find_step(step);
  for (size_t ways = 0; by && ways <= pipeline.steps.size(); ++ways) {
    const OperatorInfo* info = operators().find(by->op);
    if (!info || (info->family != "layout" && info->name != "cast") || by->inputs.empty()) break;
    by = pipeline.find_step(by->inputs[0].second.step);
  }
  return by;
}

std::string label_cure(const Pipeline& pipeline, const WrongInput& input) {
  return added(label_steps(pipeline, input), input);
}

std::string connected_cure(const Pipeline& pipeline, const WrongInput& input,
                           const std::string& cure) {
  const std::string begin = "add a step before: {op: cast, dtype: ";
  const size_t end = cure.find('}');
  if (!cure.starts_with(begin) || end == cure.npos) return cure;
  const auto dtype = parse_dtype(cure.substr(begin.size(), end - begin.size()));
  return dtype ? added(cast_step(pipeline, input.from, *dtype), input) : cure;
}

std::string sink_input_cure(const Pipeline& pipeline, const SinkSpec& sink, const WrongInput& input,
                            const ItemFacts& needed) {
  const bool of_labels = input.key.starts_with("labels.");
  if (of_labels || needed.dtypes == kLabels) {
    const auto named = [&](const std::string& id) {
      return of_labels ? labels_text(sink, input.key, id) : "write " + input.key + ": " + id;
    };
    const std::string id = in_line(pipeline, "", input.from, kLabelImages);
    if (!id.empty()) return named(id);
    const Added made = label_steps(pipeline, of_image(pipeline, input));
    return "add to steps " + made.steps + " and " + named(made.id);
  }
  if (needed.shape == Shape::number)
    return sink.inputs.front().first == input.key
               ? rows_cure(pipeline, input)
               : "write " + input.key + ": a step that makes one number per frame";
  if (!input.given.shapes_meet(needed))
    return "write {type: table, from: " + input.from + ", path: " + as_name(input.from) + ".csv}";
  const Added made = cast_step(pipeline, input.from, DType::i32);
  return "add to steps " + made.steps + " and write " + input.key + ": " + made.id;
}

}  // namespace parfocal
