#include "parfocal/formats/zarr/array_reader.h"

#include <gmock/gmock.h>

#include <thread>

#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using test::Image;
using test::TempDir;
using testing::HasSubstr;

constexpr const char* kRaw = R"([{"name": "bytes", "configuration": {"endian": "little"}}])";
constexpr const char* kBig = R"([{"name": "bytes", "configuration": {"endian": "big"}}])";
constexpr const char* kZstd =
    R"([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 1}}, "crc32c"])";
constexpr const char* kTransposed =
    R"([{"name": "transpose", "configuration": {"order": [2, 0, 1]}},
  {"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip", "configuration": {"level": 1}}])";

std::string sharded(const std::string& chunk, const std::string& codecs,
                    const char* place = "end") {
  return R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": )" + chunk +
         R"(, "codecs": )" + codecs +
         R"(, "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
         "index_location": ")" +
         place + "\"}}]";
}

// A random array on disk, and its reader.
struct Stored {
  TempDir dir;
  ZarrArray array;
  Image image;
  std::unique_ptr<ArrayReader> reader;

  Stored(DType dtype, const std::vector<int64_t>& shape, const std::vector<int64_t>& chunk,
         const std::string& codecs, ReaderLimits limits = {})
      : array(parse_zarr_array(test::array_json(dtype, shape, chunk, codecs).dump())),
        image(test::random_image(dtype, test::box_of(shape), 5)) {
    test::write_chunks(dir / "a", array, image);
    reader =
        std::make_unique<ArrayReader>(std::make_shared<LocalStore>(dir.path()), "a", array, limits);
  }
  Image expected(const Region& region) const {
    Image part(array.dtype, region);
    copy_pixels(image.view(), part.view());
    return part;
  }
  Image read(const Region& region) const {
    Image part(array.dtype, region);
    const Status s = reader->read(part.view());
    EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
    return part;
  }
  std::string failure(const Region& region) const {
    Image part(array.dtype, region);
    const Status s = reader->read(part.view());
    return s.ok() ? "" : s.issue().str();
  }
};

// A folder that remembers the longest read of part of an object.
class SpyStore final : public Store {
 public:
  explicit SpyStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Status read(const std::string& key, int64_t offset, std::span<std::byte> to,
              ObjectRead& result) const override {
    longest = std::max(longest, static_cast<int64_t>(to.size()));
    ++reads;
    return folder_.read(key, offset, to, result);
  }
  Status read_end(const std::string& key, std::span<std::byte> to,
                  ObjectRead& result) const override {
    return folder_.read_end(key, to, result);
  }
  Status list(const std::string& prefix, size_t most,
              std::vector<std::string>& names) const override {
    return folder_.list(prefix, most, names);
  }
  Status stamp(const std::string& key, ObjectStamp& result) const override {
    return folder_.stamp(key, result);
  }
  Status put(const std::string& key, std::span<const std::byte> bytes, bool durable) override {
    return folder_.put(key, bytes, durable);
  }
  Status create_growing(const std::string& key, std::unique_ptr<AppendObject>& object) override {
    return folder_.create_growing(key, object);
  }
  std::string where(const std::string& key) const override { return folder_.where(key); }
  mutable int64_t longest = 0, reads = 0;

 private:
  LocalStore folder_;
};

