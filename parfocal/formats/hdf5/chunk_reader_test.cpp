#include "parfocal/formats/hdf5/chunk_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/decoded_chunks.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/types.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Bytes = std::vector<std::byte>;

struct Made {
  std::vector<int64_t> shape{11, 9, 13}, chunk{4, 9, 13};
  DType dtype = DType::u16;
  std::vector<int> filters{kZstdFilter, H5Z_FILTER_FLETCHER32};
  bool big_endian = false, grows = true, written = true;
  unsigned options = 0;
  bool oldest = false;  // format
  int64_t user_block = 0;
  uint16_t fill = 0;  // of pixels that were never written
};

class Chunks : public testing::Test {
 protected:
  static Bytes pixels_of(const Made& made) {
    int64_t count = 1;
    for (const int64_t size : made.shape) count *= size;
    Bytes bytes(static_cast<size_t>(count) * dtype_size(made.dtype));
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 / 3);
    return bytes;
  }
  static Handle creation_of(const Made& made) {
    Handle create(H5Pcreate(H5P_DATASET_CREATE));
    if (made.fill != 0) H5Pset_fill_value(create.id(), H5T_NATIVE_UINT16, &made.fill);
    if (made.chunk.empty()) return create;
    const std::vector<hsize_t> chunk(made.chunk.begin(), made.chunk.end());
    H5Pset_chunk(create.id(), static_cast<int>(chunk.size()), chunk.data());
    if (made.options != 0) H5Pset_chunk_opts(create.id(), made.options);
    const unsigned level = 5, szip[] = {H5_SZIP_NN_OPTION_MASK, 8};
    for (const int filter : made.filters) {
      if (filter == kZstdFilter) H5Pset_filter(create.id(), filter, 0, 1, &level);
      if (filter == H5Z_FILTER_DEFLATE) H5Pset_deflate(create.id(), 4);
      if (filter == H5Z_FILTER_SHUFFLE) H5Pset_shuffle(create.id());
      if (filter == H5Z_FILTER_FLETCHER32) H5Pset_fletcher32(create.id());
      if (filter == H5Z_FILTER_SZIP) H5Pset_szip(create.id(), szip[0], szip[1]);
    }
    return create;
  }
  // H5File writes the latest format, which has no B-trees of the first version.
  static Handle created(const fs::path& path, const Made& made) {
    const Handle create(H5Pcreate(H5P_FILE_CREATE)), access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_userblock(create.id(), static_cast<hsize_t>(made.user_block));
    if (!made.oldest) H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    return Handle(H5Fcreate(path.c_str(), H5F_ACC_EXCL, create.id(), access.id()));
  }
  fs::path write(const Made& made) {
    const fs::path path = folder_ / ("file" + std::to_string(count_++) + ".h5");
    const Hdf5Lock lock;
    const Handle file = created(path, made);
    const std::vector<hsize_t> shape(made.shape.begin(), made.shape.end());
    std::vector<hsize_t> most = shape;
    if (made.grows && !made.chunk.empty()) most[0] = H5S_UNLIMITED;
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), most.data()));
    const Handle native = native_type(made.dtype), stored = native_type(made.dtype);
    if (made.big_endian) H5Tset_order(stored.id(), H5T_ORDER_BE);
    const Handle dataset(H5Dcreate2(file.id(), "image", stored.id(), space.id(), H5P_DEFAULT,
                                    creation_of(made).id(), H5P_DEFAULT));
    EXPECT_TRUE(dataset);
    const Bytes pixels = pixels_of(made);
    if (!made.written) return path;
    EXPECT_GE(H5Dwrite(dataset.id(), native.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels.data()), 0);
    return path;
  }
  // Into memory that held something else before.
  static Bytes read_all(const ChunkReader& reader) {
    Bytes all, chunk(static_cast<size_t>(reader.chunk_bytes()));
    ChunkScratch scratch;
    for (int64_t c = 0; c < reader.chunks(); ++c) {
      std::fill(chunk.begin(), chunk.end(), std::byte{0xa5});
      const Status s = reader.read_chunk(c, chunk, scratch);
      EXPECT_TRUE(s.ok()) << s.issue().str();
      const auto bytes = reader.items_in(c) * reader.item_bytes();
      all.insert(all.end(), chunk.begin(), chunk.begin() + bytes);
    }
    EXPECT_LE(static_cast<int64_t>(scratch.encoded.capacity() + scratch.stage[0].capacity() +
                                   scratch.stage[1].capacity() + scratch.chunk.capacity()),
              reader.scratch_bytes());
    return all;
  }
  static std::shared_ptr<const H5File> opened(const fs::path& path) {
    return std::make_shared<const H5File>(H5File::open(path));
  }
  void expect_same(const Made& made, bool parallel) {
    const ChunkReader reader(opened(write(made)), "image");
    EXPECT_EQ(reader.parallel(), parallel);
    EXPECT_EQ(reader.dtype(), made.dtype);
    EXPECT_EQ(reader.shape(), made.shape);
    EXPECT_TRUE(read_all(reader) == pixels_of(made)) << reader.filters().text();
  }
  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
  int count_ = 0;
};

