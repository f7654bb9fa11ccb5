#include "parfocal/formats/zarr/wanted_chunk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace parfocal {
namespace {

constexpr const char* kCopyAgain = "copy the store again";

std::string name_of(const Region& box) {
  std::vector<int64_t> index;
  for (int a = 0; a < box.rank; ++a) index.push_back(box.origin[a] / box.shape[a]);
  return fmt::format("chunk [{}]", fmt::join(index, ", "));
}

}  // namespace

WantedChunk wanted_of(const ReadContext& context, const Region& box, const MutableView& dst) {
  WantedChunk chunk;
  chunk.box = box;
  chunk.part = subview(dst, clipped(box, dst.region));
  chunk.whole = chunk.part.region == clipped(box, context.whole);
  for (int a = 0; a < box.rank; ++a)
    chunk.number = chunk.number * ((context.whole.shape[a] + box.shape[a] - 1) / box.shape[a]) +
                   box.origin[a] / box.shape[a];
  return chunk;
}

Status damaged(const ReadContext& context, const WantedChunk& chunk, const Status& status) {
  const std::string cure = status.issue().cure;
  return Status::fail(fmt::format("{}, {}: {}", context.store->where(std::string(chunk.key)),
                                  name_of(chunk.box), status.issue().what),
                      cure.empty() ? kCopyAgain : cure);
}

Status wrong_size(const ReadContext& context, const std::string& key, int64_t size) {
  const CodecChain& chain = context.chain;
  return Status::fail(chain.fixed_size()
                          ? fmt::format("{} has {} bytes, a chunk has {}",
                                        context.store->where(key), size, chain.encoded_bound())
                          : fmt::format("{} has {} bytes, a chunk has at most {}",
                                        context.store->where(key), size, chain.decode_limit()),
                      kCopyAgain);
}

}  // namespace parfocal
