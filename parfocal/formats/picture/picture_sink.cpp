#include <algorithm>

#include "parfocal/core/guarded.h"
#include "parfocal/core/io.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/picture/picture_painter.h"
#include "parfocal/formats/picture/picture_params.h"
#include "parfocal/formats/picture/picture_places.h"
#include "parfocal/formats/picture/png_writer.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLabelInput = "labels.";
constexpr int64_t kBlockBytes = 4096, kTextBytes = 16 << 10;  // of the disk; provenance

// Steps that find objects, and a source that reads a label image by its name.
bool are_labels(const SinkInput& input) {
  if (!is_integer(input.layout.layout.dtype) || input.lineage.empty()) return false;
  const LineageStep& last = input.lineage.back();
  if (last.id == "source") return last.params.find("labels") != nullptr;
  const OperatorInfo* info = operators().find(last.type);
  return info && info->family == "objects";
}

PictureKind kind_of(const SinkInput& input) {
  if (input.layout.layout.dtype == DType::boolean) return PictureKind::mask;
  return are_labels(input) ? PictureKind::labels : PictureKind::grey;
}

void require_image(const SinkInput& input) {
  const Layout& layout = input.layout.layout;
  if (layout.item.size() >= 2 && layout.whole_item().count() > 0) return;
  fail_layout("there is no picture of numbers", input.step + " gives " + layout.str(),
              "an image of y x", "write them with type: table");
}

std::optional<Composite> photo_of(const Axis& c) {
  if (!are_photo_colours(c)) return std::nullopt;
  Composite photo{{}, true};
  for (const std::string& label : c.labels) {
    const std::string word = lowercase(label);
    photo.colours.push_back(word == "a" ? std::nullopt
                                        : parse_colour(word == "r"   ? "red"
                                                       : word == "g" ? "green"
                                                                     : "blue"));
  }
  return photo;
}

std::optional<Composite> composite_of(const PictureParams& params, const SinkInput& input) {
  const Layout& layout = input.layout.layout;
  const bool stated = !params.channels.entries.empty();
  const bool last = !layout.stream.empty() && layout.stream.back().name == "c" &&
                    layout.stream.back().size != kUnbounded;
  const bool one = std::any_of(params.at.entries.begin(), params.at.entries.end(),
                               [](const auto& entry) { return entry.first == "c"; });
  if (stated && (!last || one))
    fail_layout(
        "there are no channels to lay over each other", input.step + " gives " + layout.str(),
        "an axis c that follows the other stream axes, and is not in at", "remove channels");
  if (!last || one || kind_of(input) == PictureKind::labels) return std::nullopt;
  const Axis& c = layout.stream.back();
  if (!stated) return photo_of(c);
  Composite composite{std::vector<std::optional<Colour>>(static_cast<size_t>(c.size)), false};
  for (const auto& [word, colour] : params.channels.entries) {
    const int64_t channel = step_of(c, word);
    if (channel < 0) {
      std::string names = "0.." + std::to_string(c.size - 1);
      for (const std::string& label : c.labels) names += ", " + label;
      fail_layout("there is no channel '" + word + "'", word, names,
                  "name one of these in channels");
    }
    composite.colours[static_cast<size_t>(channel)] = colour;
  }
  return composite;
}

// The plane of an item at `index` on its axes before y x.
View plane_at(const View& item, const Coordinates& index) {
  const int lead = item.region.rank - 2;
  View plane = item;
  int64_t offset = 0;
  for (int a = 0; a < lead; ++a) offset += index[static_cast<size_t>(a)] * item.strides[a];
  plane.data += offset * static_cast<int64_t>(dtype_size(item.dtype));
  plane.region = Region::whole({item.region.shape[lead], item.region.shape[lead + 1]});
  plane.strides = {};
  plane.strides[0] = item.strides[lead];
  plane.strides[1] = item.strides[lead + 1];
  return plane;
}

