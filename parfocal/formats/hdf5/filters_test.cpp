#include "parfocal/formats/hdf5/filters.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "parfocal/formats/hdf5/fletcher32.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

using Bytes = std::vector<std::byte>;

Bytes random_bytes(size_t count, unsigned seed, unsigned kinds = 256) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % kinds);
  return bytes;
}

// Word by word with a fold after every word: slow, and plainly the definition.
uint32_t plain_fletcher(const Bytes& bytes) {
  uint32_t first = 0, second = 0;
  const auto fold = [](uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const uint32_t low = i + 1 < bytes.size() ? std::to_integer<uint32_t>(bytes[i + 1]) : 0;
    first = fold(first + (std::to_integer<uint32_t>(bytes[i]) << 8 | low));
    second = fold(second + first);
  }
  return second << 16 | first;
}

TEST(Fletcher32, EqualsTheDefinitionAtEveryLength) {
  for (size_t length = 0; length < 200; ++length)
    EXPECT_EQ(fletcher32(random_bytes(length, 1)), plain_fletcher(random_bytes(length, 1)));
  for (size_t length : {11519, 11520, 11521, 23040, 100'001, 1 << 20})
    EXPECT_EQ(fletcher32(random_bytes(length, 2)), plain_fletcher(random_bytes(length, 2)));
}

TEST(Fletcher32, FoldsLikeTheLibraryWhereTheResidueIsZero) {
  EXPECT_EQ(fletcher32(Bytes(40'000)), 0u);
  for (size_t length : {2, 32, 11520, 131070, 400'000}) {
    const Bytes ones(length, std::byte{0xff});
    EXPECT_EQ(fletcher32(ones), plain_fletcher(ones)) << length;
  }
}

TEST(Fletcher32, MatchesOnlyItsOwnBytes) {
  Bytes bytes = random_bytes(1001, 3);
  bytes.resize(bytes.size() + kFletcherBytes);
  write_fletcher32(bytes);
  EXPECT_TRUE(fletcher32_matches(bytes));
  for (size_t at : {size_t{0}, size_t{500}, bytes.size() - 1}) {
    Bytes changed = bytes;
    changed[at] ^= std::byte{4};
    EXPECT_FALSE(fletcher32_matches(changed));
  }
  EXPECT_FALSE(fletcher32_matches(std::span(bytes).first(3)));
}

Bytes shuffled(const Bytes& bytes, size_t size) {
  Bytes out = bytes;
  const size_t count = bytes.size() / size;
  for (size_t i = 0; i < count; ++i)
    for (size_t k = 0; k < size; ++k) out[k * count + i] = bytes[i * size + k];
  return out;
}
Bytes encoded(Bytes bytes, const Filter& filter) {
  Bytes out;
  if (filter.id == 3) {
    bytes.resize(bytes.size() + kFletcherBytes);
    write_fletcher32(bytes);
  }
  if (filter.id == 2) return shuffled(bytes, filter.values[0]);
  if (filter.id == kZstdFilter) {
    out.resize(zstd_bound(bytes.size()));
    out.resize(ZstdEncoder().encode(bytes, 5, out));
    EXPECT_FALSE(out.empty());
    return out;
  }
  if (filter.id != 1) return bytes;
  uLongf size = compressBound(bytes.size());
  out.resize(size);
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

TEST(Filters, AreUndoneInEveryOrder) {
  const Filter zstd{kZstdFilter, "", {5}}, deflate{1, "", {4}}, shuffle{2, "", {2}},
      fletcher{3, "", {}};
  const std::vector<std::vector<Filter>> pipelines = {{},
                                                      {zstd},
                                                      {zstd, fletcher},
                                                      {fletcher, zstd},
                                                      {deflate},
                                                      {shuffle, zstd},
                                                      {shuffle, deflate, fletcher},
                                                      {fletcher, shuffle, zstd, fletcher},
                                                      {zstd, shuffle},
                                                      {shuffle}};
  const Bytes plain = random_bytes(5001, 7, 11);
  ChunkScratch scratch;
  for (const auto& filters : pipelines) {
    const FilterPipeline pipeline(filters);
    ASSERT_TRUE(pipeline.decodable());
    for (uint32_t skipped = 0; skipped < 1u << filters.size(); ++skipped) {
      Bytes bytes = plain, back(plain.size());
      for (size_t i = 0; i < filters.size(); ++i)
        if ((skipped >> i & 1) == 0) bytes = encoded(bytes, filters[i]);
      EXPECT_LE(static_cast<int64_t>(bytes.size()), pipeline.most_encoded(5001));
      EXPECT_TRUE(pipeline.decode(bytes, skipped, back, scratch).ok()) << pipeline.text();
      EXPECT_EQ(back, plain) << pipeline.text() << skipped;
      bytes.resize(bytes.size() / 2);
      EXPECT_FALSE(pipeline.decode(bytes, skipped, back, scratch).ok()) << pipeline.text();
    }
  }
}

TEST(Filters, TellTheirNamesAndWhatIsLeftToTheLibrary) {
  EXPECT_EQ(FilterPipeline().text(), "none");
  EXPECT_EQ(FilterPipeline({{kZstdFilter, "", {5}}, {3, "", {}}}).text(), "zstd 5, fletcher32");
  EXPECT_EQ(FilterPipeline({{4711, "", {}}}).text(), "filter 4711");
  EXPECT_FALSE(FilterPipeline({{4, "szip", {}}}).decodable());
  EXPECT_FALSE(FilterPipeline({{1, "", {4}}, {kZstdFilter, "", {5}}}).decodable());
  EXPECT_FALSE(FilterPipeline({{2, "shuffle", {0}}}).decodable());
}

}  // namespace
}  // namespace parfocal
