#include "parfocal/formats/hdf5/filters.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "parfocal/formats/hdf5/fletcher32.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

// Numbers from the registry of HDF5 filters.
constexpr int kDeflate = 1, kShuffle = 2, kFletcher = 3;

struct KnownName {
  int id;
  const char* name;
};
constexpr KnownName kNames[] = {
    {kDeflate, "deflate"}, {kShuffle, "shuffle"}, {kFletcher, "fletcher32"},
    {4, "szip"},           {5, "nbit"},           {6, "scaleoffset"},
    {32000, "lzf"},        {32001, "blosc"},      {32004, "lz4"},
    {32008, "bitshuffle"}, {kZstdFilter, "zstd"}, {32026, "blosc2"}};

bool is_compressor(const Filter& filter) {
  return filter.id == kDeflate || filter.id == kZstdFilter;
}

bool inflate_into(std::span<const std::byte> src, std::span<std::byte> dst) {
  uLongf size = dst.size();
  return uncompress(reinterpret_cast<Bytef*>(dst.data()), &size,
                    reinterpret_cast<const Bytef*>(src.data()), src.size()) == Z_OK &&
         size == dst.size();
}

// The k-th bytes of all numbers lie together; bytes after the last whole number are as they were.
void unshuffle(std::span<const std::byte> src, size_t size, std::span<std::byte> dst) {
  const size_t count = src.size() / size;
  for (size_t k = 0; k < size; ++k)
    for (size_t i = 0; i < count; ++i) dst[i * size + k] = src[k * count + i];
  std::copy(src.begin() + static_cast<ptrdiff_t>(count * size), src.end(),
            dst.begin() + static_cast<ptrdiff_t>(count * size));
}

Status damaged(const char* filter) {
  return Status::fail(std::string("the chunk is damaged: ") + filter,
                      "copy the file again; if the original is damaged too, that chunk is lost");
}

}  // namespace

std::string FilterPipeline::text() const {
  std::string text;
  for (const Filter& filter : filters_) {
    const auto* known = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const KnownName& name) { return name.id == filter.id; });
    std::string name = known != std::end(kNames) ? known->name
                       : filter.name.empty()     ? "filter " + std::to_string(filter.id)
                                                 : filter.name;
    if (is_compressor(filter) && !filter.values.empty())
      name += " " + std::to_string(filter.values[0]);
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "none" : text;
}

bool FilterPipeline::decodable() const {
  int compressors = 0;
  for (const Filter& filter : filters_) {
    if (is_compressor(filter)) ++compressors;
    const bool sized = filter.id == kShuffle && !filter.values.empty() && filter.values[0] > 0;
    if (!is_compressor(filter) && filter.id != kFletcher && !sized) return false;
  }
  return compressors <= 1 && filters_.size() <= 32;  // the mask has 32 bits
}

int FilterPipeline::stages() const {
  int64_t count = 0;
  for (size_t i = 1; i < filters_.size(); ++i) count += filters_[i].id != kFletcher;
  return static_cast<int>(std::min<int64_t>(count, 2));
}

int64_t FilterPipeline::most_encoded(int64_t bytes) const {
  // zlib and zstd store what they cannot compress, with less than 1 % on top.
  return bytes + bytes / 64 + 1024 + kFletcherBytes * static_cast<int64_t>(filters_.size());
}

// The bytes that a filter was given when the chunk was written: those of the chunk, and what the
// filters before it added. After a compressor only filters that keep the size can follow.
size_t FilterPipeline::given_to(size_t filter, uint32_t skipped, size_t chunk_bytes,
                                size_t now) const {
  size_t size = chunk_bytes;
  for (size_t k = 0; k < filter; ++k) {
    if ((skipped >> k & 1) != 0) continue;
    if (is_compressor(filters_[k])) return now;
    if (filters_[k].id == kFletcher) size += kFletcherBytes;
  }
  return size;
}

Status FilterPipeline::decode(std::span<const std::byte> encoded, uint32_t skipped,
                              std::span<std::byte> dst, ChunkScratch& scratch) const {
  std::span<const std::byte> now = encoded;
  size_t first = 0;  // the filter that is undone last
  while (first < filters_.size() && (skipped >> first & 1) != 0) ++first;
  int turn = 0;
  for (size_t i = filters_.size(); i-- > first;) {
    if ((skipped >> i & 1) != 0) continue;
    const Filter& filter = filters_[i];
    if (filter.id == kFletcher) {
      if (!fletcher32_matches(now)) return damaged("its checksum does not match");
      now = now.first(now.size() - kFletcherBytes);
      continue;
    }
    const size_t size = given_to(i, skipped, dst.size(), now.size());
    const std::span<std::byte> to = i == first ? dst : scratch.stage[turn].take(size);
    turn ^= 1;
    if (filter.id == kZstdFilter && !zstd_decode(now, to)) return damaged("it is no zstd frame");
    if (filter.id == kDeflate && !inflate_into(now, to)) return damaged("it cannot be inflated");
    if (filter.id == kShuffle && now.size() != to.size()) return damaged("it has another size");
    if (filter.id == kShuffle) unshuffle(now, filter.values[0], to);
    now = to;
  }
  if (now.size() != dst.size()) return damaged("it has another size");
  if (now.data() != dst.data()) std::memcpy(dst.data(), now.data(), dst.size());
  return {};
}

}  // namespace parfocal
