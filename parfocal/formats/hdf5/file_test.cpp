#include "parfocal/formats/hdf5/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/strings.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Hdf5 : public testing::Test {
 protected:
  template <class F>
  static std::string message(ErrorCode code, F&& f) {
    try {
      f();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Hdf5, Attributes_KeepTheirTypes) {
  {
    H5File file = H5File::create(folder_ / "a.h5");
    write_attribute(file.id(), "setup:medium", std::string("CellCarrierB µ"), "a");
    write_attribute(file.id(), "experiment:event count", int64_t{1} << 40, "a");
    write_attribute(file.id(), "imaging:pixel size", 0.2645, "a");
    write_attribute(file.id(), "imaging:pixel size", 0.34, "a");
    write_bytes_attribute(file.id(), "CLASS", "IMAGE", "a");
    EXPECT_TRUE(file.close().ok());
  }
  const H5File file = H5File::open(folder_ / "a.h5");
  const Attributes all = read_attributes(file.id(), "a");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], (std::pair<std::string, AttributeValue>("CLASS", std::string("IMAGE"))));
  EXPECT_EQ(all[1].second, AttributeValue(int64_t{1} << 40));
  EXPECT_EQ(all[2].second, AttributeValue(0.34));
  EXPECT_EQ(text_of(all[3].second), "CellCarrierB µ");
  EXPECT_EQ(read_attribute(file.id(), "none"), std::nullopt);
  EXPECT_EQ(number_of(AttributeValue(std::string("2000.5"))), 2000.5);
}

TEST_F(Hdf5, Strings_OfFixedAndVariableLengthComeBack) {
  const std::vector<std::string> lines = {"{", "  \"type\": \"internal\"", "", "}"};
  {
    H5File file = H5File::create(folder_ / "a.h5");
    write_strings(file, "basins/key", lines);
    write_variable_strings(file, "logs/old", lines);
    write_strings(file, "logs/empty", {});
  }
  const H5File file = H5File::open(folder_ / "a.h5");
  EXPECT_EQ(read_strings(file, "basins/key"), lines);
  EXPECT_EQ(read_strings(file, "logs/old"), lines);
  EXPECT_TRUE(read_strings(file, "logs/empty").empty());
  EXPECT_THAT(file.members("logs"), ElementsAre("empty", "old"));
  EXPECT_THROW(read_strings(file, "logs/old", 8), Error);
  EXPECT_THROW(read_strings(file, "logs/none"), Error);
}

TEST_F(Hdf5, Strings_OfVariableLengthSpreadOverManyHeaps) {
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i)
    lines.push_back(
        std::string(static_cast<size_t>(i * 37 % 300), static_cast<char>('a' + i % 26)));
  { write_variable_strings(H5File::create(folder_ / "a.h5"), "logs/old", lines); }
  EXPECT_EQ(read_strings(H5File::open(folder_ / "a.h5"), "logs/old"), lines);
}

TEST_F(Hdf5, Strings_InChunksAreReadAsFarAsTheyMayBeLarge) {
  {
    const H5File file = H5File::create(folder_ / "a.h5");
    file.require_group("logs");
    const Hdf5Lock lock;
    const Handle type(H5Tcopy(H5T_C_S1)), create(H5Pcreate(H5P_DATASET_CREATE));
    H5Tset_size(type.id(), H5T_VARIABLE);
    const hsize_t count = 3;
    H5Pset_chunk(create.id(), 1, &count);
    const Handle space(H5Screate_simple(1, &count, nullptr));
    const Handle dataset(H5Dcreate2(file.id(), "logs/old", type.id(), space.id(), H5P_DEFAULT,
                                    create.id(), H5P_DEFAULT));
    const std::string text(100, 'x');
    const char* const texts[] = {text.c_str(), text.c_str(), text.c_str()};
    ASSERT_GE(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts), 0);
  }
  const H5File file = H5File::open(folder_ / "a.h5");
  EXPECT_EQ(read_strings(file, "logs/old", 400).size(), 3u);
  EXPECT_THAT(message(ErrorCode::input_missing, [&] { read_strings(file, "logs/old", 200); }),
              HasSubstr("the text is too large"));
}

