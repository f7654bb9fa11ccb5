#include "parfocal/engine/ordered_stage.h"

#include <stdexcept>

namespace parfocal::engine {

namespace {

std::vector<Ring*> all_of(const std::vector<std::vector<Ring*>>& ports) {
  std::vector<Ring*> rings;
  for (const auto& port : ports) rings.insert(rings.end(), port.begin(), port.end());
  return rings;
}

}  // namespace

OrderedStage::OrderedStage(Faults& faults, std::unique_ptr<Consumer> consumer,
                           std::vector<Edge> edges, std::vector<EdgeInput> sources,
                           std::vector<std::vector<Ring*>> outputs)
    : faults_(faults),
      consumer_(std::move(consumer)),
      edges_(std::move(edges)),
      sources_(std::move(sources)),
      outputs_(std::move(outputs)),
      scratch_(edges_, all_of(outputs_)),
      head_(outputs_.size(), 0) {
  consumer_->emitted().assign(outputs_.size(), 0);
}

bool OrderedStage::has_room(int64_t calls) const {
  const int64_t items = calls * consumer_->max_emit();
  for (size_t p = 0; items > 0 && p < outputs_.size(); ++p)
    for (const Ring* ring : outputs_[p])
      if (!ring->has_room(head_[p] + items - 1)) return false;
  return true;
}

bool OrderedStage::has_input(int64_t sequence) const {
  for (const Edge& edge : edges_)
    if (!edge.ring->holds(edge.map(sequence))) return false;
  return true;
}

bool OrderedStage::ready() const {
  if (busy_ || finished_) return false;
  const int64_t last = end_of(edges_, next_);
  if (last >= 0 && next_ >= last) return has_room(1);
  return has_room(1) && has_input(next_);
}

Claim OrderedStage::claim(int64_t most) {
  if (!ready()) return {};
  busy_ = true;
  const int64_t last = end_of(edges_, next_);
  finishing_ = last >= 0 && next_ >= last;
  if (finishing_) return {next_, 1};
  Claim claim{next_, 1};
  while (claim.count < most && (last < 0 || next_ + claim.count < last) &&
         has_room(claim.count + 1) && has_input(next_ + claim.count))
    ++claim.count;
  return claim;
}

void OrderedStage::execute(const Claim& claim, int) {
  executed_ = 0;
  if (finishing_) {
    over_ = consumer_->finish(faults_.running()) == Consumer::Turn::done;
    scratch_.release();
    return;
  }
  for (; executed_ < claim.count; ++executed_) {
    inputs_.clear();
    for (const EdgeInput& from : sources_) {
      Input& in = inputs_.emplace_back();
      if (from.edge < 0) continue;
      const Edge& edge = edges_[static_cast<size_t>(from.edge)];
      in = edge.ring->input(edge.ring->at(edge.map(claim.first + executed_)));
      if (from.part && !in.gap) in.image = part_of(in.image, *from.part);
    }
    const Consumer::Turn turn = consumer_->take(claim.first + executed_, inputs_);
    scratch_.release();
    if (turn == Consumer::Turn::again) break;
  }
}

void OrderedStage::complete(const Claim&) {
  busy_ = false;
  next_ += executed_;
  for (size_t p = 0; p < outputs_.size(); ++p) {
    int64_t& emitted = consumer_->emitted()[p];
    for (Ring* ring : outputs_[p])
      for (int64_t s = head_[p]; s < head_[p] + emitted; ++s) ring->publish(s);
    head_[p] += emitted;
    emitted = 0;
  }
  finished_ = over_;
  for (const Edge& edge : edges_)
    edge.ring->release(edge.reader, finished_ ? Ring::kAllItems : edge.map(next_));
  for (size_t p = 0; finished_ && p < outputs_.size(); ++p)
    for (Ring* ring : outputs_[p]) ring->close(head_[p]);
}

const Layout& PortWriter::layout(size_t port) const {
  return context_.plan.nodes[static_cast<size_t>(node_)].outputs[port].layout;
}

Output PortWriter::slot(size_t port) const {
  for (Ring* ring : outputs_[port])
    if (!ring->plan().status_only) return ring->output(ring->at(head_[port]));
  return {};
}

void PortWriter::emit(size_t port, FrameHeader header, int64_t rows, const Gap& gap) {
  header.sequence = head_[port];
  for (Ring* ring : outputs_[port]) {
    if (ring->is_past_end(head_[port]))
      throw std::logic_error("a step makes more items than its layout has");
    Place& place = ring->at(head_[port]);
    place.header = header;
    place.rows = rows;
    place.gap = gap;
  }
  ++head_[port];
}

}  // namespace parfocal::engine
