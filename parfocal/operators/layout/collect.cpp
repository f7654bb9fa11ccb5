#include <cstring>

#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"

namespace parfocal {
namespace {

struct CollectParams {
  std::string over;
  std::string gap = "propagate";
};

size_t collected_axis(const CollectParams& p, const Layout& layout) {
  const int axis = layout.find_stream(p.over);
  if (axis < 0)
    fail_layout(
        "there is no stream axis " + p.over + " to collect over", layout.str(),
        "a stream axis, named before the |",
        axis_cure("over", p.over,
                  Layout{.dtype = layout.dtype, .stream = layout.stream, .item = {}, .clock = {}},
                  false, "choose one of the stream axes of the input"));
  if (layout.stream[static_cast<size_t>(axis)].size == kUnbounded)
    fail_layout("axis " + p.over + " has no known end, so an item would never be complete",
                layout.str(), "an axis with a known size",
                "collect over another axis, or give the source the number of frames");
  if (layout.item.size() + 1 > kMaxRank)
    fail_layout("an item cannot have more than 6 axes", layout.str(), "at most 5 axes inside items",
                "select a step of an axis first");
  return static_cast<size_t>(axis);
}

std::vector<PortLayout> collected(const PortLayout& in, size_t axis) {
  Layout layout = in.layout;
  layout.item.insert(layout.item.begin(), layout.stream[axis]);
  layout.stream.erase(layout.stream.begin() + static_cast<std::ptrdiff_t>(axis));
  return {image_port(std::move(layout))};
}

// `t z | y x` -> `t | z y x`. The item grows inside the emitter's slot, so that only one copy of it
// is ever in memory; the state only counts. `t c | y x` -> `c | t y x`: the items of all keys grow
// at the same time, so each grows in its own state.
class Collect final : public StreamOperator {
 public:
  Collect(const CollectParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, collected(inputs[0], collected_axis(p, inputs[0].layout))),
        axis_(collected_axis(p, inputs[0].layout)),
        size_(inputs[0].layout.stream[axis_].size),
        interleaved_(axis_ + 1 < inputs[0].layout.stream.size()),
        ignore_gaps_(p.gap == "ignore") {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    Region in;
    in.rank = out.rank - 1;
    for (int a = 0; a < in.rank; ++a) {
      in.origin[a] = out.origin[a + 1];
      in.shape[a] = out.shape[a + 1];
    }
    return in;
  }
  std::vector<std::string> over() const override { return {inputs()[0].layout.stream[axis_].name}; }
  bool keeps_clock() const override { return false; }
  int64_t latency() const override { return size_ - 1; }
  int64_t state_bytes(const Region& in) const override {
    const auto pixel = static_cast<int64_t>(dtype_size(inputs()[0].layout.dtype));
    return kItemOffset + (interleaved_ ? size_ * in.count() * pixel : 0);
  }
  void begin(std::span<std::byte> state, const Region& in) const override {
    State fresh;
    fresh.item = in;
    fresh.item.rank = in.rank + 1;
    for (int a = in.rank; a > 0; --a) {
      fresh.item.origin[a] = in.origin[a - 1];
      fresh.item.shape[a] = in.shape[a - 1];
    }
    fresh.item.origin[0] = 0;
    fresh.item.shape[0] = size_;
    std::memcpy(state.data(), &fresh, sizeof fresh);
  }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    State s;
    std::memcpy(&s, state.data(), sizeof s);
    if (in[0].gap) s.last_gap = in[0].gap->reason;
    const MutableView item = interleaved_ ? own_item(s, state) : out.slot(0).image;
    place(in[0], item);
    if (++s.seen == size_) {
      if (interleaved_) copy_pixels(item, out.slot(0).image);
      publish(s, in[0].gap, out);
    }
    std::memcpy(state.data(), &s, sizeof s);
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    State s;
    std::memcpy(&s, state.data(), sizeof s);
    if (s.seen >= size_) return {};
    s.seen = size_;
    std::memcpy(state.data(), &s, sizeof s);
    out.emit_gap(0, {GapReason::stopped, "the stream ended before the item was complete"});
    return {};
  }

 private:
  struct State {
    int64_t seen = 0;
    GapReason last_gap = GapReason::none;
    Region item;  ///< in the state, if the items of several keys grow at once
  };
  static constexpr int64_t kItemOffset = (sizeof(State) + 63) / 64 * 64;

  MutableView own_item(const State& s, std::span<std::byte> state) const {
    return packed_view(state.data() + kItemOffset, inputs()[0].layout.dtype, s.item);
  }

  // The slice of the item being built; empty pixels where the input is a gap.
  void place(const Input& in, const MutableView& item) const {
    Region slice = item.region;
    slice.origin[0] = in.header->coordinates[axis_];
    slice.shape[0] = 1;
    if (!item.region.contains(slice)) return;
    const MutableView part = subview(item, slice);
    if (in.gap) return clear_pixels(part);
    MutableView to{part.data, part.dtype, footprint(0, slice), {}};
    for (int a = 0; a < to.region.rank; ++a) to.strides[a] = part.strides[a + 1];
    copy_pixels(in.image, to);
  }
  void publish(const State& s, const Gap* gap, Emitter& out) const {
    if (s.last_gap == GapReason::none || ignore_gaps_) return out.emit(0);
    out.emit_gap(0, gap ? *gap : Gap{s.last_gap, "an item collected over is missing"});
  }

  size_t axis_;
  int64_t size_;
  bool interleaved_;
  bool ignore_gaps_;
};

}  // namespace

PARFOCAL_OPERATOR(collect) {
  return OperatorInfo{
      .name = "collect",
      .summary = "Stacks the items along a stream axis into one item.",
      .family = "layout",
      .kind = "stream",
      .inputs = {{.doc = "image with the stream axis, which must have a known size"}},
      .outputs = {{.doc = "image with the axis as the first one inside the item"}},
      .params = Parameters<CollectParams>()
                    .add("over", &CollectParams::over, "the stream axis to collect over, e.g. z")
                    .read_as(with_axis_letters)
                    .required()
                    .add("gap", &CollectParams::gap,
                         "propagate: a missing item makes the whole a gap; ignore: it stays zero")
                    .choices({"propagate", "ignore"})
                    .defaults("propagate"),
      .tolerance = "exact",
      .example = "{op: collect, over: z}",
      .reference = "numpy.stack along a new first axis",
      .make = make_operator<Collect, CollectParams>()};
}

PARFOCAL_RULES(operators, collect) {
  return Rules<CollectParams>().makes_by("out", [](const CollectParams&, const ItemFacts& in) {
    const bool image = in.shape == ItemFacts::Shape::image;
    return ItemFacts{in.dtypes, image ? in.shape : ItemFacts::Shape::unknown};
  });
}

}  // namespace parfocal
