#include <algorithm>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct GapAtParams {
  std::vector<int64_t> sequences;
};

// Replaces chosen items by gaps.
class GapAt final : public StreamOperator {
 public:
  GapAt(const GapAtParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, {inputs[0]}),
        sequences_(p.sequences),
        over_(testing_ops::axes_or_all({}, inputs[0].layout)) {}
  bool tileable() const override { return true; }
  std::vector<std::string> over() const override { return over_; }
  bool keeps_clock() const override { return true; }
  std::optional<Reach> reach() const override { return Reach{}; }
  int64_t state_bytes(const Region&) const override { return 0; }
  void begin(std::span<std::byte>, const Region&) const override {}
  StreamResult push(std::span<std::byte>, std::span<const Input> in, Emitter& out) const override {
    const int64_t sequence = in[0].header->sequence;
    if (in[0].gap) {
      out.emit_gap(0, *in[0].gap);
    } else if (std::find(sequences_.begin(), sequences_.end(), sequence) != sequences_.end()) {
      out.emit_gap(0, {GapReason::skipped, "gap_at was asked for a gap"});
    } else {
      copy_pixels(in[0].image, out.slot(0).image);
      out.emit(0);
    }
    return {};
  }

 private:
  std::vector<int64_t> sequences_;
  std::vector<std::string> over_;
};

}  // namespace

PARFOCAL_OPERATOR(gap_at) {
  return OperatorInfo{.name = "gap_at",
                      .summary = "Replaces chosen items by gaps.",
                      .family = "testing",
                      .kind = "stream",
                      .inputs = {{.doc = "image"}},
                      .outputs = {{.doc = "the same image, or a gap"}},
                      .params = Parameters<GapAtParams>()
                                    .add("sequences", &GapAtParams::sequences, "numbers of items")
                                    .required(),
                      .tolerance = "exact",
                      .example = "{op: gap_at, sequences: [1, 3]}",
                      .reference = "identity",
                      .test_only = true,
                      .make = make_operator<GapAt, GapAtParams>()};
}

}  // namespace parfocal
