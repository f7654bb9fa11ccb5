#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "parfocal/operators/background/background_params.h"
#include "parfocal/operators/background/frames.h"
#include "parfocal/operators/background/window_starts.h"

namespace parfocal {
namespace {

using namespace background;

std::vector<PortLayout> provisional_ports(const PortLayout& in) {
  const SeriesShape shape(in.layout);
  std::vector<PortLayout> ports{in};
  for (const DType dtype : {DType::f64, DType::i64, DType::boolean}) {
    Layout scalar = in.layout;
    scalar.item.clear();
    scalar.dtype = dtype;
    ports.push_back(image_port(std::move(scalar)));
  }
  return ports;
}

// Each frame leaves kernel_size items after it came, with the newest background that was finished
// by then: a background is the median of the kernel_size items from its step on. Nothing but the
// numbers and times of the frames decides which one that is.
template <class T>
class BackgroundProvisional final : public StreamOperator {
 public:
  BackgroundProvisional(const SparseMedianParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, provisional_ports(inputs[0])),
        p_(p),
        shape_(inputs[0].layout),
        kernel_(shape_.frames == kUnbounded
                    ? p.kernel_size
                    : std::min(p.kernel_size, std::max<int64_t>(1, shape_.frames))),
        history_(p.frac_cleansing == 1 ? 1 : background_capacity(p, inputs[0].layout)),
        rows_(centre_rows(shape_.height)) {}

  std::vector<std::string> over() const override { return {"t"}; }
  bool keeps_clock() const override { return true; }
  int64_t latency() const override { return kernel_; }
  int64_t state_bytes(const Region&) const override {
    return static_cast<int64_t>(Memory(*this, nullptr).bytes);
  }
  void begin(std::span<std::byte> state, const Region&) const override {
    Memory m(*this, state.data());
    *m.head = Head{};
    m.starts.begin();
  }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    Memory m(*this, state.data());
    double time_s = std::numeric_limits<double>::quiet_NaN();
    if (!in[0].gap) {
      Status status = take_time(m, *in[0].header, time_s, out);
      if (!status.ok()) return {std::move(status)};
    }
    if (m.head->pushed >= kernel_) emit_next(m, out);
    store(m, in[0]);
    const int64_t step = m.starts.add(m.head->pushed++, time_s);
    if (step >= 0 && all_median(m)) publish(m, step);
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    Memory m(*this, state.data());
    if (m.head->emitted == m.head->pushed) return {};
    if (m.head->made == 0 && all_median(m)) publish(m, 0);
    emit_next(m, out);
    return {Status(), m.head->emitted == m.head->pushed ? Step::done : Step::again};
  }

 private:
  struct Head {
    TimeAxis::State times;
    int64_t pushed = 0, emitted = 0;
    int64_t made = 0;  // backgrounds
    int64_t step = 0;  // of the newest one
    double top = 0;
    bool suspect = false;
  };
  struct Slot {
    double top = 0;
    GapReason gap = GapReason::none;
  };
  struct Memory {
    Memory(const BackgroundProvisional& op, std::byte* base)
        : cursor(base),
          head(cursor.take<Head>(1)),
          starts(cursor, op.kernel_, op.p_.split_time.value),
          slots(cursor.take<Slot>(static_cast<size_t>(op.kernel_))),
          profiles(cursor.take<uint16_t>(static_cast<size_t>(op.history_ * op.rows_.count()))),
          keep(cursor.take<uint8_t>(static_cast<size_t>(op.history_))),
          doubles(cursor.take<double>(static_cast<size_t>(cleansing_scratch(op.history_)))),
          newest(cursor.take<T>(static_cast<size_t>(op.shape_.pixels()))),
          ring(cursor, op.kernel_, op.shape_.pixels()),
          bytes(cursor.used_bytes()) {}
    kernels::ScratchCursor cursor;
    Head* head;
    WindowStarts starts;
    Slot* slots;
    uint16_t* profiles;  // of the last backgrounds, in order
    uint8_t* keep;
    double* doubles;
    T* newest;
    FrameRing<T> ring;
    size_t bytes;
  };

  Status take_time(const Memory& m, const FrameHeader& header, double& time_s, Emitter& out) const {
    const bool begun = m.head->times.begun;
    TimeAxis::State times = m.head->times;
    Status status = TimeAxis::next_rising(times, header, m.head->pushed, shape_.frames, time_s);
    if (status.ok() && !WindowStarts::countable(time_s, p_.split_time.value))
      status = too_many_backgrounds(INT64_MAX, time_s, p_.split_time.value);
    if (!status.ok()) return status;
    m.head->times = times;
    if (begun) return status;
    if (times.guessed) out.notice(TimeAxis::guess_notice(shape_.frames));
    if (p_.offset_correction == "auto")
      out.notice(
          "offset correction is on: provisional backgrounds cannot wait for the frames that "
          "auto looks at");
    return status;
  }

