#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/reduce/how.h"

namespace parfocal {
namespace {

using namespace reduction;

struct ProjectParams {
  std::string axis = "z";
  std::string how = "max";
};

Parameters<ProjectParams> project_params() {
  return Parameters<ProjectParams>()
      .add("axis", &ProjectParams::axis, "the axis to project along, which is gone then")
      .read_as(with_axis_letters)
      .defaults("z")
      .add("how", &ProjectParams::how,
           "the statistic; std and var are those of the population (ddof 0); NaN propagates")
      .choices(how_words())
      .defaults("max");
}

constexpr const char* kMade =
    "the image without the axis; mean, std and var of integers are float64, sums of integers are "
    "64-bit integers, all else keeps the dtype";

Expansion expand_project(const ProjectParams& p, std::span<const PortLayout> inputs) {
  const Layout& layout = inputs[0].layout;
  const bool in_item = layout.find_item(p.axis) >= 0;
  if (!in_item && layout.find_stream(p.axis) < 0)
    fail_layout("there is no axis " + p.axis + " to project along", layout.str(),
                "an axis of the input",
                axis_cure("axis", p.axis, layout, false, "choose one of the axes of the input"));
  RecipeNode node{"projection", in_item ? "project_item" : "reduce", RawValue::map(), {"$in"}};
  node.params.set(in_item ? "axis" : "over", RawValue::scalar(p.axis));
  node.params.set("how", RawValue::scalar(p.how));
  return {{node}, {"projection"}};
}

// The statistic of y or of x is one of lines, of which nobody knows.
ItemFacts projected_facts(const ProjectParams& p, const ItemFacts& in) {
  const bool of_plane = p.axis == "y" || p.axis == "x";
  return {each_dtype(in, [&](DType dtype) { return result_dtype(how_of(p.how), dtype); }),
          of_plane ? ItemFacts::Shape::unknown : in.shape};
}

// --- an axis inside the item ---

int item_axis(const ProjectParams& p, const Layout& layout) {
  const int axis = layout.find_item(p.axis);
  if (axis < 0 || axis + 1 == static_cast<int>(layout.item.size()))
    fail_layout("no projection is made along " + p.axis + " inside the item", layout.str(),
                "an axis before the last one",
                "choose e.g. axis: z, or fold whole images: {op: reduce, over: [y, x], how: " +
                    p.how + "}");
  return axis;
}

std::vector<PortLayout> without_axis(const ProjectParams& p, const PortLayout& in) {
  Layout layout = in.layout;
  layout.item.erase(layout.item.begin() + item_axis(p, layout));
  layout.dtype = result_dtype(how_of(p.how), layout.dtype);
  return {image_port(std::move(layout))};
}

Task task_of(const ProjectParams& p, const Layout& in) {
  Task task{how_of(p.how), in.dtype, result_dtype(how_of(p.how), in.dtype)};
  task.items = in.item[static_cast<size_t>(item_axis(p, in))].size;
  return task;
}

// The planes across the axis are folded as if they came one after the other, so that a stack inside
// the item and one along the stream give the same numbers.
class ProjectItem final : public MapOperator {
 public:
  ProjectItem(const ProjectParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, without_axis(p, inputs[0])),
        axis_(item_axis(p, inputs[0].layout)),
        accumulator_(make_accumulator(task_of(p, inputs[0].layout))) {
    const Layout& layout = inputs[0].layout;
    require_room(*accumulator_, layout, layout.item[static_cast<size_t>(axis_)].size, "planes");
  }

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    return with_axis(out, axis_, 0, inputs()[0].layout.item[static_cast<size_t>(axis_)].size);
  }
  int64_t scratch_bytes(const Region& out) const override {
    return accumulator_->state_bytes(out.count());
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const View& stack = in[0].image;
    const MutableView& to = out[0].image;
    const int64_t planes = stack.region.shape[axis_];
    const auto state = scratch.first(static_cast<size_t>(scratch_bytes(to.region)));
    accumulator_->init(state, to.region.count());
    for (int64_t i = 0; i < planes; ++i)
      if (!accumulator_->add(state, across(stack, i), i, i))
        return Status::fail("more planes came than the sums can hold", "cast to float64 first");
    accumulator_->finish(state, to.region.count(), planes, to);
    return {};
  }

 private:
  // Plane `index` of the stack.
  View across(const View& stack, int64_t index) const {
    View plane = stack;
    plane.data += index * stack.strides[axis_] * static_cast<int64_t>(dtype_size(stack.dtype));
    plane.region.rank = stack.region.rank - 1;
    for (int a = axis_; a < plane.region.rank; ++a) {
      plane.region.origin[a] = stack.region.origin[a + 1];
      plane.region.shape[a] = stack.region.shape[a + 1];
      plane.strides[a] = stack.strides[a + 1];
    }
    return plane;
  }
  int axis_;
  std::unique_ptr<Accumulator> accumulator_;
};

}  // namespace

PARFOCAL_OPERATOR(project) {
  return OperatorInfo{
      .name = "project",
      .summary =
          "Projects along an axis, as z: the largest pixel (MIP), mean, sum, min, std or var.",
      .family = "reduce",
      .kind = "recipe",
      .inputs = {{.doc = "image with the axis, inside the item or along the stream"}},
      .outputs = {{.doc = kMade}},
      .params = project_params(),
      .tolerance = "as of reduce",
      .example = "{op: project, axis: y, how: max}",
      .reference = "numpy.max, mean, sum, min, std, var along an axis, dtype=float64",
      .expand = expand_recipe<ProjectParams>(expand_project)};
}

PARFOCAL_RULES(operators, project) {
  return Rules<ProjectParams>().makes_by("out", projected_facts);
}

PARFOCAL_OPERATOR(project_item) {
  return OperatorInfo{
      .name = "project_item",
      .summary = "Projects along an axis inside the item.",
      .family = "reduce",
      .kind = "map",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc = kMade}},
      .params = project_params(),
      .tolerance = "as of reduce",
      .example = "{op: project_item, axis: y, how: max}",
      .reference = "numpy.max, mean, sum, min, std, var along an axis, dtype=float64",
      .recipe_only = true,
      .make = make_operator<ProjectItem, ProjectParams>()};
}

}  // namespace parfocal
