// Ways in which a frame, or what is told of it, was lost once.

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>

#include "parfocal/formats/zarr/crc32c.h"
#include "parfocal/formats/zarr/writer/array_recovery.h"
#include "parfocal/formats/zarr/writer/array_writer.h"
#include "parfocal/formats/zarr/writer/frame_columns.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_columns-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace {

std::mutex syncing;
std::set<ino_t>& synced_files() {
  static std::set<ino_t> files;
  return files;
}
ino_t file_number(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

// In the library's place, to see what is synced.
extern "C" int fdatasync(int fd) {
  struct stat info {};
  const std::lock_guard lock(syncing);
  if (::fstat(fd, &info) == 0) synced_files().insert(info.st_ino);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSide = 8;

class StoreHazards : public testing::Test {
 protected:
  static ImageSpec image(int64_t frames, std::vector<int64_t> shard = {}) {
    ImageSpec image = test::make_image("", "tyx", {frames, kSide, kSide}, DType::u16);
    image.shard = std::move(shard);
    return image;
  }
  template <class T>
  static Status append(StoreWriter& writer, size_t number, int64_t frame,
                       const std::vector<T>& pixels, int64_t side = kSide) {
    const auto* data = reinterpret_cast<const std::byte*>(pixels.data());
    int64_t ticket = 0;
    Status s = writer.append(
        number, frame, packed_view(data, dtype_of<T>(), Region::whole({side, side})), {}, ticket);
    return s.ok() ? writer.wait(ticket) : std::move(s);
  }
  static void append_all(StoreWriter& writer, int64_t first, int64_t end) {
    for (int64_t f = first; f < end; ++f)
      ASSERT_TRUE(append(writer, 0, f, test::plane_of(f, kSide)).ok()) << f;
  }
  int64_t outer_of(const std::string& array) const {
    const auto json =
        nlohmann::json::parse(test::read_text(root_ / array / "zarr.json"), nullptr, false);
    return json.is_discarded() ? -1 : json.at("shape").at(0).get<int64_t>();
  }
  // As a writer leaves the journal that was killed behind this record.
  void add_record(const TakenBackRecord& record) const {
    LocalStore store(root_);
    Journal journal;
    ASSERT_TRUE(journal.create(store, "__parfocal/more").ok());
    ASSERT_TRUE(journal.append(record).ok());
    ASSERT_TRUE(journal.close().ok());
    std::ofstream(root_ / "__parfocal/journal", std::ios::binary | std::ios::app)
        << test::read_text(root_ / "__parfocal/more");
    fs::remove(root_ / "__parfocal/more");
  }
  // Frames of which the array `0` has the pixels that append_all() gave them; the rest has to be 0.
  std::vector<uint8_t> stored_frames() const {
    const auto pixels = test::read_array<uint16_t>(root_, "0");
    std::vector<uint8_t> stored;
    for (int64_t f = 0; f * kSide * kSide < std::ssize(pixels); ++f) {
      const auto plane = test::plane_of(f, kSide);
      const auto at = pixels.begin() + f * kSide * kSide;
      stored.push_back(std::equal(plane.begin(), plane.end(), at));
      EXPECT_TRUE(stored.back() || std::all_of(at, at + kSide * kSide, [](auto p) { return !p; }))
          << f;
    }
    return stored;
  }
  std::vector<uint8_t> valid() const { return test::read_array<uint8_t>(root_, "frames/valid"); }

  const test::TempDir folder_;
  const fs::path root_ = folder_.path() / "store";
};

TEST_F(StoreHazards, PositionsOfDifferentDepthDoNotShareTooSmallBuffers) {
  ImageSpec flat = test::make_image("0", "tzyx", {2, 2, 64, 64}, DType::u16);
  ImageSpec deep = test::make_image("1", "tzyx", {2, 16, 64, 64}, DType::u16);
  for (ImageSpec* image : {&flat, &deep}) {
    image->chunk = {1, 16, 64, 64};
    image->pool_z = true;
    image->levels = 2;
  }
  const auto writer = StoreWriter::create(root_, test::make_store({flat, deep}), {});
  for (int64_t f = 0; f < 32; ++f)
    ASSERT_TRUE(append(*writer, 1, f, test::plane_of(f, 64), 64).ok()) << f;
  ASSERT_TRUE(writer->close(true, "").ok());
  const auto pixels = test::read_array<uint16_t>(root_, "1/0");
  for (int64_t f = 0; f < 32; ++f) {
    const auto plane = test::plane_of(f, 64);
    EXPECT_TRUE(std::equal(plane.begin(), plane.end(), pixels.begin() + f * 64 * 64)) << f;
  }
}

TEST_F(StoreHazards, ANameInTheWorkingFolderIsAPlaceForAStore) {
  const fs::path before = fs::current_path();
  fs::create_directories(root_);
  fs::current_path(root_);
  StoreOptions options;
  options.ack = Ack::durable;
  const auto writer = StoreWriter::create("name.zarr", test::make_store({image(2)}), options);
  append_all(*writer, 0, 2);
  const Status closed = writer->close(true, "");
  fs::current_path(before);
  EXPECT_TRUE(closed.ok()) << closed.issue().str();
}

TEST_F(StoreHazards, SmallerLevelsGrowTooWhenAppendingGoesOnInRegions) {
  ImageSpec growing = image(kUnbounded, {4, kSide, kSide});
  growing.levels = 2;
  auto writer = StoreWriter::create(root_, test::make_store({growing}), {});
  append_all(*writer, 0, 2);
  ASSERT_TRUE(writer->close(true, "").ok());
  StoreOptions options;
  options.regions = true;
  writer = StoreWriter::append_to(root_, options);
  const auto plane = test::plane_of(2, kSide);
  const auto* data = reinterpret_cast<const std::byte*>(plane.data());
  const View view = packed_view(data, DType::u16, Region::whole({kSide, kSide}));
  int64_t ticket = -1;
  EXPECT_FALSE(writer->append(0, 2, view, {}, ticket).ok()) << "whole frames have no buffers";
  ASSERT_TRUE(writer->append_region(0, 2, view, {}, ticket).ok());
  ASSERT_TRUE(writer->close(true, "").ok());
  const auto small = test::read_array<uint16_t>(root_, "1");
  for (size_t f = 0; f < 3; ++f) EXPECT_NE(small[f * small.size() / 3], 0) << f;
}

TEST_F(StoreHazards, PixelsOfAnotherTypeAndGapsAfterTheEndAreRefused) {
  const auto writer = StoreWriter::create(root_, test::make_store({image(kUnbounded)}), {});
  EXPECT_FALSE(append(*writer, 0, 0, std::vector<uint8_t>(kSide * kSide, 3)).ok());
  append_all(*writer, 0, 1);
  ASSERT_TRUE(writer->close(true, "").ok());
  EXPECT_FALSE(writer->append_gap(0, 1, 1, GapReason::broken, "").ok());
}

TEST_F(StoreHazards, NobodyClearsAStoreThatAnotherOpens) {
  StoreWriter::create(root_, test::make_store({image(kUnbounded)}), {})->close(true, "").ok();
  Fd opening;
  ASSERT_TRUE(lock_store(root_, opening).ok());
  std::ofstream(root_ / "__parfocal/journal.next") << "being made";
  RecoverReport report;
  EXPECT_THROW((void)recover_store(root_, report).ok(), Error);
  EXPECT_THROW(StoreWriter::append_to(root_, {}), Error);
  EXPECT_THROW(require_no_writer(root_), Error);
  EXPECT_TRUE(fs::exists(root_ / "__parfocal/journal.next"));
  { const Fd closed = std::move(opening); }
  EXPECT_NO_THROW(StoreWriter::append_to(root_, {}));
}

// The list of gaps ends at 1000; what lay behind counted as frames that are there.
TEST_F(StoreHazards, ThousandsOfGapsStayGapsWhenAppendingGoesOn) {
  auto writer =
      StoreWriter::create(root_, test::make_store({image(kUnbounded, {4096, kSide, kSide})}), {});
  for (int64_t f = 0; f < 2400; f += 2) {
    ASSERT_TRUE(append(*writer, 0, f, test::plane_of(f % 60, kSide)).ok());
    ASSERT_TRUE(writer->append_gap(0, f + 1, 1, GapReason::dropped, "").ok());
  }
  ASSERT_TRUE(writer->close(true, "").ok());
  const auto before = valid();
  const std::string told = "\"gaps_not_listed\": 200";
  EXPECT_THAT(test::read_text(root_ / "zarr.json"), testing::HasSubstr(told));
  ASSERT_TRUE(StoreWriter::append_to(root_, {})->close(true, "").ok());
  EXPECT_EQ(valid(), before);
  EXPECT_THAT(test::read_text(root_ / "zarr.json"), testing::HasSubstr(told));
}

// Chunks of a shard that is written once more do not lie where they did in the shard before.
TEST_F(StoreHazards, AGapInAShardThatIsWrittenOnceMoreStaysEmptyAfterAKill) {
  ImageSpec stacks = test::make_image("", "tzyx", {kUnbounded, 2, kSide, kSide}, DType::u16);
  stacks.chunk[0] = 3;
  stacks.shard = {3, 2, kSide, kSide};
  StoreOptions options;
  options.threads = 1;
  auto writer = StoreWriter::create(root_, test::make_store({stacks}), options);
  ASSERT_TRUE(writer->append_gap(0, 0, 1, GapReason::dropped, "").ok());
  append_all(*writer, 1, 4);
  ASSERT_TRUE(writer->close(true, "").ok());
  writer = StoreWriter::append_to(root_, options);
  // With frame 6 acknowledged, the chunk that frame 5 completes is there.
  append_all(*writer, 5, 7);
  writer.reset();
  RecoverReport report;
  ASSERT_TRUE(recover_store(root_, report).ok());
  EXPECT_EQ(valid(), (std::vector<uint8_t>{0, 1, 1, 1, 0, 1, 1, 0}));
  const auto pixels = test::read_array<uint16_t>(root_, "0");
  for (int64_t f = 0; f < 8; ++f) {
    const auto plane = f == 0 || f == 4 || f == 7 ? std::vector<uint16_t>(kSide * kSide)
                                                  : test::plane_of(f, kSide);
    EXPECT_TRUE(std::equal(plane.begin(), plane.end(), pixels.begin() + f * kSide * kSide)) << f;
  }
}

// Their shards may be gone, or half changed, when the writer is killed.
TEST_F(StoreHazards, FramesOfAnEarlierWriterThatWereTakenBackDoNotCountAsThere) {
  const StoreSpec spec = test::make_store({image(8, {2, kSide, kSide})});
  auto writer = StoreWriter::create(root_, spec, {});
  append_all(*writer, 0, 8);
  ASSERT_TRUE(writer->close(false, "stopped").ok());
  {
    LocalStore store(root_);
    Journal journal;
    ASSERT_TRUE(journal.create(store, "__parfocal/journal").ok());
    ASSERT_TRUE(journal.append(TakenBackRecord{0, 2}).ok());
    ASSERT_TRUE(journal.close().ok());
    ASSERT_TRUE(fs::remove(root_ / "0/c/1/0/0"));
  }
  RecoverReport report;
  ASSERT_TRUE(recover_store(root_, report).ok());
  EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(fs::exists(root_ / "0/c/2/0/0") &&
               test::read_array<uint16_t>(root_, "0")[5 * kSide * kSide] != 0);
  writer = StoreWriter::resume(root_, spec, {});
  for (int64_t f = 0; f < 8; ++f) EXPECT_EQ(writer->has(0, f), f < 2) << f;
}

// The last frame alone, whose shard is not published yet.
TEST_F(StoreHazards, ASingleFrameThatWasTakenBackDoesNotComeBack) {
  const StoreSpec spec = test::make_store({image(kUnbounded, {8, kSide, kSide})});
  auto writer = StoreWriter::create(root_, spec, {});
  append_all(*writer, 0, 4);
  writer.reset();
  add_record(TakenBackRecord{0, 3});
  RecoverReport report;
  ASSERT_TRUE(recover_store(root_, report).ok());
  EXPECT_EQ(report.images.at(0).frames, 3);
  EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 1, 1}));
}

