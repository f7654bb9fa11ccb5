// The suite is itself tested: each operator here breaks one promise and must be caught.

#include <gmock/gmock.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "parfocal/operators/conformance/conformance.h"

namespace parfocal::conformance {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

using Inputs = std::span<const PortLayout>;

OperatorInfo wrong(std::function<std::unique_ptr<Operator>(Inputs)> make) {
  return OperatorInfo{.name = "wrong",
                      .inputs = {{.dtypes = {DType::f32}}},
                      .outputs = {{}},
                      .params = Parameters<NoParams>(),
                      .example = "{op: wrong}",
                      .make = [make](const std::any&, Inputs in) { return make(in); }};
}
template <class Op>
OperatorInfo wrong() {
  return wrong([](Inputs in) { return std::make_unique<Op>(in); });
}

// A map on float32 of any rank whose pixels are packed: right, unless a child is wrong.
class PackedMap : public MapOperator {
 public:
  explicit PackedMap(Inputs in) : MapOperator({in[0]}, {in[0]}) {}
  bool tileable() const override { return true; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const MutableView& to = out[0].image;
    run(in[0].image.as<float>(), to.region.count(), to.as<float>(), scratch);
    return {};
  }
  virtual void run(const float* in, int64_t count, float* out, std::span<std::byte>) const {
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] + 1;
  }
};

struct WritesOutside : PackedMap {
  using PackedMap::PackedMap;
  void run(const float* in, int64_t count, float* out, std::span<std::byte> s) const override {
    PackedMap::run(in, count, out, s);
    out[count] = 1;
  }
};
struct OverrunsScratch : PackedMap {
  using PackedMap::PackedMap;
  int64_t scratch_bytes(const Region& out) const override { return out.count(); }
  void run(const float* in, int64_t count, float* out, std::span<std::byte> s) const override {
    PackedMap::run(in, count, out, s);
    s.data()[s.size()] = std::byte{1};
  }
};
struct LeavesAPixelOut : PackedMap {
  using PackedMap::PackedMap;
  void run(const float* in, int64_t count, float* out, std::span<std::byte> s) const override {
    PackedMap::run(in, count - 1, out, s);
  }
};
struct ReadsOldScratch : PackedMap {
  using PackedMap::PackedMap;
  int64_t scratch_bytes(const Region&) const override { return 8; }
  void run(const float* in, int64_t count, float* out, std::span<std::byte> s) const override {
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] + static_cast<float>(s[0]);
  }
};
struct KeepsStaticState : PackedMap {
  using PackedMap::PackedMap;
  void run(const float* in, int64_t count, float* out, std::span<std::byte>) const override {
    static std::atomic<int> calls = 0;
    const float former = static_cast<float>(calls++ / 3);
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] + former;
  }
};
struct DependsOnTheThread : PackedMap {
  using PackedMap::PackedMap;
  void run(const float* in, int64_t count, float* out, std::span<std::byte>) const override {
    const float shift = std::this_thread::get_id() == home ? 0 : 1;
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] + shift;
  }
  std::thread::id home = std::this_thread::get_id();
};
// Right while it is alone: what it keeps in a member is its own.
struct SharesAMember : PackedMap {
  using PackedMap::PackedMap;
  void run(const float* in, int64_t count, float* out, std::span<std::byte>) const override {
    const float own = std::isnan(in[0]) ? 0 : in[0];
    kept = own;
    for (int turn = 0; turn < 100 && kept == own; ++turn) std::this_thread::yield();
    const float shift = kept == own ? 0 : 1;
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] + shift;
  }
  mutable std::atomic<float> kept = 0;
};

