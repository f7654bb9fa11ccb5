#include "parfocal/report/thumbnails.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "parfocal/core/file_head.h"
#include "parfocal/core/guarded.h"
#include "parfocal/core/io.h"
#include "parfocal/core/patterns.h"
#include "parfocal/formats/picture/drawing/label_drawing.h"
#include "parfocal/formats/picture/drawing/window.h"
#include "parfocal/formats/picture/png_writer.h"

namespace parfocal::report {
namespace {

namespace fs = std::filesystem;

constexpr double kLow = 0.1, kHigh = 99.9;  // percentiles
constexpr size_t kMostLabelImages = 8;

std::unique_ptr<Source> open_image(const SavedImage& image) {
  std::error_code unknown;
  const bool store = fs::is_directory(image.path, unknown);
  const std::string path = fs::absolute(image.path).string();
  RawValue params = RawValue::map();
  if (store) {
    params.set("path", RawValue::scalar(path));
    if (!image.labels.empty()) params.set("labels", RawValue::scalar(image.labels));
  } else {
    params.set("glob", RawValue::scalar(literal_pattern(path)));
    params.set("axes", RawValue::scalar("auto"));
  }
  const SourceInfo* info = sources().find(store ? "ome_zarr" : "files");
  std::vector<Issue> issues;
  std::any parsed = info->params.parse(params, image.name, issues);
  if (!issues.empty()) throw Error(ErrorCode::input_missing, std::move(issues));
  return info->open(parsed, {"/"});
}

/// A plane, made smaller: squares of `step` pixels become one.
class SmallPlane {
 public:
  SmallPlane(const Source& source, bool nearest) : source_(source), nearest_(nearest) {
    const Layout& layout = source.layout();
    whole_ = layout.whole_item();
    if (whole_.rank < 2 || whole_.count() < 1)
      throw Error(ErrorCode::input_missing,
                  Issue{"no pictures, but " + layout.str(), "", "", "", ""});
    for (int a = 0; a + 2 < whole_.rank; ++a) {  // the middle one of planes
      whole_.origin[a] = whole_.shape[a] / 2;
      whole_.shape[a] = 1;
    }
    rows_ = whole_.shape[whole_.rank - 2];
    columns_ = whole_.shape[whole_.rank - 1];
    step_ = (std::max(rows_, columns_) + kThumbnailPixels - 1) / kThumbnailPixels;
    const auto pixel = static_cast<int64_t>(dtype_size(layout.dtype));
    if (step_ > kMostRowsBytes / pixel / columns_ || source.read_bytes() > kMostCodecBytes)
      throw Error(
          ErrorCode::input_missing,
          Issue{"its frames are too large for the memory that a report takes", "", "", "", ""});
    band_ = std::min(rows_, kMostRowsBytes / pixel / columns_ / step_ * step_);
    height_ = (rows_ + step_ - 1) / step_;
    width_ = (columns_ + step_ - 1) / step_;
    band_ = std::max(band_, std::min(rows_, step_));
    values_.resize(static_cast<size_t>(height_ * width_));
  }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  const std::vector<double>& values() const { return values_; }

  void read(int64_t sequence) {
    const Layout& layout = source_.layout();
    std::vector<std::byte> pixels(static_cast<size_t>(band_ * columns_) * dtype_size(layout.dtype));
    for (int64_t top = 0; top < rows_; top += band_) {
      Region region = whole_;
      region.origin[whole_.rank - 2] = top;
      region.shape[whole_.rank - 2] = std::min(band_, rows_ - top);
      const MutableView view = packed_view(pixels.data(), layout.dtype, region);
      FrameHeader header;
      if (Status s = source_.read(sequence, view, header); !s.ok())
        throw Error(ErrorCode::input_missing, s.issue());
      dispatch(layout.dtype, [&]<class T>() {
        take<T>(reinterpret_cast<const T*>(pixels.data()), top, region.shape[whole_.rank - 2]);
      });
    }
  }

 private:
  template <class T>
  void take(const T* pixels, int64_t top, int64_t rows) {
    for (int64_t y = 0; y < rows; y += step_)
      for (int64_t x = 0; x < columns_; x += step_) {
        const int64_t high = std::min(step_, rows - y), wide = std::min(step_, columns_ - x);
        const T* const square = pixels + y * columns_ + x;
        double& value = values_[static_cast<size_t>((top + y) / step_ * width_ + x / step_)];
        value = nearest_ ? static_cast<double>(square[high / 2 * columns_ + wide / 2])
                         : mean_of(square, high, wide);
      }
  }
  template <class T>
  double mean_of(const T* square, int64_t high, int64_t wide) const {
    double sum = 0;
    for (int64_t y = 0; y < high; ++y)
      for (int64_t x = 0; x < wide; ++x) sum += static_cast<double>(square[y * columns_ + x]);
    return sum / static_cast<double>(high * wide);
  }

