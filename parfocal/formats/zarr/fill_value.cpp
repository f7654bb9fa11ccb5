#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "parfocal/formats/zarr/codec_metadata-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;

// "NaN", "Infinity", "-Infinity", or "0x7fc00000": the bits, most significant first.
template <class T>
T float_of_text(const Json& json) {
  const std::string text = json.get<std::string>();
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<T>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<T>::infinity();
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  Bits bits = 0;
  const char* const end = text.data() + text.size();
  const bool right_size = text.size() == 2 + 2 * sizeof(T) && text.starts_with("0x");
  if (!right_size || std::from_chars(text.data() + 2, end, bits, 16).ptr != end)
    bad("fill_value is not supported", brief(json),
        "a number, NaN, Infinity, -Infinity or all bits as 0x...");
  return std::bit_cast<T>(bits);
}

template <class T>
T float_of(const Json& json) {
  if (json.is_string()) return float_of_text<T>(json);
  if (!json.is_number()) bad("fill_value is not a number", brief(json));
  return static_cast<T>(json.get<double>());
}

template <class T>
T integer_of(const Json& json) {
  if (json.is_number_float()) {  // Zarr v2 has 0.0 for integers here and there
    const double value = json.get<double>();
    if (value != std::floor(value)) bad("fill_value is not a whole number", brief(json));
    if (!(std::fabs(value) <= 9007199254740992.0)) bad("fill_value does not fit", brief(json));
    return integer_of<T>(Json(static_cast<int64_t>(value)));
  }
  if (!json.is_number_integer()) bad("fill_value is not a number", brief(json));
  const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<uint64_t>())
                                              : std::in_range<T>(json.get<int64_t>());
  if (!fits) bad("fill_value does not fit the data type", brief(json));
  return static_cast<T>(json.is_number_unsigned() ? json.get<uint64_t>()
                                                  : static_cast<uint64_t>(json.get<int64_t>()));
}

template <class T>
T value_of(const Json& json) {
  if (json.is_null()) return T{};
  if (json.is_boolean()) return static_cast<T>(json.get<bool>());
  if constexpr (std::is_same_v<T, bool>)
    return integer_of<uint64_t>(json) != 0;
  else if constexpr (std::is_floating_point_v<T>)
    return float_of<T>(json);
  else
    return integer_of<T>(json);
}

}  // namespace

std::vector<std::byte> parse_fill_value(const Json& json, DType dtype) {
  std::vector<std::byte> bytes(dtype_size(dtype));
  dispatch(dtype, [&]<class T>() {
    const T value = value_of<T>(json);
    std::memcpy(bytes.data(), &value, sizeof value);
  });
  return bytes;
}

}  // namespace parfocal
