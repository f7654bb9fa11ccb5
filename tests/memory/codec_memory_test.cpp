// What codecs take, counted in the heap, beside what they state: the plan is made of the latter.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "counted_heap.h"
#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/writer/tile_encoder.h"

namespace parfocal {
namespace {

using testing::HeapPeak;

// Strings and vectors of a few words, and rounding.
constexpr int64_t kSmallThings = 16 << 10;

CodecSpec blosc(const std::string& cname, int level, Shuffle shuffle, int typesize,
                int64_t blocksize = 0) {
  CodecSpec codec;
  codec.kind = CodecKind::blosc;
  codec.cname = cname;
  codec.level = level;
  codec.shuffle = shuffle;
  codec.typesize = typesize;
  codec.blocksize = blocksize;
  return codec;
}

CodecSpec plain(CodecKind kind, int level) {
  CodecSpec codec;
  codec.kind = kind;
  codec.level = level;
  return codec;
}

// Pixels that compress, with noise in the lowest bits.
std::vector<std::byte> pixels_of(int64_t bytes, int typesize) {
  std::vector<std::byte> pixels(static_cast<size_t>(bytes));
  std::mt19937 random(7);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::byte>(i % static_cast<size_t>(typesize) == 0 ? random() % 23
                                                                              : i / 4096 % 3);
  return pixels;
}

DType dtype_of(int bytes) {
  return bytes == 1 ? DType::u8 : bytes == 2 ? DType::u16 : bytes == 4 ? DType::f32 : DType::f64;
}

// Encodes and decodes with a fresh scratch each; the second time nothing more may be taken.
void expect_within_stated(const std::vector<CodecSpec>& codecs, int typesize, int64_t pixels) {
  const CodecChain chain(codecs, dtype_of(typesize), {pixels},
                         std::vector<std::byte>(static_cast<size_t>(typesize)));
  const std::vector<std::byte> image = pixels_of(chain.decoded_bytes(), typesize);
  std::vector<std::byte> encoded(static_cast<size_t>(chain.encoded_bound())), back(image.size());
  const std::string what = codecs_text(codecs) + " of " + std::to_string(pixels) + " x " +
                           std::to_string(typesize) + " bytes";
  size_t written = 0;
  {
    const HeapPeak peak;
    CodecScratch scratch;
    for (int i = 0; i < 2; ++i) {
      const Status s = chain.encode(image, encoded, scratch, written);
      ASSERT_TRUE(s.ok()) << what << ": " << s.issue().str();
    }
    EXPECT_LE(peak.bytes(), chain.encode_scratch_bytes() + kSmallThings) << "encoding " << what;
  }
  const HeapPeak peak;
  CodecScratch scratch;
  for (int i = 0; i < 2; ++i) {
    const Status s = chain.decode({encoded.data(), written}, back, scratch);
    ASSERT_TRUE(s.ok()) << what << ": " << s.issue().str();
  }
  EXPECT_LE(peak.bytes(), chain.decode_scratch_bytes() + kSmallThings) << "decoding " << what;
  EXPECT_EQ(back, image) << what;
}

class CodecMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::heap_is_counted()) GTEST_SKIP() << "sanitizers have a heap of their own";
  }
};

constexpr int64_t kPixels[] = {1, 63, 4097, 65521, 300007, 1100003};

TEST_F(CodecMemory, BloscStaysWithinWhatIsStated_WhateverItsBlocks) {
  for (const int typesize : {1, 2, 4, 8})
    for (const int64_t pixels : kPixels)
      for (const int64_t block : {int64_t{0}, int64_t{16} << 10, int64_t{128} << 10,
                                  int64_t{256} << 10, int64_t{2} << 20})
        for (const Shuffle shuffle : {Shuffle::none, Shuffle::byte, Shuffle::bit})
          expect_within_stated({bytes_codec(), blosc("lz4", 1, shuffle, typesize, block)}, typesize,
                               pixels);
}

TEST_F(CodecMemory, EveryCompressorOfBloscStaysWithinWhatIsStated) {
  for (const char* cname : {"lz4", "lz4hc", "blosclz", "zlib", "zstd"})
    for (const int level : {1, 5, 9})
      for (const int typesize : {1, 2, 4})
        for (const int64_t pixels : {int64_t{65521}, int64_t{600011}}) {
          if (level == 9 && pixels > 100000) continue;  // takes seconds
          for (const int64_t block : {int64_t{0}, int64_t{128} << 10})
            expect_within_stated(
                {bytes_codec(), blosc(cname, level, Shuffle::byte, typesize, block)}, typesize,
                pixels);
        }
}

