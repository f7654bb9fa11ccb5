#include <cstring>

#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

std::vector<PortLayout> flag_of(const PortLayout& in) {
  Layout layout = in.layout;
  if (layout.stream.empty())
    fail_layout("repeats compares frames with the ones before", layout.str(),
                "a stream axis, named before the |", "feed it with a movie");
  layout.dtype = DType::boolean;
  layout.item.clear();
  return {image_port(std::move(layout))};
}

// The state is the frame before: a flag whether there is one, then its pixels, packed.
class Repeats final : public StreamOperator {
 public:
  Repeats(const NoParams&, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, flag_of(inputs[0])) {}

  std::vector<std::string> over() const override { return {inputs()[0].layout.stream[0].name}; }
  bool keeps_clock() const override { return true; }
  std::optional<Reach> reach() const override { return Reach{1, 0}; }
  int64_t state_bytes(const Region& in) const override {
    return kHeadBytes + in.count() * static_cast<int64_t>(dtype_size(inputs()[0].layout.dtype));
  }
  void begin(std::span<std::byte> state, const Region&) const override { state[0] = std::byte{0}; }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    if (in[0].gap) {
      state[0] = std::byte{0};  // so that one frame before is all that matters
      out.emit_gap(0, *in[0].gap);
      return {};
    }
    const bool known = state[0] == std::byte{1};
    const bool repeated = swap_in(in[0].image, state.data() + kHeadBytes) && known;
    state[0] = std::byte{1};
    out.slot(0).image.scalar<bool>() = repeated;
    out.emit(0);
    return {};
  }

 private:
  static constexpr int64_t kHeadBytes = 64;

  // Keeps the frame; true when it is what was kept before. Only what differs is copied.
  static bool swap_in(const View& frame, std::byte* kept) {
    const int64_t last = frame.region.rank - 1;
    const auto bytes = static_cast<size_t>(frame.region.shape[static_cast<size_t>(last)]) *
                       dtype_size(frame.dtype);
    bool equal = true;
    for_each_run(frame, [&](const std::byte* run, const auto&) {
      if (std::memcmp(run, kept, bytes) != 0) {
        equal = false;
        std::memcpy(kept, run, bytes);
      }
      kept += bytes;
    });
    return equal;
  }
};

}  // namespace

PARFOCAL_OPERATOR(repeats) {
  return OperatorInfo{
      .name = "repeats",
      .summary = "Tells which frames are equal, pixel by pixel, to the frame before.",
      .family = "flow",
      .kind = "stream",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc =
                       "one bool per frame; the first frame, and one after a gap, is no repeat"}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: repeats}",
      .reference = "dcnum skips such frames when it extracts events",
      .recipe_only = true,
      .make = make_operator<Repeats, NoParams>()};
}

}  // namespace parfocal
