#include "possible_images.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/planner/plan.h"

namespace parfocal::cli {
namespace {

/// How long axes are: what fails for sizes that are not known fails for some of these only.
struct Sizes {
  const char *first, *others, *pixels;
};
constexpr Sizes kSizes[] = {
    {"2", "2", "64"}, {"2", "2", "32768"}, {"2", "32768", "64"}, {"1099511627776", "2", "64"}};
constexpr const char* kDTypes[] = {"uint8", "uint16",  "uint32",  "int16",
                                   "int32", "float32", "float64", "bool"};

/// The axes that images may have: those that are told, or many.
std::vector<std::string> possible_axes(const SourceSpec& source) {
  const RawValue* axes = source.type == "files" ? source.params.find("axes") : nullptr;
  if (axes && axes->text != "auto") return {axes->text};
  return {"tyx", "yx", "zyx", "cyx", "tczyx", "ptczyx"};
}

RawValue size_of(const std::string& axes, const Sizes& sizes, const RawValue* told) {
  RawValue size = RawValue::map();
  for (size_t i = 0; i < axes.size(); ++i) {
    const std::string name(1, axes[i]);
    const RawValue* given = told && i > 0 ? told->find(name) : nullptr;
    const char* length = i + 2 >= axes.size() ? sizes.pixels : i == 0 ? sizes.first : sizes.others;
    size.set(name, RawValue::scalar(given ? given->text : length));
  }
  return size;
}

/// A scale of every axis: images may have one.
RawValue scale_of(const std::string& axes, const RawValue* told) {
  RawValue scale = told ? *told : RawValue::map();
  for (const char axis : axes) {
    const std::string name(1, axis);
    if (scale.find(name) || (axis != 'x' && axis != 'y' && axis != 'z' && axis != 't')) continue;
    scale.set(name, RawValue::scalar(axis == 't' ? "1 s" : "1 um"));
  }
  return scale;
}

/// Names of channels are those of the files.
void forget_names(Pipeline& pipeline) {
  for (StepSpec& step : pipeline.steps) {
    const bool named = step.op == "select" && step.params.find("name");
    if (!named || step.params.find("index")) continue;
    std::erase_if(step.params.entries, [](const auto& entry) { return entry.first == "name"; });
    step.params.key_places.clear();
    step.params.set("index", RawValue::scalar("0"));
  }
}

/// Why these images cannot be processed. What they cost is another question.
std::optional<Error> fault_for(const Pipeline& pipeline) {
  PlanOptions options;
  options.minimum = true;
  try {
    (void)make_plan(pipeline, options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_pipeline) return error;
  }
  return std::nullopt;
}

using Faults = std::vector<Error>;

bool has(const Faults& faults, const Error& one) {
  return std::any_of(faults.begin(), faults.end(), [&](const Error& other) {
    const Issue &a = other.issues()[0], &b = one.issues()[0];
    return a.what == b.what && a.where == b.where && a.needed == b.needed;
  });
}

/// The faults of images of these axes and sizes by type; none if one of them has none.
Faults faults_of(Pipeline& trial, const std::string& axes, const Sizes& sizes,
                 const SourceSpec& source) {
  Faults faults;
  for (const char* dtype : kDTypes) {
    if (dtype == std::string_view("bool") && source.type == "files") continue;
    trial.source.params = RawValue::map();
    trial.source.params.place = source.params.place;
    trial.source.params.set("dtype", RawValue::scalar(dtype));
    trial.source.params.set("size", size_of(axes, sizes, source.params.find("sizes")));
    trial.source.params.set("scale", scale_of(axes, source.params.find("scale")));
    const auto fault = fault_for(trial);
    if (!fault) return {};
    faults.push_back(*fault);
  }
  return faults;
}

}  // namespace

std::optional<Error> fault_for_any_images(const Pipeline& pipeline) {
  const SourceInfo* info = sources().find(pipeline.source.type);
  const bool images_only = pipeline.source.type == "files" || pipeline.source.type == "ome_zarr";
  if (!info || !images_only || !info->ports.empty() || pipeline.source.params.find("labels"))
    return std::nullopt;
  Pipeline trial = pipeline;
  trial.source.type = "generator";
  forget_names(trial);
  // A fault of the sizes, or what it needs, is another for others; types may fail each in a way of
  // its own.
  Faults common;
  for (const std::string& axes : possible_axes(pipeline.source))
    for (const Sizes& sizes : kSizes) {
      const Faults faults = faults_of(trial, axes, sizes, pipeline.source);
      if (common.empty()) common = faults;
      std::erase_if(common, [&](const Error& fault) { return !has(faults, fault); });
      if (common.empty()) return std::nullopt;
    }
  return common[0];
}

}  // namespace parfocal::cli