// Whoever goes on behind it would give its old pixels to a frame that is missing.
TEST_F(StoreHazards, ASingleFrameThatWasTakenBackLeavesNoPixels) {
  for (const bool sharded : {true, false})
    for (const int64_t frames_per_chunk : {1, 4}) {
      fs::remove_all(root_);
      ImageSpec growing = image(kUnbounded);
      growing.chunk[0] = frames_per_chunk;
      if (sharded) growing.shard = {8, kSide, kSide};
      auto writer = StoreWriter::create(root_, test::make_store({growing}), {});
      append_all(*writer, 0, 4);
      writer.reset();
      add_record({0, 3});
      RecoverReport report;
      ASSERT_TRUE(recover_store(root_, report).ok());
      writer = StoreWriter::append_to(root_, {});
      append_all(*writer, 4, 5);
      ASSERT_TRUE(writer->close(true, "").ok());
      EXPECT_EQ(stored_frames(), (std::vector<uint8_t>{1, 1, 1, 0, 1}))
          << sharded << " " << frames_per_chunk;
      EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 1, 1, 0, 1}));
    }
}

// Where others of its step stay, it is a gap within the array.
TEST_F(StoreHazards, ASingleFrameThatWasTakenBackIsEmptyBesideOthersOfItsStep) {
  for (const bool sharded : {true, false})
    for (const int64_t frames_per_chunk : {1, 2}) {
      fs::remove_all(root_);
      ImageSpec channels = test::make_image("", "tcyx", {kUnbounded, 2, kSide, kSide}, DType::u16);
      channels.chunk[1] = frames_per_chunk;
      if (sharded) channels.shard = {4, 2, kSide, kSide};
      auto writer = StoreWriter::create(root_, test::make_store({channels}), {});
      append_all(*writer, 0, 4);
      writer.reset();
      add_record({0, 3});
      RecoverReport report;
      ASSERT_TRUE(recover_store(root_, report).ok());
      EXPECT_EQ(stored_frames(), (std::vector<uint8_t>{1, 1, 1, 0}))
          << sharded << " " << frames_per_chunk;
      EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 1, 1, 0}));
    }
}

