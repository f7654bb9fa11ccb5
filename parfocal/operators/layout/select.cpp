#include <algorithm>
#include <cstring>

#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

struct SelectParams {
  std::string axis;
  std::optional<int64_t> index;
  std::optional<std::string> name;
};

void check_step(const SelectParams& p, const Connections& = {}) {
  if (p.index.has_value() == p.name.has_value())
    fail_layout("select needs exactly one of index and name", p.index ? "both" : "neither",
                "index or name",
                p.index ? "remove index or name" : "add index: 0, or e.g. name: DAPI");
}

// The index that the parameters mean on `axis`.
int64_t selected_index(const SelectParams& p, const Axis& axis) {
  check_step(p);
  if (p.name) {
    const auto first = std::find(axis.labels.begin(), axis.labels.end(), *p.name);
    if (first != axis.labels.end() &&
        std::find(first + 1, axis.labels.end(), *p.name) == axis.labels.end())
      return first - axis.labels.begin();
    if (first != axis.labels.end())
      fail_layout("several steps of axis " + axis.name + " are named '" + *p.name + "'", *p.name,
                  "a name that one of them has",
                  "write select: {axis: " + axis.name + ", index: " +
                      std::to_string(first - axis.labels.begin()) + "} for the first of them");
    std::string known;
    for (const std::string& label : axis.labels) known += (known.empty() ? "" : ", ") + label;
    const auto near = nearest_names(*p.name, axis.labels);
    fail_layout("axis " + axis.name + " has no step named '" + *p.name + "'", *p.name,
                known.empty() ? "an index: the axis has no names" : "one of " + known,
                near.empty() ? "use index instead" : "did you mean '" + near[0] + "'?");
  }
  if (*p.index < 0 || (axis.size != kUnbounded && *p.index >= axis.size))
    fail_layout("index " + std::to_string(*p.index) + " is outside axis " + axis.name,
                std::to_string(*p.index),
                axis.size == kUnbounded ? "0 or more" : "0.." + std::to_string(axis.size - 1),
                "choose an index inside, or select another axis");
  return *p.index;
}

std::vector<PortLayout> without_item_axis(const PortLayout& in, int axis) {
  Layout layout = in.layout;
  layout.item.erase(layout.item.begin() + axis);
  return {image_port(std::move(layout))};
}
std::vector<PortLayout> without_stream_axis(const PortLayout& in, int axis) {
  Layout layout = in.layout;
  layout.stream.erase(layout.stream.begin() + axis);
  return {image_port(std::move(layout))};
}

template <size_t N>
void copy_strided(const std::byte* from, int64_t stride, int64_t count, std::byte* to) {
  for (int64_t i = 0; i < count; ++i) std::memcpy(to + i * N, from + i * stride * N, N);
}
void copy_strided(const std::byte* from, int64_t stride, int64_t count, size_t size,
                  std::byte* to) {
  if (size == 1) return copy_strided<1>(from, stride, count, to);
  if (size == 2) return copy_strided<2>(from, stride, count, to);
  if (size == 4) return copy_strided<4>(from, stride, count, to);
  copy_strided<8>(from, stride, count, to);
}

// One step of an axis inside the item: a copy of a slice.
class SelectItem final : public MapOperator {
 public:
  SelectItem(const PortLayout& in, int axis, int64_t index)
      : MapOperator({in}, without_item_axis(in, axis)), axis_(axis), index_(index) {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    return with_axis(out, axis_, index_, 1);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& to = out[0].image;
    const View slice = subview(in[0].image, footprint(0, to.region));
    const size_t size = dtype_size(to.dtype);
    if (to.region.rank == 0) {
      std::memcpy(to.data, slice.data, size);
      return {};
    }
    const int last = to.region.rank - 1;
    for_each_run(to, [&](std::byte* run, const std::array<int64_t, kMaxRank>& at) {
      int64_t offset = 0;
      for (int a = 0; a < last; ++a)
        offset += (at[a] - to.region.origin[a]) * slice.strides[a < axis_ ? a : a + 1];
      copy_strided(slice.data + offset * static_cast<int64_t>(size),
                   slice.strides[last < axis_ ? last : last + 1], to.region.shape[last], size, run);
    });
    return {};
  }

