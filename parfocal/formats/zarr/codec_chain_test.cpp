#include "parfocal/formats/zarr/codec_chain.h"

#include <gmock/gmock.h>

#include <cstring>
#include <random>
#include <thread>

#include "parfocal/formats/zarr/shard_codec.h"

namespace parfocal {
namespace {

using testing::HasSubstr;
using Pixels = std::vector<std::byte>;

CodecSpec codec(CodecKind kind, int level = 1) {
  CodecSpec spec;
  spec.kind = kind;
  spec.level = level;
  return spec;
}
CodecSpec blosc(const std::string& cname, Shuffle shuffle, int typesize) {
  CodecSpec spec = codec(CodecKind::blosc);
  spec.cname = cname;
  spec.shuffle = shuffle;
  spec.typesize = typesize;
  return spec;
}
CodecSpec transpose(std::vector<int> order) {
  CodecSpec spec = codec(CodecKind::transpose);
  spec.order = std::move(order);
  return spec;
}
CodecSpec shards(std::vector<int64_t> chunk, std::vector<CodecSpec> codecs, bool at_end = true) {
  CodecSpec spec = codec(CodecKind::sharding);
  spec.shard = std::make_shared<ShardSpec>(
      ShardSpec{std::move(chunk), std::move(codecs), {bytes_codec(), crc32c_codec()}, at_end});
  return spec;
}
CodecChain chain_of(const std::vector<CodecSpec>& codecs, DType dtype, std::vector<int64_t> chunk) {
  return CodecChain(codecs, dtype, std::move(chunk), Pixels(dtype_size(dtype)));
}

// Noise in the low bits only, so that there is something to compress.
Pixels camera_like(int64_t bytes, uint32_t seed = 1) {
  std::mt19937 random(seed);
  Pixels pixels(static_cast<size_t>(bytes));
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::byte>(i % 2 ? 1 : random() % 16);
  return pixels;
}

Pixels encoded(const CodecChain& chain, const Pixels& pixels, CodecScratch& scratch) {
  Pixels result(static_cast<size_t>(chain.encoded_bound()));
  size_t written = 0;
  const Status s = chain.encode(pixels, result, scratch, written);
  EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
  result.resize(written);
  return result;
}
std::string failure(const CodecChain& chain, std::span<const std::byte> bytes) {
  CodecScratch scratch;
  Pixels pixels(static_cast<size_t>(chain.decoded_bytes()));
  const Status s = chain.decode(bytes, pixels, scratch);
  return s.ok() ? "" : s.issue().what;
}
void expect_round_trip(const CodecChain& chain) {
  CodecScratch scratch;
  for (uint32_t seed = 0; seed < 3; ++seed) {
    const Pixels pixels = camera_like(chain.decoded_bytes(), seed);
    const Pixels bytes = encoded(chain, pixels, scratch);
    EXPECT_LE(static_cast<int64_t>(bytes.size()), chain.encoded_bound());
    Pixels back(pixels.size(), std::byte{0xcd});
    const Status s = chain.decode(bytes, back, scratch);
    ASSERT_TRUE(s.ok()) << s.issue().str();
    EXPECT_EQ(back, pixels);
  }
}

std::vector<std::vector<CodecSpec>> chains(int pixel) {
  std::vector<std::vector<CodecSpec>> all = {{bytes_codec()},
                                             {bytes_codec(true)},
                                             {bytes_codec(), crc32c_codec()},
                                             {bytes_codec(true), crc32c_codec(), crc32c_codec()}};
  for (const char* cname : {"lz4", "lz4hc", "blosclz", "zstd", "zlib", "snappy"})
    for (const Shuffle shuffle : {Shuffle::none, Shuffle::byte, Shuffle::bit})
      all.push_back({bytes_codec(), blosc(cname, shuffle, pixel)});
  for (const CodecKind kind : {CodecKind::zstd, CodecKind::gzip, CodecKind::zlib}) {
    all.push_back({bytes_codec(), codec(kind, 0)});
    all.push_back({bytes_codec(true), codec(kind, 3), crc32c_codec()});
    all.push_back({bytes_codec(), crc32c_codec(), codec(kind)});
    all.push_back({bytes_codec(), blosc("lz4", Shuffle::byte, pixel), codec(kind)});
  }
  return all;
}

TEST(CodecChain, DecodesWhatItEncoded) {
  for (const DType dtype : {DType::u8, DType::i16, DType::f32, DType::u64})
    for (const auto& codecs : chains(static_cast<int>(dtype_size(dtype))))
      for (const auto& shape :
           std::vector<std::vector<int64_t>>{{}, {1}, {37, 53}, {3, 5, 7, 11}}) {
        SCOPED_TRACE(codecs_text(codecs) + " " + std::string(dtype_name(dtype)));
        expect_round_trip(chain_of(codecs, dtype, shape));
      }
}

TEST(CodecChain, StoresPixelsInTheOrderAndByteOrderAsked) {
  CodecScratch scratch;
  const Pixels pixels = {std::byte{0}, std::byte{1}, std::byte{2},  std::byte{3},
                         std::byte{4}, std::byte{5}, std::byte{6},  std::byte{7},
                         std::byte{8}, std::byte{9}, std::byte{10}, std::byte{11}};
  const auto text = [&](const std::vector<CodecSpec>& codecs) {
    std::string out;
    for (const std::byte b : encoded(chain_of(codecs, DType::u16, {2, 3}), pixels, scratch))
      out += std::to_string(static_cast<int>(b)) + " ";
    return out;
  };
  EXPECT_EQ(text({bytes_codec(true)}), "1 0 3 2 5 4 7 6 9 8 11 10 ");
  EXPECT_EQ(text({transpose({1, 0}), bytes_codec()}), "0 1 6 7 2 3 8 9 4 5 10 11 ");
  EXPECT_EQ(text({transpose({1, 0}), transpose({1, 0}), bytes_codec()}),
            "0 1 2 3 4 5 6 7 8 9 10 11 ");
}

TEST(CodecChain, TransposesAnyAxesWithAnyCodecBehind) {
  for (const std::vector<int>& order :
       {std::vector<int>{2, 0, 1}, std::vector<int>{2, 1, 0}, std::vector<int>{0, 2, 1}}) {
    expect_round_trip(chain_of({transpose(order), bytes_codec(true)}, DType::u32, {4, 33, 70}));
    expect_round_trip(
        chain_of({transpose(order), transpose({1, 2, 0}), bytes_codec(), codec(CodecKind::zstd)},
                 DType::u16, {4, 33, 70}));
  }
  // Stored axis i is axis order[i]: a shape shows which way round that is.
  std::vector<int64_t> chunk = {4, 6, 2};
  expect_round_trip(
      chain_of({transpose({2, 0, 1}), shards({1, 2, 3}, {bytes_codec()})}, DType::u8, chunk));
  EXPECT_THROW(
      chain_of({transpose({2, 0, 1}), shards({4, 6, 1}, {bytes_codec()})}, DType::u8, chunk),
      Error);
}

TEST(CodecChain, DecodesShardsWithinShards) {
  const std::vector<CodecSpec> lz4 = {bytes_codec(), blosc("lz4", Shuffle::byte, 2),
                                      crc32c_codec()};
  for (const bool at_end : {true, false}) {
    expect_round_trip(chain_of({shards({2, 8, 8}, lz4, at_end)}, DType::u16, {4, 16, 24}));
    expect_round_trip(chain_of({shards({2, 8, 8}, {shards({1, 4, 2}, lz4, !at_end)}, at_end)},
                               DType::u16, {4, 16, 24}));
    expect_round_trip(
        chain_of({shards({2, 8, 8}, lz4, at_end), codec(CodecKind::zstd), crc32c_codec()},
                 DType::u16, {4, 16, 24}));
  }
}

TEST(ShardCodec, LeavesOutChunksThatAreAllFillValue) {
  const CodecChain chain = chain_of({shards({4, 4}, {bytes_codec()})}, DType::u8, {8, 8});
  Pixels pixels(64);
  pixels[63] = std::byte{1};
  CodecScratch scratch;
  EXPECT_EQ(encoded(chain, pixels, scratch).size(), 16u + 4 * 16 + 4);
  expect_round_trip(chain);
}

TEST(CodecChain, RefusesBytesThatAreCutShortOrTooLong) {
  for (const auto& codecs : chains(2)) {
    const CodecChain chain = chain_of(codecs, DType::u16, {16, 9});
    SCOPED_TRACE(codecs_text(codecs));
    CodecScratch scratch;
    const Pixels bytes = encoded(chain, camera_like(chain.decoded_bytes()), scratch);
    for (size_t n = 0; n < bytes.size(); ++n)
      ASSERT_NE(failure(chain, std::span(bytes).first(n)), "") << n << " of " << bytes.size();
    Pixels longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_NE(failure(chain, longer), "");
  }
}

TEST(CodecChain, SurvivesEveryDamagedByte) {
  for (const auto& codecs : chains(2)) {
    const CodecChain chain = chain_of(codecs, DType::u16, {16, 9});
    CodecScratch scratch;
    const Pixels bytes = encoded(chain, camera_like(chain.decoded_bytes()), scratch);
    for (size_t i = 0; i < bytes.size(); ++i)
      for (const int flip : {0x01, 0x80, 0xff}) {
        Pixels damaged = bytes;
        damaged[i] ^= static_cast<std::byte>(flip);
        const std::string what = failure(chain, damaged);
        if (codecs.back().kind == CodecKind::crc32c) {
          ASSERT_THAT(what, HasSubstr("crc32c"));
        }
      }
  }
}

TEST(CodecChain, RefusesMorePixelsThanBelong) {
  CodecScratch scratch;
  for (const CodecSpec& last :
       {codec(CodecKind::zstd), codec(CodecKind::gzip), blosc("lz4", Shuffle::none, 1)}) {
    const Pixels bomb =
        encoded(chain_of({bytes_codec(), last}, DType::u8, {1 << 22}), Pixels(1 << 22), scratch);
    EXPECT_LT(bomb.size(), 30000u);
    EXPECT_THAT(failure(chain_of({bytes_codec(), last}, DType::u8, {100}), bomb),
                HasSubstr("codec"));
  }
}

TEST(CodecChain, DecodesGzipOfSeveralMembers) {
  CodecScratch scratch;
  const auto half = chain_of({bytes_codec(), codec(CodecKind::gzip)}, DType::u8, {50});
  Pixels bytes = encoded(half, camera_like(50), scratch);
  const Pixels second = bytes;
  bytes.insert(bytes.end(), second.begin(), second.end());
  EXPECT_EQ(failure(chain_of({bytes_codec(), codec(CodecKind::gzip)}, DType::u8, {100}), bytes),
            "");
}

TEST(CodecChain, MakesBooleansOfOtherValues) {
  const auto chain = chain_of({bytes_codec()}, DType::boolean, {3});
  CodecScratch scratch;
  Pixels pixels(3);
  const Pixels bytes = {std::byte{0}, std::byte{7}, std::byte{255}};
  ASSERT_TRUE(chain.decode(bytes, pixels, scratch).ok());
  EXPECT_EQ(pixels, (Pixels{std::byte{0}, std::byte{1}, std::byte{1}}));
}

TEST(CodecChain, RefusesChainsThatCannotBe) {
  const auto why = [](const std::vector<CodecSpec>& codecs, std::vector<int64_t> chunk) {
    try {
      chain_of(codecs, DType::u16, std::move(chunk));
      return std::string();
    } catch (const Error& e) {
      return std::string(e.what());
    }
  };
  EXPECT_EQ(why({bytes_codec()}, {4, 4}), "");
  EXPECT_THAT(why({}, {4}), HasSubstr("lack 'bytes'"));
  EXPECT_THAT(why({codec(CodecKind::zstd), bytes_codec()}, {4}), HasSubstr("cannot stand"));
  EXPECT_THAT(why({bytes_codec(), bytes_codec()}, {4}), HasSubstr("cannot stand"));
  EXPECT_THAT(why({bytes_codec(), transpose({0})}, {4}), HasSubstr("cannot stand"));
  EXPECT_THAT(why({transpose({0, 0}), bytes_codec()}, {4, 4}), HasSubstr("no permutation"));
  EXPECT_THAT(why({transpose({0}), bytes_codec()}, {4, 4}), HasSubstr("no permutation"));
  EXPECT_THAT(why({bytes_codec()}, {1ll << 40}), HasSubstr("impossible size"));
  EXPECT_THAT(why({bytes_codec()}, {0}), HasSubstr("impossible size"));
  EXPECT_THAT(why({bytes_codec(), blosc("lz4", Shuffle::none, 1)}, {1 << 30, 2}),
              HasSubstr("too large for codec blosc"));
  EXPECT_THAT(why({shards({3}, {bytes_codec()})}, {4}), HasSubstr("does not divide"));
  EXPECT_THAT(why({shards({1}, {bytes_codec()})}, {1 << 24}), HasSubstr("more than"));
  CodecSpec odd = shards({2}, {bytes_codec()});
  auto spec = *odd.shard;
  spec.index_codecs.push_back(codec(CodecKind::zstd));
  odd.shard = std::make_shared<ShardSpec>(spec);
  EXPECT_THAT(why({odd}, {4}), HasSubstr("index codec zstd(1)"));
}

TEST(ShardCodec, NamesWhatIsWrongWithAnIndex) {
  const CodecChain chain = chain_of({shards({4, 4}, {bytes_codec()})}, DType::u8, {8, 8});
  const ShardCodec& shard = *chain.shard();
  EXPECT_EQ(shard.index_bytes(), 4 * 16 + 4);
  EXPECT_TRUE(shard.check({}, 68).ok());
  EXPECT_TRUE(shard.check({0, 16}, 16 + 68).ok());
  EXPECT_FALSE(shard.check({1, 16}, 16 + 68).ok());          // into the index
  EXPECT_FALSE(shard.check({~0ull - 3, 16}, 16 + 68).ok());  // wraps around
  EXPECT_FALSE(shard.check({~0ull, 16}, 16 + 68).ok());      // half empty
  EXPECT_FALSE(shard.check({0, 17}, 160).ok());              // more than a chunk can be
  EXPECT_FALSE(shard.check({0, 1}, 10).ok());                // no room for an index
  CodecScratch scratch;
  Pixels bytes = encoded(chain, camera_like(64), scratch);
  EXPECT_EQ(failure(chain, bytes), "");
  bytes[64] ^= std::byte{1};
  EXPECT_THAT(failure(chain, bytes), HasSubstr("crc32c: the checksum is"));
  EXPECT_THAT(failure(chain, std::span(bytes).first(60)), HasSubstr("its index alone has 68"));
}

TEST(CodecChain, IsUsedByManyThreadsAtOnce) {
  const CodecChain chain = chain_of(
      {bytes_codec(), blosc("zstd", Shuffle::bit, 2), codec(CodecKind::zstd), crc32c_codec()},
      DType::u16, {64, 64});
  std::vector<std::jthread> threads;
  for (uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&chain, t] {
      CodecScratch scratch;
      for (uint32_t i = 0; i < 20; ++i) {
        const Pixels pixels = camera_like(chain.decoded_bytes(), 100 * t + i);
        Pixels back(pixels.size());
        ASSERT_TRUE(chain.decode(encoded(chain, pixels, scratch), back, scratch).ok());
        ASSERT_EQ(back, pixels);
      }
    });
}

}  // namespace
}  // namespace parfocal