// The last of those that an earlier writer published.
TEST_F(StoreHazards, ASingleFrameOfAnEarlierWriterThatWasTakenBackLeavesNoPixels) {
  auto writer = StoreWriter::create(root_, test::make_store({image(8, {2, kSide, kSide})}), {});
  append_all(*writer, 0, 8);
  ASSERT_TRUE(writer->close(false, "stopped").ok());
  {
    LocalStore store(root_);
    Journal journal;
    ASSERT_TRUE(journal.create(store, "__parfocal/journal").ok());
    ASSERT_TRUE(journal.append(TakenBackRecord{0, 7}).ok());
    ASSERT_TRUE(journal.close().ok());
  }
  RecoverReport report;
  ASSERT_TRUE(recover_store(root_, report).ok());
  EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(stored_frames(), valid());
}

// A follower sees what every level has, and no more steps than there are: once a later image is
// published, that of earlier ones has been decided.
TEST_F(StoreHazards, AShapeIsPublishedWhenEveryLevelHasItsShards) {
  ImageSpec stack = test::make_image("0", "zyx", {4, kSide, kSide}, DType::u16);
  stack.levels = 2;
  stack.pool_z = true;
  const StoreSpec spec = test::make_store(
      {stack, test::make_image("1", "tyx", {kUnbounded, kSide, kSide}, DType::u16)});
  StoreOptions options;
  options.threads = 1;
  options.publish_ms = 1;
  const auto writer = StoreWriter::create(root_, spec, options);
  for (int64_t z = 0; z < 4; ++z) {
    ASSERT_TRUE(append(*writer, 0, z, test::plane_of(z, kSide)).ok());
    ASSERT_TRUE(append(*writer, 1, z, test::plane_of(z, kSide)).ok());
    while (outer_of("1/0") <= z) usleep(1000);
    EXPECT_EQ(outer_of("0/0"), (z + 1) / 2 * 2) << "planes that level 1 has too";
    EXPECT_EQ(outer_of("0/1"), (z + 1) / 2);
  }
}

