#include "parfocal/formats/tiff/page_chain.h"

#include <limits>

namespace parfocal {
namespace {

constexpr int64_t kLeastStride = 16;  // pages between two checkpoints
constexpr size_t kMostCheckpoints = 1024;
constexpr int64_t kLeastDirectoryBytes = 2 + 12 + 4;
constexpr int64_t kNoCircle = std::numeric_limits<int64_t>::max();

// A chain longer than the file has room for is none of pages.
int64_t most_directories(const TiffFile& file) { return file.size / kLeastDirectoryBytes; }

uint64_t next_of(const TiffFile& file, uint64_t directory) {
  TiffLink link;
  return read_tiff_link(file, directory, link).ok() ? link.next : 0;
}

// Of a chain that comes back after `period` directories: how many different ones there are.
int64_t different_directories(const TiffFile& file, int64_t period) {
  uint64_t behind = file.first_directory, ahead = behind;
  for (int64_t i = 0; i < period; ++i) ahead = next_of(file, ahead);
  int64_t before = 0;  // directories before the circle
  for (; behind != ahead && before < most_directories(file); ++before)
    behind = next_of(file, behind), ahead = next_of(file, ahead);
  return before + period;
}

void add_checkpoint(PageChain& chain, uint64_t directory) {
  if (chain.pages % chain.stride == 0) chain.checkpoints.push_back(directory);
  if (chain.checkpoints.size() < kMostCheckpoints) return;
  for (size_t i = 0; 2 * i < chain.checkpoints.size(); ++i)  // too many: keep every second
    chain.checkpoints[i] = chain.checkpoints[2 * i];
  chain.checkpoints.resize(chain.checkpoints.size() / 2);
  chain.stride *= 2;
}

// Follows `most` directories at most; `period` becomes that of a circle (Brent's search), if any.
PageChain follow(const TiffFile& file, bool skip_reduced, int64_t most, int64_t& period) {
  PageChain chain;
  chain.stride = kLeastStride;
  uint64_t tortoise = 0;
  int64_t tortoise_at = 0, leap = 1;
  TiffLink link;
  for (uint64_t at = file.first_directory; at != 0; at = link.next) {
    const int64_t n = tortoise_at + period;  // directories before this one
    if (n >= most) break;
    if (at == tortoise) return chain;
    chain.cut = n >= most_directories(file) || !read_tiff_link(file, at, link).ok();
    if (chain.cut) break;
    if (n == 0 && link.reduced) skip_reduced = false;
    if (period == leap || n == 0) tortoise = at, tortoise_at = n, leap *= 2, period = 0;
    ++period;
    if (skip_reduced && link.reduced) {
      chain.passes_reduced = true;
      continue;
    }
    add_checkpoint(chain, at);
    if (link.is_gap) chain.missing.add(chain.pages);
    ++chain.pages;
  }
  period = 0;
  return chain;
}

}  // namespace

PageChain follow_pages(const TiffFile& file, bool skip_reduced) {
  int64_t period = 0, none = 0;
  PageChain chain = follow(file, skip_reduced, kNoCircle, period);
  if (period > 0) {
    chain = follow(file, skip_reduced, different_directories(file, period), none);
    chain.circular = true;
  }
  chain.checkpoints.shrink_to_fit();
  return chain;
}

Status step_to_page(const TiffFile& file, const PageChain& chain, int64_t from, int64_t to,
                    uint64_t& directory) {
  const auto missing = [&] {
    return Status::fail("the page is missing: the file has " + std::to_string(chain.pages) +
                            (chain.pages == 1 ? " page" : " pages"),
                        "--on-error skip makes a gap of it");
  };
  if (to >= chain.pages && !chain.cut) return missing();
  while (directory != 0) {
    if (from == to && !chain.passes_reduced) return {};
    TiffLink link;
    if (Status s = read_tiff_link(file, directory, link); !s.ok()) return s;
    const bool is_page = !(chain.passes_reduced && link.reduced);
    if (from == to && is_page) return {};
    from += is_page ? 1 : 0;
    directory = link.next;
  }
  return missing();
}

}  // namespace parfocal
