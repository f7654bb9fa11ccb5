#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/pointwise/constant.h"

namespace parfocal {
namespace {

constexpr size_t kBy = 1;  // port

struct SubtractParams {
  std::optional<Constant> constant;
};

__extension__ using Wide = __int128;  // holds every difference of 64-bit numbers
struct Limits {
  Wide low, high;
};

Limits limits_of(DType dtype) {
  return dispatch(dtype, []<class T>() -> Limits {
    if constexpr (std::is_floating_point_v<T>)
      return {0, 0};
    else
      return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
  });
}

void check_not_bool(const Layout& layout) {
  if (layout.dtype == DType::boolean)
    fail_layout("a difference of masks has no meaning", layout.str(), "numbers",
                "add a step before: {op: cast, dtype: uint8}");
}

// The smallest signed integer that holds every difference.
DType difference_dtype(DType dtype, Limits by) {
  const Limits from = limits_of(dtype);
  for (const DType candidate : {DType::i8, DType::i16, DType::i32, DType::i64}) {
    const Limits all = limits_of(candidate);
    if (from.low - by.high >= all.low && from.high - by.low <= all.high) return candidate;
  }
  fail_layout("no integer dtype holds every difference", std::string(dtype_name(dtype)),
              "operands of at most 32 bits, or floats",
              "add a step before: {op: cast, dtype: float64}");
}

bool fits_float32(DType dtype) {
  return dtype == DType::f32 || (is_integer(dtype) && dtype_size(dtype) <= 2);
}
DType float_dtype(DType a, DType b) {
  return fits_float32(a) && fits_float32(b) ? DType::f32 : DType::f64;
}

// Of a fraction the nearest is taken, as numpy does; a whole number has to be that number.
bool fits_float32(const Constant& constant) {
  const float nearest = static_cast<float>(constant.value);
  if (!std::isfinite(constant.value)) return true;
  return std::isfinite(nearest) &&
         (nearest == constant.value || std::floor(constant.value) != constant.value);
}

DType result_dtype(const SubtractParams& p, std::span<const PortLayout> inputs) {
  const DType a = inputs[0].layout.dtype;
  if (const PortLayout* by = connected_to(inputs, kBy)) {
    const DType b = by->layout.dtype;
    if (is_float(a) || is_float(b)) return float_dtype(a, b);
    return difference_dtype(a, limits_of(b));
  }
  if (is_float(a) || !p.constant->integer)
    return fits_float32(*p.constant) ? float_dtype(a, a) : DType::f64;
  return difference_dtype(a, {*p.constant->integer, *p.constant->integer});
}

// Whatever is subtracted.
ItemFacts possible_differences(const SubtractParams&, const ItemFacts& in) {
  std::vector<DType> dtypes{DType::f32, DType::f64};
  if (std::any_of(in.dtypes.begin(), in.dtypes.end(), is_integer))
    dtypes.insert(dtypes.end(), {DType::i8, DType::i16, DType::i32, DType::i64});
  return {dtypes, in.shape};
}

void check_operand(const SubtractParams& p, bool by) {
  if (p.constant.has_value() == by)
    fail_layout(
        "subtract needs exactly one of by and constant", by ? "both" : "neither",
        "by: <a step>, or constant: <a number>",
        by ? "remove one of them" : "add constant: 100, or by: source behind another image");
}

std::vector<PortLayout> difference(const SubtractParams& p, std::span<const PortLayout> inputs) {
  const PortLayout* by = connected_to(inputs, kBy);
  check_operand(p, by != nullptr);
  Layout layout = inputs[0].layout;
  check_not_bool(layout);
  if (by) check_not_bool(by->layout);
  if (by && !by->layout.item.empty() && !(by->layout.whole_item() == layout.whole_item()))
    fail_layout("the items to subtract differ in size", layout.str() + " and " + by->layout.str(),
                "equal sizes, or one number", "crop one of them to the size of the other");
  layout.dtype = result_dtype(p, inputs);
  return {image_port(std::move(layout))};
}

// Row functions are chosen once, when the step is bound. Integers are subtracted modulo 2^bits,
// which is exact because the result fits, even where an operand alone does not.
using RowFunction = void (*)(const std::byte* from, int64_t count, std::byte* out);

template <class Out>
Out minus(Out a, Out b) {
  if constexpr (std::is_floating_point_v<Out>) {
    return a - b;
  } else {
    using Bits = std::make_unsigned_t<Out>;
    return static_cast<Out>(static_cast<Bits>(a) - static_cast<Bits>(b));
  }
}
template <class Out, class T>
void load_row(const std::byte* from, int64_t count, std::byte* out) {
  const T* a = reinterpret_cast<const T*>(from);
  Out* to = reinterpret_cast<Out*>(out);
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<Out>(a[i]);
}
template <class Out, class T>
void take_row(const std::byte* from, int64_t count, std::byte* out) {
  const T* b = reinterpret_cast<const T*>(from);
  Out* to = reinterpret_cast<Out*>(out);
  for (int64_t i = 0; i < count; ++i) to[i] = minus(to[i], static_cast<Out>(b[i]));
}
template <class Out, class T>
void take_scalar(const std::byte* from, int64_t count, std::byte* out) {
  const Out b = static_cast<Out>(*reinterpret_cast<const T*>(from));
  Out* to = reinterpret_cast<Out*>(out);
  for (int64_t i = 0; i < count; ++i) to[i] = minus(to[i], b);
}

struct RowFunctions {
  RowFunction load = nullptr, take = nullptr, take_scalar = nullptr;
};
RowFunctions row_functions(DType operand, DType result) {
  return dispatch(result, [operand]<class Out>() -> RowFunctions {
    if constexpr (std::is_signed_v<Out>)  // differences are signed integers or floats
      return dispatch(operand, []<class T>() -> RowFunctions {
        return {load_row<Out, T>, take_row<Out, T>, take_scalar<Out, T>};
      });
    else
      return {};
  });
}

class Subtract final : public MapOperator {
 public:
  Subtract(const SubtractParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, difference(p, inputs)) {
    const DType a = inputs[0].layout.dtype, result = outputs()[0].layout.dtype;
    load_ = row_functions(a, result).load;
    by_ = row_functions(connected(kBy) ? inputs[kBy].layout.dtype : result, result);
    if (p.constant) set_constant(*p.constant, result);
  }

