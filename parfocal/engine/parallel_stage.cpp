#include "parfocal/engine/parallel_stage.h"

#include <algorithm>
#include <map>

#include "parfocal/core/guarded.h"

namespace parfocal::engine {

Region PassContext::port_region(PortId id) const {
  const auto& outputs = plan.nodes[static_cast<size_t>(id.node)].outputs;
  const Region whole = outputs[static_cast<size_t>(id.port)].layout.whole_item();
  return whole == outputs[0].layout.whole_item() ? of(id.node).output : whole;
}

std::optional<Region> PassContext::own_part(int node, size_t i) const {
  const NodePlan& reader = plan.nodes[static_cast<size_t>(node)];
  if (reader.is_witness(i)) return std::nullopt;
  const Region own = of(node).inputs[i], made = port_region(reader.inputs[i]);
  if (own == made) return std::nullopt;
  if (own.count() > 0 && (own.rank != made.rank || !made.contains(own)))
    throw Error(ErrorCode::run_failed, Issue{"a region is read that is not made", reader.id, "", "",
                                             "this is a defect of parfocal: please report it"});
  return own;
}

struct ParallelStage::Step {
  struct From {
    int edge = -1;   // a ring, or
    int local = -1;  // an earlier result of this stage, or nothing: an input that was left out
    std::optional<Region> part;  // what it reads of it, if not all
  };
  struct To {
    int result = 0;          // index of the result it makes
    Ring* data = nullptr;    // ring it is written to, or
    int64_t offset = 0;      // place in the slot
    Ring* status = nullptr;  // ring that wants its header and gaps only
    Region region;
  };
  int node = 0;
  const NodePlan* plan = nullptr;
  const Operator* op = nullptr;
  std::vector<From> from;  // per port of the operator
  std::vector<To> to;
  bool empty = false;  // nothing of it is demanded in this step of the sweep
};

struct ParallelStage::Workspace {
  std::byte* slot = nullptr;
  FrameHeader header;
  std::vector<FrameHeader> group;  // of the items of this claim that were read at once, if any
  std::vector<Output> results;
  std::vector<Gap> gaps;  // per result; reason none = present
  std::vector<Input> in;
  std::vector<Output> out;
};

ParallelStage::ParallelStage(const PassContext& context, const StagePlan& plan,
                             std::vector<Edge> edges, std::vector<Ring*> outputs,
                             std::vector<std::byte*> slots)
    : context_(context),
      plan_(plan),
      edges_(std::move(edges)),
      outputs_(std::move(outputs)),
      scratch_(edges_, outputs_) {
  std::map<PortId, int> results;
  for (int n : plan.nodes) {
    Step step;
    step.node = n;
    step.plan = &context.plan.nodes[static_cast<size_t>(n)];
    step.op = context.ops[static_cast<size_t>(n)].get();
    step.empty = context.of(n).empty();
    step.from.resize(step.op ? step.op->inputs().size() : 0);
    for (size_t i = 0; i < step.plan->inputs.size(); ++i) {
      const PortId in = step.plan->inputs[i];
      Step::From& from = step.from.at(step.plan->place_of(i));
      from.part = context.own_part(n, i);
      if (const auto it = results.find(in); it != results.end())
        from.local = it->second;
      else
        for (size_t e = 0; e < edges_.size(); ++e)
          if (edges_[e].ring->plan().port == in) from.edge = static_cast<int>(e);
    }
    for (size_t p = 0; p < step.plan->outputs.size(); ++p) {
      const PortId id{n, static_cast<int>(p)};
      Step::To to;
      to.result = static_cast<int>(results.size());
      to.region = context.port_region(id);
      for (Ring* ring : outputs_)
        if (ring->plan().port == id) (ring->plan().status_only ? to.status : to.data) = ring;
      for (const BufferPlan& buffer : plan.buffers)
        if (buffer.port == id) to.offset = buffer.offset;
      results[id] = to.result;
      step.to.push_back(to);
    }
    has_source_ = has_source_ || n == 0;
    steps_.push_back(std::move(step));
  }
  spaces_.resize(slots.size());
  for (size_t w = 0; w < slots.size(); ++w) {
    spaces_[w].slot = slots[w];
    spaces_[w].results.resize(results.size());
    spaces_[w].gaps.resize(results.size());
  }
  if (has_source_) {
    for (const std::string& name : context.plan.nodes[0].keys)
      source_ports_.push_back(source_port(context.plan.nodes[0].type, name));
    group_ = context.group();
    end_ = context.source->layout().stream_count();
  }
  done_.assign(
      static_cast<size_t>(std::max(group_, context.plan.batch) * (context.threads + 2) * 64), 0);
}

ParallelStage::~ParallelStage() = default;

void ParallelStage::stop() {
  if (has_source_) end_ = end_ < 0 ? next_ : std::min(end_, next_);
  retire();
}

// Where the stage ends: what the source or a stop says, and what the
// inputs say. -1 = not known yet.
int64_t ParallelStage::end() const {
  const int64_t inputs = end_of(edges_, next_);
  return inputs < 0 ? end_ : end_ < 0 ? inputs : std::min(end_, inputs);
}

bool ParallelStage::startable(int64_t sequence) const {
  const int64_t limit = end();
  if (limit >= 0 && sequence >= limit) return false;
  if (sequence - retired_ >= static_cast<int64_t>(done_.size())) return false;
  for (const Edge& edge : edges_)
    if (!edge.ring->holds(edge.map(sequence))) return false;
  for (const Ring* ring : outputs_)
    if (!ring->has_room(sequence)) return false;
  return true;
}

// A group of the source is taken whole or, at the end of the stream or after a stop, what is left.
int64_t ParallelStage::startable_items(int64_t most) const {
  const int64_t rest = group_ - next_ % group_;
  int64_t count = 0;
  while (count < (group_ > 1 ? rest : most) && startable(next_ + count)) ++count;
  const int64_t limit = end();
  const bool whole = group_ == 1 || count == rest || (limit >= 0 && next_ + count >= limit);
  return whole ? count : 0;
}

Claim ParallelStage::claim(int64_t most) {
  const Claim claim{next_, startable_items(most)};
  next_ += claim.count;
  if (claim.count == 0) retire();  // an input may have closed just now
  return claim;
}

void ParallelStage::complete(const Claim& claim) {
  for (int64_t s = claim.first; s < claim.first + claim.count; ++s) {
    done_[static_cast<size_t>(s) % done_.size()] = 1;
    for (Ring* ring : outputs_) ring->publish(s);
  }
  retire();
}

void ParallelStage::retire() {
  while (retired_ < next_ && done_[static_cast<size_t>(retired_) % done_.size()]) {
    done_[static_cast<size_t>(retired_) % done_.size()] = 0;
    ++retired_;
  }
  closed_ = retired_ == end();
  for (const Edge& edge : edges_)
    edge.ring->release(edge.reader, closed_ ? Ring::kAllItems : edge.map(retired_));
  for (Ring* ring : outputs_)
    if (closed_) ring->close(retired_);
}

void ParallelStage::execute(const Claim& claim, int worker) {
  if (has_source_) read_group(spaces_[static_cast<size_t>(worker)], claim);
  for (int64_t s = claim.first; s < claim.first + claim.count; ++s) run_item(s, worker);
}

// A whole group whose places in the ring follow each other is decoded straight into them.
void ParallelStage::read_group(Workspace& space, const Claim& claim) {
  space.group.clear();
  const Step::To& to = steps_[0].to[0];
  if (group_ == 1 || claim.count != group_ || !to.data ||
      to.data->region() != to.data->port().layout.whole_item())
    return;
  const int64_t bytes = to.data->port().item_bytes() * claim.count;
  std::byte* const first = to.data->at(claim.first).data;
  const std::byte* const last = to.data->at(claim.first + claim.count - 1).data;
  if (last + to.data->port().item_bytes() - first != bytes) return;
  space.group.resize(static_cast<size_t>(claim.count));
  const std::span<std::byte> dst(first, static_cast<size_t>(bytes));
  try {
    if (context_.source->read_group(claim.first, dst, space.group)) return;
  } catch (...) {
    // read() meets it again and says what it is.
  }
  space.group.clear();
}

void ParallelStage::run_item(int64_t sequence, int worker) {
  Workspace& space = spaces_[static_cast<size_t>(worker)];
  space.header = {};
  space.header.sequence = sequence;
  for (const Edge& edge : edges_)
    if (edge.main) {
      space.header = edge.ring->at(edge.map(sequence)).header;
      break;
    }
  if (has_source_)
    space.header.coordinates = coordinates_of(context_.plan.nodes[0].outputs[0].layout, sequence);
  for (const Step& step : steps_) run_step(step, sequence, space);
  scratch_.release();
}

void ParallelStage::run_step(const Step& step, int64_t sequence, Workspace& space) {
  const Gap* missing = nullptr;
  space.in.clear();
  for (const Step::From& from : step.from) {
    Input in;
    if (from.local >= 0) {
      const Output& result = space.results[static_cast<size_t>(from.local)];
      in.header = &space.header;
      in.image = result.image;
      in.table = result.table;
      if (space.gaps[static_cast<size_t>(from.local)].reason != GapReason::none)
        in.gap = &space.gaps[static_cast<size_t>(from.local)];
    } else if (from.edge >= 0) {
      const Edge& edge = edges_[static_cast<size_t>(from.edge)];
      in = edge.ring->input(edge.ring->at(edge.map(sequence)));
    }
    if (in.gap && !missing) missing = in.gap;
    if (from.part && !in.gap) in.image = part_of(in.image, *from.part);
    space.in.push_back(in);
  }
  space.out.clear();
  for (size_t p = 0; p < step.to.size(); ++p) {
    const Step::To& to = step.to[p];
    const PortLayout& port = step.plan->outputs[p];
    std::byte* data = to.data ? to.data->at(sequence).data : space.slot + to.offset;
    Output out;
    if (port.kind == PortKind::table)
      out.table = {&port.table, data, 0};
    else
      out.image = packed_view(data, port.layout.dtype, to.region);
    space.out.push_back(out);
  }
  Gap gap;
  if (missing) {
    gap = *missing;
  } else if (const auto known = context_.faults.failed_before(*step.plan, sequence)) {
    gap = *known;
  } else if (!step.empty) {
    if (const Status status = compute(step, space, sequence); !status.ok())
      gap = context_.faults.item_failed(*step.plan, sequence, status.issue());
  }
  for (size_t p = 0; p < step.to.size(); ++p) {
    const Step::To& to = step.to[p];
    space.results[static_cast<size_t>(to.result)] = space.out[p];
    space.gaps[static_cast<size_t>(to.result)] = gap;
    for (Ring* ring : {to.data, to.status}) {
      if (!ring) continue;
      Place& place = ring->at(sequence);
      place.header = space.header;
      place.header.sequence = sequence;
      place.rows = space.out[p].table.rows;
      place.gap = gap;
    }
  }
}

Status ParallelStage::compute(const Step& step, Workspace& space, int64_t sequence) {
  return guarded([&] {
    if (step.node == 0) return read_source(space, sequence);
    const size_t room = static_cast<size_t>(plan_.slot_bytes - plan_.scratch_offset);
    const std::span<std::byte> scratch(space.slot + plan_.scratch_offset, room);
    if (step.plan->kind == NodeKind::map)
      return static_cast<const MapOperator*>(step.op)->compute(space.in, space.out, scratch);
    const auto& fold = *static_cast<const FoldOperator*>(step.op);
    fold.init(scratch, space.in[0].image.region);
    if (Status status = fold.accumulate(scratch, space.in, 0); !status.ok()) return status;
    return fold.finalize(scratch, space.out[0]);
  });
}

Status ParallelStage::read_source(Workspace& space, int64_t sequence) {
  Status status;
  if (space.group.empty()) {
    status = context_.source->read(sequence, space.out[0].image, space.header);
  } else {
    FrameHeader& header = space.group[static_cast<size_t>(sequence % group_)];
    header.sequence = sequence;
    header.coordinates = space.header.coordinates;
    space.header = header;
  }
  for (size_t p = 1; status.ok() && p < space.out.size(); ++p)
    status = context_.source->read_port(source_ports_[p - 1], sequence, space.out[p].image);
  return status;
}

}  // namespace parfocal::engine
