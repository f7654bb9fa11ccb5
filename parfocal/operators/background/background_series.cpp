#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "parfocal/operators/background/background_params.h"
#include "parfocal/operators/background/flicker.h"
#include "parfocal/operators/background/frames.h"
#include "parfocal/operators/background/steps.h"

namespace parfocal {
namespace {

using namespace background;

constexpr int kBackgrounds = 0, kSteps = 1, kFrames = 2;

std::vector<PortLayout> series_ports(const SparseMedianParams& p, const PortLayout& in) {
  const SeriesShape shape(in.layout);
  const int64_t capacity = background_capacity(p, in.layout);
  Layout value = in.layout;
  value.stream.pop_back();
  Layout planes = value;
  planes.item.insert(planes.item.begin(), {"step", capacity, 1, "", {}});
  value.item.clear();
  const int64_t frames = shape.frames == kUnbounded ? 1 : std::max<int64_t>(1, shape.frames);
  return {image_port(std::move(planes)),
          {PortKind::table, value, steps_schema(capacity)},
          {PortKind::table, value, frames_schema(frames)}};
}

// The backgrounds of a whole series, in one pass: a ring of the last kernel_size frames, and of
// each background, which is built in its place in the output, the profile that cleansing needs.
template <class T>
class BackgroundSeries final : public StreamOperator {
 public:
  BackgroundSeries(const SparseMedianParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, series_ports(p, inputs[0])),
        p_(p),
        shape_(inputs[0].layout),
        capacity_(outputs()[kBackgrounds].layout.item[0].size),
        kernel_(shape_.frames == kUnbounded
                    ? p.kernel_size
                    : std::min(p.kernel_size, std::max<int64_t>(1, shape_.frames))),
        rows_(centre_rows(shape_.height)) {}

  // Cleansing moves one background to the place of another.
  int64_t output_window(int port) const override {
    return port == kBackgrounds ? 2 * static_cast<int64_t>(plane_bytes()) : -1;
  }
  std::vector<std::string> over() const override { return {"t"}; }
  bool keeps_clock() const override { return false; }
  int64_t latency() const override { return std::max<int64_t>(0, shape_.frames - 1); }
  int64_t state_bytes(const Region&) const override {
    return static_cast<int64_t>(Memory(*this, nullptr).bytes);
  }
  void begin(std::span<std::byte> state, const Region&) const override {
    Memory m(*this, state.data());
    *m.head = Head{};
    m.walk.begin();
  }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    Memory m(*this, state.data());
    if (in[0].gap) {
      note_frame(*m.head, -1, std::numeric_limits<double>::quiet_NaN(), out);
      return {};
    }
    double time_s = 0;
    TimeAxis::State times = m.head->times;
    Status status = TimeAxis::next(times, *in[0].header, m.head->pushed, shape_.frames, time_s);
    if (status.ok() && !m.walk.add(time_s, m.head->pushed))
      status = too_many_backgrounds(capacity_, time_s, p_.split_time.value);
    if (!status.ok()) return {std::move(status)};
    if (times.guessed && !m.head->times.begun) out.notice(TimeAxis::guess_notice(shape_.frames));
    m.head->times = times;
    take_frame(m, in[0].image, out);
    make_finished(m, out);
    return {};
  }

  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    Memory m(*this, state.data());
    if (m.head->pushed > 0 && m.walk.state().frames == 0) {
      for (int port : {kBackgrounds, kSteps, kFrames})
        out.emit_gap(port, {GapReason::failed, "no frame came to make a background of"});
      return {};
    }
    const int64_t steps =
        m.head->pushed == 0 ? 0 : step_count(m.head->times.last_s, p_.split_time.value);
    if (steps > 0) {
      tell_kernel(m, out);
      m.walk.finish(steps);
      make_rest(m, steps, out);
    }
    const int64_t kept = remove_bad(m, steps, out);
    const bool corrected = steps > 0 && decide_offset(m, out);
    write_steps(m, kept, corrected, out);
    write_frames(m, kept, corrected, out);
    clear_rest(kept, out);
    for (int port : {kBackgrounds, kSteps, kFrames}) out.emit(port);
    return {};
  }

