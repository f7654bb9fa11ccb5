#pragma once
/// Memory of a large Value over a file without a name, which ends with the block however the run
/// ends. The file's room is taken at once, so that no later write can meet a full disk.

#include <cstddef>
#include <filesystem>

#include "parfocal/core/scratch_pages.h"

namespace parfocal::engine {

class ScratchBlock final : public ScratchPages {
 public:
  /// `bytes` zero bytes, page-aligned, in a file below `folder`. \throws Error(run_failed) with the
  /// bytes that are needed if the disk has no room or takes no files
  ScratchBlock(size_t bytes, const std::filesystem::path& folder);
  ~ScratchBlock() override;
  ScratchBlock(const ScratchBlock&) = delete;
  ScratchBlock& operator=(const ScratchBlock&) = delete;

  std::byte* data() const { return data_; }
  void release(const void* first, int64_t bytes) const override;
  void release_all() const { release(data_, static_cast<int64_t>(bytes_)); }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace parfocal::engine
