// What reading a Zarr array takes, for any number of threads, beside what it states.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "counted_heap.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::HeapPeak;

struct Stored {
  std::vector<int64_t> chunk, shard;
  std::string codec;
};

constexpr int64_t kFrames = 24, kHeight = 301, kWidth = 257;

StoreSpec spec_of(const Stored& stored) {
  StoreSpec spec;
  ImageSpec image;
  image.axes = {{"t", kFrames, 1, "", {}}, {"y", kHeight, 1, "", {}}, {"x", kWidth, 1, "", {}}};
  image.chunk = stored.chunk;
  image.shard = stored.shard;
  CodecSpec codec;
  codec.typesize = 2;
  codec.kind = stored.codec == "zstd" ? CodecKind::zstd : CodecKind::blosc;
  if (!stored.codec.empty()) image.compressors = {codec};
  spec.images = {image};
  return spec;
}

void write(const fs::path& root, const Stored& stored) {
  const auto writer = StoreWriter::create(root, spec_of(stored), {});
  std::vector<uint16_t> plane(static_cast<size_t>(kHeight * kWidth));
  for (int64_t t = 0; t < kFrames; ++t) {
    for (size_t i = 0; i < plane.size(); ++i)
      plane[i] = static_cast<uint16_t>(static_cast<size_t>(t) + i % 97);
    int64_t ticket = 0;
    ASSERT_TRUE(writer
                    ->append(0, t,
                             packed_view(reinterpret_cast<const std::byte*>(plane.data()),
                                         DType::u16, Region::whole({kHeight, kWidth})),
                             {}, ticket)
                    .ok());
  }
  ASSERT_TRUE(writer->close(true, "").ok());
}

// Every thread reads all frames, so that chunks pass from thread to thread.
void read_all(const ArrayReader& reader, int threads) {
  std::vector<std::jthread> readers;
  for (int k = 0; k < threads; ++k)
    readers.emplace_back([&, k] {
      std::vector<uint16_t> plane(static_cast<size_t>(kHeight * kWidth));
      for (int64_t i = 0; i < 2 * kFrames; ++i) {
        const int64_t t = (i * (2 * k + 1)) % kFrames;
        Region region = Region::whole({1, kHeight, kWidth});
        region.origin[0] = t;
        MutableView to =
            packed_view(reinterpret_cast<std::byte*>(plane.data()), DType::u16, region);
        const Status s = reader.read(to);
        ASSERT_TRUE(s.ok()) << s.issue().str();
        ASSERT_EQ(plane[5], t + 5);
      }
    });
}

TEST(ArrayReadMemory, ThreadsStayWithinWhatIsStated_WhicheverReadsAndDropsAChunk) {
  if (!testing::heap_is_counted()) GTEST_SKIP() << "sanitizers have a heap of their own";
  const auto root = fs::temp_directory_path() / ("parfocal-read-" + std::to_string(::getpid()));
  const Stored all[] = {{{5, 100, 64}, {}, "zstd"},
                        {{1, 301, 257}, {8, 301, 257}, ""},
                        {{4, 301, 257}, {8, 301, 257}, "lz4"},
                        {{3, 7, 257}, {3, 301, 257}, "lz4"},
                        {{24, 301, 257}, {}, "lz4"},
                        {{1, 50, 50}, {2, 350, 300}, "zstd"}};
  for (const Stored& stored : all) {
    fs::remove_all(root);
    write(root, stored);
    const auto store = std::make_shared<LocalStore>(root);
    for (const int64_t cache : {int64_t{0}, int64_t{512} << 10, int64_t{64} << 20})
      for (const int threads : {1, 4}) {
        const HeapPeak peak;
        ReaderLimits limits;
        limits.chunk_cache_bytes = cache;
        const ArrayReader reader(store, "0", ZarrHierarchy(store).array("0"), limits);
        read_all(reader, threads);
        const int64_t planes = threads * (kHeight * kWidth * 2 + 4096);
        EXPECT_LE(peak.bytes(), threads * reader.read_bytes() + planes + (int64_t{128} << 10))
            << "chunk of " << stored.chunk[0] << " x " << stored.chunk[1] << ", " << stored.codec
            << ", " << threads << " threads, cache of " << cache;
      }
  }
  fs::remove_all(root);
}

}  // namespace
}  // namespace parfocal