 private:
  struct Head {
    TimeAxis::State times;
    int64_t pushed = 0;  // frames and gaps
    int64_t known = 0;   // steps that make_finished has seen
    int64_t made = 0;    // of them, the first ones whose window is complete
    int64_t walls = 0;
  };
  struct Memory {
    Memory(const BackgroundSeries& op, std::byte* base)
        : cursor(base),
          head(cursor.take<Head>(1)),
          walk(cursor, {op.kernel_, op.capacity_, op.p_.split_time.value}),
          profiles(cursor.take<uint16_t>(static_cast<size_t>(op.capacity_ * op.rows_.count()))),
          keep(cursor.take<uint8_t>(static_cast<size_t>(op.capacity_))),
          doubles(cursor.take<double>(static_cast<size_t>(cleansing_scratch(op.capacity_)))),
          walls(cursor.take<double>(op.looks_for_flicker() ? 2 * kFlickerFrames : 0)),
          wall(cursor.take<T>(op.looks_for_flicker() ? static_cast<size_t>(op.wall_pixels()) : 0)),
          run(cursor.take<T>(static_cast<size_t>(op.shape_.pixels()))),
          ring(cursor, op.kernel_, op.shape_.pixels()),
          bytes(cursor.used_bytes()) {}
    kernels::ScratchCursor cursor;
    Head* head;
    StepWalk walk;
    uint16_t* profiles;
    uint8_t* keep;
    double* doubles;
    double* walls;
    T* wall;
    T* run;  // median of the first frames of a run of kernel_ frames or more at one time
    FrameRing<T> ring;
    size_t bytes;
  };

  bool looks_for_flicker() const { return p_.offset_correction == "auto"; }
  int64_t wall_pixels() const { return std::min(kFlickerRows, shape_.height) * shape_.width; }
  T* plane(int64_t step, Emitter& out) const {
    return out.slot(kBackgrounds).image.template as<T>() + step * shape_.pixels();
  }
  size_t plane_bytes() const { return static_cast<size_t>(shape_.pixels()) * sizeof(T); }
  // A series that lies on disk is in memory only where a call is at work.
  void leave(int64_t step, Emitter& out) const {
    if (const ScratchPages* pages = out.slot(kBackgrounds).scratch)
      pages->release(plane(step, out), static_cast<int64_t>(plane_bytes()));
  }

  // Until the end, a frame's offset is its own brightness and its index says whether it came.
  void note_frame(Head& head, int64_t index, double brightness, Emitter& out) const {
    if (shape_.frames != kUnbounded) {
      MutableTable& table = out.slot(kFrames).table;
      table.template column<int64_t>(frames_column::index)[head.pushed] = index;
      table.template column<double>(frames_column::offset)[head.pushed] = brightness;
    }
    ++head.pushed;
  }

  void take_frame(Memory& m, const View& image, Emitter& out) const {
    const int64_t slot = (m.walk.state().frames - 1) % kernel_;
    m.ring.store(slot, image);
    const T* pixels = m.ring.slot(slot);
    note_frame(*m.head, 0, top_mean(pixels, shape_.height, shape_.width), out);
    if (looks_for_flicker() && m.head->walls < kFlickerFrames)
      m.walls[m.head->walls++] = wall_median(pixels, wall_pixels(), m.wall);
  }

