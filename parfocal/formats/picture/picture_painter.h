#pragma once
/// Draws one picture after the other: an image with its objects, numbers and scale bar.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/core/view.h"
#include "parfocal/formats/picture/drawing/canvas.h"
#include "parfocal/formats/picture/drawing/label_drawing.h"
#include "parfocal/formats/picture/drawing/scale_bar.h"
#include "parfocal/formats/picture/drawing/window.h"
#include "parfocal/formats/picture/picture_params.h"

namespace parfocal {

/// What the numbers of an image mean.
enum class PictureKind : uint8_t { grey, mask, labels };

/// What becomes of the steps of axis c in one picture.
struct Composite {
  std::vector<std::optional<Colour>> colours;  ///< by channel; none: it is not drawn
  bool is_photo = false;                       ///< r g b of one camera: one window for all of them
};

class PicturePainter {
 public:
  /// `layout`: y x are its last item axes. `labels`: objects are drawn upon the image.
  /// \throws Error(invalid_pipeline) for a scale bar that needs a scale, and sizes no PNG has
  PicturePainter(const PictureParams& params, const Layout& layout, PictureKind kind,
                 std::optional<Composite> composite, bool labels);

  /// Bytes that it holds from open() on.
  int64_t resident_bytes() const;
  int64_t height() const { return height_ * zoom_; }
  int64_t width() const { return width_ * zoom_; }
  /// What a user must know of it before, or "".
  std::string notice() const;
  /// Takes its memory. Before anything is drawn.
  void open();

  /// The whole of a picture, but for objects. \pre no composite
  void draw(const View& plane);
  /// The first of the channels comes next.
  void begin_channels();
  void add_channel(int64_t channel, const View& plane);
  void draw_channels();
  /// Objects upon what was drawn.
  void draw_objects(const View& labels);
  /// The picture, complete; valid until the next one is begun.
  const Canvas& finish();
  /// The picture of an item that is missing: grey, with the word and its reason.
  const Canvas& missing(std::string_view reason);

 private:
  Window window_of(const View& plane);
  Canvas& large() { return zoom_ > 1 ? large_ : canvas_; }
  bool numbers_own_objects() const { return kind_ == PictureKind::labels && !labels_; }

  WindowChoice window_;
  std::string draw_;
  DType dtype_;
  PictureKind kind_;
  std::optional<Composite> composite_;
  bool labels_, ids_;
  int64_t height_, width_, zoom_ = 1;
  std::optional<ScaleBar> bar_;
  Canvas canvas_, large_;
  std::vector<float> planes_[3];  // of a composite: red, green, blue
  Window photo_;                  // of the channels seen so far
  Percentiles percentiles_;
  std::optional<ObjectCentres> centres_;
};

}  // namespace parfocal
