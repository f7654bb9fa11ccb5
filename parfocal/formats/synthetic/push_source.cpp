#include "parfocal/formats/synthetic/push_source.h"

#include "parfocal/core/operator_info.h"
#include "parfocal/core/partial_source.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/counter_random.h"

namespace parfocal {

std::optional<std::string> ParamTraits<NestedSource>::parse(const RawValue& raw,
                                                            NestedSource& out) {
  const RawValue* type = raw.find("type");
  if (!type || type->kind != RawValue::Kind::scalar)
    return "needs the description of a source, such as {type: generator, size: {t: 9, y: 64, x: "
           "64}}";
  out.type = type->text;
  out.params = raw;
  out.params.erase("type");
  return std::nullopt;
}

PushSource::PushSource(std::unique_ptr<Source> inner, const PushParams& params)
    : inner_(std::move(inner)), params_(params), layout_(inner_->layout()) {
  inner_frames_ = layout_.stream_count();
  missing_ = inner_->missing();
  frames_ = inner_frames_ * params_.repeat;
  frame_bytes_ = (layout_.item_bytes() + 63) / 64 * 64;
  if (layout_.stream.empty())
    fail_layout("push needs a source with a stream axis", layout_.str(), "an axis such as t",
                "add t to the source that is pushed");
  if (params_.repeat > 1 && layout_.stream.size() > 1)
    fail_layout("push repeats frames of one stream axis only", layout_.str(), "t | y x",
                "leave repeat out");
  if (params_.repeat > 1) layout_.stream[0].size = frames_;
  if (params_.unbounded) layout_.stream[0].size = kUnbounded;
}

int64_t PushSource::ring_bytes() const {
  return params_.ring * (frame_bytes_ + static_cast<int64_t>(sizeof(FrameHeader))) +
         inner_->read_bytes();
}

MutableView PushSource::slot(int64_t index) const {
  return packed_view(pixels_.get() + index % params_.ring * frame_bytes_, layout_.dtype,
                     layout_.whole_item());
}

void PushSource::start() {
  pixels_ =
      std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(params_.ring * frame_bytes_));
  headers_ = std::make_unique<FrameHeader[]>(static_cast<size_t>(params_.ring));
  thread_ = std::jthread([this](const std::stop_token& stop) {
    try {
      run(stop);
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    filled_.notify_all();
  });
}

void PushSource::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

// Waits until the frame is due and, if frames may be delayed, until there is room. False: stop.
bool PushSource::wait_for_turn(int64_t sequence, Clock::time_point start,
                               const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (params_.fps > 0) {
    const double jitter_s =
        1e-3 * params_.jitter_ms * random_unit(random_key(1, static_cast<uint64_t>(sequence)), 0);
    const std::chrono::duration<double> due(static_cast<double>(sequence) / params_.fps + jitter_s);
    const auto at = start + std::chrono::duration_cast<Clock::duration>(due);
    freed_.wait_until(lock, stop, at, [&] { return Clock::now() >= at; });
  }
  if (params_.overflow == "wait")
    freed_.wait(lock, stop, [&] { return tail_ - head_ < params_.ring; });
  return !stop.stop_requested();
}

// Into the next slot. Times of a repetition go on by the interval that the axis states.
bool PushSource::read(int64_t sequence, FrameHeader& header) {
  const int64_t frame = sequence % inner_frames_;
  if (missing_.has(frame) || !inner_->read(frame, slot(tail_), header).ok()) return false;
  const int64_t before = sequence - frame;
  header.time_s += static_cast<double>(before) * layout_.stream[0].scale;
  return true;
}

void PushSource::run(const std::stop_token& stop) {
  const auto start = Clock::now();
  for (int64_t k = 0; k < frames_ && wait_for_turn(k, start, stop); ++k) {
    // Only this thread moves tail_; the slot behind it belongs to this thread while there is room.
    int64_t taken = 0;
    {
      std::lock_guard lock(mutex_);
      taken = head_;
    }
    if (tail_ - taken >= params_.ring) continue;  // lost, as in a camera
    FrameHeader header;
    header.sequence = k;
    header.coordinates = coordinates_of(layout_, k);
    header.hardware_id = k;
    header.device_time_ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    header.host_time_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
    if (!read(k, header)) continue;
    std::lock_guard lock(mutex_);
    headers_[static_cast<size_t>(tail_++ % params_.ring)] = header;
    filled_.notify_all();
  }
  if (Status s = inner_->unchanged(); !s.ok()) throw Error(ErrorCode::input_missing, s.issue());
}

Pop PushSource::pop(const MutableView& dst, FrameHeader& header, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!filled_.wait(lock, stop, [&] { return head_ < tail_ || ended_; })) return Pop::stopped;
  if (stop.stop_requested()) return Pop::stopped;
  if (head_ == tail_ && failure_) std::rethrow_exception(failure_);
  if (head_ == tail_) return Pop::end;
  lock.unlock();  // the producer leaves the slot at head_ alone until it is given back
  header = headers_[static_cast<size_t>(head_ % params_.ring)];
  copy_pixels(slot(head_), dst);
  lock.lock();
  ++head_;
  lock.unlock();
  freed_.notify_all();
  return Pop::frame;
}

