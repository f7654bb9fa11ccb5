#pragma once
/// Compresses chunks on helper threads and writes them as they are into datasets, past HDF5's own
/// filters, in the order in which they were given: files do not depend on the number of threads.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/common/recycler.h"
#include "parfocal/formats/hdf5/journaled_file.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {

class DatasetWriter;

/// One chunk on its way to the file.
struct ChunkJob {
  int64_t dataset = -1;               ///< id; stays open until ChunkEncoder::drain()
  std::vector<int64_t> shape;         ///< of the dataset after this chunk
  int64_t first_item = 0;             ///< of the chunk, along the first axis
  int zstd_level = 5;                 ///< 0 = not compressed
  std::string where;                  ///< for messages
  std::shared_ptr<ByteBuffer> items;  ///< stay until they are in the file
  size_t bytes = 0;                   ///< of `items`, behind which a checksum has room
  int64_t item_bytes = 0;
  JournaledFile* file = nullptr;       ///< where the chunk's space was taken; nullptr: nowhere
  int64_t held_bytes = 0;              ///< of it
  std::shared_ptr<ByteBuffer> packed;  ///< by the encoder; nullptr: `items` are written
  std::span<const std::byte> stored;   ///< by the encoder: what the file is to hold
};

class ChunkEncoder {
 public:
  /// `threads` helpers; 0: chunks are encoded by the thread that gives them.
  explicit ChunkEncoder(int threads);
  /// Drops what was not written; drain() first.
  ~ChunkEncoder();
  ChunkEncoder(const ChunkEncoder&) = delete;
  ChunkEncoder& operator=(const ChunkEncoder&) = delete;

  /// Takes a chunk. While threads + 1 chunks are on their way it encodes one of them or, when the
  /// helpers have taken all, waits. After a failure it is given again, and the chunks that follow
  /// in the same dataset are dropped; those of others are written, so that what belongs to the
  /// chunks before the failure gets whole.
  Status put(ChunkJob job);
  /// Whether a chunk of this dataset could not be written.
  bool failed(int64_t dataset) const;
  /// Encodes what the helpers have not taken and waits until all chunks are in the file.
  Status drain();
  /// Calls take(tails) with what was given, or is being collected by writers, and is not in the
  /// file yet. Nobody may write to the datasets meanwhile.
  Status with_tails(const std::function<Status(std::span<const DatasetTail>)>& take);
  /// Of each DatasetWriter, while it lives.
  void add(const DatasetWriter* writer) { writers_.push_back(writer); }
  void remove(const DatasetWriter* writer) { std::erase(writers_, writer); }
  /// Where writers take a buffer for a chunk of `bytes`: those that were written come back.
  Recycler<ByteBuffer> buffers(size_t bytes) const {
    return bytes <= kNumbersBytes ? numbers_ : images_;
  }
  /// Most bytes held by an encoder whose largest chunk has `chunk_bytes`, its compressors included;
  /// beside one chunk that each writer collects.
  static int64_t resident_bytes(int threads, int zstd_level, int64_t chunk_bytes);

 private:
  enum class State : uint8_t { waiting, encoding, ready };
  struct Entry {
    ChunkJob job;
    State state = State::waiting;
  };
  // A chunk of numbers, and its checksum. These have buffers of their own: buffers stay as large as
  // they ever were, and there are many writers of numbers.
  static constexpr size_t kNumbersBytes = size_t{8} << 10;

  bool encode(ChunkJob& job);
  void work(const std::stop_token& stop);
  bool encode_one(std::unique_lock<std::mutex>& lock);
  void write_ready(std::unique_lock<std::mutex>& lock);
  void fail(int64_t dataset, Issue issue);
  bool has_failed(int64_t dataset) const;
  Status failure() const;

  Recycler<ByteBuffer> numbers_, images_, packed_;
  Recycler<ZstdEncoder> compressors_;  // whichever threads come to encode, as many as do at once
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<Entry>> queue_;  // in the order of put()
  std::vector<const DatasetWriter*> writers_;
  std::unique_ptr<Issue> failure_;  // the first
  std::vector<int64_t> failed_;     // datasets
  bool writing_ = false, dropping_ = false;
  size_t most_ = 1;
  std::vector<std::jthread> threads_;
};

}  // namespace parfocal