  void store(const Memory& m, const Input& in) const {
    const int64_t s = m.head->pushed % kernel_;
    m.slots[s] = {0, in.gap ? in.gap->reason : GapReason::none};
    if (in.gap) return;
    m.ring.store(s, in.image);
    m.slots[s].top = top_mean(m.ring.slot(s), shape_.height, shape_.width);
  }
  bool all_median(const Memory& m) const {
    const auto came = [&](int64_t s) { return m.slots[s].gap == GapReason::none; };
    return m.ring.median(std::min(kernel_, m.head->pushed), came, m.newest) > 0;
  }
  // The background in `newest` is that of `step` from now on.
  void publish(const Memory& m, int64_t step) const {
    Head& head = *m.head;
    const int64_t rows = rows_.count();
    if (head.made >= history_)
      std::memmove(m.profiles, m.profiles + rows,
                   static_cast<size_t>((history_ - 1) * rows) * sizeof(uint16_t));
    const int64_t held = std::min(head.made + 1, history_);
    row_ranges(m.newest, shape_.width, rows_.begin,
               {m.profiles + (held - 1) * rows, static_cast<size_t>(rows)});
    ++head.made;
    head.step = step;
    head.top = top_mean(m.newest, shape_.height, shape_.width);
    const std::span<uint8_t> keep(m.keep, static_cast<size_t>(held));
    cleanse({m.profiles, static_cast<size_t>(held * rows)}, rows, p_.cleansing(), keep,
            {m.doubles, static_cast<size_t>(cleansing_scratch(held))});
    head.suspect = keep.back() == 0;
  }

  void emit_next(const Memory& m, Emitter& out) const {
    const Slot& slot = m.slots[m.head->emitted++ % kernel_];
    if (slot.gap != GapReason::none) return emit_gaps({slot.gap, "the frame is missing"}, out);
    if (m.head->made == 0) return emit_gaps({GapReason::failed, "there is no background yet"}, out);
    const MutableView& image = out.slot(0).image;
    copy_pixels(
        packed_view(reinterpret_cast<const std::byte*>(m.newest), image.dtype, shape_region()),
        image);
    const bool corrected = p_.offset_correction != "false";
    out.slot(1).image.scalar<double>() = corrected ? slot.top - m.head->top : 0;
    out.slot(2).image.scalar<int64_t>() = m.head->step;
    out.slot(3).image.scalar<bool>() = m.head->suspect;
    for (int port = 0; port < 4; ++port) out.emit(port);
  }
  static void emit_gaps(const Gap& gap, Emitter& out) {
    for (int port = 0; port < 4; ++port) out.emit_gap(port, gap);
  }
  Region shape_region() const { return Region::whole({shape_.height, shape_.width}); }

  SparseMedianParams p_;
  SeriesShape shape_;
  int64_t kernel_, history_;
  RowRange rows_;
};

std::unique_ptr<Operator> make_provisional(const std::any& params,
                                           std::span<const PortLayout> inputs) {
  const auto& p = std::any_cast<const SparseMedianParams&>(params);
  if (inputs[0].layout.dtype == DType::u8)
    return std::make_unique<BackgroundProvisional<uint8_t>>(p, inputs);
  return std::make_unique<BackgroundProvisional<uint16_t>>(p, inputs);
}

}  // namespace

PARFOCAL_OPERATOR(background_provisional) {
  return OperatorInfo{
      .name = "background_provisional",
      .summary = "Gives each frame, kernel_size frames later, the newest sparse median background.",
      .family = "background",
      .kind = "stream",
      .inputs = {{.name = "image",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "frames with their times; missing frames enter no median"}},
      .outputs = {{.name = "background", .doc = "the newest background, in the frames' dtype"},
                  {.name = "offset",
                   .doc = "mean of the first 20 rows of the frame minus that of the background; 0 "
                          "without offset correction"},
                  {.name = "index", .doc = "version: the number of the background's step"},
                  {.name = "suspect",
                   .doc = "whether cleansing of the series so far (its last max_backgrounds) would "
                          "remove the background",
                   .frame_column = true}},
      .params = sparse_median_params(false),
      .tolerance = "exact",
      .example = "{op: background_provisional, kernel_size: 200, split_time: 1 s}",
      .reference = "each background as dcnum's BackgroundSparseMed before its cleansing",
      .recipe_only = true,
      .make = make_provisional};
}

}  // namespace parfocal
