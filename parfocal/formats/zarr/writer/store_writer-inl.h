#pragma once
/// The threads and the state behind StoreWriter.

#include <condition_variable>
#include <thread>

#include "parfocal/core/guarded.h"
#include "parfocal/formats/zarr/writer/frame_pool.h"
#include "parfocal/formats/zarr/writer/image_writer.h"
#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/zarr/writer/receipts.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {

class ArrayReader;

class StoreWriter::Impl {
 public:
  Impl(std::filesystem::path root, StoreSpec spec, const StoreOptions& options);
  ~Impl();
  /// Either makes the store or goes on with one. \throws Error
  void create();
  void reopen();
  void resume();
  bool has(size_t image, int64_t frame) const { return images_.at(image)->base().has(frame); }
  int64_t frames(size_t image) const;
  void start();
  int64_t resident_bytes() const;
  int64_t buffer_bytes() const;
  int64_t log_bytes() const;
  int64_t disk_bytes() const;

  Status append(size_t image, int64_t frame, const View& plane, std::span<const std::byte> row,
                int64_t& ticket);
  Status append_region(size_t image, int64_t frame, const View& region,
                       std::span<const std::byte> row, int64_t& ticket);
  Status append_gap(size_t image, int64_t frame, int64_t count, GapReason reason,
                    const std::string& text);
  Status close(bool complete, const std::string& reason, std::span<const int64_t> kept);
  Receipts& receipts() { return receipts_; }

 private:
  using Scratches = std::vector<ImageWriter::Scratch>;  // one per image
  void check_regions() const;
  void work();
  Status store_jobs();
  static Status wrong_dtype(DType given, DType needed);
  Status wait_for_room(size_t image, int64_t frame);
  Status reopen_image(size_t i);
  Status resume_image(size_t i);
  Status sample_kept(size_t i, int64_t frames);
  template <class Rows>
  Status copy_frame(size_t i, int64_t frame, const ArrayReader& reader, const Rows& rows,
                    ImageWriter::Scratch& scratch);
  Status sync_images();
  Status store(FrameJob& job, Scratches& scratches);
  Status store_gap(const FrameJob& job, Scratches& scratches);
  void acknowledge(int64_t ticket);

  void commit_loop(const std::stop_token& stop);
  Status commit();
  void publish_loop(const std::stop_token& stop);
  Status publish();
  Status put(const std::vector<MetadataObject>& objects);
  std::vector<MetadataObject> objects(bool complete, const std::string& reason);
  void fail(const Status& status);
  Status with_what_is_safe(Issue issue);
  void join();
  Status finish_images(bool complete, const std::string& reason, std::span<const int64_t> kept);
  std::vector<int64_t> final_outer(bool complete) const;

  std::filesystem::path root_;
  LocalStore store_{root_};
  StoreSpec spec_;
  StoreOptions options_;
  Journal journal_;
  std::vector<std::unique_ptr<ImageWriter>> images_;
  std::vector<size_t> scratch_of_;  // by image: the first image whose buffers it can use
  std::unique_ptr<FramePool> pool_;
  Receipts receipts_;
  std::vector<std::jthread> workers_;

  std::mutex commit_mutex_;  // of pending_
  std::condition_variable_any commit_wanted_;
  std::vector<int64_t> pending_;  // tickets whose record is written but not synced
  std::jthread committer_;

  std::mutex publish_mutex_;
  std::condition_variable_any publish_wanted_;
  std::vector<int64_t> published_;     // outer, per image
  std::vector<int64_t> gap_versions_;  // that were published
  std::jthread publisher_;
  bool closed_ = false;
};

}  // namespace parfocal
