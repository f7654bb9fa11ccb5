#pragma once
/// Live source `push`: a simulated camera. Its own thread puts the frames of another source into a
/// ring at a given rate, as a camera driver does, whether anybody takes them or not.

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "parfocal/core/io.h"
#include "parfocal/core/reads_files.h"

namespace parfocal {

/// The description of the source whose frames are pushed.
struct NestedSource {
  std::string type;
  RawValue params = RawValue::map();
};
template <>
struct ParamTraits<NestedSource> {  // a map with `type`
  static std::string type_name() { return "description of a source"; }
  static std::optional<std::string> parse(const RawValue& raw, NestedSource& out);
};

struct PushParams {
  NestedSource of;
  double fps = 0;
  int64_t ring = 64;
  std::string overflow = "drop";
  double jitter_ms = 0;
  bool unbounded = false;
  int64_t repeat = 1;
};

/// Frame k is due at start + k / fps (+ a seeded jitter in [0, jitter_ms)). If the ring is full
/// then, `drop` loses the frame (its sequence number never appears) and `wait` delays it and all
/// later ones. A frame that the inner source lacks or cannot read is lost too, and the stream fails
/// at its end if the inner source was replaced meanwhile. With `repeat` its frames come so many
/// times; their times go on. One thread may pop.
class PushSource final : public LiveSource, public ReadsFiles {
 public:
  PushSource(std::unique_ptr<Source> inner, const PushParams& params);
  ~PushSource() override { stop(); }
  const Layout& layout() const override { return layout_; }
  int64_t ring_bytes() const override;
  void start() override;
  Pop pop(const MutableView& dst, FrameHeader& header, std::stop_token stop) override;
  void stop() override;
  /// Waits until the last frame was put or lost.
  void wait_until_produced();
  SourceRow row(int64_t sequence) const override { return inner_->row(sequence % inner_frames_); }
  std::string identity() const override { return "push of " + inner_->identity(); }
  std::vector<std::filesystem::path> files() const override {
    const auto* inner = dynamic_cast<const ReadsFiles*>(inner_.get());
    return inner ? inner->files() : std::vector<std::filesystem::path>();
  }
  std::vector<std::string> notices() const override { return inner_->notices(); }

 private:
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token& stop);
  bool wait_for_turn(int64_t sequence, Clock::time_point start, const std::stop_token& stop);
  bool read(int64_t sequence, FrameHeader& header);
  MutableView slot(int64_t index) const;

  std::unique_ptr<Source> inner_;
  PushParams params_;
  Layout layout_;
  int64_t inner_frames_ = 0, frames_ = 0, frame_bytes_ = 0;
  FrameSet missing_;                     // of the inner source
  std::unique_ptr<std::byte[]> pixels_;  // allocated by start()
  std::unique_ptr<FrameHeader[]> headers_;
  std::mutex mutex_;
  std::condition_variable_any filled_, freed_;
  int64_t head_ = 0, tail_ = 0;  // frames taken and put, ever; slot = number % ring
  bool ended_ = false;
  std::exception_ptr failure_;  ///< that ended the thread; told after the last frame
  std::jthread thread_;
};

}  // namespace parfocal
