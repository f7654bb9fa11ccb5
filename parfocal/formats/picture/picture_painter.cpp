#include "parfocal/formats/picture/picture_painter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/core/dtype.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/picture/drawing/font.h"

namespace parfocal {
namespace {

constexpr int64_t kMostSide = INT32_MAX;  // of a PNG

// Small images are enlarged until they are this wide, and not much higher than a screen.
int64_t auto_zoom(int64_t height, int64_t width) {
  constexpr int64_t kWide = 256, kHigh = 1024;
  const int64_t wanted = (kWide + width - 1) / width;
  return std::clamp<int64_t>(kHigh / std::max<int64_t>(height, 1), 1, wanted);
}

std::optional<ScaleBar> scale_bar(const ScaleBarChoice& choice, const Axis& x) {
  if (choice.none) return std::nullopt;
  if (!choice.automatic) return ScaleBar{length_in_pixels(choice.length, x), choice.text};
  const auto factor = x.unit.empty() ? std::optional<double>() : unit_factor(x.unit, "um");
  if (!factor || !(x.scale > 0)) return std::nullopt;
  return auto_scale_bar(x.size, x.scale * *factor);
}

// f(y, x, value) from 0.
template <class F>
void for_each_value(const View& plane, F&& f) {
  dispatch(plane.dtype, [&]<class T>() {
    for (int64_t y = 0; y < plane.region.shape[0]; ++y) {
      const T* const row = plane.as<T>() + y * plane.strides[0];
      for (int64_t x = 0; x < plane.region.shape[1]; ++x) f(y, x, static_cast<double>(row[x]));
    }
  });
}

// 0..1, NaN as 0.
double part_of(double value, const Window& window) {
  if (!(value > window.low)) return 0;
  return value >= window.high ? 1 : (value - window.low) / (window.high - window.low);
}

}  // namespace

PicturePainter::PicturePainter(const PictureParams& params, const Layout& layout, PictureKind kind,
                               std::optional<Composite> composite, bool labels)
    : window_(params.window),
      draw_(params.draw),
      dtype_(layout.dtype),
      kind_(kind),
      composite_(std::move(composite)),
      labels_(labels),
      ids_(params.ids),
      height_(layout.item[layout.item.size() - 2].size),
      width_(layout.item.back().size),
      zoom_(params.zoom.factor > 0 ? params.zoom.factor : auto_zoom(height_, width_)),
      bar_(scale_bar(params.scale_bar, layout.item.back())) {
  if (height_ > kMostSide / zoom_ || width_ > kMostSide / zoom_)
    fail_layout("the picture is larger than a PNG can be", layout.str(),
                "at most " + std::to_string(kMostSide) + " pixels a side",
                "write zoom: 1, or crop");
}

int64_t PicturePainter::resident_bytes() const {
  const int64_t pixels = height_ * width_;
  int64_t bytes = Canvas::bytes(height_, width_);
  if (zoom_ > 1) bytes += Canvas::bytes(height(), width());
  if (composite_) bytes += 3 * pixels * static_cast<int64_t>(sizeof(float));
  if (!window_.values) bytes += Percentiles::bytes(dtype_, pixels);
  return bytes + (ids_ ? ObjectCentres::kBytes : 0);
}

std::string PicturePainter::notice() const {
  if (!bar_ || bar_->pixels <= static_cast<double>(width_)) return "";
  return "The scale bar of " + bar_->text + " is longer than the image is wide (" +
         std::to_string(width_) + " pixels).";
}

void PicturePainter::open() {
  canvas_ = Canvas(height_, width_);
  if (zoom_ > 1) large_ = Canvas(height(), width());
  if (composite_)
    for (auto& plane : planes_) plane.resize(static_cast<size_t>(height_ * width_));
  if (!window_.values) percentiles_ = Percentiles(dtype_, height_ * width_);
  if (ids_) centres_.emplace();
}

Window PicturePainter::window_of(const View& plane) {
  if (kind_ == PictureKind::mask) return {0, 1};
  return window_.values ? *window_.values : percentiles_.of(plane, window_.low, window_.high);
}

void PicturePainter::draw(const View& plane) {
  if (kind_ == PictureKind::labels) {
    for (int64_t y = 0; y < height_; ++y) std::fill_n(canvas_.row(y), 3 * width_, uint8_t{0});
    draw_filled(canvas_, plane, false);
    if (ids_ && numbers_own_objects()) centres_->find(plane);
    return;
  }
  const Window window = window_of(plane);
  for_each_value(plane, [&](int64_t y, int64_t x, double value) {
    const uint8_t grey = grey_of(value, window);
    canvas_.set(y, x, {grey, grey, grey});
  });
}

void PicturePainter::begin_channels() {
  for (auto& plane : planes_) std::fill(plane.begin(), plane.end(), 0.0f);
  constexpr double kFar = std::numeric_limits<double>::infinity();
  photo_ = {kFar, -kFar};
}

// Of a photo the planes hold the values themselves: its window is known with its last channel.
void PicturePainter::add_channel(int64_t channel, const View& plane) {
  const auto& colour = composite_->colours[static_cast<size_t>(channel)];
  if (!colour) return;
  const bool photo = composite_->is_photo;
  const bool whole = photo && dtype_ == DType::u8 && !window_.values;
  const Window window = whole ? Window{0, 255} : window_of(plane);
  photo_ = {std::min(photo_.low, window.low), std::max(photo_.high, window.high)};
  const double parts[] = {static_cast<double>(colour->red), static_cast<double>(colour->green),
                          static_cast<double>(colour->blue)};
  for (size_t p = 0; p < 3; ++p) {
    if (parts[p] == 0) continue;
    float* const sums = planes_[p].data();
    for_each_value(plane, [&](int64_t y, int64_t x, double value) {
      sums[y * width_ + x] += static_cast<float>(photo ? value : part_of(value, window) * parts[p]);
    });
  }
}

void PicturePainter::draw_channels() {
  const Window window = composite_->is_photo ? photo_ : Window{0, 255};
  for (int64_t y = 0; y < height_; ++y)
    for (int64_t x = 0; x < width_; ++x) {
      const auto i = static_cast<size_t>(y * width_ + x);
      canvas_.set(y, x,
                  {grey_of(static_cast<double>(planes_[0][i]), window),
                   grey_of(static_cast<double>(planes_[1][i]), window),
                   grey_of(static_cast<double>(planes_[2][i]), window)});
    }
}

void PicturePainter::draw_objects(const View& labels) {
  if (draw_ == "outlines") draw_outlines(canvas_, labels);
  if (draw_ == "fill") draw_filled(canvas_, labels, true);
  if (ids_) centres_->find(labels);
}

const Canvas& PicturePainter::finish() {
  if (zoom_ > 1) enlarge(canvas_, zoom_, large_);
  if (ids_) draw_numbers(large(), *centres_, zoom_);
  if (bar_) draw_scale_bar(large(), *bar_, zoom_);
  return large();
}

const Canvas& PicturePainter::missing(std::string_view reason) {
  constexpr std::string_view kWord = "missing";
  Canvas& canvas = large();
  canvas.fill(0, 0, canvas.height(), canvas.width(), kGrey);
  const int64_t size = std::max<int64_t>(1, canvas.width() / 120), line = text_height(size);
  const auto write = [&](std::string_view text, int64_t y) {
    draw_text(canvas, y, (canvas.width() - text_width(text, size)) / 2, text, size, kWhite);
  };
  write(kWord, canvas.height() / 2 - line - size);
  write(reason, canvas.height() / 2 + size);
  return canvas;
}

}  // namespace parfocal
