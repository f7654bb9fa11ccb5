#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/pointwise.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/pointwise/constant.h"

namespace parfocal {
namespace {

constexpr size_t kBy = 1;  // port

using Action = kernels::Arithmetic;

struct ArithmeticParams {
  std::optional<Constant> constant;
};

// How an action is told, in the order of Action.
struct Words {
  std::string name, result;
};
const Words& words_of(Action action) {
  static const Words words[] = {{"add", "a sum"},
                                {"subtract", "a difference"},
                                {"multiply", "a product"},
                                {"divide", "a quotient"}};
  return words[static_cast<size_t>(action)];
}

__extension__ using Wide = __int128;  // holds every sum and difference of 64-bit numbers
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

// Of all results; none where a product needs more than 128 bits.
std::optional<Limits> results_of(Action action, Limits a, Limits b) {
  if (action == Action::add) return Limits{a.low + b.low, a.high + b.high};
  if (action == Action::subtract) return Limits{a.low - b.high, a.high - b.low};
  Limits all{0, 0};
  bool first = true;
  for (const Wide x : {a.low, a.high})
    for (const Wide y : {b.low, b.high}) {
      Wide product = 0;
      if (__builtin_mul_overflow(x, y, &product)) return std::nullopt;
      all.low = first ? product : std::min(all.low, product);
      all.high = first ? product : std::max(all.high, product);
      first = false;
    }
  return all;
}

void check_not_bool(Action action, const Layout& layout) {
  if (layout.dtype == DType::boolean)
    fail_layout(words_of(action).result + " of masks has no meaning", layout.str(), "numbers",
                "add a step before: {op: cast, dtype: uint8}");
}

// The smallest integer that holds every result; of differences a signed one, whatever is
// subtracted.
DType integer_dtype(Action action, DType dtype, Limits by) {
  const auto results = results_of(action, limits_of(dtype), by);
  const bool may_be_unsigned = action != Action::subtract && results && results->low >= 0;
  const std::vector<DType> candidates =
      may_be_unsigned ? std::vector{DType::u8, DType::u16, DType::u32, DType::u64}
                      : std::vector{DType::i8, DType::i16, DType::i32, DType::i64};
  for (const DType candidate : candidates) {
    const Limits all = limits_of(candidate);
    if (results && results->low >= all.low && results->high <= all.high) return candidate;
  }
  fail_layout("no integer dtype holds every result of " + words_of(action).name,
              std::string(dtype_name(dtype)), "operands of at most 32 bits, or floats",
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
  return std::isfinite(nearest) && (nearest != 0) == (constant.value != 0) &&
         (nearest == constant.value || std::floor(constant.value) != constant.value);
}

DType result_dtype(Action action, const ArithmeticParams& p, std::span<const PortLayout> inputs) {
  const DType a = inputs[0].layout.dtype;
  if (const PortLayout* by = connected_to(inputs, kBy)) {
    const DType b = by->layout.dtype;
    if (is_float(a) || is_float(b) || action == Action::divide) return float_dtype(a, b);
    return integer_dtype(action, a, limits_of(b));
  }
  if (is_float(a) || !p.constant->integer || action == Action::divide)
    return fits_float32(*p.constant) ? float_dtype(a, a) : DType::f64;
  return integer_dtype(action, a, {*p.constant->integer, *p.constant->integer});
}

// Whatever the other operand is.
ItemFacts possible_results(Action action, const ItemFacts& in) {
  std::vector<DType> dtypes{DType::f32, DType::f64};
  if (action != Action::divide && std::any_of(in.dtypes.begin(), in.dtypes.end(), is_integer)) {
    dtypes.insert(dtypes.end(), {DType::i8, DType::i16, DType::i32, DType::i64});
    if (action != Action::subtract)
      dtypes.insert(dtypes.end(), {DType::u8, DType::u16, DType::u32, DType::u64});
  }
  return {dtypes, in.shape};
}

void check_operand(Action action, const ArithmeticParams& p, bool by) {
  if (p.constant.has_value() == by)
    fail_layout(words_of(action).name + " needs exactly one of by and constant",
                by ? "both" : "neither", "by: <a step>, or constant: <a number>",
                by ? "remove one of them"
                : action == Action::add || action == Action::subtract
                    ? "add e.g. constant: 100, or by: source behind another image"
                    : "add e.g. constant: 2, or by: source behind another image");
}

void check_divisor(Action action, const ArithmeticParams& p) {
  if (action == Action::divide && p.constant && p.constant->value == 0)
    fail_layout("a division by 0 gives no numbers", "constant: 0", "another number",
                "write e.g. constant: 2");
}

std::vector<PortLayout> result_of(Action action, const ArithmeticParams& p,
                                  std::span<const PortLayout> inputs) {
  const PortLayout* by = connected_to(inputs, kBy);
  check_operand(action, p, by != nullptr);
  check_divisor(action, p);
  Layout layout = inputs[0].layout;
  check_not_bool(action, layout);
  if (by) check_not_bool(action, by->layout);
  if (by && !by->layout.item.empty() && !(by->layout.whole_item() == layout.whole_item()))
    fail_layout("the items to " + words_of(action).name + " differ in size",
                layout.str() + " and " + by->layout.str(), "equal sizes, or one number",
                "crop one of them to the size of the other");
  layout.dtype = result_dtype(action, p, inputs);
  return {image_port(std::move(layout))};
}

// What is done to a row is chosen once, when the step is bound. Integers are computed modulo
// 2^bits, which is exact because the result fits, even where an operand alone does not.
using ConvertRow = void (*)(const std::byte* from, int64_t count, std::byte* out);
ConvertRow convert_row(DType from, DType to) {
  return dispatch(from, [to]<class T>() {
    return dispatch(to, []<class Out>() -> ConvertRow {
      if constexpr (std::is_same_v<T, bool> || std::is_same_v<Out, bool>)
        return nullptr;
      else
        return [](const std::byte* row, int64_t count, std::byte* out) {
          kernels::convert(reinterpret_cast<const T*>(row), count, reinterpret_cast<Out*>(out),
                           kernels::Casting::wrap);
        };
    });
  });
}

struct Combine {
  void (*rows)(Action, const std::byte* by, int64_t count, std::byte* row) = nullptr;
  void (*scalar)(Action, const std::byte* by, int64_t count, std::byte* row) = nullptr;
};
Combine combine_of(DType dtype) {
  return dispatch(dtype, []<class T>() -> Combine {
    if constexpr (std::is_same_v<T, bool>)
      return {};
    else
      return {[](Action action, const std::byte* by, int64_t count, std::byte* row) {
                T* to = reinterpret_cast<T*>(row);
                kernels::arithmetic(action, to, reinterpret_cast<const T*>(by), count, to);
              },
              [](Action action, const std::byte* by, int64_t count, std::byte* row) {
                T* to = reinterpret_cast<T*>(row);
                kernels::arithmetic_scalar(action, to, *reinterpret_cast<const T*>(by), count, to);
              }};
  });
}

class Arithmetic final : public MapOperator {
 public:
  Arithmetic(Action action, const ArithmeticParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, result_of(action, p, inputs)),
        action_(action),
        dtype_(outputs()[0].layout.dtype),
        load_(convert_row(inputs[0].layout.dtype, dtype_)),
        load_by_(connected(kBy) ? convert_row(inputs[kBy].layout.dtype, dtype_) : nullptr),
        combine_(combine_of(dtype_)) {
    if (p.constant) set_constant(*p.constant);
  }

  bool tileable() const override { return true; }
  int in_place() const override { return inputs()[0].layout.dtype == dtype_ ? 0 : -1; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& to = out[0].image;
    const bool by_item = connected(kBy) && in[kBy].image.region.rank > 0;
    alignas(8) std::byte number[8];
    std::memcpy(number, constant_, sizeof number);
    if (connected(kBy) && !by_item) load_by_(in[kBy].image.data, 1, number);
    const auto row = [&](std::byte* run, int64_t count, const auto& at) {
      const std::byte* from = pixel_at(in[0].image, at);
      if (from != run) load_(from, count, run);
      if (by_item)
        with_row(pixel_at(in[kBy].image, at), count, run);
      else
        combine_.scalar(action_, number, count, run);
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
  // Block by block, so that what was converted is still in the cache when it is used.
  void with_row(const std::byte* by, int64_t count, std::byte* run) const {
    constexpr int64_t kBlock = 512;
    alignas(64) std::byte block[kBlock * 8];
    const auto size = static_cast<int64_t>(dtype_size(dtype_));
    const auto by_size = static_cast<int64_t>(dtype_size(inputs()[kBy].layout.dtype));
    for (int64_t i = 0; i < count; i += kBlock) {
      const int64_t n = std::min(kBlock, count - i);
      load_by_(by + i * by_size, n, block);
      combine_.rows(action_, block, n, run + i * size);
    }
  }
  void set_constant(const Constant& constant) {
    dispatch(dtype_, [&]<class Out>() {
      const Out value = std::is_floating_point_v<Out> || !constant.integer
                            ? static_cast<Out>(constant.value)
                            : static_cast<Out>(*constant.integer);
      std::memcpy(constant_, &value, sizeof value);
    });
  }

  Action action_;
  DType dtype_;
  ConvertRow load_, load_by_;
  Combine combine_;
  alignas(8) std::byte constant_[8] = {};
};

constexpr const char* kFloats =
    "floats: float32 where it holds both operands (of a constant with a fraction the nearest "
    "number), else float64";

OperatorInfo described(Action action, std::string summary, std::string result, std::string constant,
                       std::string reference) {
  const std::string name = words_of(action).name;
  return OperatorInfo{
      .name = name,
      .summary = std::move(summary),
      .family = "pointwise",
      .kind = "map",
      .inputs = {{.dtypes = number_dtypes(), .doc = "image"},
                 {.name = "by",
                  .dtypes = number_dtypes(),
                  .optional = true,
                  .doc = "image of the same size, or one number; repeated along stream axes that "
                         "it lacks"}},
      .outputs = {{.doc = result + kFloats}},
      .params = Parameters<ArithmeticParams>().add(
          "constant", &ArithmeticParams::constant,
          "number to " + constant + ", instead of by; written with a point it makes floats"),
      .tolerance = "exact",
      .example = "{op: " + name + ", constant: 100}",
      .reference = std::move(reference),
      .make = [action](const std::any& params, std::span<const PortLayout> inputs) {
        return std::make_unique<Arithmetic>(action, std::any_cast<const ArithmeticParams&>(params),
                                            inputs);
      }};
}

RuleSet rules_of(Action action, bool same_has_no_use) {
  Rules<ArithmeticParams> rules;
  rules.add({"constant", "by"}, [action](const ArithmeticParams& p, const Connections& given) {
    check_operand(action, p, given.has_input("by"));
    check_divisor(action, p);
  });
  if (same_has_no_use) rules.never_same("in", "by");
  rules.makes_by("out", [action](const ArithmeticParams&, const ItemFacts& in) {
    return possible_results(action, in);
  });
  return rules;
}

}  // namespace

PARFOCAL_OPERATOR(add) {
  return described(Action::add, "Adds another step, a value folded from the stream, or a number.",
                   "integers: the smallest dtype that holds every sum; ", "add",
                   "numpy.add after a cast to the output dtype");
}
PARFOCAL_OPERATOR(subtract) {
  return described(Action::subtract,
                   "Subtracts another step, a value folded from the stream, or a number.",
                   "integers: the smallest signed dtype that holds every difference; ", "subtract",
                   "numpy.subtract after a cast to the output dtype");
}
PARFOCAL_OPERATOR(multiply) {
  return described(Action::multiply,
                   "Multiplies by another step, a value folded from the stream, or a number.",
                   "integers: the smallest dtype that holds every product; ", "multiply by",
                   "numpy.multiply after a cast to the output dtype");
}
PARFOCAL_OPERATOR(divide) {
  return described(Action::divide,
                   "Divides by another step, a value folded from the stream, or a number.",
                   "a division by zero gives an infinity, 0 / 0 NaN; ", "divide by",
                   "numpy.divide after a cast to the output dtype");
}

PARFOCAL_RULES(operators, add) { return rules_of(Action::add, false); }
PARFOCAL_RULES(operators, subtract) { return rules_of(Action::subtract, true); }
PARFOCAL_RULES(operators, multiply) { return rules_of(Action::multiply, false); }
PARFOCAL_RULES(operators, divide) { return rules_of(Action::divide, true); }

}  // namespace parfocal
