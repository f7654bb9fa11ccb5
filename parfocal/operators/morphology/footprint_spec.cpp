#include "parfocal/operators/morphology/footprint_spec.h"

#include <algorithm>
#include <charconv>

namespace parfocal {
namespace {

struct Call {
  std::string name;
  std::vector<double> numbers;
};

// "name(1, 2)" or "name(1x2)".
std::optional<Call> parse_call(std::string text) {
  std::erase(text, ' ');
  const size_t open = text.find('(');
  if (open == std::string::npos || text.back() != ')') return std::nullopt;
  Call call{text.substr(0, open), {}};
  const char *at = text.data() + open + 1, *end = text.data() + text.size() - 1;
  for (;;) {
    double number = 0;
    const auto result = std::from_chars(at, end, number, std::chars_format::fixed);
    if (result.ec != std::errc{}) return std::nullopt;
    call.numbers.push_back(number);
    if (result.ptr == end) return call;
    if (*result.ptr != ',' && *result.ptr != 'x') return std::nullopt;
    at = result.ptr + 1;
  }
}

bool is_side(double number) {
  return number == static_cast<double>(static_cast<int64_t>(number)) && number >= 1 &&
         number <= 2 * kMaxFootprintRadius + 1;
}

std::vector<kernels::Chord> disk(double radius) {
  std::vector<kernels::Chord> chords(static_cast<size_t>(kernels::disk_chords(radius, nullptr, 0)));
  kernels::disk_chords(radius, chords.data(), static_cast<int64_t>(chords.size()));
  return chords;
}

}  // namespace

FootprintSpec rectangle_footprint(int64_t rows, int64_t columns) {
  FootprintSpec spec{std::vector<kernels::Chord>(static_cast<size_t>(rows))};
  kernels::rectangle_chords(rows, columns, spec.chords.data(), rows);
  return spec;
}

std::optional<std::string> ParamTraits<FootprintSpec>::parse(const RawValue& raw,
                                                             FootprintSpec& out) {
  const auto call =
      raw.kind == RawValue::Kind::scalar && !raw.text.empty() ? parse_call(raw.text) : std::nullopt;
  const size_t count = call ? call->numbers.size() : 0;
  if (call && call->name == "disk" && count == 1) {
    if (!(call->numbers[0] >= 0 && call->numbers[0] <= kMaxFootprintRadius))
      return "needs a radius of 0.." + std::to_string(kMaxFootprintRadius) + " px";
    out.chords = disk(call->numbers[0]);
    return std::nullopt;
  }
  const bool square = call && call->name == "square" && count == 1;
  if (square || (call && call->name == "rectangle" && count == 2)) {
    if (!std::all_of(call->numbers.begin(), call->numbers.end(), is_side))
      return "needs whole sides of 1.." + std::to_string(2 * kMaxFootprintRadius + 1) + " px";
    out = rectangle_footprint(static_cast<int64_t>(call->numbers.front()),
                              static_cast<int64_t>(call->numbers.back()));
    return std::nullopt;
  }
  return "needs disk(radius), square(side) or rectangle(rows x columns), in pixels";
}

}  // namespace parfocal
