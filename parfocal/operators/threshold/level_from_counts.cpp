#include <algorithm>

#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/level_methods.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

using namespace threshold_parts;

// Integers of 8 or 16 bits: every grey level is counted, so the level is exact. Signed pixels are
// counted by their bits; flipping the sign bit puts the counts in order.
class LevelFromCounts final : public FoldOperator {
 public:
  LevelFromCounts(const LevelParams& p, std::span<const PortLayout> inputs)
      : FoldOperator({inputs[0]}, {level_port(inputs[0], p.per)}),
        p_(p),
        method_(*kernels::level_method(p.method)),
        bins_(dtype_size(inputs[0].layout.dtype) == 1 ? 256 : 65536),
        sign_(is_signed_integer(inputs[0].layout.dtype) ? bins_ / 2 : 0) {}

  int64_t state_bytes(const Region&) const override {
    return static_cast<int64_t>(state(nullptr).bytes);
  }
  void init(std::span<std::byte> memory, const Region&) const override {
    const State s = state(memory.data());
    *s.head = {};
    std::fill_n(s.counts, bins_, 0);
  }
  Status accumulate(std::span<std::byte> memory, std::span<const Input> in,
                    int64_t) const override {
    const State s = state(memory.data());
    const View& image = in[0].image;
    ++s.head->items;
    for_each_plane(image.region, [&](const ItemIndex& at) {
      if (bins_ == 256)
        kernels::histogram_u8(plane_of<uint8_t>(image, at), s.plane_counts, s.scratch);
      else
        kernels::histogram_u16(plane_of<uint16_t>(image, at), s.plane_counts, s.scratch);
      for (size_t i = 0; i < bins_; ++i) s.counts[i] += s.plane_counts[i ^ sign_];
    });
    return {};
  }
  Status combine(std::span<std::byte> memory, std::span<const std::byte> later) const override {
    const State s = state(memory.data());
    const State from = state(const_cast<std::byte*>(later.data()));  // only read
    s.head->items += from.head->items;
    for (size_t i = 0; i < bins_; ++i) s.counts[i] += from.counts[i];
    return {};
  }
  Status finalize(std::span<std::byte> memory, Output& out) const override {
    const State s = state(memory.data());
    if (s.head->items == 0) return no_images();
    size_t begin = 0, end = bins_;
    while (begin < end && s.counts[begin] == 0) ++begin;
    while (end > begin && s.counts[end - 1] == 0) --end;
    const kernels::LevelCounts used{{s.counts + begin, end - begin},
                                    static_cast<double>(begin) - static_cast<double>(sign_)};
    return p_.tell(method_, used, s.scratch, out);
  }

 private:
  struct State {
    FoldHead* head;
    uint64_t* counts;
    uint32_t* plane_counts;
    std::byte* scratch;
    size_t bytes;
  };
  State state(std::byte* memory) const {
    kernels::ScratchCursor cursor(memory);
    State s{};
    s.head = cursor.take<FoldHead>(1);
    s.counts = cursor.take<uint64_t>(bins_);
    s.plane_counts = cursor.take<uint32_t>(bins_);
    s.scratch = cursor.take<std::byte>(bins_ == 256 ? kernels::kHistogramU8ScratchBytes
                                                    : kernels::kHistogramU16ScratchBytes);
    s.bytes = cursor.used_bytes();
    return s;
  }
  static_assert(kernels::kHistogramU8ScratchBytes >= kernels::level_scratch_bytes(256));
  static_assert(kernels::kHistogramU16ScratchBytes >= kernels::level_scratch_bytes(65536));
  LevelParams p_;
  const kernels::LevelMethod& method_;
  size_t bins_, sign_;
};

}  // namespace

PARFOCAL_OPERATOR(level_from_counts) {
  return OperatorInfo{
      .name = "level_from_counts",
      .summary = "Finds a level from how many pixels each grey level of integer images has.",
      .family = "threshold",
      .kind = "fold",
      .inputs = {{.dtypes = {DType::u8, DType::u16, DType::i8, DType::i16}, .doc = "image"}},
      .outputs = {{.doc = "level * factor + offset, one float64"}},
      .params = level_params(method_names([](const auto&) { return true; })),
      .tolerance = "exact",
      .example = "{op: level_from_counts, method: otsu}",
      .reference =
          "skimage.filters.threshold_otsu, _li, _yen, _isodata, _triangle, _mean, _minimum",
      .recipe_only = true,
      .make = make_operator<LevelFromCounts, LevelParams>()};
}

}  // namespace parfocal