/// Sink `picture`: items as PNG, one file each.
class PictureSink final : public Sink {
 public:
  PictureSink(const PictureParams& params, std::span<const SinkInput> inputs,
              const SinkContext& context)
      : params_(params),
        root_(output_path(context.out_dir, params.path, "picture")),
        provenance_(ascii_json(context.provenance_json)) {
    for (size_t i = 0; i < inputs.size(); ++i)
      inputs[i].key.starts_with(kLabelInput) ? labels_.push_back(i) : void(from_ = i);
    const SinkInput& image = inputs[from_];
    require_image(image);
    layout_ = image.layout.layout;
    const auto composite = composite_of(params, image);
    composite_ = composite.has_value();
    for (const size_t i : labels_) require_fits(inputs[i]);
    const PictureKind kind = kind_of(image);
    if (params.ids && labels_.empty() && kind != PictureKind::labels)
      fail_layout("ids are the numbers of objects, and the picture has none", "ids: true",
                  "labels: {NAME: STEP}",
                  "name the step that labels objects, e.g. labels: {cells: cells}");
    places_.emplace(params, layout_, root_, composite_);
    painter_.emplace(params, layout_, kind, composite, !labels_.empty());
  }

  int64_t resident_bytes() const override {
    return painter_->resident_bytes() + png_bytes(painter_->width()) + 4 * kTextBytes;
  }
  int64_t disk_bytes() const override {
    const int64_t pictures = places_->count();
    const int64_t most = png_file_bytes(painter_->height(), painter_->width()) + kTextBytes;
    return (pictures == kUnbounded ? params_.max : std::min(pictures, params_.max)) *
           (most + kBlockBytes);
  }
  std::vector<std::string> notices() const override {
    std::vector<std::string> notices;
    const int64_t pictures = places_->count();
    if (pictures != kUnbounded && pictures > params_.max)
      notices.push_back(std::to_string(pictures - params_.max) + " of " + std::to_string(pictures) +
                        " pictures are left out of " + params_.path + " (max: " +
                        std::to_string(params_.max) + "): give a larger max, or every.");
    if (std::string text = painter_->notice(); !text.empty()) notices.push_back(std::move(text));
    return notices;
  }
  void open() override {
    std::error_code error;
    if (fs::symlink_status(root_, error).type() != fs::file_type::not_found)
      throw Error(ErrorCode::output_exists,
                  Issue{"the output exists already", root_.string(), "", "a new name", ""});
    const fs::path folder = is_one_picture(params_) ? root_.parent_path() : root_;
    if (Status s = make_folders(folder, false); !s.ok())
      throw Error(ErrorCode::run_failed, s.issue());
    painter_->open();
  }
  Status write(std::span<const Input> in) override {
    return guarded([&] { return write_item(in); });
  }
  // Pictures of items that others do not have.
  Status close(const Outcome& outcome) override {
    std::error_code ignored;
    for (int64_t item = std::max<int64_t>(outcome.valid_items, 0);
         outcome.valid_items >= 0 && item < seen_; ++item) {
      const Coordinates at = coordinates_of(layout_, item);
      if (places_->wants(at))
        places_->for_each_plane(
            [&](const Coordinates& plane) { fs::remove(places_->file(at, plane), ignored); });
    }
    return {};
  }
  std::vector<fs::path> paths() const override { return {root_}; }

 private:
  void require_fits(const SinkInput& input) const {
    const Layout& labels = input.layout.layout;
    if (labels.whole_item() != layout_.whole_item())
      fail_layout("the label image has another size than the image", labels.str(), layout_.str(),
                  "draw it upon an image that it was made of");
    if (!is_integer(labels.dtype))
      fail_layout("these are no labels", input.step + " gives " + labels.str(),
                  "whole numbers, 0 where there is no object", "label the mask first (op: label)");
    if (composite_ && labels.find_stream("c") >= 0)
      fail_layout("each channel has label images of its own", labels.str(),
                  "one for all channels, or one channel", "write e.g. at: {c: 0}");
  }

  Status write_item(std::span<const Input> in) {
    const FrameHeader& header = *in[from_].header;
    seen_ = header.sequence + 1;
    if (!places_->wants(header.coordinates)) return {};
    if (composite_ && !take_channel(in[from_])) return {};
    const auto gap = missing_of(in);
    Status s;
    places_->for_each_plane([&](const Coordinates& plane) {
      if (!s.ok() || drawn_ == params_.max) return;
      ++drawn_;
      const Canvas& canvas = gap ? painter_->missing(*gap) : drawn(in, plane);
      s = write_png(places_->file(header.coordinates, plane), canvas, provenance_);
    });
    return s;
  }

