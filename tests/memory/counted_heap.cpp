#include "counted_heap.h"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "parfocal/core/block.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PARFOCAL_COUNTS_HEAP 0
#else
#define PARFOCAL_COUNTS_HEAP 1
#endif

namespace {

std::atomic<int64_t> live{0}, peak{0}, most{INT64_MAX};

#if PARFOCAL_COUNTS_HEAP
// With the word before each piece.
int64_t size_of(void* p) { return static_cast<int64_t>(malloc_usable_size(p) + sizeof(size_t)); }

bool refused(size_t bytes) { return static_cast<int64_t>(bytes) > most; }

void* counted(void* p) {
  if (!p) return p;
  const int64_t now = live += size_of(p);
  for (int64_t seen = peak; seen < now && !peak.compare_exchange_weak(seen, now);) {
  }
  return p;
}
void forget(void* p) {
  if (p) live -= size_of(p);
}
#endif

}  // namespace

#if PARFOCAL_COUNTS_HEAP
// Of the executable, so that the dynamic linker takes these for every library, too (glibc).
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t bytes) { return refused(bytes) ? nullptr : counted(__libc_malloc(bytes)); }
void* calloc(size_t n, size_t bytes) {
  return refused(n * bytes) ? nullptr : counted(__libc_calloc(n, bytes));
}
void* memalign(size_t alignment, size_t bytes) {
  return refused(bytes) ? nullptr : counted(__libc_memalign(alignment, bytes));
}
void* aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void** to, size_t alignment, size_t bytes) {
  void* const p = memalign(alignment, bytes);
  if (p) *to = p;
  return p ? 0 : ENOMEM;
}
void* realloc(void* p, size_t bytes) {
  if (refused(bytes)) return nullptr;
  const int64_t before = p ? size_of(p) : 0;
  void* const moved = __libc_realloc(p, bytes);
  if (moved || bytes == 0) live -= before;
  return counted(moved);
}
void free(void* p) {
  forget(p);
  __libc_free(p);
}
}
#endif

namespace parfocal::testing {

bool heap_is_counted() { return PARFOCAL_COUNTS_HEAP != 0; }

HeapPeak::HeapPeak() : heap_before_(live), blocks_before_(static_cast<int64_t>(block_bytes())) {
  peak = live.load();
  reset_block_bytes_peak();
}

SmallHeap::SmallHeap(int64_t bytes) { most = bytes; }
SmallHeap::~SmallHeap() { most = INT64_MAX; }

// At once or not: what is taken either way is kept as a rule.
int64_t HeapPeak::bytes() const {
  return peak - heap_before_ + static_cast<int64_t>(block_bytes_peak()) - blocks_before_;
}

}  // namespace parfocal::testing