TEST_F(StoreHazards, APublishedShapeEndsWithTheImageNotWithItsLastShard) {
  const StoreSpec spec =
      test::make_store({test::make_image("0", "tyx", {5, kSide, kSide}, DType::u16),
                        test::make_image("1", "tyx", {kUnbounded, kSide, kSide}, DType::u16)});
  StoreSpec sharded = spec;
  sharded.images[0].shard = {4, kSide, kSide};
  StoreOptions options;
  options.threads = 1;
  options.publish_ms = 1;
  const auto writer = StoreWriter::create(root_, sharded, options);
  for (int64_t t = 0; t < 5; ++t) ASSERT_TRUE(append(*writer, 0, t, test::plane_of(t, kSide)).ok());
  ASSERT_TRUE(append(*writer, 1, 0, test::plane_of(0, kSide)).ok());
  while (outer_of("1/0") < 1) usleep(1000);
  EXPECT_EQ(outer_of("0/0"), 5);
}

// The disk may have the row of a frame, and not the record that comes before it.
TEST_F(StoreHazards, ARowWithoutARecordDoesNotMakeAFrame) {
  const StoreSpec spec = test::make_store({image(4, {4, kSide, kSide})});
  auto writer = StoreWriter::create(root_, spec, {});
  append_all(*writer, 0, 1);
  append_all(*writer, 3, 4);
  writer.reset();
  FrameColumns columns(root_, spec, 0);
  ASSERT_TRUE(columns.add(2, {}).ok());
  ASSERT_TRUE(columns.flush().ok());
  RecoverReport report;
  ASSERT_TRUE(recover_store(root_, report).ok());
  EXPECT_EQ(valid(), (std::vector<uint8_t>{1, 0, 0, 1}));
}