// A text of fixed length has the room of its longest line for each of them: far more than it holds.
TEST_F(Hdf5, Strings_AreCopiedInPieces) {
  std::vector<std::string> lines(20'000, "frame 1 ok");
  lines[12'345] = std::string(30'000, 'x');
  lines.back() = "";
  {
    const H5File file = H5File::create(folder_ / "a.h5");
    write_variable_strings(file, "logs/old", lines);
    write_variable_strings(file, "logs/none", {});
  }
  const H5File from = H5File::open(folder_ / "a.h5");
  {
    const H5File to = H5File::create(folder_ / "b.h5");
    copy_text(from, to, "logs/old");
    copy_text(from, to, "logs/none");
  }
  const H5File file = H5File::open(folder_ / "b.h5");
  EXPECT_THAT(file.members("logs"), ElementsAre("old"));
  {
    const Hdf5Lock lock;
    const Handle dataset = file.dataset("logs/old"), type(H5Dget_type(dataset.id()));
    EXPECT_EQ(H5Tget_size(type.id()), 30'000u);
  }
  EXPECT_EQ(read_strings(file, "logs/old"), lines) << "600 MB with its padding, 0.2 MB without";
  EXPECT_LT(text_copying_bytes(measure_text(from, "logs/old")), 16 << 20);
}

TEST_F(Hdf5, Strings_OfAbsurdlyUnequalLinesAreNotCopied) {
  std::vector<std::string> lines(3000, "x");
  lines.front() = std::string(4 << 20, 'x');
  { write_variable_strings(H5File::create(folder_ / "a.h5"), "logs/old", lines); }
  EXPECT_THAT(message(ErrorCode::input_missing,
                      [&] { measure_text(H5File::open(folder_ / "a.h5"), "logs/old"); }),
              HasSubstr("3000 lines of up to 4194304 bytes"));
}

TEST_F(Hdf5, Strings_OfADamagedHeapAreRefused) {
  { write_variable_strings(H5File::create(folder_ / "a.h5"), "logs/old", {"one", "two"}); }
  std::fstream stream(folder_ / "a.h5", std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const size_t heap = bytes.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  for (const size_t at : {size_t{0}, size_t{8}, size_t{16}, size_t{24}}) {
    std::string damaged = bytes;
    damaged.replace(heap + at, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f");
    std::ofstream(folder_ / "b.h5", std::ios::binary) << damaged;
    EXPECT_THAT(message(ErrorCode::input_missing,
                        [&] { read_strings(H5File::open(folder_ / "b.h5"), "logs/old"); }),
                HasSubstr("heap of its texts is damaged"));
  }
}

TEST_F(Hdf5, Columns_AreCompressedAndGrow) {
  {
    H5File file = H5File::create(folder_ / "a.h5");
    write_column(file, "events/time", std::vector<double>(100'000, 1.5));
    EXPECT_TRUE(file.close().ok());
  }
  EXPECT_LT(fs::file_size(folder_ / "a.h5"), 50'000u);
  H5File file = H5File::open_for_change(folder_ / "a.h5");
  EXPECT_EQ(file.kind("events/time"), H5File::Kind::dataset);
  EXPECT_EQ(file.kind("events"), H5File::Kind::group);
  EXPECT_EQ(file.kind("nothing/there"), H5File::Kind::none);
  file.remove("events/time");
  EXPECT_FALSE(file.exists("events/time"));
}

TEST_F(Hdf5, Opening_TellsWhatIsWrong) {
  { H5File::create(folder_ / "a.h5").require_group("events/deep"); }
  std::ofstream(folder_ / "text.rtdc") << "this is no HDF5 file";
  fs::copy_file(folder_ / "a.h5", folder_ / "cut.rtdc");
  fs::resize_file(folder_ / "cut.rtdc", fs::file_size(folder_ / "cut.rtdc") / 2);
  const auto open = [&](const char* name) {
    return message(ErrorCode::input_missing, [&] { H5File::open(folder_ / name); });
  };
  EXPECT_THAT(open("none.rtdc"), HasSubstr("none.rtdc"));
  EXPECT_THAT(open("text.rtdc"), HasSubstr("no HDF5 file"));
  EXPECT_THAT(open("cut.rtdc"), HasSubstr("truncated"));
  EXPECT_THAT(message(ErrorCode::output_exists, [&] { H5File::create(folder_ / "a.h5"); }),
              HasSubstr("exists"));
}

TEST(Zstd, DecodesWhatItEncodedAndNothingElse) {
  std::mt19937 random(5);
  std::vector<std::byte> plain(100'000), packed, back(plain.size());
  for (std::byte& byte : plain) byte = static_cast<std::byte>(random() % 9);
  packed.resize(zstd_bound(plain.size()));
  packed.resize(ZstdEncoder().encode(plain, 5, packed));
  ASSERT_FALSE(packed.empty());
  EXPECT_LT(packed.size(), plain.size() / 2);
  EXPECT_EQ(zstd_frame_size(packed), static_cast<int64_t>(plain.size()));
  EXPECT_TRUE(zstd_decode(packed, back));
  EXPECT_EQ(back, plain);
  EXPECT_FALSE(zstd_decode(packed, std::span(back).first(back.size() - 1)));
  packed.resize(packed.size() / 2);
  EXPECT_FALSE(zstd_decode(packed, back));
  EXPECT_EQ(zstd_frame_size(std::span(plain).first(20)), -1);
}

// The library kept back compressed chunks and small blocks, and said nothing when they failed.
TEST_F(Hdf5, DataThatCannotBeWrittenFailAtOnce) {
  const test::TempDir dir;
  const std::vector<std::string> lines(3000, std::string(90, 'x'));
  for (const bool journaled : {false, true}) {
    const auto name = dir / (journaled ? "a.h5" : "b.h5");
    H5File file = journaled ? H5File::create_journaled(name) : H5File::create(name);
    {
      const test::FileLimit limit(1);
      EXPECT_THROW(write_strings(file, "logs/a", lines), Error);
      EXPECT_THROW(write_strings(file, "logs/b", {"short"}), Error);
    }
    (void)file.close();
  }
}

}  // namespace
}  // namespace parfocal
