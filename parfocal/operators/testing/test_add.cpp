#include <type_traits>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct AddParams {
  int64_t constant = 1;
  int64_t spin_us = 0;
};

template <class T>
T added(T value, int64_t constant) {
  if constexpr (std::is_floating_point_v<T>)
    return value + static_cast<T>(constant);
  else
    return static_cast<T>(static_cast<uint64_t>(value) + static_cast<uint64_t>(constant));
}

// A step that changes every pixel, so that a test sees whether it ran: wraps, keeps the dtype.
class Add final : public MapOperator {
 public:
  Add(const AddParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {inputs[0]}), p_(p) {}
  bool tileable() const override { return true; }
  int in_place() const override { return 0; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    testing_ops::spin_us(p_.spin_us);
    dispatch(out[0].image.dtype, [&]<class T>() { run<T>(in[0].image, out[0].image); });
    return {};
  }

 private:
  template <class T>
  void run(const View& from, const MutableView& to) const {
    copy_pixels(from, to);
    if (to.region.rank == 0) {
      to.scalar<T>() = added(to.scalar<T>(), p_.constant);
      return;
    }
    const int64_t width = to.region.shape[to.region.rank - 1];
    for_each_run(to, [&](std::byte* bytes, const auto&) {
      T* row = reinterpret_cast<T*>(bytes);
      for (int64_t i = 0; i < width; ++i) row[i] = added(row[i], p_.constant);
    });
  }
  AddParams p_;
};

}  // namespace

PARFOCAL_OPERATOR(test_add) {
  return OperatorInfo{
      .name = "test_add",
      .summary = "Adds a whole number to every pixel, wrapping around.",
      .family = "testing",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u8, DType::u16, DType::u32, DType::u64, DType::i8, DType::i16,
                             DType::i32, DType::i64, DType::f32, DType::f64},
                  .doc = "image"}},
      .outputs = {{.doc = "image of the same dtype"}},
      .params = Parameters<AddParams>()
                    .add("constant", &AddParams::constant, "the number added")
                    .defaults("1")
                    .add("spin_us", &AddParams::spin_us, "time to waste, in us")
                    .at_least(0)
                    .defaults("0"),
      .tolerance = "exact",
      .example = "{op: test_add, constant: 3}",
      .reference = "modular arithmetic",
      .test_only = true,
      .make = make_operator<Add, AddParams>()};
}

}  // namespace parfocal
