#include "parfocal/operators/morphology/morphology.h"

#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/grey_morphology.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/planes.h"

namespace parfocal::morphology {
namespace {

template <class T>
constexpr bool kGrey =
    std::is_same_v<T, uint8_t> || std::is_same_v<T, uint16_t> || std::is_same_v<T, float>;

bool first_erodes(Action action) { return action == Action::erode || action == Action::open; }

class Morphology final : public MapOperator {
 public:
  Morphology(Action action, FootprintSpec spec, const PortLayout& in)
      : MapOperator({in}, {in}),
        action_(action),
        spec_(std::move(spec)),
        reach_(spec_.reach()),
        two_steps_(action == Action::open || action == Action::close),
        item_(in.layout.whole_item()),
        y_(item_.rank - 2) {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    return around(out, two_steps_ ? 2 * reach_ : reach_);
  }
  int64_t scratch_bytes(const Region& out) const override {
    const DType dtype = inputs()[0].layout.dtype;
    if (dtype == DType::boolean) {
      const int64_t width = width_of(footprint(0, out));
      return static_cast<int64_t>(two_steps_
                                      ? kernels::open_scratch_bytes(width, spec_.footprint())
                                      : kernels::erode_scratch_bytes(width, spec_.footprint()));
    }
    return static_cast<int64_t>(grey_scratch(out, dtype_size(dtype), nullptr).bytes);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const View from = subview(in[0].image, footprint(0, out[0].image.region));
    const MutableView& to = out[0].image;
    dispatch(to.dtype, [&]<class T>() {
      for_each_plane(to.region, [&](const ItemIndex& at) {
        if constexpr (std::is_same_v<T, bool>)
          binary(from, to, at, scratch.data());
        else if constexpr (kGrey<T>)
          grey<T>(from, to, at, scratch.data());
      });
    });
    return {};
  }

 private:
  size_t y() const { return static_cast<size_t>(y_); }
  int64_t width_of(const Region& r) const { return r.shape[y() + 1]; }
  Region around(const Region& out, int64_t halo) const {
    return clipped(grown(grown(out, y_, halo), y_ + 1, halo), item_);
  }

  void binary(const View& from, const MutableView& to, const ItemIndex& at, void* scratch) const {
    const kernels::Plane<const uint8_t> in = plane_of<uint8_t>(from, at);
    const kernels::Plane<uint8_t> out = plane_of<uint8_t>(to, at);
    const kernels::Window window{to.region.begin(y_ + 1) - from.region.begin(y_ + 1),
                                 to.region.begin(y_) - from.region.begin(y_), out.width,
                                 out.height};
    switch (action_) {
      case Action::erode:
        return kernels::erode(in, window, out, spec_.footprint(), scratch);
      case Action::dilate:
        return kernels::dilate(in, window, out, spec_.footprint(), scratch);
      case Action::open:
        return kernels::open(in, window, out, spec_.footprint(), scratch);
      case Action::close:
        return kernels::close(in, window, out, spec_.footprint(), scratch);
    }
  }

  struct GreyScratch {
    std::byte* between;  // the plane after the first of two steps
    std::byte* row;
    size_t bytes;
  };
  GreyScratch grey_scratch(const Region& out, size_t element_bytes, void* base) const {
    const Region middle = around(out, two_steps_ ? reach_ : 0);
    const auto pixels =
        static_cast<size_t>(two_steps_ ? middle.shape[y()] * middle.shape[y() + 1] : 0);
    kernels::ScratchCursor cursor(base);
    GreyScratch s{};
    s.between = cursor.take<std::byte>(pixels * element_bytes);
    s.row = cursor.take<std::byte>(
        kernels::grey_scratch_bytes(width_of(middle), spec_.footprint(), element_bytes));
    s.bytes = cursor.used_bytes();
    return s;
  }
  template <class T>
  void grey(const View& from, const MutableView& to, const ItemIndex& at, void* memory) const {
    const GreyScratch s = grey_scratch(to.region, sizeof(T), memory);
    const auto in = plane_of<T>(from, at);
    const auto out = plane_of<T>(to, at);
    if (!two_steps_) return step<T>(first_erodes(action_), in, from.region, out, to.region, s.row);
    const Region middle = around(to.region, reach_);
    const kernels::Plane<T> between{reinterpret_cast<T*>(s.between), width_of(middle),
                                    middle.shape[y()], width_of(middle)};
    step<T>(first_erodes(action_), in, from.region, between, middle, s.row);
    const kernels::Plane<const T> seen{between.data, between.width, between.height, between.stride};
    step<T>(!first_erodes(action_), seen, middle, out, to.region, s.row);
  }
  template <class T>
  void step(bool erodes, kernels::Plane<const T> in, const Region& from, kernels::Plane<T> out,
            const Region& to, void* row) const {
    const kernels::ImageTile tile = tile_of(item_, from, to);
    if (erodes)
      kernels::grey_erode<T>(in, out, tile, spec_.footprint(), row);
    else
      kernels::grey_dilate<T>(in, out, tile, spec_.footprint(), row);
  }

  Action action_;
  FootprintSpec spec_;
  int64_t reach_;
  bool two_steps_;
  Region item_;
  int y_;
};

}  // namespace

std::unique_ptr<Operator> make_morphology(Action action, const std::any& params,
                                          std::span<const PortLayout> inputs) {
  const Layout& layout = inputs[0].layout;
  if (layout.item.size() < 2)
    fail_layout("morphology needs images", layout.str(), "at least two axes inside the item",
                "collect over an axis first");
  return std::make_unique<Morphology>(
      action, std::any_cast<const MorphologyParams&>(params).footprint, inputs[0]);
}

OperatorInfo describe_morphology(Action action, std::string name, std::string summary) {
  return OperatorInfo{
      .name = name,
      .summary = std::move(summary),
      .family = "morphology",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean, DType::u8, DType::u16, DType::f32},
                  .doc = "mask, or image with a reflecting border"}},
      .outputs = {{.doc = "the same dtype"}},
      .params = Parameters<MorphologyParams>()
                    .add("footprint", &MorphologyParams::footprint,
                         "disk(radius), square(side) or rectangle(rows x columns), in pixels; the "
                         "radius may be a fraction")
                    .required(),
      .tolerance = "exact",
      .example = "{op: " + name + ", footprint: disk(3)}",
      .reference =
          "masks: skimage.morphology.binary_*; images: skimage.morphology with footprints "
          "of odd sides",
      .make = [action](const std::any& params, std::span<const PortLayout> inputs) {
        return make_morphology(action, params, inputs);
      }};
}

RuleSet morphology_rules() {
  return Rules<MorphologyParams>().takes_images("in").like_first("out");
}

}  // namespace parfocal::morphology
