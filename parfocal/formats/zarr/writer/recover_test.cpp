#include "parfocal/formats/zarr/writer/recover.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "parfocal/core/frame_set.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

TEST(FrameSet, MergesWhatTouchesAndFindsWhatIsMissing) {
  std::mt19937 random(1);
  FrameSet set;
  std::vector<bool> expected(200);
  for (int i = 0; i < 60; ++i) {
    const int64_t first = random() % 180, count = 1 + random() % 12;
    set.add(first, count);
    std::fill_n(expected.begin() + first, count, true);
    for (int64_t f = 0; f < 200; ++f) ASSERT_EQ(set.has(f), expected[static_cast<size_t>(f)]) << f;
    std::vector<bool> found(200, true);
    set.for_each_missing(200, [&](int64_t from, int64_t to) {
      ASSERT_LT(from, to);
      std::fill(found.begin() + from, found.begin() + to, false);
    });
    ASSERT_EQ(found, expected);
    ASSERT_EQ(set.count(), std::count(expected.begin(), expected.end(), true));
  }
}

constexpr int64_t kSide = 40;

class Recover : public testing::Test {
 protected:
  fs::path store() const { return folder_ / "store"; }

  /// Chunks of `chunk` frames, shards of `shard` frames (0: none).
  static StoreSpec spec(int64_t chunk, int64_t shard, int levels = 1) {
    ImageSpec image = test::make_image("", "tyx", {kUnbounded, kSide, kSide}, DType::u16);
    image.chunk = {chunk, 16, 24};
    if (shard > 0) image.shard = {shard, 32, 48};
    image.levels = levels;
    StoreSpec store = test::make_store({image});
    store.columns = {{"id", DType::i64, ""}};
    return store;
  }
  static std::vector<uint16_t> pixels_of(int64_t frame) { return test::plane_of(frame, kSide); }
  /// Writes frames and leaves the store as a killed process does.
  void write_and_leave(const StoreSpec& spec, const std::vector<int64_t>& frames,
                       int64_t gap = -1) {
    StoreOptions options;
    options.ack = Ack::kernel;
    options.threads = gap >= 0 ? 1 : 2;  // a gap has no receipt: in turn, before the frames
    auto writer = StoreWriter::create(store(), spec, options);
    int64_t ticket = 0;
    const bool told = gap < 0 || writer->append_gap(0, gap, 1, GapReason::dropped, "camera").ok();
    ASSERT_TRUE(told);
    for (const int64_t frame : frames) {
      const auto pixels = pixels_of(frame);
      const auto plane = packed_view(reinterpret_cast<const std::byte*>(pixels.data()), DType::u16,
                                     Region::whole({kSide, kSide}));
      const auto row = std::as_bytes(std::span(&frame, 1));
      ASSERT_TRUE(writer->append(0, frame, plane, row, ticket).ok());
    }
    ASSERT_TRUE(writer->wait(ticket).ok());
    while (writer->acknowledged() < static_cast<int64_t>(frames.size())) usleep(1000);
  }
  RecoverReport recover() {
    RecoverReport report;
    const Status s = recover_store(store(), report);
    EXPECT_TRUE(s.ok()) << s.issue().str();
    return report;
  }
  ArrayReader reader(const std::string& path) const {
    auto folder = std::make_shared<LocalStore>(store());
    return ArrayReader(folder, path, ZarrHierarchy(folder).array(path));
  }
  std::vector<uint16_t> read(int64_t frame) const {
    std::vector<uint16_t> pixels(kSide * kSide);
    Region region = Region::whole({1, kSide, kSide});
    region.origin[0] = frame;
    const Status s = reader("0").read(
        packed_view(reinterpret_cast<std::byte*>(pixels.data()), DType::u16, region));
    EXPECT_TRUE(s.ok()) << s.issue().str();
    return pixels;
  }
  std::string text_of(const std::string& key) const {
    std::ifstream file(store() / key);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<fs::path> work_files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(store() / "__parfocal"))
      files.push_back(entry.path().filename());
    return files;
  }
  void expect_frames(const std::vector<int64_t>& frames) {
    for (const int64_t frame : frames) EXPECT_EQ(read(frame), pixels_of(frame)) << frame;
  }
  void expect_recovered(const std::vector<int64_t>& frames, int64_t outer) {
    const RecoverReport report = recover();
    ASSERT_TRUE(report.found);
    ASSERT_EQ(report.images.size(), 1u);
    EXPECT_EQ(report.images[0].frames, static_cast<int64_t>(frames.size()));
    EXPECT_EQ(report.images[0].outer, outer);
    EXPECT_EQ(report.images[0].gaps, outer - static_cast<int64_t>(frames.size()));
    expect_frames(frames);
    EXPECT_EQ(work_files(), std::vector<fs::path>{"store.json"});
  }

 private:
  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Recover, PublishesShardsThatWereUnderConstruction) {
  write_and_leave(spec(1, 8), {0, 1, 2, 4, 3, 9});
  expect_recovered({0, 1, 2, 3, 4, 9}, 10);
  EXPECT_EQ(read(6), std::vector<uint16_t>(kSide * kSide));
}
TEST_F(Recover, EncodesPlanesThatWaitedForTheirChunk) {
  write_and_leave(spec(4, 8), {0, 1, 2, 3, 4, 5, 10});
  expect_recovered({0, 1, 2, 3, 4, 5, 10}, 11);
}
TEST_F(Recover, EncodesPlanesThatWaitedForTheirChunkFile) {
  write_and_leave(spec(4, 0), {0, 1, 2, 3, 4, 5, 10});
  expect_recovered({0, 1, 2, 3, 4, 5, 10}, 11);
}
TEST_F(Recover, KeepsPlainFiles) {
  write_and_leave(spec(1, 0), {0, 2, 1});
  expect_recovered({0, 1, 2}, 3);
}
TEST_F(Recover, RemovesFilesOfFramesThatWereNeverRecorded) {
  write_and_leave(spec(1, 0), {0, 2});
  fs::create_directories(store() / "0/c/1/0");
  fs::create_directories(store() / "0/c/7/0");
  std::ofstream(store() / "0/c/1/0/0") << "torn";
  std::ofstream(store() / "0/c/7/0/1") << "torn";
  expect_recovered({0, 2}, 3);
  EXPECT_FALSE(fs::exists(store() / "0/c/1/0/0"));
  EXPECT_FALSE(fs::exists(store() / "0/c/7/0/1"));
}

