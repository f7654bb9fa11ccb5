#include <algorithm>
#include <cstring>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/pointwise.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

struct CastParams {
  DType dtype = DType::u8;
  std::string casting = "error";
};

// Anything but zero is true. Returns the index of the first value that is neither 0 nor 1 if that
// is an error, else -1.
template <class T>
int64_t convert_to_bool(const T* from, int64_t count, uint8_t* to, bool strict) {
  int64_t bad = -1;
  for (int64_t i = count - 1; i >= 0; --i) {
    to[i] = from[i] != T{0};
    if (strict && from[i] != T{0} && from[i] != T{1}) bad = i;
  }
  return bad;
}

using RowFunction = int64_t (*)(const std::byte* from, int64_t count, std::byte* to,
                                kernels::Casting casting);

// Through a block on the stack, because the kernel does not work in place and this step may.
template <class From, class To>
int64_t convert_row(const std::byte* from, int64_t count, std::byte* to, kernels::Casting casting) {
  constexpr int64_t kBlock = 1024;
  stored_t<To> block[kBlock];
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t n = std::min(kBlock, count - i);
    const auto* source = reinterpret_cast<const stored_t<From>*>(from) + i;
    int64_t bad = -1;
    if constexpr (std::is_same_v<To, bool>)
      bad = convert_to_bool(source, n, block, casting == kernels::Casting::error);
    else
      bad = kernels::convert(source, n, block, casting);
    if (bad >= 0) return i + bad;
    std::memcpy(to + i * static_cast<int64_t>(sizeof(To)), block,
                static_cast<size_t>(n) * sizeof(To));
  }
  return -1;
}
RowFunction row_function(DType from, DType to) {
  return dispatch(from, [to]<class From>() {
    return dispatch(to, []<class To>() -> RowFunction { return convert_row<From, To>; });
  });
}

kernels::Casting casting_of(const std::string& word) {
  if (word == "wrap") return kernels::Casting::wrap;
  return word == "saturate" ? kernels::Casting::saturate : kernels::Casting::error;
}

std::vector<PortLayout> with_dtype(PortLayout port, DType dtype) {
  port.layout.dtype = dtype;
  return {port};
}

class Cast final : public MapOperator {
 public:
  Cast(const CastParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, with_dtype(inputs[0], p.dtype)),
        casting_(casting_of(p.casting)),
        convert_(row_function(inputs[0].layout.dtype, p.dtype)) {}

  bool tileable() const override { return true; }
  bool fails_by_pixels() const override { return casting_ == kernels::Casting::error; }
  int in_place() const override {
    return dtype_size(inputs()[0].layout.dtype) == dtype_size(outputs()[0].layout.dtype) ? 0 : -1;
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const View from = in[0].image;
    const MutableView& to = out[0].image;
    if (to.region.rank == 0) {
      return convert_(from.data, 1, to.data, casting_) < 0 ? Status() : misfit({}, 0);
    }
    const int64_t width = to.region.shape[to.region.rank - 1];
    Status status;
    for_each_run(to, [&](std::byte* run, const std::array<int64_t, kMaxRank>& at) {
      if (!status.ok()) return;
      const int64_t bad = convert_(pixel_at(from, at), width, run, casting_);
      if (bad >= 0) status = misfit(at, bad);
    });
    return status;
  }

 private:
  Status misfit(std::array<int64_t, kMaxRank> at, int64_t column) const {
    const std::vector<Axis>& axes = inputs()[0].layout.item;
    if (!axes.empty()) at[axes.size() - 1] += column;
    std::string place;
    for (size_t a = 0; a < axes.size(); ++a)
      place += (a ? ", " : "") + axes[a].name + " " + std::to_string(at[a]);
    return Status::fail("a value of " + std::string(dtype_name(inputs()[0].layout.dtype)) +
                            " does not fit " + std::string(dtype_name(outputs()[0].layout.dtype)) +
                            (place.empty() ? "" : " at " + place),
                        "choose casting: saturate or casting: wrap, or a larger dtype");
  }

  kernels::Casting casting_;
  RowFunction convert_;
};

}  // namespace

PARFOCAL_OPERATOR(cast) {
  return OperatorInfo{
      .name = "cast",
      .summary = "Changes the pixel type.",
      .family = "pointwise",
      .kind = "map",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc = "the same image in the new dtype"}},
      .params =
          Parameters<CastParams>()
              .add("dtype", &CastParams::dtype, "the new pixel type")
              .required()
              .add("casting", &CastParams::casting,
                   "what happens to a value that does not fit: error fails the item, saturate "
                   "takes the nearest value (of NaN 0), wrap the low bits of an integer and the "
                   "nearest value of a float")
              .choices({"wrap", "saturate", "error"})
              .defaults("error"),
      .tolerance = "exact",
      .example = "{op: cast, dtype: float32}",
      .reference = "numpy.ndarray.astype; saturate as in OpenCV saturate_cast, fractions dropped",
      .make = make_operator<Cast, CastParams>()};
}

PARFOCAL_RULES(operators, cast) {
  return Rules<CastParams>().makes_by("out", [](const CastParams& p, const ItemFacts& in) {
    return ItemFacts{{p.dtype}, in.shape};
  });
}

}  // namespace parfocal
