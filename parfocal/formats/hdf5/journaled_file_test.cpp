#include "parfocal/formats/hdf5/journaled_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <random>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pending_file.h"
#include "parfocal/formats/hdf5/rtdc_recover.h"
#include "parfocal/formats/hdf5/superblock.h"
#include "parfocal/formats/hdf5/types.h"

namespace {

std::mutex watching;
std::vector<std::string> steps;  // "sync a.part", "rename a.part", in order

}  // namespace

// In the library's place, to see what is forced to the disk before it gets its name.
extern "C" int fsync(int fd) {
  char name[4096] = {};
  const ssize_t n =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof name - 1);
  const std::lock_guard lock(watching);
  if (n > 0) steps.push_back("sync " + std::filesystem::path(name).filename().string());
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int rename(const char* from, const char* to) {
  const std::lock_guard lock(watching);
  steps.push_back("rename " + std::filesystem::path(from).filename().string());
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using test::make_layout;
using test::make_sink;
using test::raw_map;
using test::TempDir;

TEST(Superblock, HasTheChecksumOfHdf5) {
  TempDir dir;
  ASSERT_TRUE(H5File::create(dir / "a.h5").close().ok());
  const std::string text = test::read_text(dir / "a.h5");
  const auto bytes = std::as_bytes(std::span(text));
  uint32_t stored = 0;
  std::memcpy(&stored, bytes.data() + 44, 4);
  EXPECT_EQ(lookup3(bytes.first(44)), stored);
}

constexpr int64_t kHeight = 8, kWidth = 13000;  // 10 frames a chunk

// One recorded file: column `n`, and frames whose pixels tell their number.
struct Recording {
  explicit Recording(const fs::path& path, int level = 1)
      : file(H5File::create_journaled(path)),
        encoder(1),
        image(file, "events/image", DType::u8, {kHeight, kWidth}, level, encoder),
        number(file, "events/frame", DType::f64, {}, level, encoder) {}
  void add(int64_t count) {
    for (int64_t end = next + count; next < end; ++next) {
      const std::vector<uint8_t> pixels(kHeight * kWidth, static_cast<uint8_t>(1 + next));
      ASSERT_TRUE(image.append(pixels.data()).ok());
      ASSERT_TRUE(number.append_value(static_cast<double>(next)).ok());
    }
  }
  void checkpoint() {
    const Hdf5Lock lock;
    file.flush();
    const Status s = encoder.with_tails(
        [this](std::span<const DatasetTail> tails) { return file.journaled()->checkpoint(tails); });
    ASSERT_TRUE(s.ok()) << s.issue().str();
  }
  H5File file;
  ChunkEncoder encoder;
  DatasetWriter image, number;
  int64_t next = 0;
};

// What the system has of a process that is killed now.
void copy_as_killed(const fs::path& part, const fs::path& to) {
  for (const char* end : {"", ".journal", ".journal.new"})
    if (fs::exists(part.string() + end))
      fs::copy_file(part.string() + end, to.string() + end, fs::copy_options::overwrite_existing);
}

std::vector<double> numbers_in(const fs::path& path) {
  const Hdf5Lock lock;
  const H5File file = H5File::open(path);
  const Handle number = file.dataset("events/frame"), space(H5Dget_space(number.id()));
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space.id())));
  const Handle type = native_type(DType::f64);
  EXPECT_GE(H5Dread(number.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  const Handle image = file.dataset("events/image");
  std::vector<uint8_t> pixels(values.size() * kHeight * kWidth);
  const Handle bytes = native_type(DType::u8);
  EXPECT_GE(H5Dread(image.id(), bytes.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels.data()), 0);
  for (size_t k = 0; k < values.size(); ++k)
    for (const size_t at : {size_t{0}, static_cast<size_t>(kHeight * kWidth - 1)})
      EXPECT_EQ(pixels[k * kHeight * kWidth + at], 1 + static_cast<uint8_t>(values[k])) << k;
  return values;
}

void expect_recovered(const fs::path& part, int64_t frames) {
  RtdcRecovery recovery;
  const Status s = recover_rtdc(part, recovery);
  ASSERT_TRUE(s.ok()) << s.issue().str();
  EXPECT_TRUE(recovery.found);
  EXPECT_EQ(recovery.events, frames);
  const std::vector<double> numbers = numbers_in(recovery.file);
  ASSERT_EQ(static_cast<int64_t>(numbers.size()), frames);
  for (int64_t k = 0; k < frames; ++k) EXPECT_EQ(numbers[static_cast<size_t>(k)], k);
  const H5File file = H5File::open(recovery.file);
  EXPECT_EQ(number_of(read_attribute(file.id(), "experiment:event count")), frames);
  EXPECT_EQ(text_of(*read_attribute(file.id(), kIncompleteAttribute)), "killed");
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(fs::exists(JournaledFile::journal_of(part)));
}

TEST(JournaledFile, AKilledWriterLeavesItsLastCheckpoint) {
  for (const int level : {0, 1})
    for (const int64_t before : {0, 3, 10, 25, 47}) {
      SCOPED_TRACE(before);
      TempDir dir;
      Recording recording(dir / "a.rtdc.part", level);
      recording.add(before / 2);
      recording.checkpoint();
      recording.add(before - before / 2);
      recording.checkpoint();
      recording.add(18);  // are lost
      copy_as_killed(dir / "a.rtdc.part", dir / "b.rtdc.part");
      expect_recovered(dir / "b.rtdc.part", before);
    }
}

TEST(JournaledFile, ChunksThatAreStillBeingEncodedAreInTheCheckpoint) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part", 19);  // slow
  recording.add(29);
  recording.checkpoint();
  copy_as_killed(dir / "a.rtdc.part", dir / "b.rtdc.part");
  expect_recovered(dir / "b.rtdc.part", 29);
}