  // Backgrounds whose window is complete, while the ring still holds it. A step that has moved on
  // to later frames is made again.
  void make_finished(Memory& m, Emitter& out) const {
    const StepWalk::State& walk = m.walk.state();
    int64_t& made = m.head->made;
    for (int64_t i = first_open(m); i < walk.started; ++i) {
      const int64_t end = m.walk.start(i) + kernel_;
      if (end == walk.frames || (end < walk.frames && i >= m.head->known))
        make(m, i, m.walk.start(i), out);
    }
    while (made < walk.started && m.walk.start(made) + kernel_ <= walk.frames) ++made;
    m.head->known = walk.started;
    if (walk.frames - walk.newest.index == kernel_) whole_ring(m, m.run);
  }
  // Windows that the end of the series pulls back hold the last frames.
  void make_rest(Memory& m, int64_t steps, Emitter& out) const {
    const int64_t frames = m.walk.state().frames;
    const int64_t last = std::max<int64_t>(0, frames - kernel_);
    for (int64_t i = first_open(m); i < steps; ++i)
      if (m.walk.start(i) > last || frames < kernel_ || i >= m.head->known)
        make(m, i, std::min(last, m.walk.start(i)), out);
  }
  // Starts rise with the steps until a time falls.
  static int64_t first_open(const Memory& m) { return m.walk.state().fell ? 0 : m.head->made; }
  void make(Memory& m, int64_t step, int64_t start, Emitter& out) const {
    T* const to = plane(step, out);
    const bool in_ring = start + kernel_ >= m.walk.state().frames;
    if (in_ring)
      whole_ring(m, to);
    else
      std::memcpy(to, m.run, plane_bytes());
    row_ranges(to, shape_.width, rows_.begin,
               {m.profiles + step * rows_.count(), static_cast<size_t>(rows_.count())});
    leave(step, out);
  }
  void whole_ring(Memory& m, T* to) const {
    m.ring.median(
        std::min(kernel_, m.walk.state().frames), [](int64_t) { return true; }, to);
  }

  void tell_kernel(const Memory& m, Emitter& out) const {
    const int64_t frames = m.walk.state().frames;
    if (p_.kernel_size > frames)
      out.notice(
          fmt::format("the kernel size {} is larger than the series: the median of all {} "
                      "frames is used",
                      p_.kernel_size, frames));
  }

  // Moves the backgrounds that are kept to the front, their step numbers to `starts`' place in the
  // steps table; returns how many.
  int64_t remove_bad(Memory& m, int64_t steps, Emitter& out) const {
    if (steps == 0) return 0;
    const auto n = static_cast<size_t>(steps);
    const std::span<uint8_t> keep(m.keep, n);
    const Cleansing result =
        cleanse({m.profiles, n * static_cast<size_t>(rows_.count())}, rows_.count(), p_.cleansing(),
                keep, {m.doubles, static_cast<size_t>(cleansing_scratch(steps))});
    tell_cleansing(result, steps, out);
    auto* numbers = out.slot(kSteps).table.template column<int64_t>(steps_column::step);
    int64_t kept = 0;
    for (int64_t i = 0; i < steps; ++i) {
      if (!keep[static_cast<size_t>(i)]) continue;
      if (i != kept) {
        std::memcpy(plane(kept, out), plane(i, out), plane_bytes());
        leave(i, out);
        leave(kept, out);
      }
      numbers[kept++] = i;
    }
    return kept;
  }
  void tell_cleansing(const Cleansing& result, int64_t steps, Emitter& out) const {
    const auto percent = [&](int64_t part) {
      return 100 * static_cast<double>(part) / static_cast<double>(steps);
    };
    if (p_.frac_cleansing == 1) return out.notice("background series cleansing disabled");
    if (result.fell_back)
      out.notice(fmt::format(
          "{:.1f}% of the backgrounds would be removed with thresh_cleansing {}, so frac_cleansing "
          "{} decides, which is a thresh_cleansing of {}; choose a smaller one of either to avoid "
          "this",
          percent(result.refused), p_.thresh_cleansing, p_.frac_cleansing, result.equal_threshold));
    out.notice(fmt::format("cleansed {:.2f}% ({} of {} backgrounds)", percent(result.removed),
                           result.removed, steps));
  }

  bool decide_offset(Memory& m, Emitter& out) const {
    if (!looks_for_flicker()) return p_.offset_correction == "true";
    const auto n = static_cast<size_t>(m.head->walls);
    const Flicker flicker = find_flicker({m.walls, n}, {m.walls + kFlickerFrames, n});
    out.notice(
        fmt::format("offset correction is {}: {} of the first {} frames flicker, 5 or more "
                    "switch it on",
                    flicker.found ? "on" : "off", flicker.events, n));
    return flicker.found;
  }

