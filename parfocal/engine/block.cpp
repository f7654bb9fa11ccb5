#include "parfocal/engine/block.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

namespace parfocal::engine {
namespace {

constexpr size_t kLarge = size_t{4} << 20;

std::atomic<size_t> current{0}, peak{0};

void count(size_t bytes) {
  const size_t now = current += bytes;
  for (size_t seen = peak; seen < now && !peak.compare_exchange_weak(seen, now);) {
  }
}

}  // namespace

size_t block_bytes() { return current; }
size_t block_bytes_peak() { return peak; }
void reset_block_bytes_peak() { peak = current.load(); }

Block::Block(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  // Large pages: frames are touched whole, and workers that fault pages in one by one wait for each
  // other. Where the kernel has none to give it gives small ones.
  if (bytes >= kLarge) (void)madvise(p, bytes, MADV_HUGEPAGE);
  data_ = static_cast<std::byte*>(p);
  count(bytes);
}

Block::~Block() {
  if (!data_) return;
  munmap(data_, bytes_);
  current -= bytes_;
}

}  // namespace parfocal::engine
