#pragma once
/// Writes frames into an OME-Zarr store: bounded memory, receipts, a valid store at every moment.
/// docs/store.md tells the way of a frame.

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "parfocal/core/item.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

struct StoreOptions {
  Ack ack = Ack::kernel;
  /// That encode and write. 0: one for each processor, and two more, as some wait for the disk.
  int threads = 0;
  int64_t queue_frames = 0;  ///< frames in memory, being written included; 0 = 2 more than threads
  bool direct = true;        ///< past the page cache where it pays
  bool regions = false;      ///< frames come by append_region(), of which one thread takes care
  int64_t publish_ms = 250;  ///< readers see new frames this often
  int64_t commit_frames = 8, commit_ms = 50;  ///< `durable`: synced after so many, or so long
  /// Memory is stated, and kept, for frames that come in this order of their axes before y and x:
  /// the slowest first, as "tzc"; "" = as the image has them. Images take turns as they like.
  std::string order;
  /// If > 0: in any order, as long as no more than so many steps of the first axis are begun and
  /// not complete.
  int64_t any_order_steps = 0;
};

class StoreWriter {
 public:
  /// Memory that a writer takes at most, buffers of the threads and all that is kept of shards and
  /// pairs of planes that are not complete included. Besides: some 100 bytes for each run of
  /// missing frames. \throws Error(invalid_pipeline) for an order that cannot be
  static int64_t resident_bytes(const StoreSpec& spec, const StoreOptions& options);
  /// Bytes on the disk that the frame logs grow to: planes that wait for their chunks. 0 where each
  /// frame is a chunk of its own.
  static int64_t log_bytes(const StoreSpec& spec, const StoreOptions& options);

  /// Bytes that the store takes on the disk at most while it is written and when it is closed,
  /// where no frame shrinks: files, folders, journal, logs. -1 = it has no end.
  static int64_t disk_bytes(const StoreSpec& spec, const StoreOptions& options);

  /// Makes the store: all metadata is there when this returns. \throws Error(invalid_pipeline) for
  /// what cannot be stored, Error(output_exists), Error(run_failed)
  static std::unique_ptr<StoreWriter> create(const std::filesystem::path& root, StoreSpec spec,
                                             const StoreOptions& options);
  /// Opens a store to append along its first axis; recovers it first if its writer did not close
  /// it. Readers see what they saw, all the time. \throws Error(input_missing) for what is no store
  /// of parfocal, Error(invalid_pipeline) for one that cannot grow, Error(run_failed)
  static std::unique_ptr<StoreWriter> append_to(const std::filesystem::path& root,
                                                const StoreOptions& options);
  /// Goes on with a store whose writer did not come to its end (killed, stopped, failed), where all
  /// frames can be had again: what is sealed and whole stays, all else is removed and expected once
  /// more, in any order. `spec`: as for create(); that of the store may differ in its provenance
  /// only, which stays. \throws Error(output_exists) where it differs, Error(input_missing) for
  /// what is no store of parfocal, Error(run_failed)
  static std::unique_ptr<StoreWriter> resume(const std::filesystem::path& root, StoreSpec spec,
                                             const StoreOptions& options);
  /// Whether a frame was announced, or stayed: then it must not come again. Thread-safe.
  bool has(size_t image, int64_t frame) const;
  /// Frames of an image up to the last one that came, or that was there: where to go on.
  int64_t frames(size_t image) const;
  /// Stops without closing, as a killed process would: nothing is lost that was acknowledged.
  ~StoreWriter();

  /// Takes frame `frame` of an image (number in C order over its axes before y and x), each once.
  /// The plane is copied; waits while the queue is full. `row`: the frame's columns, packed, or
  /// empty. `ticket`: for wait(). Fails at once after any failure. Refuses, and stays as it is, a
  /// frame that would begin more shards than StoreOptions::order needs, beyond what is small.
  /// Thread-safe.
  Status append(size_t image, int64_t frame, const View& plane, std::span<const std::byte> row,
                int64_t& ticket);
  /// Takes a region of a frame, where frames come in regions (StoreOptions::regions): in any order
  /// of frames, but of each frame the one with the last pixel of the last row last. They wait on
  /// the disk: memory holds no frame, whatever its size, and a frame is acknowledged when it is
  /// whole. `region`: 2-D, at absolute y, x. `ticket`: of the last region; -1 for all others. By
  /// one thread.
  Status append_region(size_t image, int64_t frame, const View& region,
                       std::span<const std::byte> row, int64_t& ticket);
  /// Frames [frame, frame + count) are missing and will not come.
  Status append_gap(size_t image, int64_t frame, int64_t count, GapReason reason,
                    const std::string& text);
  /// Waits until the frame is as safe as StoreOptions::ack says; fails if it never will be.
  Status wait(int64_t ticket);
  /// Tickets [0, n) are acknowledged.
  int64_t acknowledged() const;
  /// Calls `listener` with every acknowledged ticket, from the writer's threads. Before append().
  void on_acknowledged(std::function<void(int64_t ticket)> listener);

  /// Waits for all frames, seals, publishes everything. `complete` and `reason` are recorded;
  /// frames that never came are recorded as gaps. Reports the first failure, with what is safe.
  /// `kept`: per image, the frames [0, kept) stay and later ones are taken back; empty = all stay.
  Status close(bool complete, const std::string& reason, std::span<const int64_t> kept = {});

 private:
  class Impl;
  explicit StoreWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parfocal