Region random_region(const Region& whole, std::mt19937& random) {
  Region region = whole;
  for (int a = 0; a < whole.rank; ++a) {
    const auto below = [&](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    region.origin[a] = below(whole.shape[a]);
    region.shape[a] = 1 + below(whole.shape[a] - region.origin[a]);
  }
  return region;
}

void expect_regions(const Stored& stored, int count = 40) {
  std::mt19937 random(11);
  ASSERT_EQ(stored.read(stored.image.region), stored.image);
  for (int i = 0; i < count; ++i) {
    const Region region = random_region(stored.image.region, random);
    ASSERT_EQ(stored.read(region), stored.expected(region));
  }
}

TEST(ArrayReader, ReadsAnyRegionOfAnyRankAndChunking) {
  expect_regions(Stored(DType::u8, {101}, {13}, kZstd));
  expect_regions(Stored(DType::u16, {37, 53}, {16, 53}, kRaw));
  expect_regions(Stored(DType::i16, {37, 53}, {16, 10}, kBig));
  expect_regions(Stored(DType::u8, {7, 37, 53}, {2, 16, 32}, kZstd));
  expect_regions(Stored(DType::f32, {7, 37, 53}, {2, 16, 32}, kTransposed));
  expect_regions(Stored(DType::u16, {3, 2, 3, 9, 11}, {2, 1, 2, 4, 5}, kRaw));
  expect_regions(Stored(DType::u8, {2, 3, 2, 3, 9, 11}, {1, 2, 2, 1, 4, 5}, kRaw));
}

TEST(ArrayReader, ReadsAnyRegionOfShards) {
  for (const char* place : {"end", "start"}) {
    expect_regions(Stored(DType::u8, {103}, {40}, sharded("[10]", kZstd, place)));
    expect_regions(Stored(DType::u16, {37, 53}, {32, 32}, sharded("[8, 16]", kRaw, place)));
    expect_regions(
        Stored(DType::f32, {5, 37, 53}, {4, 32, 32}, sharded("[2, 8, 16]", kTransposed, place)));
    expect_regions(Stored(DType::u8, {5, 37, 53}, {4, 32, 32},
                          sharded("[2, 16, 16]", sharded("[1, 8, 8]", kZstd, place), place)));
  }
}

TEST(ArrayReader, ReadsWithCachesOfAnySize) {
  for (const int64_t cache : {int64_t{0}, int64_t{600}, int64_t{1} << 20})
    for (const int64_t range : {int64_t{1}, int64_t{700}, int64_t{1} << 20})
      expect_regions(
          Stored(DType::u16, {37, 53}, {32, 32}, sharded("[8, 16]", kRaw), {cache, 0, range, 0}),
          10);
}

TEST(ArrayReader, ReadsLongRowsAndLargePlainChunksByRows) {
  const Stored rows(DType::u16, {3, 40, 20000}, {2, 32, 20000}, kRaw);
  Region region = rows.image.region;
  region.origin = {1, 3, 5};
  region.shape = {2, 30, 17000};
  EXPECT_EQ(rows.read(region), rows.expected(region));
  const Stored shards(DType::u16, {3, 40, 20000}, {2, 40, 20000}, sharded("[1, 20, 20000]", kRaw));
  EXPECT_EQ(shards.read(region), shards.expected(region));
  EXPECT_EQ(shards.read(shards.image.region), shards.image);
  const Stored small(DType::u8, {64, 64}, {64, 64}, kRaw, {0, 0, 1, 0});
  expect_regions(small);
}

TEST(ArrayReader, FillsWhatIsAbsent) {
  for (const std::string& codecs : {std::string(kRaw), sharded("[4, 16]", kRaw)}) {
    const Stored stored(DType::u16, {16, 40}, {8, 32}, codecs);
    std::filesystem::remove(stored.dir / "a/c/1/0");
    const Image all = stored.read(stored.image.region);
    for (int64_t y = 0; y < 16; ++y)
      for (int64_t x = 0; x < 40; ++x)
        ASSERT_EQ(all.view().row<uint16_t>(y)[x],
                  y >= 8 && x < 32 ? 7 : stored.image.view().row<uint16_t>(y)[x]);
  }
}

TEST(ArrayReader, NeighboursInAShardComeInReadsOfTheStatedLengthAtMost) {
  // Chunks of 8 x 8 x 2 bytes that lie one behind the other: 32 KiB in the shard.
  const Stored stored(DType::u16, {16, 32, 32}, {16, 32, 32}, sharded("[1, 8, 8]", kRaw));
  const auto spy = std::make_shared<SpyStore>(stored.dir.path());
  ReaderLimits limits;
  limits.range_bytes = 1000;
  const ArrayReader reader(spy, "a", stored.array, limits);
  Image whole(DType::u16, stored.image.region);
  ASSERT_TRUE(reader.read(whole.view()).ok());
  EXPECT_EQ(whole, stored.image);
  EXPECT_LE(spy->longest, limits.range_bytes);
  EXPECT_GE(spy->longest, limits.range_bytes - 128) << "as many as fit";
  EXPECT_LE(spy->reads, 32 * 1024 / 896 + 1);
}

TEST(ArrayReader, ReadsIntoViewsWithGapsBetweenRows) {
  const Stored stored(DType::u16, {37, 53}, {32, 32}, sharded("[8, 16]", kRaw));
  const Region region = test::box(5, 7, 20, 30);
  Image wide(DType::u16, test::box(0, 0, 37, 60));
  MutableView dst = subview(wide.view(), region);
  ASSERT_TRUE(stored.reader->read(dst).ok());
  Image packed(DType::u16, region);
  copy_pixels(dst, packed.view());
  EXPECT_EQ(packed, stored.expected(region));
}

void damage(const std::filesystem::path& path, const std::function<void(std::string&)>& how) {
  std::string bytes = test::read_text(path);
  how(bytes);
  test::write_text(path, bytes);
}

TEST(ArrayReader, NamesATornShardAndItsFile) {
  for (const char* place : {"end", "start"}) {
    const Stored stored(DType::u16, {16, 32}, {16, 32}, sharded("[8, 16]", kZstd, place));
    const auto path = stored.dir / "a/c/0/0";
    const std::string good = test::read_text(path);
    for (size_t n = 0; n < good.size(); n += 7) {
      test::write_text(path, good.substr(0, n));
      stored.reader->forget();
      EXPECT_THAT(stored.failure(stored.image.region), HasSubstr("a/c/0/0")) << n;
    }
    test::write_text(path, good.substr(0, 50));
    stored.reader->forget();
    EXPECT_THAT(stored.failure(stored.image.region),
                HasSubstr("is torn: it has 50 bytes, its index alone has 68"));
    test::write_text(path, good);
    damage(path, [&](std::string& s) { s[place[0] == 'e' ? s.size() - 20 : 3] ^= 1; });
    stored.reader->forget();
    EXPECT_THAT(stored.failure(stored.image.region), HasSubstr("has no valid index: codec crc32c"));
    test::write_text(path, good);
    damage(path, [&](std::string& s) { s[place[0] == 'e' ? 5 : 80] ^= 1; });
    stored.reader->forget();
    EXPECT_THAT(stored.failure(stored.image.region), HasSubstr("chunk [0, 0]: codec crc32c"));
    const Region other = test::box(8, 16, 4, 4);
    EXPECT_EQ(stored.read(other), stored.expected(other));  // what is whole can be read
  }
}

TEST(ArrayReader, RefusesIndexesThatPointOutside) {
  const std::string no_checksum =
      R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [8, 16], "codecs": )" +
      std::string(kRaw) +
      R"(, "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}])";
  const Stored stored(DType::u16, {16, 32}, {16, 32}, no_checksum);
  const auto path = stored.dir / "a/c/0/0";
  damage(path, [&](std::string& s) { s[s.size() - 16] = '\x7f'; });
  EXPECT_THAT(stored.failure(stored.image.region),
              HasSubstr("chunk [1, 1]: its index puts it at 895 with 256 bytes, outside the 1024"));
}

