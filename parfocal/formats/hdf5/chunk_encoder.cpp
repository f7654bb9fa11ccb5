#include "parfocal/formats/hdf5/chunk_encoder.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/core/guarded.h"
#include "parfocal/formats/common/zstd_memory.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/fletcher32.h"
#include "parfocal/formats/hdf5/handle.h"
#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

void set_items(const ChunkJob& job, int64_t items) {
  std::vector<hsize_t> shape(job.shape.begin(), job.shape.end());
  shape[0] = static_cast<hsize_t>(items);
  H5Dset_extent(job.dataset, shape.data());
}

Status write(const ChunkJob& job) {
  const Hdf5Lock lock;
  const std::vector<hsize_t> shape(job.shape.begin(), job.shape.end());
  std::vector<hsize_t> origin(shape.size(), 0);
  origin[0] = static_cast<hsize_t>(job.first_item);
  Status status;
  if (H5Dset_extent(job.dataset, shape.data()) < 0 ||
      H5Dwrite_chunk(job.dataset, H5P_DEFAULT, 0, origin.data(), job.stored.size(),
                     job.stored.data()) < 0) {
    status = Status::fail(Issue{"the chunk cannot be written", job.where, hdf5_reason(), "",
                                "check the space on the disk"});
    set_items(job, job.first_item);  // the dataset ends where its chunks do
  }
  if (job.file != nullptr) job.file->release(job.held_bytes);
  return status;
}

}  // namespace

ChunkEncoder::ChunkEncoder(int threads) : most_(static_cast<size_t>(std::max(threads, 0)) + 1) {
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

ChunkEncoder::~ChunkEncoder() {
  {
    std::lock_guard lock(mutex_);
    dropping_ = true;
  }
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

int64_t ChunkEncoder::resident_bytes(int threads, int zstd_level, int64_t chunk_bytes) {
  constexpr int64_t kThreadBytes = int64_t{128} << 10;  // stack, and small things of a chunk
  int64_t each = kThreadBytes + 2 * static_cast<int64_t>(kNumbersBytes) + chunk_bytes;
  if (zstd_level > 0)
    each += static_cast<int64_t>(zstd_bound(static_cast<size_t>(chunk_bytes))) +
            zstd_encoder_bytes(zstd_level, chunk_bytes);
  return (std::max(threads, 0) + 1) * each;
}

// The chunk as the file holds it: compressed, then its checksum.
bool ChunkEncoder::encode(ChunkJob& job) {
  try {
    std::span<std::byte> stored = job.items->take(job.bytes + kFletcherBytes);
    if (job.zstd_level > 0) {
      const std::span<const std::byte> items = stored.first(job.bytes);
      job.packed = packed_.take();
      stored = job.packed->take(zstd_bound(job.bytes) + kFletcherBytes);
      const size_t bytes = compressors_.take()->encode(items, job.zstd_level, stored);
      if (bytes == 0) return false;
      stored = stored.first(bytes + kFletcherBytes);
    }
    write_fletcher32(stored);
    job.stored = stored;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

Status ChunkEncoder::put(ChunkJob job) {
  std::unique_lock lock(mutex_);
  if (has_failed(job.dataset)) return failure();
  const auto has_room = [&] { return queue_.size() < most_; };
  while (!has_room() && encode_one(lock)) {
  }
  changed_.wait(lock, has_room);
  queue_.push_back(std::make_unique<Entry>(Entry{std::move(job), State::waiting}));
  changed_.notify_all();
  if (threads_.empty()) encode_one(lock);
  return failure();
}

Status ChunkEncoder::drain() {
  std::unique_lock lock(mutex_);
  while (encode_one(lock)) {
  }
  changed_.wait(lock, [&] { return queue_.empty() && !writing_; });
  return failure();
}

void ChunkEncoder::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto is_work = [&] {
    return std::any_of(queue_.begin(), queue_.end(),
                       [](const auto& entry) { return entry->state == State::waiting; });
  };
  while (changed_.wait(lock, stop, is_work) && !stop.stop_requested()) encode_one(lock);
}

bool ChunkEncoder::encode_one(std::unique_lock<std::mutex>& lock) {
  const auto next = std::find_if(queue_.begin(), queue_.end(),
                                 [](const auto& entry) { return entry->state == State::waiting; });
  if (next == queue_.end()) return false;
  Entry& entry = **next;
  entry.state = State::encoding;
  lock.unlock();
  const bool good = encode(entry.job);
  lock.lock();
  entry.state = State::ready;
  if (!good)
    fail(entry.job.dataset,
         {"the chunk cannot be compressed", entry.job.where, "out of memory", "", ""});
  write_ready(lock);
  return true;
}

// Whoever finds the oldest chunk ready writes it, and those behind it that became ready meanwhile.
void ChunkEncoder::write_ready(std::unique_lock<std::mutex>& lock) {
  while (!writing_ && !queue_.empty() && queue_.front()->state == State::ready) {
    writing_ = true;
    const ChunkJob& job = queue_.front()->job;
    const bool skip = dropping_ || has_failed(job.dataset);
    lock.unlock();
    Status status = skip ? Status() : guarded([&] { return write(job); });
    lock.lock();
    if (!status.ok()) fail(job.dataset, status.issue());
    queue_.pop_front();
    writing_ = false;
    changed_.notify_all();
  }
}

// What is behind the last complete chunk of a writer is with the writer.
Status ChunkEncoder::with_tails(const std::function<Status(std::span<const DatasetTail>)>& take) {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure();
  std::vector<DatasetTail> tails;
  for (const DatasetWriter* writer : writers_) {
    DatasetTail tail = writer->unfinished();
    std::vector<std::span<const std::byte>> pieces;
    for (const auto& entry : queue_) {
      const ChunkJob& job = entry->job;
      if (job.dataset != writer->id()) continue;
      if (pieces.empty()) tail.first_item = job.first_item;
      const int64_t items = job.shape[0] - job.first_item;
      pieces.push_back(job.items->first(static_cast<size_t>(items * job.item_bytes)));
    }
    tail.pieces.insert(tail.pieces.begin(), pieces.begin(), pieces.end());
    if (!tail.pieces.empty()) tails.push_back(std::move(tail));
  }
  return take(tails);
}

void ChunkEncoder::fail(int64_t dataset, Issue issue) {
  if (!has_failed(dataset)) failed_.push_back(dataset);
  if (!failure_) failure_ = std::make_unique<Issue>(std::move(issue));
  changed_.notify_all();
}

bool ChunkEncoder::has_failed(int64_t dataset) const {
  return std::find(failed_.begin(), failed_.end(), dataset) != failed_.end();
}

bool ChunkEncoder::failed(int64_t dataset) const {
  const std::lock_guard lock(mutex_);
  return has_failed(dataset);
}

Status ChunkEncoder::failure() const { return failure_ ? Status::fail(*failure_) : Status(); }

}  // namespace parfocal