TEST_F(StoreHazards, FramesTakenBackOfAnArrayOfFixedSizeAreRecordedAsMissing) {
  const auto writer = StoreWriter::create(root_, test::make_store({image(4)}), {});
  append_all(*writer, 0, 4);
  const int64_t kept[] = {1};
  ASSERT_TRUE(writer->close(false, "stopped", kept).ok());
  EXPECT_EQ(outer_of("0"), 1) << "what never was looks like data";
  EXPECT_EQ(valid(), std::vector<uint8_t>{1});
  const auto json = nlohmann::json::parse(test::read_text(root_ / "zarr.json"));
  const auto& gaps = json.at("attributes").at("parfocal").at("gaps");
  ASSERT_EQ(gaps.size(), 1u) << gaps;
  EXPECT_EQ(gaps[0].at("first"), 1);
  EXPECT_EQ(gaps[0].at("last"), 3);
}

TEST_F(StoreHazards, AShardOfWhichAllFramesAreTakenBackAfterAppendingIsGone) {
  for (const bool sharded : {true, false}) {
    fs::remove_all(root_);
    ImageSpec growing = image(kUnbounded);
    growing.chunk[0] = 4;
    if (sharded) growing.shard = {8, kSide, kSide};
    auto writer = StoreWriter::create(root_, test::make_store({growing}), {});
    append_all(*writer, 0, 2);
    ASSERT_TRUE(writer->close(true, "").ok());
    writer = StoreWriter::append_to(root_, {});
    const int64_t none[] = {0};
    ASSERT_TRUE(writer->close(false, "stopped", none).ok());
    EXPECT_FALSE(fs::exists(root_ / "0/c/0/0/0")) << sharded;
  }
}

TEST_F(StoreHazards, AStackWithoutEndThatIsHalvedInZStartsOver) {
  ImageSpec stack = test::make_image("", "zyx", {kUnbounded, kSide, kSide}, DType::u16);
  stack.pool_z = true;
  stack.levels = 2;
  const StoreSpec spec = test::make_store({stack});
  auto writer = StoreWriter::create(root_, spec, {});
  append_all(*writer, 0, 3);
  ASSERT_TRUE(writer->close(false, "stopped").ok());
  writer = StoreWriter::resume(root_, spec, {});
  EXPECT_FALSE(writer->has(0, 0));
  append_all(*writer, 0, 4);
  const Status closed = writer->close(true, "");
  EXPECT_TRUE(closed.ok()) << closed.issue().str();
}

// What it lost would be told safe by the next one.
TEST_F(StoreHazards, AfterASyncThatFailedNoneSucceeds) {
  PartFile file;
  ASSERT_TRUE(file.open_filled("/dev/full", 0, false).ok());
  EXPECT_FALSE(file.sync().ok());
  EXPECT_FALSE(file.sync().ok());
}

