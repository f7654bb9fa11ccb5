#include "parfocal/formats/picture/drawing/label_drawing.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include "parfocal/core/dtype.h"
#include "parfocal/formats/picture/drawing/font.h"

namespace parfocal {
namespace {

constexpr uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // of 2^64

template <class T>
uint64_t object_of(T value) {
  return value > 0 ? static_cast<uint64_t>(value) : 0;
}

// f(y, x, pixel, stride) of every pixel of an object, from 0; the pixel above is at -stride.
template <class F>
void for_each_object_pixel(const View& labels, F&& f) {
  dispatch(labels.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const int64_t height = labels.region.shape[0], width = labels.region.shape[1];
      for (int64_t y = 0; y < height; ++y) {
        const T* const row = labels.as<T>() + y * labels.strides[0];
        for (int64_t x = 0; x < width; ++x)
          if (row[x] > 0) f(y, x, row + x, labels.strides[0]);
      }
    }
  });
}

uint8_t half(uint8_t a, uint8_t b) { return static_cast<uint8_t>((a + b + 1) / 2); }

}  // namespace

Colour label_colour(uint64_t label) {
  constexpr double kSaturation = 0.75;
  const double sixth = static_cast<double>((label * kGoldenRatio) >> 32) * 6 / 4294967296.0;
  // How much of a primary there is, by its distance on the circle.
  const auto part = [&](double centre) {
    const double away = std::abs(sixth - centre), distance = std::min(away, 6 - away);
    const double pure = std::clamp(2 - distance, 0.0, 1.0);
    return static_cast<uint8_t>(255 * (1 - kSaturation * (1 - pure)) + 0.5);
  };
  return {part(0), part(2), part(4)};
}

void draw_outlines(Canvas& canvas, const View& labels) {
  const int64_t height = labels.region.shape[0], width = labels.region.shape[1];
  for_each_object_pixel(labels, [&](int64_t y, int64_t x, auto at, int64_t stride) {
    const bool edge = (x > 0 && at[-1] != *at) || (x + 1 < width && at[1] != *at) ||
                      (y > 0 && at[-stride] != *at) || (y + 1 < height && at[stride] != *at);
    if (edge) canvas.set(y, x, label_colour(object_of(*at)));
  });
}

void draw_filled(Canvas& canvas, const View& labels, bool through) {
  for_each_object_pixel(labels, [&](int64_t y, int64_t x, auto at, int64_t) {
    Colour colour = label_colour(object_of(*at));
    if (through) {
      const Colour under = canvas.at(y, x);
      colour = {half(colour.red, under.red), half(colour.green, under.green),
                half(colour.blue, under.blue)};
    }
    canvas.set(y, x, colour);
  });
}

ObjectCentres::ObjectCentres() : slots_(2 * kMost) { used_.reserve(kMost); }

void ObjectCentres::find(const View& labels) {
  for (const uint32_t slot : used_) slots_[slot] = {};
  used_.clear();
  for_each_object_pixel(
      labels, [&](int64_t y, int64_t x, auto at, int64_t) { add(object_of(*at), y, x, 1); });
}

void ObjectCentres::add(uint64_t label, int64_t y, int64_t x, int64_t pixels) {
  size_t slot = (label * kGoldenRatio >> 32) % slots_.size();
  while (slots_[slot].pixels > 0 && slots_[slot].label != label) slot = (slot + 1) % slots_.size();
  Object& object = slots_[slot];
  if (object.pixels == 0) {
    if (used_.size() == kMost) return;
    used_.push_back(static_cast<uint32_t>(slot));
    object.label = label;
  }
  object.pixels += pixels;
  object.sum_y += y;
  object.sum_x += x;
}

void draw_numbers(Canvas& canvas, const ObjectCentres& centres, int64_t zoom) {
  const int64_t size = std::max<int64_t>(1, text_size_for(canvas.width()) / 2);  // they are many
  const auto centre = [&](double at) {
    return static_cast<int64_t>(std::floor((at + 0.5) * static_cast<double>(zoom)));
  };
  centres.for_each([&](const ObjectCentres::Object& object) {
    const std::string text = std::to_string(object.label);
    draw_rimmed_text(canvas, centre(object.y()) - text_height(size) / 2,
                     centre(object.x()) - text_width(text, size) / 2, text, size, kWhite);
  });
}

}  // namespace parfocal
