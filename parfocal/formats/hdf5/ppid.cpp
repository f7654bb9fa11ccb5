#include "parfocal/formats/hdf5/ppid.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "parfocal/core/decimals.h"
#include "parfocal/formats/hdf5/md5.h"

namespace parfocal {
namespace {

constexpr int kSizeDecimals = 8;  // of a pixel in um

size_t common_length(const std::string& a, const std::string& b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(in_a - a.begin());
}

// Python's repr: plain digits for exponents -4..15, else one digit, a point and a signed exponent
// of at least two digits.
std::string python_number(double value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string scientific(buffer, end.ptr);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent > 15) return scientific;
  const auto plain = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return {buffer, plain.ptr};
}

}  // namespace

std::string ppid_number(double value) {
  return value == std::trunc(value) ? fmt::format("{:.0f}", value + 0.0) : python_number(value);
}

std::vector<std::string> unique_prefixes(std::span<const std::string> names) {
  std::vector<std::string> result;
  for (size_t i = 0; i < names.size(); ++i) {
    size_t length = 1;
    for (size_t j = 0; j < names.size(); ++j)
      if (i != j) length = std::max(length, common_length(names[i], names[j]) + 1);
    result.push_back(names[i].substr(0, length));
  }
  return result;
}

std::string ppid_arguments(std::span<const PpidArgument> arguments) {
  std::vector<std::string> names;
  for (const PpidArgument& argument : arguments) names.push_back(argument.name);
  const auto prefixes = unique_prefixes(names);
  std::string text;
  for (size_t i = 0; i < arguments.size(); ++i)
    text += (i ? "^" : "") + prefixes[i] + "=" + arguments[i].value;
  return text;
}

double ppid_pixel_size(double pixel_size_um) {
  return rounded_to_decimals(pixel_size_um, kSizeDecimals);
}

std::string ppid_data(double pixel_size_um, const std::string& frames) {
  std::string size = fmt::format("{:.{}f}", pixel_size_um, kSizeDecimals);
  size.erase(size.find_last_not_of('0') + 1);
  return "hdf:p=" + size + "^i=" + frames;
}

std::string ppid_sparse_median(int64_t kernel_size, double split_time_s, double thresh_cleansing,
                               double frac_cleansing, bool offset_correction) {
  const PpidArgument arguments[] = {{"kernel_size", std::to_string(kernel_size)},
                                    {"split_time", ppid_number(split_time_s)},
                                    {"thresh_cleansing", ppid_number(thresh_cleansing)},
                                    {"frac_cleansing", ppid_number(frac_cleansing)},
                                    {"offset_correction", ppid_flag(offset_correction)}};
  return "sparsemed:" + ppid_arguments(arguments);
}

std::string ppid_rolling_median(int64_t kernel_size, int64_t batch_size) {
  const PpidArgument arguments[] = {{"kernel_size", std::to_string(kernel_size)},
                                    {"batch_size", std::to_string(batch_size)}};
  return "rollmed:" + ppid_arguments(arguments);
}

std::string ppid_threshold(double threshold, bool clear_border, bool fill_holes,
                           int64_t closing_disk) {
  const PpidArgument segment[] = {{"thresh", ppid_number(threshold)}};
  const PpidArgument mask[] = {{"clear_border", ppid_flag(clear_border)},
                               {"fill_holes", ppid_flag(fill_holes)},
                               {"closing_disk", std::to_string(closing_disk)}};
  return "thresh:" + ppid_arguments(segment) + ":" + ppid_arguments(mask);
}

std::string ppid_features(bool brightness, bool haralick, bool volume) {
  const PpidArgument arguments[] = {{"brightness", ppid_flag(brightness)},
                                    {"haralick", ppid_flag(haralick)},
                                    {"volume", ppid_flag(volume)}};
  return "legacy:" + ppid_arguments(arguments);
}

std::string ppid_gate(bool online_gates, int64_t size_thresh_mask) {
  const PpidArgument arguments[] = {{"online_gates", ppid_flag(online_gates)},
                                    {"size_thresh_mask", std::to_string(size_thresh_mask)}};
  return "norm:" + ppid_arguments(arguments);
}

std::string PipelineIds::text() const {
  return fmt::format("{}|{}|{}|{}|{}|{}", generation, data, background, segmenter, feature, gate);
}
std::string PipelineIds::hash() const { return md5_hex(text()); }

}  // namespace parfocal