// Appending at `kernel` to chunks of several frames failed when a shard was sealed meanwhile.
TEST_F(StoreHazards, AShardThatIsSealedWhileOthersAreSyncedIsNotMissed) {
  fs::create_directories(root_);
  PartFile file;
  ASSERT_TRUE(file.create(root_ / "part", kWriteAlign, kWriteAlign, false).ok());
  const std::vector<std::byte> block(kWriteAlign);
  ASSERT_TRUE(file.write(0, block.data(), kWriteAlign).ok());
  ASSERT_TRUE(file.close().ok());
  fs::rename(root_ / "part", root_ / "sealed");
  EXPECT_TRUE(file.sync().ok());
}

// Such a store was made, and its first frame refused.
TEST_F(StoreHazards, AFrameOfMoreChunksThanItsRecordHoldsIsRefusedBeforeTheStoreIsMade) {
  ImageSpec fine = test::make_image("", "tyx", {2, 1024, 1024}, DType::u8);
  fine.chunk = {1, 1, 1};
  EXPECT_THROW(check_spec(test::make_store({fine})), Error);
  fine.chunk = {1, 2, 1};
  EXPECT_NO_THROW(check_spec(test::make_store({fine})));
}

TEST_F(StoreHazards, WhatAnEarlierWriterSyncedIsReplacedBySomethingSyncedOnly) {
  for (const bool sharded : {true, false}) {
    fs::remove_all(root_);
    ImageSpec growing = image(kUnbounded);
    growing.chunk[0] = sharded ? 1 : 4;
    if (sharded) growing.shard = {4, kSide, kSide};
    StoreOptions options;
    options.ack = Ack::durable;
    auto writer = StoreWriter::create(root_, test::make_store({growing}), options);
    append_all(*writer, 0, 2);
    ASSERT_TRUE(writer->close(true, "").ok());
    options.ack = Ack::kernel;
    writer = StoreWriter::append_to(root_, options);
    const ino_t journal = file_number(root_ / "__parfocal/journal");
    synced_files().clear();
    append_all(*writer, 2, 4);
    ASSERT_TRUE(writer->close(true, "").ok());
    EXPECT_TRUE(synced_files().contains(file_number(root_ / "0/c/0/0/0"))) << sharded;
    EXPECT_EQ(synced_files().contains(journal), !sharded) << "before slots are used again";
  }
}

TEST_F(StoreHazards, WhatIsOnTheDiskWhileAStoreIsWrittenIsStated) {
  const StoreSpec spec = test::make_store({image(40)});
  const auto blocks = [&] {
    int64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      struct stat info {};
      if (::lstat(entry.path().c_str(), &info) == 0) bytes += info.st_blocks * 512;
    }
    return bytes;
  };
  const auto writer = StoreWriter::create(root_, spec, {});
  for (int64_t f = 0; f < 40; ++f) {
    append_all(*writer, f, f + 1);
    ASSERT_LE(blocks(), StoreWriter::disk_bytes(spec, {})) << f;
  }
  EXPECT_TRUE(writer->close(true, "").ok());
}

class StoreHazardsSlow : public StoreHazards {};

TEST_F(StoreHazardsSlow, APlaneOfFourGiBInTheLogIsWhole) {
  ImageSpec large = test::make_image("", "tyx", {kUnbounded, 65536, 65536}, DType::u8);
  large.chunk = {2, 16384, 16384};
  const StoreSpec spec = test::make_store({large});
  check_spec(spec);
  const ArraySpec array = array_spec(spec, 0, 0);
  const int64_t bytes = int64_t{1} << 32;
  fs::create_directories(work_folder(root_));
  std::ofstream(log_path(root_, 0)).put('x');
  fs::resize_file(log_path(root_, 0), static_cast<uintmax_t>(bytes));
  uint32_t crc = crc32c(std::as_bytes(std::span("x", 1)));
  std::vector<std::byte> zeros(int64_t{1} << 20);
  for (int64_t done = 1; done < bytes; done += std::ssize(zeros))
    crc = crc32c(
        std::span(zeros).first(static_cast<size_t>(std::min(std::ssize(zeros), bytes - done))),
        crc);
  ArrayRecovery recovery(root_, spec, 0, array);
  ASSERT_TRUE(
      recovery.take({0, PieceKind::logged, 0, {{0, static_cast<uint32_t>(bytes), crc}}}, false));
  std::set<int64_t> damaged;
  recovery.verify(damaged);
  EXPECT_TRUE(damaged.empty());
}

}  // namespace
}  // namespace parfocal
