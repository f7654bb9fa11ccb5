#include <cstring>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/rolling_rank.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal {
namespace {

struct RollingParams {
  int64_t kernel_size = 100;
};

void check_kernel(const RollingParams& p, const Connections& = {}) {
  if (p.kernel_size % 2 != 0)
    fail_layout("the kernel of a rolling median must be even", std::to_string(p.kernel_size),
                "an even number of frames",
                "write kernel_size: " + std::to_string(p.kernel_size + 1));
}

int64_t length_along_t(const Layout& layout) {
  const int axis = layout.find_stream("t");
  if (axis < 0)
    fail_layout("a rolling median runs along t", layout.str(), "a stream axis t, before the |",
                "name the axis of the frames t");
  return layout.stream[static_cast<size_t>(axis)].size;
}

// The median of each frame and the kernel_size - 1 after it; the last kernel_size frames get the
// last median that has a frame behind its window, which is how dcnum ends.
template <class T>
class RollingMedian final : public StreamOperator {
 public:
  RollingMedian(const RollingParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, {inputs[0]}), kernel_(p.kernel_size) {
    const int64_t frames = length_along_t(inputs[0].layout);
    check_kernel(p);
    if (frames != kUnbounded && frames < kernel_ && frames > 0)
      fail_layout(
          "cannot compute a background of fewer frames than its kernel",
          std::to_string(frames) + " frames", std::to_string(kernel_) + " or more",
          frames < 2 ? "take more frames" : "write kernel_size: " + std::to_string(frames / 2 * 2));
  }

  bool tileable() const override { return true; }
  std::vector<std::string> over() const override { return {"t"}; }
  bool keeps_clock() const override { return true; }
  int64_t latency() const override { return kernel_; }
  std::optional<Reach> reach() const override { return Reach{kernel_, kernel_}; }
  int64_t state_bytes(const Region& in) const override {
    return static_cast<int64_t>(Memory(kernel_, in.count(), nullptr).bytes);
  }
  void begin(std::span<std::byte> state, const Region& in) const override {
    Memory m(kernel_, in.count(), state.data());
    *m.head = Head{in, 0, 0, 0, false};
    kernels::rolling_begin<T>(m.rolling, m.pixels, window());
    std::memset(m.planes, 0, static_cast<size_t>(kernel_ + 1) * m.stride * sizeof(T));
  }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    Memory m = at(state);
    const int64_t frame = m.head->pushed++;
    if (frame >= kernel_) {
      rank(m);
      emit_next(m, out);
    }
    GapReason* gaps = m.gaps;
    T* const entering = m.plane(frame);
    gaps[frame % (kernel_ + 1)] = in[0].gap ? in[0].gap->reason : GapReason::none;
    if (!in[0].gap)
      copy_pixels(in[0].image, packed_view(reinterpret_cast<std::byte*>(entering),
                                           in[0].image.dtype, in[0].image.region));
    const T* leaving =
        frame >= kernel_ && m.has(frame - kernel_) ? m.plane(frame - kernel_) : nullptr;
    m.head->inside += (in[0].gap ? 0 : 1) - (leaving ? 1 : 0);
    kernels::rolling_replace<T>(m.rolling, m.pixels, window(), leaving,
                                in[0].gap ? nullptr : entering);
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    Memory m = at(state);
    Head& head = *m.head;
    if (head.emitted == head.pushed) return {};
    if (head.pushed < kernel_)
      return {Status::fail("the stream ended after " + std::to_string(head.pushed) +
                               " frames, fewer than the kernel of the rolling median",
                           "choose a smaller kernel_size")};
    if (head.emitted == 0) rank(m);  // as many frames as the kernel: all of them
    emit_next(m, out);
    return {Status(), head.emitted == head.pushed ? Step::done : Step::again};
  }