 private:
  int axis_;
  int64_t index_;
};

// One step of a stream axis: passes on one item of each key value.
class SelectStream final : public StreamOperator {
 public:
  SelectStream(const PortLayout& in, int axis, int64_t index)
      : StreamOperator({in}, without_stream_axis(in, axis)), axis_(axis), index_(index) {}

  bool tileable() const override { return true; }
  std::vector<std::string> over() const override {
    return {inputs()[0].layout.stream[static_cast<size_t>(axis_)].name};
  }
  bool keeps_clock() const override { return false; }
  int64_t latency() const override { return index_; }
  int64_t state_bytes(const Region&) const override { return sizeof(int64_t); }
  void begin(std::span<std::byte> state, const Region&) const override {
    std::memset(state.data(), 0, sizeof(int64_t));
  }
  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    if (in[0].header->coordinates[static_cast<size_t>(axis_)] != index_) return {};
    const int64_t emitted = 1;
    std::memcpy(state.data(), &emitted, sizeof emitted);
    if (in[0].gap) {
      out.emit_gap(0, *in[0].gap);
      return {};
    }
    copy_pixels(in[0].image, out.slot(0).image);
    out.emit(0);
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    int64_t emitted = 0;
    std::memcpy(&emitted, state.data(), sizeof emitted);
    if (emitted) return {};
    emitted = 1;
    std::memcpy(state.data(), &emitted, sizeof emitted);
    out.emit_gap(0, {GapReason::stopped, "the stream ended before the selected step"});
    return {};
  }

 private:
  int axis_;
  int64_t index_;
};

std::unique_ptr<Operator> make_select(const std::any& params, std::span<const PortLayout> inputs) {
  const auto& p = std::any_cast<const SelectParams&>(params);
  const Layout& layout = inputs[0].layout;
  if (const int a = layout.find_item(p.axis); a >= 0)
    return std::make_unique<SelectItem>(inputs[0], a,
                                        selected_index(p, layout.item[static_cast<size_t>(a)]));
  if (const int a = layout.find_stream(p.axis); a >= 0)
    return std::make_unique<SelectStream>(inputs[0], a,
                                          selected_index(p, layout.stream[static_cast<size_t>(a)]));
  fail_layout("there is no axis " + p.axis, layout.str(), "the name of an axis of the input",
              axis_cure("axis", p.axis, layout, false, "choose one of the axes of the input"));
}

// Without y and x a number is left.
ItemFacts step_facts(const SelectParams& p, const ItemFacts& in) {
  const bool of_plane = p.axis == "y" || p.axis == "x";
  return {in.dtypes, of_plane ? ItemFacts::Shape::unknown : in.shape};
}

}  // namespace

PARFOCAL_OPERATOR(select) {
  return OperatorInfo{
      .name = "select",
      .summary = "Takes one step of an axis and removes the axis.",
      .family = "layout",
      .kind = "map",
      .inputs = {{.doc = "image with the axis, inside the item or along the stream"}},
      .outputs = {{.doc = "the same without the axis"}},
      .params = Parameters<SelectParams>()
                    .add("axis", &SelectParams::axis, "the axis to remove, e.g. z")
                    .read_as(with_axis_letters)
                    .required()
                    .add("index", &SelectParams::index, "step on the axis, from 0")
                    .at_least(0)
                    .add("name", &SelectParams::name, "label of the step, instead of index"),
      .tolerance = "exact",
      .example = "{op: select, axis: y, index: 0}",
      .reference = "NumPy basic indexing with an integer",
      .make = make_select};
}

PARFOCAL_RULES(operators, select) {
  return Rules<SelectParams>().add({"index", "name"}, check_step).makes_by("out", step_facts);
}

}  // namespace parfocal