  void write_steps(const Memory& m, int64_t kept, bool corrected, Emitter& out) const {
    MutableTable& table = out.slot(kSteps).table;
    const auto integers = [&](int c) { return table.template column<int64_t>(c); };
    const auto reals = [&](int c) { return table.template column<double>(c); };
    table.rows = kept;
    auto* ends = integers(steps_column::end_frame);
    // Where times fall, a stop may lie before that of the step before, whose frames it then takes.
    for (int64_t i = kept, next = m.head->pushed; i-- > 0; next = ends[i])
      ends[i] = std::min(next, m.walk.stop(integers(steps_column::step)[i]));
    if (kept > 0) ends[kept - 1] = m.head->pushed;
    int64_t first = 0;
    for (int64_t i = 0; i < kept; ++i) {
      const int64_t step = integers(steps_column::step)[i];
      const int64_t end = ends[i];
      reals(steps_column::time_s)[i] = m.walk.time_of(step);
      integers(steps_column::first_frame)[i] = first;
      reals(steps_column::top_mean)[i] = top_mean(plane(i, out), shape_.height, shape_.width);
      leave(i, out);
      integers(steps_column::corrected)[i] = corrected;
      first = end;
    }
  }

  void write_frames(const Memory& m, int64_t kept, bool corrected, Emitter& out) const {
    MutableTable& table = out.slot(kFrames).table;
    table.rows = shape_.frames == kUnbounded ? 0 : m.head->pushed;
    const auto* ends = out.slot(kSteps).table.template column<int64_t>(steps_column::end_frame);
    const auto* means = out.slot(kSteps).table.template column<double>(steps_column::top_mean);
    auto* index = table.template column<int64_t>(frames_column::index);
    auto* offset = table.template column<double>(frames_column::offset);
    int64_t at = 0;
    for (int64_t j = 0; j < table.rows; ++j) {
      while (at + 1 < kept && ends[at] <= j) ++at;
      if (index[j] < 0) continue;  // a gap
      index[j] = at;
      offset[j] = corrected ? offset[j] - means[at] : 0;
    }
  }

  void clear_rest(int64_t kept, Emitter& out) const {
    for (int64_t i = kept; i < capacity_; ++i) {
      std::memset(plane(i, out), 0, plane_bytes());
      leave(i, out);
    }
  }

  SparseMedianParams p_;
  SeriesShape shape_;
  int64_t capacity_, kernel_;
  RowRange rows_;
};

std::unique_ptr<Operator> make_series(const std::any& params, std::span<const PortLayout> inputs) {
  const auto& p = std::any_cast<const SparseMedianParams&>(params);
  if (inputs[0].layout.dtype == DType::u8)
    return std::make_unique<BackgroundSeries<uint8_t>>(p, inputs);
  return std::make_unique<BackgroundSeries<uint16_t>>(p, inputs);
}

}  // namespace

PARFOCAL_OPERATOR(background_series) {
  return OperatorInfo{
      .name = "background_series",
      .summary = "Makes the sparse median backgrounds of a whole series.",
      .family = "background",
      .kind = "stream",
      .inputs = {{.name = "image",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "frames with their times; missing frames enter no median"}},
      .outputs = {{.name = "backgrounds",
                   .doc = "Value: the backgrounds that were kept, along the item axis step; zeros "
                          "behind the last one"},
                  {.name = "steps",
                   .kind = PortKind::table,
                   .doc =
                       "Value: one row per background that was kept: the number of its step, its "
                       "time, the frames it belongs to [first_frame, end_frame), the mean of its "
                       "first 20 rows, whether offsets are corrected"},
                  {.name = "frames",
                   .kind = PortKind::table,
                   .doc = "Value: one row per frame: index of its background (-1: the frame is "
                          "missing) and offset; empty if the length of the series is not known"}},
      .params = sparse_median_params(false),
      .tolerance = "exact",
      .example = "{op: background_series, kernel_size: 200, split_time: 1 s}",
      .reference = "dcnum.feat.feat_background.BackgroundSparseMed",
      .recipe_only = true,
      .make = make_series};
}

}  // namespace parfocal