TEST_F(Recover, RemovesChunksThatHadNotReplacedOthersYet) {
  write_and_leave(spec(4, 0), {0, 1, 2, 3, 4, 5});
  std::ofstream(store() / "0/c/0/0/0.part") << "torn";
  std::ofstream(store() / "0/c/0/0/mine.part") << "mine";
  expect_recovered({0, 1, 2, 3, 4, 5}, 6);
  EXPECT_FALSE(fs::exists(store() / "0/c/0/0/0.part"));
  EXPECT_TRUE(fs::exists(store() / "0/c/0/0/mine.part"));
}

TEST_F(Recover, RemovesShardsOfOneFrameThatWereUnderWay) {
  write_and_leave(spec(1, 1), {0, 1, 3});
  const fs::path whole = store() / "0/c/3/0/0", torn = store() / "0/c/2/1/0";
  ASSERT_TRUE(fs::is_regular_file(whole));
  fs::create_directories(torn.parent_path());
  fs::copy_file(whole, torn);
  fs::resize_file(torn, 100);
  expect_recovered({0, 1, 3}, 4);
  EXPECT_FALSE(fs::exists(torn));
  EXPECT_EQ(read(2), std::vector<uint16_t>(kSide * kSide, 0));
}

TEST_F(Recover, TellsWhatIsMissingAndWhy) {
  write_and_leave(spec(1, 8), {0, 1, 5}, 3);
  expect_recovered({0, 1, 5}, 6);
  const std::string text = text_of("zarr.json");
  for (const char* part :
       {"\"recovered\"", "the writer did not finish", "dropped", "camera", "stopped"})
    EXPECT_NE(text.find(part), text.npos) << part << " in " << text;
  EXPECT_EQ(text.find("\"complete\": true"), text.npos);
}

// Readers take the labels of an image by the same index.
TEST_F(Recover, GivesImagesThatBeganAlikeOneLength) {
  StoreSpec both = spec(1, 8);
  ImageSpec label = both.images[0];
  label.path = "labels/cells";
  label.label = true;
  label.pooling = Pooling::mode;
  both.images.push_back(label);
  StoreOptions options;
  options.ack = Ack::kernel;
  {
    auto writer = StoreWriter::create(store(), both, options);
    int64_t ticket = 0;
    for (const auto& [image, frames] : {std::pair{size_t{0}, 6}, std::pair{size_t{1}, 3}})
      for (int64_t frame = 0; frame < frames; ++frame) {
        const auto pixels = pixels_of(frame);
        const auto plane = packed_view(reinterpret_cast<const std::byte*>(pixels.data()),
                                       DType::u16, Region::whole({kSide, kSide}));
        ASSERT_TRUE(
            writer->append(image, frame, plane, std::as_bytes(std::span(&frame, 1)), ticket).ok());
        ASSERT_TRUE(writer->wait(ticket).ok());
      }
  }
  const RecoverReport report = recover();
  ASSERT_EQ(report.images.size(), 2u);
  EXPECT_EQ(report.images[0].outer, 6);
  EXPECT_EQ(report.images[1].outer, 6);
  EXPECT_EQ(report.images[1].frames, 3);
  EXPECT_EQ(report.images[1].gaps, 3);
  EXPECT_EQ(reader("0").array().shape[0], 6);
  EXPECT_EQ(reader("labels/cells/0").array().shape[0], 6);
  EXPECT_EQ(reader("labels/cells/frames/valid").array().shape[0], 6);
}