  const Source& source_;
  bool nearest_;
  Region whole_;
  int64_t rows_ = 0, columns_ = 0, step_ = 1, band_ = 1, height_ = 0, width_ = 0;
  std::vector<double> values_;
};

Canvas in_greys(const SmallPlane& plane, DType dtype) {
  Canvas canvas(plane.height(), plane.width());
  Percentiles percentiles(DType::f64, plane.height() * plane.width());
  const Region region = Region::whole({plane.height(), plane.width()});
  const View view =
      packed_view(reinterpret_cast<const std::byte*>(plane.values().data()), DType::f64, region);
  const Window window = dtype == DType::boolean ? Window{} : percentiles.of(view, kLow, kHigh);
  for (int64_t y = 0; y < plane.height(); ++y)
    for (int64_t x = 0; x < plane.width(); ++x) {
      const uint8_t grey =
          grey_of(plane.values()[static_cast<size_t>(y * plane.width() + x)], window);
      canvas.set(y, x, {grey, grey, grey});
    }
  return canvas;
}

Canvas in_colours(const SmallPlane& plane) {
  Canvas canvas(plane.height(), plane.width());
  for (int64_t y = 0; y < plane.height(); ++y)
    for (int64_t x = 0; x < plane.width(); ++x) {
      const double label = plane.values()[static_cast<size_t>(y * plane.width() + x)];
      if (label >= 1 && label < 0x1p63)
        canvas.set(y, x, label_colour(static_cast<uint64_t>(label)));
    }
  return canvas;
}

std::string place_of(const Layout& layout, int64_t sequence) {
  const auto at = coordinates_of(layout, sequence);
  std::string text;
  for (size_t a = 0; a < layout.stream.size(); ++a) {
    const Axis& axis = layout.stream[a];
    const auto k = static_cast<size_t>(at[a]);
    const bool named = k < axis.labels.size() && !axis.labels[k].empty();
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", axis.name,
                        named ? axis.labels[k] : std::to_string(at[a]));
  }
  return text;
}

// Frames by what they are: each once.
std::vector<std::pair<std::string, int64_t>> picks_of(int64_t items, int64_t flagged,
                                                      const std::string& flag, bool only_middle) {
  std::vector<std::pair<std::string, int64_t>> picks = {{"middle", items / 2}};
  if (only_middle) return picks;
  picks.insert(picks.begin(), {"first", 0});
  picks.emplace_back("last", items - 1);
  std::vector<std::pair<std::string, int64_t>> each;
  for (auto& pick : picks)
    if (each.empty() || each.back().second != pick.second) each.push_back(std::move(pick));
  if (flagged >= 0) each.emplace_back("most flagged (" + flag + ")", flagged);
  return each;
}

}  // namespace

std::vector<SavedImage> images_at(const fs::path& path, const std::string& name) {
  std::error_code unknown;
  std::vector<SavedImage> images;
  if (fs::is_regular_file(path, unknown) && has_head_of_tiff(path))
    images.push_back({name, path, ""});
  const auto is_group = [&](const fs::path& folder) {
    return fs::is_regular_file(folder / "zarr.json", unknown) ||
           fs::is_regular_file(folder / ".zattrs", unknown);
  };
  if (!fs::is_directory(path, unknown) || !is_group(path)) return images;
  images.push_back({name, path, ""});
  std::vector<std::string> labels;
  fs::directory_iterator entry(path / "labels", unknown), end;
  for (; !unknown && entry != end && labels.size() < 100; entry.increment(unknown))
    if (is_group(entry->path())) labels.push_back(entry->path().filename().string());
  std::sort(labels.begin(), labels.end());
  labels.resize(std::min(labels.size(), kMostLabelImages));
  for (const std::string& label : labels)
    images.push_back({name + ", labels " + label, path, label});
  return images;
}

Thumbnails thumbnails_of(const SavedImage& image, int64_t frames, int64_t flagged,
                         const std::string& flag, bool only_middle) {
  Thumbnails made;
  const Status status = guarded([&] {
    const auto source = open_image(image);
    const Layout& layout = source->layout();
    const DType dtype = layout.dtype;
    const bool colours = image.colours() || (is_integer(dtype) && dtype_size(dtype) >= 4);
    SmallPlane plane(*source, colours);
    const int64_t items = layout.stream_count();
    if (items < 1) return Status::fail("it holds no frames");
    const int64_t own_flagged = items == frames && flagged < items ? flagged : -1;
    const FrameSet missing = source->missing();
    for (const auto& [pick, sequence] : picks_of(items, own_flagged, flag, only_middle)) {
      Thumbnail one{pick + ": " + place_of(layout, sequence), ""};
      if (missing.has(sequence)) {
        one.text += ", missing";
      } else {
        plane.read(sequence);
        const Status s = png_of(colours ? in_colours(plane) : in_greys(plane, dtype), one.png);
        if (!s.ok()) one.text += ": " + s.issue().what;
      }
      made.pictures.push_back(std::move(one));
    }
    return Status();
  });
  if (!status.ok()) made.problem = status.issue().what;
  return made;
}

}  // namespace parfocal::report