TEST_F(CodecMemory, ZstdAndDeflateStayWithinWhatIsStated) {
  for (const int64_t pixels : kPixels) {
    for (const int level : {-1000, 1, 3, 9})
      expect_within_stated({bytes_codec(), plain(CodecKind::zstd, level)}, 2, pixels);
    for (const int level : {0, 1, 5, 9})
      expect_within_stated({bytes_codec(), plain(CodecKind::gzip, level)}, 2, pixels);
    expect_within_stated({bytes_codec(), plain(CodecKind::zlib, 1), crc32c_codec()}, 2, pixels);
    expect_within_stated({bytes_codec(true), plain(CodecKind::zstd, 1)}, 4, pixels);
    expect_within_stated(
        {bytes_codec(), plain(CodecKind::zstd, 1), blosc("lz4", 5, Shuffle::none, 1)}, 4, pixels);
  }
  expect_within_stated({bytes_codec(), plain(CodecKind::zstd, 19)}, 2, 65521);
}

TEST_F(CodecMemory, WhatIsStatedIsNoMoreThanTwiceWhatIsTaken) {
  for (const CodecSpec& codec : {blosc("lz4", 1, Shuffle::byte, 2, int64_t{128} << 10),
                                 plain(CodecKind::zstd, 1), plain(CodecKind::gzip, 5)}) {
    const CodecChain chain({bytes_codec(), codec}, DType::u16, {1 << 20},
                           std::vector<std::byte>(2));
    const std::vector<std::byte> image = pixels_of(chain.decoded_bytes(), 2);
    std::vector<std::byte> encoded(static_cast<size_t>(chain.encoded_bound()));
    size_t written = 0;
    const HeapPeak peak;
    CodecScratch scratch;
    ASSERT_TRUE(chain.encode(image, encoded, scratch, written).ok());
    EXPECT_LE(chain.encode_scratch_bytes(), 2 * peak.bytes()) << codec.text();
  }
}

TEST_F(CodecMemory, NoCompressorOfBloscCrashesWhereItGetsNoMemory) {
  for (const char* cname : {"lz4", "lz4hc", "blosclz", "zlib", "zstd"}) {
    const CodecChain chain({bytes_codec(), blosc(cname, 5, Shuffle::byte, 2, int64_t{128} << 10)},
                           DType::u16, {600011}, std::vector<std::byte>(2));
    const std::vector<std::byte> image = pixels_of(chain.decoded_bytes(), 2);
    std::vector<std::byte> encoded(static_cast<size_t>(chain.encoded_bound())), back(image.size());
    CodecScratch scratch;
    size_t written = 0, again = 0;
    ASSERT_TRUE(chain.encode(image, encoded, scratch, written).ok());
    const std::vector<std::byte> whole(encoded.begin(),
                                       encoded.begin() + static_cast<std::ptrdiff_t>(written));
    ASSERT_TRUE(chain.decode(whole, back, scratch).ok());
    int refusals = 0;
    for (int64_t most = int64_t{8} << 10; most <= int64_t{4} << 20; most *= 2) {
      SCOPED_TRACE(std::string(cname) + " with " + std::to_string(most) + " bytes");
      Status encoding, decoding;
      {
        const testing::SmallHeap limit(most);
        encoding = chain.encode(image, encoded, scratch, again);
        decoding = chain.decode(whole, back, scratch);
      }
      for (const Status* s : {&encoding, &decoding})
        if (!s->ok()) ++refusals;
      if (decoding.ok()) {
        EXPECT_EQ(back, image);
      }
    }
    EXPECT_GE(refusals, 2) << cname;
  }
}

// A chunk that is tried, stored or compressed by the same thread, one after the other.
TEST_F(CodecMemory, TilesThatAreTriedFirstStayWithinWhatIsStated) {
  for (const CodecSpec& codec :
       {blosc("lz4", 1, Shuffle::byte, 2, int64_t{128} << 10), plain(CodecKind::zstd, 1),
        plain(CodecKind::gzip, 5), blosc("zstd", 1, Shuffle::byte, 2, int64_t{128} << 10)}) {
    ArraySpec spec;
    spec.shape = {kUnbounded, 1021, 511};
    spec.chunk = {1, 1021, 511};
    spec.compressors = {codec};
    const TileEncoder encoder(spec);
    std::vector<std::byte> image = pixels_of(encoder.chunk_bytes(), 2), noise = image;
    std::mt19937 random(3);
    for (std::byte& b : noise) b = static_cast<std::byte>(random());
    std::vector<std::byte> encoded(static_cast<size_t>(encoder.encoded_bound()));
    const HeapPeak peak;
    CodecScratch scratch;
    size_t written = 0;
    for (const auto* pixels : {&image, &noise, &image, &noise})
      ASSERT_TRUE(encoder.encode(*pixels, encoded, scratch, written).ok());
    EXPECT_LE(peak.bytes(), encoder.scratch_bytes() + kSmallThings) << codec.text();
  }
}

}  // namespace
}  // namespace parfocal