  bool tileable() const override { return true; }
  int in_place() const override {
    return inputs()[0].layout.dtype == outputs()[0].layout.dtype ? 0 : -1;
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& to = out[0].image;
    const bool by_item = connected(kBy) && in[kBy].image.region.rank > 0;
    const std::byte* scalar = connected(kBy) ? in[kBy].image.data : constant_;
    const auto row = [&](std::byte* run, int64_t count, const auto& at) {
      load_(pixel(in[0].image, at), count, run);
      if (by_item)
        by_.take(pixel(in[kBy].image, at), count, run);
      else
        by_.take_scalar(scalar, count, run);
    };
    if (to.region.rank == 0) {
      row(to.data, 1, std::array<int64_t, kMaxRank>{});
      return {};
    }
    const int64_t width = to.region.shape[to.region.rank - 1];
    for_each_run(to, [&](std::byte* run, const auto& at) { row(run, width, at); });
    return {};
  }

 private:
  static const std::byte* pixel(const View& v, const std::array<int64_t, kMaxRank>& at) {
    int64_t offset = 0;
    for (int a = 0; a < v.region.rank; ++a) offset += (at[a] - v.region.origin[a]) * v.strides[a];
    return v.data + offset * static_cast<int64_t>(dtype_size(v.dtype));
  }
  void set_constant(const Constant& constant, DType result) {
    dispatch(result, [&]<class Out>() {
      const Out value = std::is_floating_point_v<Out> || !constant.integer
                            ? static_cast<Out>(constant.value)
                            : static_cast<Out>(*constant.integer);
      std::memcpy(constant_, &value, sizeof value);
    });
  }

  RowFunction load_ = nullptr;
  RowFunctions by_;
  alignas(8) std::byte constant_[8] = {};
};

std::vector<DType> numbers() {
  return {DType::u8,  DType::u16, DType::u32, DType::u64, DType::i8,
          DType::i16, DType::i32, DType::i64, DType::f32, DType::f64};
}

}  // namespace

PARFOCAL_OPERATOR(subtract) {
  return OperatorInfo{
      .name = "subtract",
      .summary = "Subtracts another step, a value folded from the stream, or a number.",
      .family = "pointwise",
      .kind = "map",
      .inputs = {{.dtypes = numbers(), .doc = "image"},
                 {.name = "by",
                  .dtypes = numbers(),
                  .optional = true,
                  .doc = "image of the same size, or one number; repeated along stream axes that "
                         "it lacks"}},
      .outputs = {{.doc =
                       "integers: the smallest signed dtype that holds every difference; floats: "
                       "float32 where it holds both operands (of a constant with a fraction the "
                       "nearest number), else float64"}},
      .params = Parameters<SubtractParams>().add(
          "constant", &SubtractParams::constant,
          "number to subtract, instead of by; written with a point it makes floats"),
      .tolerance = "exact",
      .example = "{op: subtract, constant: 100}",
      .reference = "numpy.subtract after a cast to the output dtype",
      .make = make_operator<Subtract, SubtractParams>()};
}

PARFOCAL_RULES(operators, subtract) {
  return Rules<SubtractParams>()
      .add({"constant", "by"},
           [](const SubtractParams& p, const Connections& given) {
             check_operand(p, given.has_input("by"));
           })
      .never_same("in", "by")
      .makes_by("out", possible_differences);
}

}  // namespace parfocal