// Some of its items may have got into the file before it was killed.
TEST(JournaledFile, OfATailWhatTheFileHasIsNotAddedOnceMore) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(15);
  ASSERT_TRUE(recording.image.finish().ok());
  ASSERT_TRUE(recording.number.finish().ok());
  std::vector<uint8_t> pixels;
  std::vector<double> numbers;
  for (uint8_t k = 10; k < 17; ++k) {
    pixels.insert(pixels.end(), kHeight * kWidth, static_cast<uint8_t>(1 + k));
    numbers.push_back(k);
  }
  numbers.insert(numbers.end(), {17, 18});  // of frames that did not come so far
  const DatasetTail tails[] = {
      {"events/image", 10, kHeight * kWidth, {std::as_bytes(std::span(pixels))}},
      {"events/frame", 10, 8, {std::as_bytes(std::span(numbers))}}};
  {
    const Hdf5Lock lock;
    recording.file.flush();
    ASSERT_TRUE(recording.file.journaled()->checkpoint(tails).ok());
  }
  copy_as_killed(dir / "a.rtdc.part", dir / "b.rtdc.part");
  expect_recovered(dir / "b.rtdc.part", 17);
}

TEST(JournaledFile, AJournalThatWasNotAppliedYetIsAppliedByRecovery) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(12);
  recording.checkpoint();
  JournalContent first;
  ASSERT_TRUE(read_journal(dir / "a.rtdc.part.journal", first));
  const std::string before = test::read_text(dir / "a.rtdc.part");
  recording.add(23);
  recording.checkpoint();
  fs::copy_file(dir / "a.rtdc.part.journal", dir / "b.rtdc.part.journal");
  // What lies behind the old end was written at once, what lies before it was not.
  const auto end = static_cast<size_t>(first.end);
  test::write_text(dir / "b.rtdc.part",
                   before.substr(0, end) + test::read_text(dir / "a.rtdc.part").substr(end));
  expect_recovered(dir / "b.rtdc.part", 35);
}

TEST(JournaledFile, AJournalThatIsNotWholeIsNone) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(12);
  recording.checkpoint();
  const std::string journal = test::read_text(dir / "a.rtdc.part.journal");
  JournalContent content;
  for (const size_t bytes : {size_t{0}, size_t{10}, journal.size() / 2, journal.size() - 1}) {
    std::ofstream(dir / "torn", std::ios::binary) << journal.substr(0, bytes);
    EXPECT_FALSE(read_journal(dir / "torn", content)) << bytes;
  }
  EXPECT_TRUE(read_journal(dir / "a.rtdc.part.journal", content));
}

// Numbers that do not fit the file are found before anything is read by them.
TEST(JournaledFile, ADamagedJournalIsRefusedOrRecovered) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(23);
  recording.checkpoint();
  const fs::path part = dir / "b.rtdc.part", journal = JournaledFile::journal_of(part);
  copy_as_killed(dir / "a.rtdc.part", part);
  const std::string good = test::read_text(journal), file = test::read_text(part);
  const size_t tail = good.find("events/frame") + std::string("events/frame").size();
  std::mt19937 random(1);
  for (int draw = 0; draw < 200; ++draw) {
    // Half of them in the three numbers of a tail: first item, bytes of an item, bytes of all.
    const size_t at = draw % 2 == 0 ? tail + random() % 24 : random() % good.size();
    std::string bad = good;
    bad[at] = static_cast<char>(random());
    test::write_text(journal, bad);
    test::write_text(part, file);
    RtdcRecovery recovery;
    const Status s = recover_rtdc(part, recovery);
    if (s.ok()) {
      EXPECT_LE(recovery.events, 23);
      fs::remove(recovery.file);
    } else {
      EXPECT_FALSE(s.issue().what.empty());
    }
  }
}