// The largest of three neighbours in a row, which asks for itself only.
class HaloShortByOne final : public MapOperator {
 public:
  explicit HaloShortByOne(Inputs in) : MapOperator({in[0]}, {in[0]}) {}
  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    const Region whole = inputs()[0].layout.whole_item();
    return clipped(grown(out, out.rank - 1, kRadius - 1), whole);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const View& from = in[0].image;
    const MutableView& to = out[0].image;
    const int x = to.region.rank - 1;
    for_each_run(to, [&](std::byte* run, const auto& at) {
      Region row = to.region;
      row.origin = at;
      for (int a = 0; a <= x; ++a) row.shape[a] = 1;
      const float* line = subview(from, row).template as<float>() - at[x] + from.region.begin(x);
      for (int64_t i = 0; i < to.region.shape[x]; ++i) {
        float best = -1e30F;
        for (int64_t k = i - kRadius; k <= i + kRadius; ++k) {
          const int64_t column =
              std::clamp(at[x] + k, from.region.begin(x), from.region.end(x) - 1);
          best = std::max(best, line[column - from.region.begin(x)]);
        }
        reinterpret_cast<float*>(run)[i] = best;
      }
    });
    return {};
  }

 private:
  static constexpr int64_t kRadius = 2;
};

// A sum over t in the order of arrival.
class OrderDependentSum final : public FoldOperator {
 public:
  explicit OrderDependentSum(Inputs in) : FoldOperator({in[0]}, {without_t(in[0])}) {}
  int64_t state_bytes(const Region& in) const override { return 4 * in.count(); }
  void init(std::span<std::byte> state, const Region&) const override {
    std::fill(state.begin(), state.end(), std::byte{0});
  }
  Status accumulate(std::span<std::byte> state, std::span<const Input> in, int64_t) const override {
    add(in[0].image.as<float>(), state);
    return {};
  }
  Status combine(std::span<std::byte> state, std::span<const std::byte> later) const override {
    add(reinterpret_cast<const float*>(later.data()), state);
    return {};
  }
  Status finalize(std::span<std::byte> state, Output& out) const override {
    std::copy(state.begin(), state.end(), out.image.data);
    return {};
  }

 private:
  static PortLayout without_t(PortLayout port) {
    port.layout.stream.erase(port.layout.stream.begin());
    return port;
  }
  static void add(const float* from, std::span<std::byte> state) {
    float* sums = reinterpret_cast<float*>(state.data());
    for (size_t i = 0; i < state.size() / 4; ++i) sums[i] += from[i];
  }
};

// Passes items on along t, right unless a child is wrong.
class PackedStream : public StreamOperator {
 public:
  explicit PackedStream(Inputs in) : StreamOperator({in[0]}, {in[0]}) {}
  std::vector<std::string> over() const override { return {"t"}; }
  bool keeps_clock() const override { return true; }
  int64_t state_bytes(const Region& in) const override { return 8 + 4 * in.count(); }
  void begin(std::span<std::byte> state, const Region&) const override {
    std::fill(state.begin(), state.end(), std::byte{0});
  }
  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    if (in[0].gap)
      out.emit_gap(0, *in[0].gap);
    else
      pass(state, in[0].image, out);
    return {};
  }
  virtual void pass(std::span<std::byte>, const View& in, Emitter& out) const {
    copy_pixels(in, out.slot(0).image);
    out.emit(0);
  }
};
struct EmitsTooMuch final : PackedStream {
  using PackedStream::PackedStream;
  bool keeps_clock() const override { return false; }
  void pass(std::span<std::byte> state, const View& in, Emitter& out) const override {
    PackedStream::pass(state, in, out);
    PackedStream::pass(state, in, out);
  }
};
struct HoldsItemsInSecret final : PackedStream {
  using PackedStream::PackedStream;
  StreamResult push(std::span<std::byte> state, std::span<const Input>, Emitter&) const override {
    ++*reinterpret_cast<int64_t*>(state.data());
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    int64_t& held = *reinterpret_cast<int64_t*>(state.data());
    if (held > 0) out.emit_gap(0, {GapReason::skipped, ""});
    return {Status(), --held > 0 ? Step::again : Step::done};
  }
};
struct LosesTheLast final : PackedStream {
  using PackedStream::PackedStream;
  int64_t latency() const override { return 1; }
  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    if (std::to_integer<int>(state[0]) != 0) PackedStream::push(state, in, out);
    state[0] = std::byte{1};
    return {};
  }
};
struct ReachesFurther final : PackedStream {
  using PackedStream::PackedStream;
  std::optional<Reach> reach() const override { return Reach{1, 0}; }
  void pass(std::span<std::byte> state, const View& in, Emitter& out) const override {
    copy_pixels(in, out.slot(0).image);
    *out.slot(0).image.as<float>() = static_cast<float>(state[0] = next(state[0]));
    out.emit(0);
  }
  static std::byte next(std::byte b) { return std::byte(std::to_integer<int>(b) + 1); }
};
struct SharesStateBetweenKeys final : PackedStream {
  using PackedStream::PackedStream;
  void pass(std::span<std::byte>, const View& in, Emitter& out) const override {
    copy_pixels(in, out.slot(0).image);
    *out.slot(0).image.as<float>() = former.exchange(*in.as<float>());
    out.emit(0);
  }
  mutable std::atomic<float> former = 0;
};