TEST_F(Chunks, AreReadForEveryChainOfFilters) {
  const std::vector<std::vector<int>> chains = {
      {}, {kZstdFilter}, {kZstdFilter, 3}, {3, kZstdFilter}, {1}, {2, 1}, {2, kZstdFilter, 3}};
  for (const auto& filters : chains) expect_same({.filters = filters}, true);
}

TEST_F(Chunks, AreReadWhereTheySplitFrames) {
  for (const auto& chunk : std::vector<std::vector<int64_t>>{{4, 4, 5}, {1, 9, 5}, {11, 2, 13}})
    for (const bool grows : {true, false}) expect_same({.chunk = chunk, .grows = grows}, true);
  expect_same({.shape = {7, 3, 5, 6}, .chunk = {2, 2, 3, 4}}, true);
  expect_same({.shape = {7, 30}, .chunk = {2, 7}}, true);
  expect_same({.shape = {70}, .chunk = {16}}, true);
}

TEST_F(Chunks, AreReadInTheOtherByteOrderAndOtherLayouts) {
  expect_same({.big_endian = true}, true);
  expect_same({.chunk = {}}, true);
  expect_same({.chunk = {}, .big_endian = true}, true);
  expect_same({.chunk = {3, 9, 13}, .dtype = DType::f64}, true);
}

TEST_F(Chunks, AreLeftToTheLibraryWhereOnlyItCanDecode) {
  const Hdf5Lock lock;  // before the first call of the library
  if (H5Zfilter_avail(H5Z_FILTER_SZIP) > 0)
    expect_same({.chunk = {4, 8, 8}, .filters = {H5Z_FILTER_SZIP}}, false);
  expect_same({.options = H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS}, false);
}

TEST_F(Chunks, ThatWereNeverWrittenHoldTheFillValue) {
  for (const auto& chunk : std::vector<std::vector<int64_t>>{{4, 9, 13}, {4, 5, 6}, {}})
    for (const uint16_t fill : {0, 7, 0x0102})
      for (const bool big_endian : {false, true}) {
        Made made{.chunk = chunk, .big_endian = big_endian, .written = false};
        made.fill = fill;
        const Bytes all = read_all(ChunkReader(opened(write(made)), "image"));
        std::vector<uint16_t> pixels(all.size() / 2);
        std::memcpy(pixels.data(), all.data(), all.size());
        EXPECT_EQ(pixels, std::vector<uint16_t>(11 * 9 * 13, fill));
      }
}

TEST_F(Chunks, ThatAreMissingAmongOthersHoldTheFillValue) {
  const fs::path path = write({.filters = {1}, .written = false});
  {
    const Hdf5Lock lock;
    const H5File file = H5File::open_for_change(path);
    const Handle dataset = file.dataset("image"), space(H5Dget_space(dataset.id()));
    const hsize_t start[] = {4, 0, 0}, count[] = {4, 9, 13};
    const Handle memory(H5Screate_simple(3, count, nullptr));
    H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start, nullptr, count, nullptr);
    const std::vector<uint16_t> ones(4 * 9 * 13, 1);
    EXPECT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_UINT16, memory.id(), space.id(), H5P_DEFAULT,
                       ones.data()),
              0);
  }
  const Bytes all = read_all(ChunkReader(opened(path), "image"));
  const auto* pixels = reinterpret_cast<const uint16_t*>(all.data());
  for (int64_t i = 0; i < 11 * 9 * 13; ++i)
    ASSERT_EQ(pixels[i], i / (9 * 13) / 4 == 1 ? 1 : 0) << i;
}

