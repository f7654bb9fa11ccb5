#pragma once
/// What the sinks of .rtdc files share: the part file, its encoder, logs, and how a run's end shows
/// in the file.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "parfocal/core/guarded.h"
#include "parfocal/core/io.h"
#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/common/heartbeat.h"
#include "parfocal/formats/hdf5/chunk_encoder.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/file.h"
#include "parfocal/formats/hdf5/pending_file.h"

namespace parfocal {

class RtdcOutput {
 public:
  /// Nothing is touched yet. `threads`: helpers that encode chunks.
  RtdcOutput(const std::filesystem::path& path, int threads)
      : path_(path), pending_(path), threads_(threads) {}

  /// Of a recorded file that was not published, what its last checkpoint has stays.
  ~RtdcOutput();

  /// An empty new file. \throws Error(run_failed)
  void create();
  /// The same, of a file that keeps what was written whatever ends the process: once begin_frames()
  /// was called, at least what is older than a second.
  void create_recorded();
  /// The datasets are there: frames follow. \throws Error(run_failed)
  void begin_frames();
  /// Writes one frame, by write(); a checkpoint comes between frames, never within one.
  template <class F>
  Status write_frame(F&& write) {
    const std::lock_guard lock(frames_);
    if (!checkpointed_.ok()) return Status::fail(checkpointed_.issue());
    beat_.touch();
    Status s = guarded(write);
    if (s.ok()) ++frames_written_;
    return s;
  }
  /// Frames of write_frame() that are there whatever becomes of the file now: those of the last
  /// checkpoint, or all once it is published.
  int64_t safe_frames() const {
    return state_ == State::published ? frames_written_ : frames_safe_;
  }
  /// No checkpoint comes any more: the end of a file is written.
  void end_frames() { beat_.stop(); }
  /// A copy of `from`, to be changed. \throws Error(input_missing | run_failed)
  void create_copy_of(const std::filesystem::path& from);
  const H5File& file() const { return *file_; }
  ChunkEncoder& encoder() { return *encoder_; }
  /// As it was given.
  const std::filesystem::path& path() const { return path_; }
  /// Absolute, links followed.
  const std::filesystem::path& place() const { return pending_.final(); }
  int threads() const { return threads_; }

  /// Writes what source and steps said as the log "parfocal-log-<UTC>", if they said anything.
  void store_notices(const std::vector<std::string>& notices) const;
  /// Marks the file if the run was not complete, closes it, flushes it to the disk and gives it its
  /// name. Every handle into the file must have been given back. Where that fails, the part file of
  /// a recorded one stays, to be recovered.
  Status publish(const Outcome& outcome);
  /// What a user can open: the file, its part file where that is all there is, nothing.
  std::vector<std::filesystem::path> paths() const;
  /// Removes what was written.
  void discard();

  /// Bytes that the library takes for an open file: metadata caches, chunk indices.
  static constexpr int64_t kFileBytes = int64_t{6} << 20;
  /// The same of a recorded one: also the pages of a checkpoint, and the thread that makes them.
  static constexpr int64_t kRecordedBytes = kFileBytes + (int64_t{1} << 20);

 private:
  enum class State : uint8_t { pending, published, kept, discarded };
  void begin(H5File file);
  Status checkpoint();
  Status fail_to_publish(Status reason);

  std::filesystem::path path_;
  PendingFile pending_;
  int threads_;
  std::unique_ptr<H5File> file_;
  std::unique_ptr<ChunkEncoder> encoder_;  // ends before the file it writes to
  bool recorded_ = false, begun_ = false;
  State state_ = State::pending;
  std::mutex frames_;
  int64_t frames_written_ = 0, frames_safe_ = 0;
  Status checkpointed_;  // the first failure
  Heartbeat beat_;       // ends first
};

/// The outcome of a run whose output failed at its end.
Outcome failed(const Outcome& outcome, const Status& status);
/// Most room on the disk of a file with so many images, nothing of which shrinks: numbers beside
/// them, indexes of chunks, chunks that are not full, metadata, logs.
inline int64_t rtdc_room_bytes(int64_t images, int64_t image_bytes) {
  constexpr int64_t kBesideImage = 96, kFixed = int64_t{4} << 20;
  return room_product(images, image_bytes + image_bytes / 128 + kBesideImage) +
         2 * DatasetWriter::chunk_bytes(image_bytes) + kFixed;
}

/// Of a file that is copied before it is changed; none: 0.
int64_t room_of_copied_bytes(const std::filesystem::path& from);

/// "2026-11-22-03.53.57", UTC: the end of the names of logs.
std::string log_time();
/// Cuts `text` into lines of at most 100 bytes, as dclab wants logs, at spaces where there are
/// some.
std::vector<std::string> log_lines(const std::vector<std::string>& texts);

/// Helpers that a sink takes of `threads`: one less, so that the run keeps one.
inline int encoder_threads(int threads) { return threads > 1 ? threads - 1 : 0; }

/// The .rtdc file that an input of a sink comes from: `named` (relative to the output folder) if it
/// is not empty, else the `path` of the lineage's source if that is an .rtdc file; "" = none.
std::filesystem::path input_file(const SinkInput& input, const std::string& named,
                                 const SinkContext& context);
/// The input of `inputs` with this key, or -1.
int find_input(std::span<const SinkInput> inputs, const std::string& key);

}  // namespace parfocal
