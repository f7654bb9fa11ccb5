#include <algorithm>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

// Each port has 16 bits of its own, so that the sum tells what came in where.
constexpr size_t kPorts = 4;
constexpr int kBits = 16;

std::vector<PortLayout> sum_of(std::span<const PortLayout> inputs) {
  for (const PortLayout& in : inputs)
    if (in.connected() &&
        (in.layout.item.empty() || !(in.layout.whole_item() == inputs[0].layout.whole_item())))
      fail_layout("pack adds items of one size", in.layout.str(), inputs[0].layout.str(),
                  "connect images of one size");
  Layout layout = inputs[0].layout;
  layout.dtype = DType::u64;
  return {image_port(std::move(layout))};
}

void pack(const Operator& op, std::span<const Input> in, const MutableView& out) {
  for_each_run(out, [&](std::byte* run, const auto& at) {
    Region row = out.region;
    row.origin = at;
    for (int a = 0; a + 1 < row.rank; ++a) row.shape[a] = 1;
    auto* sums = reinterpret_cast<uint64_t*>(run);
    const int64_t width = row.shape[row.rank - 1];
    std::fill(sums, sums + width, uint64_t{0});
    for (size_t p = 0; p < kPorts; ++p) {
      if (!op.connected(p)) continue;
      const auto* pixels = subview(in[p].image, row).template as<uint16_t>();
      for (int64_t i = 0; i < width; ++i) sums[i] |= uint64_t{pixels[i]} << (kBits * p);
    }
  });
}

class Pack final : public MapOperator {
 public:
  Pack(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, sum_of(inputs)) {}
  bool tileable() const override { return true; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    pack(*this, in, out[0].image);
    return {};
  }
};

class PackInOrder final : public StreamOperator {
 public:
  PackInOrder(const NoParams&, std::span<const PortLayout> inputs)
      : StreamOperator({inputs.begin(), inputs.end()}, sum_of(inputs)),
        over_(testing_ops::axes_or_all({}, inputs[0].layout)) {}
  std::vector<std::string> over() const override { return over_; }
  bool keeps_clock() const override { return true; }
  int64_t state_bytes(const Region&) const override { return 0; }
  void begin(std::span<std::byte>, const Region&) const override {}
  StreamResult push(std::span<std::byte>, std::span<const Input> in, Emitter& out) const override {
    for (const Input& input : in)
      if (input.gap) {
        out.emit_gap(0, *input.gap);
        return {};
      }
    pack(*this, in, out.slot(0).image);
    out.emit(0);
    return {};
  }

 private:
  std::vector<std::string> over_;
};

OperatorInfo described(const std::string& name, const std::string& kind) {
  return OperatorInfo{
      .name = name,
      .summary = "Packs images into one, each in bits of its own.",
      .family = "testing",
      .kind = kind,
      .inputs = {{.dtypes = {DType::u16}, .doc = "bits 0..15"},
                 {.name = "a", .dtypes = {DType::u16}, .optional = true},
                 {.name = "b", .dtypes = {DType::u16}, .optional = true},
                 {.name = "c", .dtypes = {DType::u16}, .optional = true}},
      .outputs = {{.doc = "in, then a, b and c, 16 bits each; 0 where nothing is connected"}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: " + name + "}",
      .reference = "shifts",
      .test_only = true};
}

}  // namespace

PARFOCAL_OPERATOR(pack) {
  OperatorInfo info = described("pack", "map");
  info.make = make_operator<Pack, NoParams>();
  return info;
}
PARFOCAL_OPERATOR(pack_in_order) {
  OperatorInfo info = described("pack_in_order", "stream");
  info.make = make_operator<PackInOrder, NoParams>();
  return info;
}

}  // namespace parfocal
