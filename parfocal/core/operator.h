#pragma once
/// The operator contract: map, fold, stream (recipes expand into these; see operator_info.h).
///
/// Life of an operator: parameters are parsed into a struct; the factory binds them to the layouts
/// of the inputs and returns an immutable object that knows its outputs (or throws Error); the
/// planner asks it for footprints and bytes; the engine calls compute/accumulate/push with views.
/// Objects are const after construction and shared by all worker threads; everything mutable lives
/// in scratch or state that the engine owns and has counted.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/item.h"
#include "parfocal/core/region.h"

namespace parfocal {

enum class OperatorKind : uint8_t { map, fold, stream };

class Operator {
 public:
  Operator(std::vector<PortLayout> inputs, std::vector<PortLayout> outputs)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  virtual OperatorKind kind() const = 0;
  /// One for each port of the registration block, in its order; those not connected have kind none.
  const std::vector<PortLayout>& inputs() const { return inputs_; }
  const std::vector<PortLayout>& outputs() const { return outputs_; }
  /// False for an optional input that was left out.
  bool connected(size_t port) const { return port < inputs_.size() && inputs_[port].connected(); }

  /// True if any region of the output can be made from footprint() of the inputs alone.
  /// False (label, measure, per-frame sums): the engine gives whole items.
  virtual bool tileable() const { return false; }
  /// True if a region of an item may fail while others do not (a pixel that does not fit). Where
  /// such an item becomes a gap, the engine gives whole items: those that were written cannot.
  virtual bool fails_by_pixels() const { return false; }
  /// The region of the connected input `input` needed for region `out` of the (image) outputs,
  /// clipped to the item. Default: the same region where the input has the output's rank, else the
  /// whole input item. A neighbourhood operator applies its boundary rule only where the view ends
  /// at the item's edge.
  virtual Region footprint(int input, const Region& out) const {
    const Region whole = inputs_[input].layout.whole_item();
    return whole.rank == out.rank && whole.contains(out) ? out : whole;
  }

  /// A Value that is too large for memory can lie in a scratch file (ScratchPages). Most bytes of
  /// output `port`, or of input `input`, that a call touches before it returns or releases them;
  /// -1: the whole, so such a Value is not put there.
  virtual int64_t output_window(int port) const {
    (void)port;
    return -1;
  }
  virtual int64_t input_window(int input) const {
    (void)input;
    return -1;
  }

 private:
  std::vector<PortLayout> inputs_;
  std::vector<PortLayout> outputs_;
};

/// Pure: one item of each input (matched by coordinates) to one item of each output. Thread-safe.
class MapOperator : public Operator {
 public:
  using Operator::Operator;
  OperatorKind kind() const final { return OperatorKind::map; }
  /// Bytes of working memory for one call with output region `out`; given to compute, 64-byte
  /// aligned, contents undefined.
  virtual int64_t scratch_bytes(const Region& out) const {
    (void)out;
    return 0;
  }
  /// Input whose buffer output 0 may overwrite when nobody else reads it; -1 = none.
  virtual int in_place() const { return -1; }
  /// in[i] is port i, as in inputs(); in[i].image.region holds footprint(i, out); inputs are never
  /// gaps (a gap gives a gap). Where nothing is connected, in[i] is empty.
  virtual Status compute(std::span<const Input> in, std::span<Output> out,
                         std::span<std::byte> scratch) const = 0;
};

/// Many items to one Value: init, accumulate..., finalize. Gaps are not accumulated.
/// The output's layout is input 0's without the axes folded over. Axes folded over that are item
/// axes are folded within each item; stream axes across items; the remaining stream axes are the
/// key, with one independent state per key value.
class FoldOperator : public Operator {
 public:
  using Operator::Operator;
  OperatorKind kind() const final { return OperatorKind::fold; }
  /// Bytes of one state for region `in` of input 0 (64-byte aligned, contents undefined before
  /// init).
  virtual int64_t state_bytes(const Region& in) const = 0;
  /// Bytes of a state that will see only items first <= index < end (a shard) and then be combined:
  /// it may have to keep more than one that starts at item 0. init() gets that many bytes. States
  /// of shards are combined, in order, into a fresh state of state_bytes().
  virtual int64_t shard_state_bytes(const Region& in, int64_t first, int64_t end) const {
    (void)first;
    (void)end;
    return state_bytes(in);
  }
  virtual void init(std::span<std::byte> state, const Region& in) const = 0;
  /// `index`: absolute index of the item along the folded stream axes (C order), so that the order
  /// of float sums does not depend on gaps or shards (rule R); 0 when only item axes are folded.
  /// Called in increasing order of index.
  virtual Status accumulate(std::span<std::byte> state, std::span<const Input> in,
                            int64_t index) const = 0;
  /// Joins the state of a later range of items (starting at a multiple of 64) into `state`.
  virtual Status combine(std::span<std::byte> state, std::span<const std::byte> later) const = 0;
  /// Writes the Value. A fold that saw no item fails with a text that says so (it becomes a gap).
  virtual Status finalize(std::span<std::byte> state, Output& out) const = 0;
};

/// Where a stream operator puts its output. The engine has reserved max_emit() places on every port
/// before push or flush is called.
class Emitter {
 public:
  virtual ~Emitter() = default;
  /// The place of the next item of `port`; stays the same across calls until emitted, so an item
  /// may be built up over several pushes, if no other key's item is being built up meanwhile (the
  /// axis run over is the innermost stream axis). Otherwise build it in the state.
  virtual Output& slot(int port) = 0;
  virtual void emit(int port) = 0;                      ///< publishes slot(port)
  virtual void emit_gap(int port, const Gap& gap) = 0;  ///< publishes a gap instead
  /// Tells the user something about this run, one sentence with its numbers. Not per item.
  virtual void notice(std::string text) { (void)text; }
};

/// `again`: call me once more (with the same item) when there is room.
enum class Step : uint8_t { done, again };

struct StreamResult {
  Status status;
  Step step = Step::done;
};

/// Finite dependence of an output on its neighbours: can be started `before` items early anywhere.
struct Reach {
  int64_t before = 0, after = 0;
};

/// Ordered: sees the items of one key value one by one.
class StreamOperator : public Operator {
 public:
  using Operator::Operator;
  OperatorKind kind() const final { return OperatorKind::stream; }
  /// Names of the stream axes it runs over; the other stream axes are the key (one state each).
  virtual std::vector<std::string> over() const = 0;
  /// True: the k-th output belongs to the k-th input (same clock; headers are carried over).
  /// False: outputs are numbered by their own layout.
  virtual bool keeps_clock() const = 0;
  /// Most items one push or flush emits on one port.
  virtual int max_emit() const { return 1; }
  /// Hard bound: output k is emitted at the latest with input k + latency() (same key).
  virtual int64_t latency() const { return 0; }
  virtual std::optional<Reach> reach() const { return std::nullopt; }
  virtual int64_t state_bytes(const Region& in) const = 0;
  virtual void begin(std::span<std::byte> state, const Region& in) const = 0;
  /// in[0].gap may be set; the operator decides what a gap means (window: ignore or propagate).
  virtual StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                            Emitter& out) const = 0;
  /// After the last item of a key, until done; emits what is still held.
  virtual StreamResult flush(std::span<std::byte> state, Emitter& out) const {
    (void)state;
    (void)out;
    return {};
  }
};

}  // namespace parfocal
