#include <algorithm>
#include <limits>

#include "parfocal/kernels/below_background.h"
#include "parfocal/kernels/clear_border.h"
#include "parfocal/kernels/fill_holes.h"
#include "parfocal/kernels/label.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/flow/segment.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

using kernels::Connectivity;
using kernels::Plane;
using kernels::Window;

constexpr size_t kOffset = flow::kSegmentOffset, kRepeated = kOffset + 1;  // ports

std::vector<PortLayout> labels_of(const flow::SegmentParams& p,
                                  std::span<const PortLayout> inputs) {
  flow::check_segment_inputs("segment_below_background", inputs);
  const PortLayout* repeated = connected_to(inputs, kRepeated);
  if (repeated && !repeated->layout.item.empty())
    fail_layout("a frame is repeated or not", repeated->layout.str(), "no axis inside the item",
                "connect one flag a frame");
  flow::check_threshold(p);
  Layout layout = inputs[0].layout;
  layout.dtype = DType::u16;
  return {image_port(std::move(layout))};
}

std::vector<kernels::Chord> disk(int64_t radius) {
  if (radius == 0) return {};
  const auto r = static_cast<double>(radius);
  std::vector<kernels::Chord> chords(static_cast<size_t>(kernels::disk_chords(r, nullptr, 0)));
  kernels::disk_chords(r, chords.data(), static_cast<int64_t>(chords.size()));
  return chords;
}

class LabelsBelowBackground final : public MapOperator {
 public:
  LabelsBelowBackground(const flow::SegmentParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, labels_of(p, inputs)),
        p_(p),
        disk_(disk(p.open_radius)),
        width_(inputs[0].layout.item[1].size),
        height_(inputs[0].layout.item[0].size) {}

  int64_t scratch_bytes(const Region&) const override {
    return static_cast<int64_t>(scratch(nullptr).bytes);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> memory) const override {
    clear_pixels(out[0].image);
    if (connected(kRepeated) && in[kRepeated].image.scalar<bool>()) return {};
    const Scratch s = scratch(memory.data());
    const double offset = connected(kOffset) ? in[kOffset].image.scalar<double>() : 0;
    const int32_t limit = kernels::greatest_below(p_.threshold, offset);
    if (in[0].image.dtype == DType::u8)
      compare<uint8_t>(in, limit, s);
    else
      compare<uint16_t>(in, limit, s);
    const Found found = find_objects(s);
    if (found.count > std::numeric_limits<uint16_t>::max())
      return Status::fail({"a frame has more objects than labels of 16 bits can number", "",
                           std::to_string(found.count), "at most 65535",
                           "lower the threshold, or raise open_radius to remove noise"});
    write(found, s, plane_of<uint16_t>(out[0].image, {}));
    return {};
  }

 private:
  struct Scratch {
    uint8_t *mask, *opened;
    uint32_t* labels;  // rows of the window in question, packed
    std::byte* work;   // of one kernel after the other
    size_t bytes;
  };
  struct Found {
    Window window;
    uint32_t count = 0;
  };

  Scratch scratch(void* base) const {
    const auto pixels = static_cast<size_t>(width_ * height_);
    kernels::ScratchCursor cursor(base);
    Scratch s{};
    s.mask = cursor.take<uint8_t>(pixels);
    s.opened = cursor.take<uint8_t>(pixels);
    s.labels = cursor.take<uint32_t>(pixels);
    s.work = cursor.take<std::byte>(
        std::max({kernels::label_scratch_bytes(width_, height_, Connectivity::eight),
                  kernels::fill_from_corner_scratch_bytes(width_, height_),
                  kernels::clear_border_scratch_bytes(width_, height_),
                  kernels::open_scratch_bytes(width_, opening())}));
    s.bytes = cursor.used_bytes();
    return s;
  }
  kernels::Footprint opening() const { return {disk_.data(), static_cast<int64_t>(disk_.size())}; }
  Plane<uint8_t> plane(uint8_t* pixels) const { return {pixels, width_, height_, width_}; }
  static Plane<uint32_t> labels_in(const Window& w, const Scratch& s) {
    return {s.labels, w.width, w.height, w.width};
  }
  static Plane<const uint8_t> read_only(Plane<uint8_t> p) {
    return {p.data, p.width, p.height, p.stride};
  }
  Window box_of(uint8_t* mask) const { return kernels::bounding_box(read_only(plane(mask))); }

