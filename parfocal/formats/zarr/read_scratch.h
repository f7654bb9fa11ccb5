#pragma once
/// Buffers of one read, and a pool of them: as many as there are reads at once.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/wanted_chunk.h"

namespace parfocal {

struct ReadScratch {
  std::string key;  ///< of the object that is read
  ByteBuffer encoded, decoded, index;
  CodecScratch codecs;
  std::vector<WantedChunk> wanted;
};

/// Thread-safe.
class ScratchPool {
 public:
  /// `grown`: called with the number of scratches before one more is used.
  explicit ScratchPool(std::function<void(int64_t)> grown) : grown_(std::move(grown)) {}

  /// A scratch of its own for the time of one read.
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    ~Lease() {
      const std::lock_guard lock(pool_.mutex_);
      pool_.idle_.push_back(std::move(scratch_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ReadScratch& operator*() { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<ReadScratch> scratch_;
  };

 private:
  std::unique_ptr<ReadScratch> take() {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto scratch = std::move(idle_.back());
      idle_.pop_back();
      return scratch;
    }
    ++scratches_;
    idle_.reserve(static_cast<size_t>(scratches_));  // so that giving back never throws
    grown_(scratches_);
    return std::make_unique<ReadScratch>();
  }

  std::function<void(int64_t)> grown_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ReadScratch>> idle_;
  int64_t scratches_ = 0;
};

}  // namespace parfocal
