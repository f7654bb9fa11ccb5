#include "parfocal/core/block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>

namespace parfocal {
namespace {

constexpr size_t kLarge = size_t{4} << 20;

std::atomic<size_t> current{0}, peak{0};

void count(size_t bytes) {
  const size_t now = current += bytes;
  for (size_t seen = peak; seen < now && !peak.compare_exchange_weak(seen, now);) {
  }
}

std::byte* map(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(p);
}

// What lies before and behind the aligned part goes back at once.
std::byte* map_aligned(size_t bytes, size_t alignment) {
  std::byte* const all = map(bytes + alignment);
  const size_t before = (alignment - reinterpret_cast<uintptr_t>(all) % alignment) % alignment;
  if (before > 0) munmap(all, before);
  munmap(all + before + bytes, alignment - before);
  return all + before;
}

size_t whole_pages(size_t bytes) {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

size_t block_bytes() { return current; }
size_t block_bytes_peak() { return peak; }
void reset_block_bytes_peak() { peak = current.load(); }

Block::Block(size_t bytes, size_t alignment) : bytes_(bytes) {
  if (bytes == 0) return;
  data_ = alignment > 0 ? map_aligned(whole_pages(bytes), alignment) : map(bytes);
  // Large pages: frames are touched whole, and workers that fault pages in one by one wait for each
  // other. Where the kernel has none to give it gives small ones.
  if (bytes >= kLarge) (void)madvise(data_, bytes, MADV_HUGEPAGE);
  count(bytes);
}

Block::~Block() {
  if (!data_) return;
  munmap(data_, bytes_);
  current -= bytes_;
}

}  // namespace parfocal