  template <class T>
  void compare(std::span<const Input> in, int32_t limit, const Scratch& s) const {
    kernels::at_most_above<T>(plane_of<T>(in[0].image, {}), plane_of<T>(in[1].image, {}), limit,
                              plane(s.mask));
  }
  Found label(uint8_t* mask, Window window, const Scratch& s) const {
    if (window.height == 0) return {};
    return {window, kernels::label(read_only(kernels::part_of(plane(mask), window)),
                                   Connectivity::eight, labels_in(window, s), s.work)};
  }
  // dcnum's process_labels. Only what fills or opens is labelled again: else, objects keep the
  // numbers that they had before those at the border went.
  Found find_objects(const Scratch& s) const {
    Window box = box_of(s.mask);
    if (p_.clear_border && box.height > 0 && kernels::touches_border(box, width_, height_)) {
      const Found all = label(s.mask, box, s);
      kernels::clear_border(kernels::part_of(plane(s.mask), box), labels_in(box, s), all.count, box,
                            width_, height_, s.work);
      if (!p_.fill_holes && disk_.empty()) return all;
      box = box_of(s.mask);
    }
    if (p_.fill_holes && box.height > 0) {
      kernels::fill_from_corner(plane(s.mask), s.work);
      box = box_of(s.mask);
    }
    if (disk_.empty() || box.height == 0) return label(s.mask, box, s);
    open(box, s);
    return label(s.opened, box, s);
  }
  // Nothing beyond the box is object, so pixels up to the reach of the disk around it decide.
  void open(const Window& box, const Scratch& s) const {
    const Window around = kernels::grown(box, p_.open_radius, width_, height_);
    const Window inside{box.x0 - around.x0, box.y0 - around.y0, box.width, box.height};
    kernels::open(read_only(kernels::part_of(plane(s.mask), around)), inside,
                  kernels::part_of(plane(s.opened), box), opening(), s.work);
  }
  static void write(const Found& found, const Scratch& s, Plane<uint16_t> out) {
    const Plane<uint32_t> labels = labels_in(found.window, s);
    for (int64_t y = 0; y < labels.height; ++y)
      std::transform(labels.row(y), labels.row(y) + labels.width,
                     out.row(found.window.y0 + y) + found.window.x0,
                     [](uint32_t label) { return static_cast<uint16_t>(label); });
  }

  flow::SegmentParams p_;
  std::vector<kernels::Chord> disk_;
  int64_t width_, height_;
};

std::vector<InputPort> inputs_with_flag() {
  std::vector<InputPort> ports = flow::segment_inputs();
  ports.push_back({.name = "repeated",
                   .dtypes = {DType::boolean},
                   .optional = true,
                   .doc = "true: the frame has no objects"});
  return ports;
}

}  // namespace

PARFOCAL_OPERATOR(labels_below_background) {
  return OperatorInfo{
      .name = "labels_below_background",
      .summary = "Labels what is darker than its background.",
      .family = "flow",
      .kind = "map",
      .inputs = inputs_with_flag(),
      .outputs = {{.doc = "labels: uint16, 0 for background"}},
      .params = flow::with_segment_params(Parameters<flow::SegmentParams>()),
      .tolerance = "exact",
      .example =
          "{op: labels_below_background, threshold: -6, background: background, offset: "
          "background.offset}",
      .reference = "dcnum's segmenter thresh",
      .recipe_only = true,
      .make = make_operator<LabelsBelowBackground, flow::SegmentParams>()};
}

PARFOCAL_RULES(operators, labels_below_background) {
  return Rules<flow::SegmentParams>().add({"threshold"}, flow::check_threshold);
}

}  // namespace parfocal
