#include "parfocal/formats/hdf5/dataset_writer.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <random>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/fletcher32.h"
#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

using test::TempDir;

// Reads through HDF5's own filter pipeline, which verifies the checksums.
template <class T>
std::vector<T> read_back(const H5File& file, const std::string& name, hid_t type) {
  const Hdf5Lock lock;
  const Handle dataset = file.dataset(name), space(H5Dget_space(dataset.id()));
  std::vector<T> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space.id())));
  EXPECT_GE(H5Dread(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

std::vector<uint8_t> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  for (auto& b : bytes) b = static_cast<uint8_t>(random() % 7);
  return bytes;
}

TEST(DatasetWriter, ReadsBackThroughTheLibraryWithAnyNumberOfThreadsAndItems) {
  for (const int threads : {0, 1, 3})
    for (const int64_t items : {0, 1, 31, 32, 33, 200})
      for (const int level : {0, 5}) {
        TempDir dir;
        const auto pixels = noise(static_cast<size_t>(items) * 32000, 1);
        H5File file = H5File::create(dir / "a.h5");
        {
          ChunkEncoder encoder(threads);
          DatasetWriter writer(file, "events/image", DType::u8, {80, 400}, level, encoder);
          for (int64_t i = 0; i < items; ++i)
            ASSERT_TRUE(writer.append(pixels.data() + i * 32000).ok());
          ASSERT_TRUE(writer.finish().ok());
        }
        ASSERT_TRUE(file.close().ok());
        file = H5File::open(dir / "a.h5");
        EXPECT_EQ(read_back<uint8_t>(file, "events/image", H5T_NATIVE_UINT8), pixels)
            << threads << " threads, " << items << " items, level " << level;
      }
}

TEST(DatasetWriter, CutsBackToFewerItems) {
  TempDir dir;
  H5File file = H5File::create(dir / "a.h5");
  {
    ChunkEncoder encoder(2);
    DatasetWriter writer(file, "events/bg_off", DType::f64, {}, 5, encoder);
    for (int i = 0; i < 2500; ++i) ASSERT_TRUE(writer.append_value(i * 0.25).ok());
    ASSERT_TRUE(writer.finish(1234).ok());
  }
  const auto values = read_back<double>(file, "events/bg_off", H5T_NATIVE_DOUBLE);
  ASSERT_EQ(values.size(), 1234u);
  EXPECT_EQ(values.back(), 1233 * 0.25);
}

TEST(DatasetWriter, TakesChunksOfOneMebibyteBetweenTenAndAThousandItems) {
  EXPECT_EQ(chunk_items(80 * 400), 32);
  EXPECT_EQ(chunk_items(80 * 320), 40);
  EXPECT_EQ(chunk_items(8), 1000);
  EXPECT_EQ(chunk_items(1 << 20), 10);
}

TEST(Fletcher32, SumsBigEndianWordsAndAnOddByte) {
  const auto sum = [](std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
    return fletcher32(bytes);
  };
  EXPECT_EQ(sum({}), 0u);
  EXPECT_EQ(sum({1, 2}), 0x01020102u);
  EXPECT_EQ(sum({1, 2, 3}), 0x05040402u);
  EXPECT_EQ(sum({0xff, 0xff, 0, 1}), 0x00010001u);
}

}  // namespace
}  // namespace parfocal