 private:
  struct Head {
    Region region;
    int64_t pushed = 0, emitted = 0;
    int64_t inside = 0;   // frames of the window that are no gaps
    bool ranked = false;  // Memory::median holds something
  };
  struct Memory {
    Memory(int64_t kernel_size, int64_t count, std::byte* base)
        : kernel(kernel_size),
          pixels(static_cast<size_t>(count)),
          stride(kernels::rolling_padded<T>(pixels)),
          cursor(base),
          head(cursor.take<Head>(1)),
          gaps(cursor.take<GapReason>(static_cast<size_t>(kernel) + 1)),
          window(cursor.take<const T*>(static_cast<size_t>(kernel))),
          median(cursor.take<T>(stride)),
          rolling(cursor.take<std::byte>(
              kernels::rolling_state_bytes<T>(pixels, static_cast<size_t>(kernel)))),
          scratch(
              cursor.take<std::byte>(kernels::rolling_scratch_bytes(static_cast<size_t>(kernel)))),
          planes(cursor.take<T>((static_cast<size_t>(kernel) + 1) * stride)),
          bytes(cursor.used_bytes()) {}
    // The place of a frame: one more than the window, so that the one that leaves is still there.
    T* plane(int64_t frame) const {
      return planes + static_cast<size_t>(frame % (kernel + 1)) * stride;
    }
    bool has(int64_t frame) const { return gaps[frame % (kernel + 1)] == GapReason::none; }

    int64_t kernel;
    size_t pixels, stride;
    kernels::ScratchCursor cursor;
    Head* head;
    GapReason* gaps;
    const T** window;
    T* median;
    std::byte* rolling;
    std::byte* scratch;
    T* planes;
    size_t bytes;
  };
  size_t window() const { return static_cast<size_t>(kernel_); }
  Memory at(std::span<std::byte> state) const {
    Head head;
    std::memcpy(&head, state.data(), sizeof head);
    return Memory(kernel_, head.region.count(), state.data());
  }

  // The median of the window that begins with the next frame to leave.
  void rank(Memory& m) const {
    Head& head = *m.head;
    head.ranked = head.inside > 0;
    if (!head.ranked) return;
    size_t count = 0;
    for (int64_t f = head.emitted; f < head.emitted + kernel_; ++f)
      if (m.has(f)) m.window[count++] = m.plane(f);
    kernels::rolling_value<T>(m.rolling, m.pixels, window(), {m.window, count}, count / 2, m.median,
                              m.scratch);
  }
  void emit_next(Memory& m, Emitter& out) const {
    Head& head = *m.head;
    const GapReason gap = m.gaps[head.emitted++ % (kernel_ + 1)];
    if (gap != GapReason::none) return out.emit_gap(0, {gap, "the frame is missing"});
    if (!head.ranked) return out.emit_gap(0, {GapReason::failed, "all frames behind are missing"});
    const MutableView& image = out.slot(0).image;
    copy_pixels(packed_view(reinterpret_cast<const std::byte*>(m.median), image.dtype, head.region),
                image);
    out.emit(0);
  }

  int64_t kernel_;
};

std::unique_ptr<Operator> make_rolling(const std::any& params, std::span<const PortLayout> inputs) {
  const auto& p = std::any_cast<const RollingParams&>(params);
  if (inputs[0].layout.dtype == DType::u8)
    return std::make_unique<RollingMedian<uint8_t>>(p, inputs);
  return std::make_unique<RollingMedian<uint16_t>>(p, inputs);
}

}  // namespace

PARFOCAL_OPERATOR(background_rolling_median) {
  return OperatorInfo{
      .name = "background_rolling_median",
      .summary = "Gives each frame the median of itself and the frames that follow as background.",
      .family = "background",
      .kind = "stream",
      .inputs = {{.name = "image",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "frames along t; missing frames enter no median"}},
      .outputs = {{.name = "background",
                   .doc = "the background of each frame; the last kernel_size frames share one"}},
      .params = Parameters<RollingParams>()
                    .add("kernel_size", &RollingParams::kernel_size,
                         "frames that one background is the median of: an even number")
                    .at_least(2)
                    .at_most(static_cast<double>(kernels::kMostRollingFrames))
                    .defaults("100"),
      .tolerance = "exact",
      .example = "{op: background_rolling_median, kernel_size: 100}",
      .reference =
          "dcnum.feat.feat_background.BackgroundRollMed; scipy.ndimage.median_filter(size="
          "(k, 1, 1), origin=(-k // 2, 0, 0))",
      .make = make_rolling};
}

PARFOCAL_RULES(operators, background_rolling_median) {
  return Rules<RollingParams>().add({"kernel_size"}, check_kernel).like_first("background");
}

}  // namespace parfocal
