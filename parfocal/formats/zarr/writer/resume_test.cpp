#include <gtest/gtest.h>

#include <random>

#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_columns-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSide = 20;
constexpr int64_t kT = 5, kC = 2, kZ = 3, kFrames = kT * kC * kZ;

class Resume : public testing::Test {
 protected:
  static StoreSpec spec(std::vector<int64_t> chunk, std::vector<int64_t> shard, int levels = 1,
                        int zarr_format = 3) {
    ImageSpec image = test::make_image("", "tczyx", {kT, kC, kZ, kSide, kSide}, DType::u16);
    image.chunk = std::move(chunk);
    image.shard = std::move(shard);
    image.levels = levels;
    StoreSpec store = test::make_store({image}, zarr_format);
    store.columns = {{"id", DType::i64, ""}};
    store.origin = "camera 1";
    return store;
  }
  static std::vector<uint16_t> pixels_of(int64_t frame) { return test::plane_of(frame, kSide); }
  static Status append(StoreWriter& writer, int64_t frame) {
    const auto pixels = pixels_of(frame);
    const auto plane = packed_view(reinterpret_cast<const std::byte*>(pixels.data()), DType::u16,
                                   Region::whole({kSide, kSide}));
    int64_t ticket = 0;
    if (Status s = writer.append(0, frame, plane, std::as_bytes(std::span(&frame, 1)), ticket);
        !s.ok())
      return s;
    return writer.wait(ticket);
  }
  static std::vector<uint16_t> level(const fs::path& folder, int number) {
    return test::read_array<uint16_t>(folder, std::to_string(number));
  }
  static std::vector<int64_t> ids(const fs::path& folder) {
    return test::read_array<int64_t>(folder, "frames/id");
  }
  static std::vector<uint8_t> valid_rows(const fs::path& folder) {
    return test::read_array<uint8_t>(folder, "frames/valid");
  }

  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Resume, LeftAnywhereAnyNumberOfTimesTheStoreIsAsIfNothingHadHappened) {
  const StoreSpec layouts[] = {
      spec({1, 1, 1, 8, 8}, {2, 1, 3, 16, 24}),
      spec({1, 1, 1, 8, 8}, {1, 2, 2, 16, 24}, 3),
      spec({2, 1, 3, 20, 20}, {4, 2, 3, 20, 20}, 2),
      spec({1, 1, 1, 20, 20}, {}),
      spec({3, 1, 2, 8, 8}, {}, 2, 2),
  };
  std::mt19937 random(7);
  for (size_t l = 0; l < std::size(layouts); ++l) {
    const fs::path whole = folder_ / ("whole" + std::to_string(l));
    const auto reference = StoreWriter::create(whole, layouts[l], {});
    for (int64_t f = 0; f < kFrames; ++f) ASSERT_TRUE(append(*reference, f).ok());
    ASSERT_TRUE(reference->close(true, "").ok());
    for (int round = 0; round < 2; ++round) {
      const fs::path root = folder_ / (std::to_string(l) + "-" + std::to_string(round));
      auto writer = StoreWriter::create(root, layouts[l], {});
      for (int left = 0; left < 3; ++left) {
        std::vector<int64_t> frames;
        for (int64_t f = 0; f < kFrames; ++f)
          if (!writer->has(0, f)) frames.push_back(f);
        if (round % 2 == 1) std::shuffle(frames.begin(), frames.end(), random);
        frames.resize(random() % (frames.size() + 1));
        for (const int64_t f : frames) ASSERT_TRUE(append(*writer, f).ok()) << f;
        const bool closes = random() % 3 == 0;
        ASSERT_TRUE(!closes || writer->close(false, "stopped").ok());
        writer.reset();
        writer = StoreWriter::resume(root, layouts[l], {});
      }
      for (int64_t f = 0; f < kFrames; ++f)
        ASSERT_TRUE(writer->has(0, f) || append(*writer, f).ok()) << f;
      ASSERT_TRUE(writer->close(true, "").ok());
      for (int i = 0; i < layouts[l].images[0].levels; ++i)
        ASSERT_EQ(level(root, i), level(whole, i)) << "layout " << l << " level " << i;
      EXPECT_EQ(valid_rows(root), valid_rows(whole));
      EXPECT_EQ(ids(root), ids(whole));
    }
  }
}

TEST_F(Resume, WhatIsSealedDoesNotComeAgainAndWhatIsMissingReadsAsMissing) {
  const StoreSpec layout = spec({1, 1, 1, 20, 20}, {1, 1, 3, 20, 20});
  auto writer = StoreWriter::create(folder_ / "a", layout, {});
  for (const int64_t f : {0, 1, 2, 3, 4, 6, 7, 8}) ASSERT_TRUE(append(*writer, f).ok());
  writer.reset();
  writer = StoreWriter::resume(folder_ / "a", layout, {});
  for (int64_t f = 0; f < kFrames; ++f)
    EXPECT_EQ(writer->has(0, f), f < 3 || (f >= 6 && f < 9)) << f;
  EXPECT_FALSE(append(*writer, 0).ok()) << "twice";
  ASSERT_TRUE(writer->close(false, "stopped").ok());
  const auto valid = valid_rows(folder_ / "a");
  ASSERT_GE(valid.size(), 9u);
  for (int64_t f = 0; f < std::ssize(valid); ++f)
    EXPECT_EQ(valid[static_cast<size_t>(f)], f < 3 || (f >= 6 && f < 9)) << f;
  const auto pixels = level(folder_ / "a", 0);
  EXPECT_EQ(pixels[3 * kSide * kSide], 0) << "a frame that is to come again left pixels";
}

TEST_F(Resume, AnotherOriginOtherOptionsAndASecondWriterAreRefused) {
  const StoreSpec layout = spec({1, 1, 1, 20, 20}, {});
  auto writer = StoreWriter::create(folder_ / "a", layout, {});
  ASSERT_TRUE(append(*writer, 0).ok());
  const auto refusal = [&](const StoreSpec& given) {
    try {
      (void)StoreWriter::resume(folder_ / "a", given, {});
      return std::string("went on");
    } catch (const Error& e) {
      return e.issues()[0].what;
    }
  };
  EXPECT_EQ(refusal(layout), "the store is still being written");
  writer.reset();
  StoreSpec other = layout;
  other.origin = "camera 2";
  EXPECT_EQ(refusal(other), "the unfinished store was made of something else");
  EXPECT_EQ(refusal(spec({1, 1, 1, 10, 20}, {})),
            "the unfinished store was made with other options");
  other = layout;
  other.provenance_json = R"({"pipeline_text": "another line"})";
  EXPECT_EQ(refusal(other), "went on");
}

}  // namespace
}  // namespace parfocal