  // A step of axis c; true where it is the last one.
  bool take_channel(const Input& item) {
    const int64_t channel = item.header->coordinates[layout_.stream.size() - 1];
    if (channel == 0) {
      painter_->begin_channels();
      channel_gap_.reset();
    }
    if (item.gap)
      channel_gap_ = gap_reason_name(item.gap->reason);
    else if (drawn_ < params_.max)
      painter_->add_channel(channel, plane_at(item.image, {}));
    return channel + 1 == layout_.stream.back().size;
  }

  // Why the picture cannot be drawn. Without its objects it would tell of an empty image.
  std::optional<std::string_view> missing_of(std::span<const Input> in) const {
    if (composite_ && channel_gap_) return channel_gap_;
    for (const Input& input : in)
      if (input.gap) return gap_reason_name(input.gap->reason);
    return std::nullopt;
  }

  const Canvas& drawn(std::span<const Input> in, const Coordinates& plane) {
    composite_ ? painter_->draw_channels() : painter_->draw(plane_at(in[from_].image, plane));
    for (const size_t i : labels_) painter_->draw_objects(plane_at(in[i].image, plane));
    return painter_->finish();
  }

  PictureParams params_;
  fs::path root_;
  std::string provenance_;
  Layout layout_;
  size_t from_ = 0;
  std::vector<size_t> labels_;
  bool composite_ = false;
  std::optional<PicturePlaces> places_;
  std::optional<PicturePainter> painter_;
  std::optional<std::string_view> channel_gap_;  // of the channels of one picture
  int64_t drawn_ = 0, seen_ = 0;
};

}  // namespace

PARFOCAL_SINK(picture) {
  using P = PictureParams;
  return {
      "picture",
      "images to look at, as PNG: grey, channels in colours, objects with outlines and numbers",
      {PortKind::image},
      true,
      Parameters<P>()
          .add("path", &P::path,
               "folder below the output folder, e.g. pictures (files are named by coordinates, as "
               "t003_c1.png); for one item a file, e.g. first.png")
          .required()
          .add("window", &P::window,
               "values that are black and white: auto ({percentiles: [0.1, 99.9]} of each item), "
               "or two values for all items")
          .defaults("auto")
          .add("channels", &P::channels,
               "colours of the steps of axis c, laid over each other; others are left out, and "
               "channels called r, g, b need none; e.g. {0: red, 1: blue}")
          .add("draw", &P::draw, "how objects of labels are drawn")
          .choices({"outlines", "fill", "none"})
          .defaults("outlines")
          .add("ids", &P::ids, "write the number of each object of labels at its centre")
          .defaults("false")
          .add("scale_bar", &P::scale_bar,
               "auto (where the scale is known), none, or a length such as 10 um")
          .defaults("auto")
          .add("zoom", &P::zoom,
               "pixels of the picture for one of the image; auto: so many that it is 256 wide")
          .defaults("auto")
          .add("at", &P::at, "only these steps of axes, e.g. {t: 3, c: 0}")
          .add("every", &P::every, "draw each n-th step of the first axis")
          .at_least(1)
          .defaults("1")
          .add("max", &P::max, "pictures at most; the first ones are drawn")
          .at_least(1)
          .defaults("100"),
      "{type: picture, from: smooth, path: pictures, labels: {cells: cells}, ids: true}",
      [](const std::any& params, std::span<const SinkInput> inputs,
         const SinkContext& context) -> std::unique_ptr<Sink> {
        return std::make_unique<PictureSink>(std::any_cast<const P&>(params), inputs, context);
      },
      false};
}

PARFOCAL_RULES(sinks, picture) {
  return Rules<PictureParams>()
      .add({"path"}, check_picture_path)
      .takes_images("from")
      .takes_images("labels.", integer_dtypes());
}

}  // namespace parfocal
