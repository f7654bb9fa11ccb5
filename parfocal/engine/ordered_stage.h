#pragma once
/// Stages that take their items one by one, in order: streams, folds over stream axes, sinks,
/// observers. The order is the stage's own; different ordered stages run side by side.

#include <memory>

#include "parfocal/engine/parallel_stage.h"
#include "parfocal/engine/stage.h"

namespace parfocal::engine {

/// What one ordered node does with its items. Called by one worker at a time, without the lock.
class Consumer {
 public:
  virtual ~Consumer() = default;
  enum class Turn : uint8_t { done, again };
  /// Takes item `sequence`. `again`: call once more with the same item when there is room.
  virtual Turn take(int64_t sequence, std::span<const Input> in) = 0;
  /// After the last item, until done. `complete`: the stream ended by itself; otherwise it was cut
  /// off, and what is unfinished must not be emitted.
  virtual Turn finish(bool complete) = 0;
  /// Items emitted by the last call on each output ring (then reset).
  virtual std::vector<int64_t>& emitted() { return emitted_; }
  /// Room needed on every output ring before take or finish is called.
  virtual int64_t max_emit() const { return 0; }

 protected:
  std::vector<int64_t> emitted_;
};

class OrderedStage : public Stage {
 public:
  OrderedStage(Faults& faults, std::unique_ptr<Consumer> consumer, std::vector<Edge> edges,
               std::vector<EdgeInput> sources, std::vector<std::vector<Ring*>> outputs);
  Claim claim(int64_t most) override;
  bool ready() const override;
  void execute(const Claim& claim, int worker) override;
  void complete(const Claim& claim) override;
  bool finished() const override { return finished_; }
  int64_t taken() const { return next_; }

 private:
  bool has_room(int64_t items) const;
  bool has_input(int64_t sequence) const;

  Faults& faults_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<Edge> edges_;
  std::vector<EdgeInput> sources_;           ///< of the inputs
  std::vector<std::vector<Ring*>> outputs_;  ///< per port: data and status rings
  ScratchUse scratch_;
  std::vector<int64_t> head_;  ///< per port: items emitted
  std::vector<Input> inputs_;
  int64_t next_ = 0;
  int64_t executed_ = 0;  ///< items finished by the current claim
  bool busy_ = false, finishing_ = false, finished_ = false, over_ = false;
};

/// Shared by consumers with outputs: where the next item of each port goes.
class PortWriter {
 public:
  PortWriter(const PassContext& context, int node, std::vector<std::vector<Ring*>> outputs)
      : context_(context), node_(node), outputs_(std::move(outputs)), head_(outputs_.size(), 0) {}
  /// The place of the next item of `port`.
  Output slot(size_t port) const;
  /// Completes that place on the data and status rings and moves on to the next.
  void emit(size_t port, FrameHeader header, int64_t rows, const Gap& gap);
  int64_t head(size_t port) const { return head_[port]; }
  size_t ports() const { return outputs_.size(); }
  const Layout& layout(size_t port) const;

 private:
  const PassContext& context_;
  int node_;
  std::vector<std::vector<Ring*>> outputs_;
  std::vector<int64_t> head_;
};

std::unique_ptr<Consumer> make_fold_consumer(const PassContext& context, int node,
                                             std::vector<std::vector<Ring*>> outputs);
std::unique_ptr<Consumer> make_stream_consumer(const PassContext& context, int node,
                                               std::vector<std::vector<Ring*>> outputs);

}  // namespace parfocal::engine
