#include <stdexcept>

#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

struct FailAtParams {
  int64_t sequence = 0;
  std::string how = "status";
};

// Passes items on and fails on one of them, as a real step would: politely or by throwing.
class FailAt final : public MapOperator {
 public:
  FailAt(const FailAtParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {inputs[0]}), sequence_(p.sequence), throws_(p.how == "throw") {}
  bool tileable() const override { return true; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    copy_pixels(in[0].image, out[0].image);
    if (in[0].header->sequence != sequence_) return {};
    if (throws_) throw std::runtime_error("fail_at was asked to throw");
    return Status::fail("fail_at was asked to fail", "choose another sequence");
  }

 private:
  int64_t sequence_;
  bool throws_;
};

}  // namespace

PARFOCAL_OPERATOR(fail_at) {
  return OperatorInfo{.name = "fail_at",
                      .summary = "Fails on one item.",
                      .family = "testing",
                      .kind = "map",
                      .inputs = {{.doc = "image"}},
                      .outputs = {{.doc = "the same image"}},
                      .params = Parameters<FailAtParams>()
                                    .add("sequence", &FailAtParams::sequence, "number of the item")
                                    .required()
                                    .add("how", &FailAtParams::how, "status or throw")
                                    .choices({"status", "throw"})
                                    .defaults("status"),
                      .tolerance = "exact",
                      .example = "{op: fail_at, sequence: 1000000}",
                      .reference = "identity",
                      .test_only = true,
                      .make = make_operator<FailAt, FailAtParams>()};
}

}  // namespace parfocal