void PushSource::wait_until_produced() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return ended_; });
}

static const SourceInfo& pushed_source(const NestedSource& of) {
  const SourceInfo* info = sources().find(of.type);
  if (!info || !info->open)
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"push cannot take frames from source '" + of.type + "'", "", of.type,
                      "a source of recorded or computed frames",
                      "write e.g. of: {type: generator, size: {t: 100, y: 512, x: 512}}"});
  return *info;
}

static std::any parsed_params(const SourceInfo& info, const RawValue& params) {
  std::vector<Issue> issues;
  std::any parsed = info.params.parse(params, "source " + info.name, issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, issues);
  return parsed;
}

static void check_pushed(const PushParams& p, const Connections&) {
  const SourceInfo& info = pushed_source(p.of);
  const std::any parsed = parsed_params(info, p.of.params);
  const RuleSet* rules = rule_sets().find("sources " + info.name);
  if (!rules) return;
  auto issues = broken_rules(*rules, info.params, p.of.params, parsed, {});
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
}

static std::unique_ptr<LiveSource> open_push(const std::any& any, const SourceContext& context) {
  const PushParams& params = std::any_cast<const PushParams&>(any);
  const SourceInfo& info = pushed_source(params.of);
  return std::make_unique<PushSource>(
      part_of_source(info.open(parsed_params(info, params.of.params), context), params.of.params),
      params);
}

PARFOCAL_SOURCE(push) {
  using P = PushParams;
  return {"push",
          "a simulated camera: pushes the frames of another source at a given rate",
          Parameters<P>()
              .add("of", &P::of,
                   "the source of the frames, e.g. {type: generator, size: {t: 9, y: 64, x: 64}}")
              .required()
              .add("fps", &P::fps, "frames per second; 0 = as fast as possible")
              .at_least(0)
              .defaults("0")
              .add("ring", &P::ring, "frames that the camera's ring holds")
              .at_least(1)
              .at_most(1 << 20)
              .defaults("64")
              .add("overflow", &P::overflow, "when the ring is full: lose the frame, or wait")
              .choices({"drop", "wait"})
              .defaults("drop")
              .add("jitter_ms", &P::jitter_ms, "frames come up to this much late, at random")
              .at_least(0)
              .defaults("0")
              .add("repeat", &P::repeat, "how often all frames come, one time after the other")
              .at_least(1)
              .at_most(1 << 20)
              .defaults("1")
              .add("unbounded", &P::unbounded, "hide the number of frames, as a camera does")
              .defaults("false"),
          "{type: push, fps: 100, of: {type: generator, size: {t: 500, y: 512, x: 512}}}",
          nullptr,
          open_push,
          false};
}

PARFOCAL_RULES(sources, push) { return Rules<PushParams>().add({"of"}, check_pushed); }

}  // namespace parfocal
