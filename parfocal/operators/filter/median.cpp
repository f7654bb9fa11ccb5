#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/rank_filter.h"
#include "parfocal/operators/morphology/footprint_spec.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

struct MedianParams {
  std::vector<int64_t> size;
  std::optional<FootprintSpec> footprint;
};

void check_window(const MedianParams& p, const Connections& = {}) {
  if (p.size.empty() == !p.footprint)
    fail_layout("median needs exactly one of size and footprint", p.footprint ? "both" : "neither",
                "size: <pixels>, or footprint: <a shape>",
                p.footprint ? "remove one of them" : "add e.g. size: 3");
  if (p.size.size() > 2)
    fail_layout("size has too many sides", std::to_string(p.size.size()) + " values",
                "1 or 2 numbers of pixels", "write size: 3, or size: [3, 5] along y and x");
}

FootprintSpec window_of(const MedianParams& p) {
  check_window(p);
  return p.footprint ? *p.footprint : rectangle_footprint(p.size.front(), p.size.back());
}

kernels::RankSearch search_of(const MedianParams& p, const Layout& layout) {
  if (layout.item.size() < 2)
    fail_layout("median needs images", layout.str(), "at least two axes inside the item",
                "collect over an axis first");
  const FootprintSpec window = window_of(p);
  return {window.footprint(), kernels::footprint_pixels(window.footprint()) / 2,
          dtype_size(layout.dtype)};
}

template <class T>
constexpr bool kHasKernel = !std::is_same_v<T, uint64_t> && !std::is_same_v<T, int64_t>;

class Median final : public MapOperator {
 public:
  Median(const MedianParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {inputs[0]}),
        search_(search_of(p, inputs[0].layout)),
        item_(inputs[0].layout.whole_item()),
        y_(item_.rank - 2) {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    return clipped(grown(grown(out, y_, search_.reach()), y_ + 1, search_.reach()), item_);
  }
  int64_t scratch_bytes(const Region& out) const override {
    return static_cast<int64_t>(kernels::rank_filter_scratch_bytes(
        out.shape[static_cast<size_t>(y_) + 1], search_, dtype_size(inputs()[0].layout.dtype)));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const View& from = in[0].image;
    const MutableView& to = out[0].image;
    const kernels::ImageTile tile = tile_of(item_, from.region, to.region);
    dispatch(to.dtype, [&]<class T>() {
      if constexpr (kHasKernel<T>)
        for_each_plane(to.region, [&](const ItemIndex& at) {
          kernels::rank_filter<stored_t<T>>(plane_of<stored_t<T>>(from, at),
                                            plane_of<stored_t<T>>(to, at), tile, search_,
                                            scratch.data());
        });
    });
    return {};
  }

 private:
  kernels::RankSearch search_;
  Region item_;
  int y_;
};

}  // namespace

PARFOCAL_OPERATOR(median) {
  return OperatorInfo{
      .name = "median",
      .summary = "Replaces every pixel by the median of its neighbourhood, plane by plane.",
      .family = "filter",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean, DType::u8, DType::u16, DType::u32, DType::i8,
                             DType::i16, DType::i32, DType::f32, DType::f64},
                  .doc = "image or mask, y and x last; NaN counts as larger than every number"}},
      .outputs = {{.doc = "the same dtype; of an even number of pixels the upper of the two middle "
                          "ones; edges reflect"}},
      .params = Parameters<MedianParams>()
                    .add("size", &MedianParams::size,
                         "side of a square in pixels, or [along y, along x]; an even side reaches "
                         "one pixel further up and left")
                    .at_least(1)
                    .at_most(2 * kMaxFootprintRadius + 1)
                    .add("footprint", &MedianParams::footprint,
                         "in place of size: disk(radius), square(side) or rectangle(rows x "
                         "columns), in pixels"),
      .tolerance = "exact",
      .example = "{op: median, size: 3}",
      .reference = "scipy.ndimage.median_filter(size or footprint, mode='reflect')",
      .make = make_operator<Median, MedianParams>()};
}

PARFOCAL_RULES(operators, median) {
  return Rules<MedianParams>()
      .add({"size", "footprint"}, check_window)
      .takes_images("in")
      .like_first("out");
}

}  // namespace parfocal