TEST(JournaledFile, WhatACheckpointLeavesIsAFileThatAnyReaderOpens) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(20);
  ASSERT_TRUE(recording.encoder.drain().ok());
  recording.checkpoint();
  fs::copy_file(dir / "a.rtdc.part", dir / "b.h5");
  const Hdf5Lock lock;
  const int64_t file = H5Fopen((dir / "b.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  EXPECT_GE(file, 0) << hdf5_reason();
  H5Fclose(file);
}

TEST(JournaledFile, IsNotRecoveredWhileItIsWritten) {
  TempDir dir;
  Recording recording(dir / "a.rtdc.part");
  recording.add(12);
  recording.checkpoint();
  RtdcRecovery recovery;
  const Status s = recover_rtdc(dir / "a.rtdc.part", recovery);
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.issue().str().find("is being written"), std::string::npos);
  recording.add(7);
  recording.checkpoint();
  copy_as_killed(dir / "a.rtdc.part", dir / "b.rtdc.part");
  expect_recovered(dir / "b.rtdc.part", 19);
}

TEST(JournaledFile, IsTheSameWhenItIsWrittenWithoutAndWithCheckpoints) {
  TempDir dir;
  for (const char* name : {"a.h5", "b.h5"}) {
    Recording recording(dir / name);
    for (int k = 0; k < 9; ++k) {
      recording.add(5);
      ASSERT_TRUE(recording.encoder.drain().ok());
      if (name[0] == 'b') recording.checkpoint();
    }
    int64_t kept = 0;
    DatasetWriter* const writers[] = {&recording.image, &recording.number};
    ASSERT_TRUE(finish_together(writers, -1, kept).ok());
  }
  EXPECT_EQ(numbers_in(dir / "a.h5"), numbers_in(dir / "b.h5"));
}

TEST(PendingFile, IsOnTheDiskBeforeItHasItsName) {
  TempDir dir;
  PendingFile file(dir / "a.rtdc");
  file.prepare();
  test::write_text(file.part(), "new");
  {
    const std::lock_guard lock(watching);
    steps.clear();
  }
  ASSERT_TRUE(file.publish().ok());
  const std::lock_guard lock(watching);
  const std::string folder = dir.path().filename().string();
  EXPECT_EQ(steps,
            (std::vector<std::string>{"sync a.rtdc.part", "rename a.rtdc.part", "sync " + folder}));
}

TEST(RtdcSink, KeepsEveryFrameThatItTookBeforeTheDiskWasFull) {
  for (const char* level : {"0", "1"}) {
    TempDir dir;
    const Layout layout =
        make_layout(DType::u8, {{"t", kUnbounded}}, {{"y", kHeight}, {"x", kWidth}});
    const SinkInput input{"from", "source", "out", {PortKind::image, layout, {}}, {}};
    const auto sink = make_sink("rtdc", raw_map({{"path", "a.rtdc"}, {"zstd_level", level}}),
                                {input}, {dir.path(), "{}", {}, dir.path(), 2});
    std::mt19937 random(1);
    int64_t taken = 0;
    Status closed, written;
    {
      const test::FileLimit limit(5 << 20);
      sink->open();
      for (; taken < 1000; ++taken) {
        FrameHeader header;
        header.sequence = taken;
        header.coordinates[0] = taken;
        std::vector<uint8_t> pixels(kHeight * kWidth);
        for (uint8_t& p : pixels) p = static_cast<uint8_t>(random());  // does not compress
        pixels.front() = pixels.back() = static_cast<uint8_t>(1 + taken);
        Input in{&header,
                 nullptr,
                 packed_view(reinterpret_cast<const std::byte*>(pixels.data()), DType::u8,
                             layout.whole_item()),
                 {}};
        written = sink->write(std::span(&in, 1));
        if (!written.ok()) break;
      }
      closed = sink->close({false, "the disk is full", taken + 1, {}});
    }
    ASSERT_FALSE(written.ok()) << "5 MiB took everything";
    EXPECT_NE(written.issue().str().find("too large"), std::string::npos) << written.issue().str();
    EXPECT_TRUE(closed.ok()) << closed.issue().str();
    ASSERT_EQ(sink->paths(), std::vector<fs::path>{dir / "a.rtdc"});
    EXPECT_EQ(static_cast<int64_t>(numbers_in(dir / "a.rtdc").size()), taken);
    EXPECT_GT(taken, 20);
    EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1) << "something is left";
  }
}

}  // namespace
}  // namespace parfocal
