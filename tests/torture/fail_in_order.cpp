#include <stdexcept>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct FailInOrderParams {
  int64_t sequence = 0;
  bool throws = false;
};

// Passes items on in their order and fails on one of them, whenever it comes.
class FailInOrder final : public StreamOperator {
 public:
  FailInOrder(const FailInOrderParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, {inputs[0]}),
        p_(p),
        over_(testing_ops::axes_or_all({}, inputs[0].layout)) {}
  bool tileable() const override { return true; }
  std::vector<std::string> over() const override { return over_; }
  bool keeps_clock() const override { return true; }
  int64_t state_bytes(const Region&) const override { return 0; }
  void begin(std::span<std::byte>, const Region&) const override {}
  StreamResult push(std::span<std::byte>, std::span<const Input> in, Emitter& out) const override {
    if (in[0].gap) {
      out.emit_gap(0, *in[0].gap);
      return {};
    }
    if (in[0].header->sequence == p_.sequence) {
      if (p_.throws) throw std::runtime_error("was asked to throw");
      return {Status::fail("was asked to fail"), Step::done};
    }
    copy_pixels(in[0].image, out.slot(0).image);
    out.emit(0);
    return {};
  }

 private:
  FailInOrderParams p_;
  std::vector<std::string> over_;
};

}  // namespace

PARFOCAL_OPERATOR(fail_in_order) {
  OperatorInfo info;
  info.name = "fail_in_order";
  info.summary = "Fails on one item, as a stream.";
  info.family = "testing";
  info.kind = "stream";
  info.inputs = {{}};
  info.outputs = {{}};
  info.params = Parameters<FailInOrderParams>()
                    .add("sequence", &FailInOrderParams::sequence, "number of the item")
                    .required()
                    .add("throws", &FailInOrderParams::throws, "instead of a status");
  info.test_only = true;
  info.make = make_operator<FailInOrder, FailInOrderParams>();
  return info;
}

}  // namespace parfocal