TEST(ArrayReader, RefusesRegionsOutsideTheArray) {
  const Stored stored(DType::u16, {16, 32}, {16, 32}, kRaw);
  EXPECT_THAT(stored.failure(test::box(0, 0, 17, 32)), HasSubstr("does not lie in the array"));
  EXPECT_THAT(stored.failure(test::box_of({1})), HasSubstr("does not lie in the array"));
}

// What the fuzzer does for hours, for a moment and the same each time.
TEST(ArrayReader, SurvivesDamagedMetadataWithDamagedChunks) {
  const TempDir dir;
  std::mt19937 random(3);
  for (const std::string& codecs :
       {std::string(kZstd), std::string(kTransposed), sharded("[2, 8, 16]", kZstd),
        sharded("[2, 8, 16]", sharded("[1, 8, 8]", kRaw, "start"))}) {
    const std::string meta = test::array_json(DType::u16, {3, 16, 20}, {2, 16, 16}, codecs).dump();
    const ZarrArray good = parse_zarr_array(meta);
    test::write_chunks(dir / "a", good,
                       test::random_image(DType::u16, test::box_of(good.shape), 1));
    const std::string chunk = test::read_text(dir / "a/c/0/0/0");
    for (int i = 0; i < 300; ++i) {
      std::string text = meta, bytes = chunk;
      if (i % 2) text[random() % text.size()] = "0123456789-\"[]{},.e"[random() % 19];
      for (uint32_t n = random() % 4; n > 0; --n)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      test::write_text(dir / "a/c/0/0/0", bytes.substr(0, bytes.size() - random() % 3));
      try {
        const ArrayReader reader(std::make_shared<LocalStore>(dir.path()), "a",
                                 parse_zarr_array(text));
        const Region region = test::box_of(reader.array().shape);
        if (region.count() > 4000 || reader.read_bytes() > 256 << 20) continue;
        Image image(reader.array().dtype, region);
        const Status s = reader.read(image.view());
        EXPECT_TRUE(s.ok() || !s.issue().what.empty());
      } catch (const Error&) {
      }
    }
  }
}

TEST(ArrayReader, IsReadByManyThreadsAtOnceWithinItsBound) {
  ReaderLimits limits;
  limits.chunk_cache_bytes = 2048;
  const Stored stored(DType::u16, {9, 37, 53}, {4, 32, 32}, sharded("[2, 8, 16]", kZstd), limits);
  EXPECT_GE(stored.reader->read_bytes(), 2048);
  EXPECT_LT(stored.reader->read_bytes(), 8 << 20);
  std::vector<std::jthread> threads;
  for (uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&stored, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 30; ++i) {
        const Region region = random_region(stored.image.region, random);
        ASSERT_EQ(stored.read(region), stored.expected(region));
      }
    });
}

}  // namespace
}  // namespace parfocal
