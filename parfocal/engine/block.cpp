#include "parfocal/engine/block.h"

#include <sys/mman.h>

#include <new>

namespace parfocal::engine {

Block::Block(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(p);
}

Block::~Block() {
  if (data_) munmap(data_, bytes_);
}

}  // namespace parfocal::engine
