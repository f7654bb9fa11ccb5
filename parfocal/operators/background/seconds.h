#pragma once
/// A parameter that is a time: "1 s", "20 ms", "0.5" (seconds).

#include "parfocal/core/parameters.h"

namespace parfocal {

struct Seconds {
  double value = 0;
  bool operator==(const Seconds&) const = default;
};

template <>
struct ParamTraits<Seconds> {
  static std::string type_name() { return "time"; }
  static std::optional<std::string> parse(const RawValue& raw, Seconds& out) {
    const auto quantity =
        raw.kind == RawValue::Kind::scalar ? parse_quantity(raw.text) : std::nullopt;
    const auto factor =
        quantity ? unit_factor(quantity->unit.empty() ? "s" : quantity->unit, "s") : std::nullopt;
    if (!factor || !(quantity->value > 0)) return "needs a time above 0, such as 1 s or 20 ms";
    out.value = quantity->value * *factor;
    return std::nullopt;
  }
};

}  // namespace parfocal
