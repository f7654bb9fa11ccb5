#pragma once

#include <cstdint>
#include <type_traits>

namespace parfocal::kernels {

/// Element type as a value: lets one dispatched function serve every type.
enum class Element : uint8_t { none, u8, u16, u32, i8, i16, i32, f32, f64 };

template <typename T>
constexpr Element element_of() noexcept {
  if constexpr (std::is_same_v<T, uint8_t>) return Element::u8;
  if constexpr (std::is_same_v<T, uint16_t>) return Element::u16;
  if constexpr (std::is_same_v<T, uint32_t>) return Element::u32;
  if constexpr (std::is_same_v<T, int8_t>) return Element::i8;
  if constexpr (std::is_same_v<T, int16_t>) return Element::i16;
  if constexpr (std::is_same_v<T, int32_t>) return Element::i32;
  if constexpr (std::is_same_v<T, float>) return Element::f32;
  if constexpr (std::is_same_v<T, double>) return Element::f64;
  return Element::none;
}

/// Calls `body(T{})` with the C++ type that `element` names; nothing for Element::none.
template <typename Body>
void with_element(Element element, Body&& body) noexcept {
  switch (element) {
    case Element::u8:
      return body(uint8_t{});
    case Element::u16:
      return body(uint16_t{});
    case Element::u32:
      return body(uint32_t{});
    case Element::i8:
      return body(int8_t{});
    case Element::i16:
      return body(int16_t{});
    case Element::i32:
      return body(int32_t{});
    case Element::f32:
      return body(float{});
    case Element::f64:
      return body(double{});
    case Element::none:
      return;
  }
}

}  // namespace parfocal::kernels
