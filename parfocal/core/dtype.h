#pragma once
/// The pixel types and the one dtype dispatch. Every loop that depends on a pixel type is reached
/// through dispatch(); there is no other switch over DType in the project.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace parfocal {

enum class DType : uint8_t { boolean, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64 };
inline constexpr int kDTypeCount = 11;

/// Calls `f.template operator()<T>()` with the C++ type of `dtype` (bool, uint8_t ... double).
/// All instantiations of `f` must return the same type.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::boolean:
      return std::forward<F>(f).template operator()<bool>();
    case DType::u8:
      return std::forward<F>(f).template operator()<uint8_t>();
    case DType::u16:
      return std::forward<F>(f).template operator()<uint16_t>();
    case DType::u32:
      return std::forward<F>(f).template operator()<uint32_t>();
    case DType::u64:
      return std::forward<F>(f).template operator()<uint64_t>();
    case DType::i8:
      return std::forward<F>(f).template operator()<int8_t>();
    case DType::i16:
      return std::forward<F>(f).template operator()<int16_t>();
    case DType::i32:
      return std::forward<F>(f).template operator()<int32_t>();
    case DType::i64:
      return std::forward<F>(f).template operator()<int64_t>();
    case DType::f32:
      return std::forward<F>(f).template operator()<float>();
    case DType::f64:
      break;
  }
  return std::forward<F>(f).template operator()<double>();
}

/// The DType of a C++ pixel type.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::boolean;
  else if constexpr (std::is_same_v<T, float>)
    return DType::f32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::f64;
  else if constexpr (std::is_signed_v<T>)
    return sizeof(T) == 1   ? DType::i8
           : sizeof(T) == 2 ? DType::i16
           : sizeof(T) == 4 ? DType::i32
                            : DType::i64;
  else
    return sizeof(T) == 1   ? DType::u8
           : sizeof(T) == 2 ? DType::u16
           : sizeof(T) == 4 ? DType::u32
                            : DType::u64;
}

/// Bytes of one pixel.
constexpr size_t dtype_size(DType dtype) {
  constexpr size_t sizes[kDTypeCount] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
  return sizes[static_cast<int>(dtype)];
}
constexpr bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64; }
constexpr bool is_signed_integer(DType dtype) { return dtype >= DType::i8 && dtype <= DType::i64; }
constexpr bool is_integer(DType dtype) { return dtype != DType::boolean && !is_float(dtype); }

/// The name in files and messages, as in NumPy and Zarr v3: "bool", "uint16", "float32"...
constexpr std::string_view dtype_name(DType dtype) {
  constexpr std::string_view names[kDTypeCount] = {"bool",   "uint8",   "uint16", "uint32",
                                                   "uint64", "int8",    "int16",  "int32",
                                                   "int64",  "float32", "float64"};
  return names[static_cast<int>(dtype)];
}
/// The inverse of dtype_name; accepts also the short names u8, u16... f64. nullopt if unknown.
std::optional<DType> parse_dtype(std::string_view name);

}  // namespace parfocal