TEST_F(Recover, FindsNothingToDoTheSecondTime) {
  write_and_leave(spec(4, 8), {0, 1, 2, 3, 4, 5});
  recover();
  EXPECT_FALSE(recover().found);
  expect_frames({0, 1, 2, 3, 4, 5});
}

// A recovery that was killed before it removed the journal, after any of its steps.
TEST_F(Recover, TakesUpWhatAnotherRecoveryLeft) {
  for (const auto& [chunk, shard] : {std::pair{1, 8}, {4, 8}, {4, 0}, {1, 0}}) {
    fs::remove_all(store());
    write_and_leave(spec(chunk, shard, 2), {0, 1, 2, 3, 4, 5, 9});
    const fs::path work = store() / "__parfocal", kept = store().parent_path() / "kept";
    fs::remove_all(kept);
    fs::copy(work, kept, fs::copy_options::recursive);
    recover();
    for (const bool with_parts : {false, true}) {
      // The journal and the log are there again; and the parts too, or one that is cut short.
      for (const auto& entry : fs::directory_iterator(kept)) {
        const bool part = entry.path().extension() == ".part";
        if (!part || with_parts)
          fs::copy_file(entry.path(), work / entry.path().filename(),
                        fs::copy_options::overwrite_existing);
      }
      expect_recovered({0, 1, 2, 3, 4, 5, 9}, 10);
    }
  }
}

TEST_F(Recover, LeavesOutFramesWhoseBytesAreNotWhatWasWritten) {
  write_and_leave(spec(1, 8, 2), {0, 1, 2, 3});
  for (const auto& entry : fs::directory_iterator(store() / "__parfocal"))
    if (entry.path().filename().string().starts_with("a0-") && fs::file_size(entry.path()) > 0) {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(100);
      file.put('\xff');
      break;
    }
  const RecoverReport report = recover();
  EXPECT_EQ(report.damaged_frames, 1);
  EXPECT_EQ(report.images[0].frames, 3);
  EXPECT_EQ(report.images[0].gaps + report.images[0].frames, report.images[0].outer);
}

TEST_F(Recover, SurvivesAnyDamageToTheWorkFolder) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    fs::remove_all(store());
    write_and_leave(spec(round % 2 ? 4 : 1, round % 3 ? 8 : 0, 2), {0, 1, 2, 3, 4, 5});
    for (const auto& entry : fs::directory_iterator(store() / "__parfocal")) {
      if (entry.path().filename() == "store.json" || random() % 2) continue;
      const auto size = fs::file_size(entry.path());
      if (random() % 2) fs::resize_file(entry.path(), random() % (size + 1));
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(random() % (size + 1)));
      for (int i = 0; i < 8; ++i) file.put(static_cast<char>(random()));
    }
    const RecoverReport report = recover();
    for (int64_t frame = 0; frame < report.images[0].outer; ++frame) {
      const auto pixels = read(frame);
      EXPECT_TRUE(pixels == pixels_of(frame) || pixels == std::vector<uint16_t>(kSide * kSide) ||
                  report.damaged_frames > 0);
    }
  }
}

TEST_F(Recover, RefusesWhileTheWriterIsAtWork) {
  StoreOptions options;
  auto writer = StoreWriter::create(store(), spec(1, 8), options);
  RecoverReport report;
  try {
    (void)recover_store(store(), report).ok();
    FAIL() << "recovered a store that is being written";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("still being written"), std::string::npos);
  }
  ASSERT_TRUE(writer->close(true, "").ok());
  EXPECT_FALSE(recover().found);
}

TEST_F(Recover, RefusesWhatIsNoStore) {
  RecoverReport report;
  EXPECT_THROW((void)recover_store(store(), report).ok(), Error);
  fs::create_directories(store());
  EXPECT_THROW((void)recover_store(store(), report).ok(), Error);
}

}  // namespace
}  // namespace parfocal