TEST_F(Chunks, AreFoundInIndicesOfEveryKind) {
  // One unlimited axis: extensible array; none: fixed array; below, a B-tree.
  for (const bool grows : {true, false})
    expect_same({.shape = {5000, 2, 3}, .chunk = {1, 2, 3}, .grows = grows}, true);
  Made made{.shape = {4000, 2, 3}, .chunk = {1, 2, 3}, .filters = {}};
  made.oldest = true;
  expect_same(made, true);
}

TEST_F(Chunks, AreReadInAFileThatIsOpenForChange) {
  for (const bool written : {true, false}) {
    const Made made{.shape = {40, 2, 3}, .chunk = {4, 2, 3}, .written = written};
    const auto file = std::make_shared<const H5File>(H5File::open_for_change(write(made)));
    const ChunkReader reader(file, "image");
    EXPECT_TRUE(read_all(reader) == (written ? pixels_of(made) : Bytes(40 * 2 * 3 * 2)));
  }
}

TEST_F(Chunks, AreReadBehindAUserBlock) {
  for (const std::vector<int64_t>& chunk : {std::vector<int64_t>{4, 9, 13}, {}}) {
    Made made{.chunk = chunk, .filters = {}};
    made.user_block = 512;
    expect_same(made, !chunk.empty());
  }
}

TEST_F(Chunks, ThatAreDamagedFailByName) {
  const fs::path path = write({.filters = {kZstdFilter, 3}});
  {
    std::string bytes(fs::file_size(path), '\0');
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    size_t at = bytes.find("\x28\xb5\x2f\xfd");  // the magic number of a zstd frame
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at + 20));
    file.write("damage", 6);
  }
  const ChunkReader reader(opened(path), "image");
  Bytes chunk(static_cast<size_t>(reader.chunk_bytes()));
  ChunkScratch scratch;
  std::string said;
  for (int64_t c = 0; c < reader.chunks(); ++c)
    if (const Status s = reader.read_chunk(c, chunk, scratch); !s.ok()) said += s.issue().str();
  EXPECT_THAT(said, HasSubstr("image, items"));
  EXPECT_THAT(said, HasSubstr("checksum"));
}

size_t pass_through(unsigned, size_t, const unsigned*, size_t bytes, size_t*, void**) {
  return bytes;
}
TEST_F(Chunks, OfAnUnknownFilterAreRefusedByNameOfFilterAndDataset) {
  const H5Z_class2_t odd = {H5Z_CLASS_T_VERS, 511, 1, 1, "odd one", nullptr, nullptr, pass_through};
  const fs::path path = folder_ / "odd.h5";
  {
    H5File file = H5File::create(path);
    H5Zregister(&odd);
    const hsize_t shape[] = {4, 4}, chunk[] = {2, 2};
    const Handle space(H5Screate_simple(2, shape, nullptr)), create(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(create.id(), 2, chunk);
    H5Pset_filter(create.id(), 511, 0, 0, nullptr);
    const Handle dataset(H5Dcreate2(file.id(), "image", H5T_NATIVE_UINT8, space.id(), H5P_DEFAULT,
                                    create.id(), H5P_DEFAULT));
  }
  H5Zunregister(511);
  try {
    const ChunkReader reader(opened(path), "image");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input_missing);
    EXPECT_THAT(error.what(), HasSubstr("filter 511 (odd one)"));
    EXPECT_THAT(error.what(), HasSubstr("odd.h5: image"));
  }
}

TEST_F(Chunks, AreDecodedOncePerThreadAndTheirPlacesGivenBack) {
  const Made made{.shape = {40, 9, 13}};
  const ChunkReader reader(opened(write(made)), "image");
  const DecodedChunks cache(reader.chunk_bytes());
  const Bytes pixels = pixels_of(made);
  const auto read = [&](int64_t first_chunk) {
    int decoded = 0;
    for (int64_t i = 0; i < reader.items(); ++i) {
      const int64_t item = (i + first_chunk * 4) % reader.items();
      std::span<const std::byte> bytes;
      const Status s = cache.get(item / 4, bytes, [&](auto dst, auto& scratch) {
        ++decoded;
        return reader.read_chunk(item / 4, dst, scratch);
      });
      const auto size = static_cast<size_t>(reader.item_bytes());
      EXPECT_TRUE(s.ok());
      EXPECT_EQ(std::memcmp(bytes.data() + static_cast<size_t>(item % 4) * size,
                            pixels.data() + static_cast<size_t>(item) * size, size),
                0);
    }
    EXPECT_EQ(decoded, 10);
  };
  std::thread one(read, 0), two(read, 5);
  one.join();
  two.join();
  read(3);
}

}  // namespace
}  // namespace parfocal