#define EXPECT_CAUGHT(Op, text) \
  EXPECT_THAT(conformance_problems(wrong<Op>()), Contains(HasSubstr(text)))

TEST(ConformanceSuite, AcceptsRightOperators) {
  EXPECT_THAT(conformance_problems(wrong<PackedMap>()), ::testing::IsEmpty());
  EXPECT_THAT(conformance_problems(wrong<PackedStream>()), ::testing::IsEmpty());
}
TEST(ConformanceSuite, CatchesMapsThatLeaveTheirMemory) {
  EXPECT_CAUGHT(WritesOutside, "outside its output");
  EXPECT_CAUGHT(OverrunsScratch, "outside its scratch");
  EXPECT_CAUGHT(LeavesAPixelOut, "not fully written");
  EXPECT_CAUGHT(ReadsOldScratch, "old memory");
}
TEST(ConformanceSuite, CatchesAHaloShortByOne) { EXPECT_CAUGHT(HaloShortByOne, "tiles"); }
TEST(ConformanceSuite, CatchesHiddenState) {
  EXPECT_CAUGHT(KeepsStaticState, "another result");
  EXPECT_CAUGHT(SharesStateBetweenKeys, "two keys disturb");
}
TEST(ConformanceSuite, CatchesWhatDependsOnThreads) {
  EXPECT_CAUGHT(DependsOnTheThread, "threads give another");
  // One pair of threads that meets is enough; a loaded machine may let the first two miss.
  EXPECT_CAUGHT(SharesAMember, "threads give another");
}
TEST(ConformanceSuite, CatchesASumThatDependsOnTheOrder) {
  EXPECT_CAUGHT(OrderDependentSum, "shards give another result");
}
TEST(ConformanceSuite, CatchesStreamsThatBreakTheirBounds) {
  EXPECT_CAUGHT(EmitsTooMuch, "more than max_emit");
  EXPECT_CAUGHT(HoldsItemsInSecret, "latency is longer");
  EXPECT_CAUGHT(LosesTheLast, "one item for each");
  EXPECT_CAUGHT(ReachesFurther, "within reach");
}
OperatorInfo with_optional_input(OperatorInfo info) {
  info.inputs.push_back({.name = "by", .optional = true});
  return info;
}
TEST(ConformanceSuite, CatchesOperatorsThatLoseThePlaceOfAnInput) {
  EXPECT_THAT(conformance_problems(with_optional_input(wrong<PackedMap>())),
              Contains(HasSubstr("a place for every port")));
}
TEST(ConformanceSuite, CatchesInputsThatCannotBeLeftOut) {
  const auto refuse = [](Inputs in) -> std::unique_ptr<Operator> {
    if (!connected_to(in, 1)) fail_layout("by is missing", "", "", "");
    return std::make_unique<PackedMap>(in);
  };
  EXPECT_THAT(conformance_problems(with_optional_input(wrong(refuse))),
              Contains(HasSubstr("never binds where what is left out is by")));
}
TEST(ConformanceSuite, CatchesAnExampleThatFitsNothing) {
  const auto refuse = [](Inputs) -> std::unique_ptr<Operator> { fail_layout("never", "", "", ""); };
  EXPECT_THAT(conformance_problems(wrong(refuse)), Contains(HasSubstr("binds to none")));
}

}  // namespace
}  // namespace parfocal::conformance
