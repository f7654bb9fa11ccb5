#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <cstring>
#include <random>
#include <thread>
#include <variant>

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using AnyRecord = std::variant<FrameRecord, SlabRecord, SealRecord, GapRecord, TakenBackRecord>;
using Bytes = std::vector<std::byte>;

class JournalFile : public testing::Test {
 protected:
  fs::path path(const std::string& name = "journal") const { return folder_ / name; }

  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
  LocalStore store_{folder_};
};

constexpr const char* kKey = "journal";

Piece random_piece(std::mt19937_64& random) {
  Piece piece;
  piece.array = static_cast<uint32_t>(random() % 5);
  piece.kind = random() % 2 ? PieceKind::tiles : PieceKind::logged;
  piece.frame = static_cast<int64_t>(random() >> 1);
  piece.entries.resize(random() % 9);
  for (TileEntry& e : piece.entries)
    if (random() % 4)
      e = {random(), static_cast<uint32_t>(random()), static_cast<uint32_t>(random())};
  return piece;
}
AnyRecord random_record(std::mt19937_64& random) {
  const auto number = [&] { return static_cast<int64_t>(random() >> 2); };
  switch (random() % 7) {
    case 0:
      return SealRecord{static_cast<uint32_t>(random()), number()};
    case 1:
      return SlabRecord{random_piece(random)};
    case 2:
      return GapRecord{static_cast<uint32_t>(random()), number(), 1 + number() % 100,
                       static_cast<GapReason>(random() % 6), std::string(random() % 20, 'x')};
    case 3:
      return TakenBackRecord{static_cast<uint32_t>(random()), number()};
    default:
      break;
  }
  FrameRecord frame{static_cast<uint32_t>(random() % 3), number(), Bytes(random() % 40), {}};
  for (std::byte& b : frame.row) b = static_cast<std::byte>(random());
  frame.pieces.resize(random() % 4);
  for (Piece& piece : frame.pieces) piece = random_piece(random);
  return frame;
}
std::vector<AnyRecord> random_records(size_t n, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<AnyRecord> records;
  while (records.size() < n) records.push_back(random_record(random));
  return records;
}
void append_all(Journal& journal, const std::vector<AnyRecord>& records) {
  for (const AnyRecord& record : records)
    ASSERT_TRUE(std::visit([&](const auto& r) { return journal.append(r); }, record).ok());
}
std::vector<AnyRecord> read_all(const fs::path& path, int64_t* good_bytes = nullptr) {
  std::vector<AnyRecord> records;
  const auto keep = [&](const auto& record) { records.push_back(record); };
  int64_t good = -1;
  EXPECT_TRUE(read_journal(path, {keep, keep, keep, keep, keep}, good).ok());
  if (good_bytes) *good_bytes = good;
  return records;
}
Bytes bytes_of(const fs::path& path) {
  Fd fd;
  int64_t size = 0;
  EXPECT_TRUE(open_for_reading(path, fd, size).ok());
  Bytes bytes(static_cast<size_t>(size));
  EXPECT_EQ(read_at(fd.get(), bytes.data(), size, 0), size);
  return bytes;
}
void write_bytes(const fs::path& path, std::span<const std::byte> bytes) {
  ASSERT_TRUE(write_file_atomically(path, bytes).ok());
}
/// Where each record ends: the good bytes of ever longer journals.
std::vector<size_t> record_ends(std::span<const std::byte> bytes) {
  std::vector<size_t> ends{0};
  while (ends.back() + 16 <= bytes.size()) {
    uint32_t body = 0;
    std::memcpy(&body, bytes.data() + ends.back() + 4, 4);
    ends.push_back(ends.back() + 16 + (body + 7) / 8 * 8);
  }
  return ends;
}
size_t whole_records(const std::vector<size_t>& ends, size_t bytes) {
  return static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), bytes) - ends.begin()) - 1;
}

TEST_F(JournalFile, GivesBackWhatWasAppended) {
  const auto records = random_records(3000, 1);
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, records);
  ASSERT_TRUE(journal.sync().ok());
  EXPECT_EQ(read_all(path()), records) << "while it is open";
  ASSERT_TRUE(journal.close().ok());
  int64_t good = 0;
  EXPECT_EQ(read_all(path(), &good), records);
  EXPECT_EQ(good, static_cast<int64_t>(fs::file_size(path())));
}

TEST_F(JournalFile, GivesBackRecordsLargerThanItsReads) {
  FrameRecord record{0, 7, {}, {{1, PieceKind::tiles, 7, {}}}};
  std::vector<AnyRecord> records;
  for (const size_t tiles : {0, 1, 16383, 16384, 50000, 3, 200000, 1}) {
    record.pieces[0].entries.assign(tiles, {tiles, 5, 6});
    records.push_back(record);
  }
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, records);
  EXPECT_EQ(read_all(path()), records);
}

TEST_F(JournalFile, TakesRecordsFromManyThreads) {
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 500; ++i) EXPECT_TRUE(journal.append(SealRecord{t, i}).ok());
    });
  for (auto& thread : threads) thread.join();
  std::vector<int64_t> next(4);
  for (const AnyRecord& record : read_all(path())) {
    const auto& seal = std::get<SealRecord>(record);
    EXPECT_EQ(seal.frame, next[seal.array]++);
  }
  EXPECT_EQ(next, std::vector<int64_t>(4, 500));
}

TEST_F(JournalFile, EndsAtTheRecordThatWasCutShort) {
  const auto records = random_records(20, 2);
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, records);
  const Bytes bytes = bytes_of(path());
  const auto ends = record_ends(bytes);
  ASSERT_EQ(ends.back(), bytes.size());
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    write_bytes(path("cut"), std::span(bytes).first(cut));
    int64_t good = 0;
    const auto found = read_all(path("cut"), &good);
    const size_t n = whole_records(ends, cut);
    ASSERT_EQ(found.size(), n) << "cut at " << cut;
    ASSERT_EQ(good, static_cast<int64_t>(ends[n]));
  }
}

// What a power cut leaves: the size is there, the data is not; or sectors in any order.
TEST_F(JournalFile, EndsWhereZerosBeginOrASectorIsMissing) {
  const auto records = random_records(200, 3);
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, records);
  const Bytes bytes = bytes_of(path());
  const auto ends = record_ends(bytes);
  for (size_t cut = 0; cut < bytes.size(); cut += 512)
    for (const bool one_sector : {false, true}) {
      Bytes torn = bytes;
      const size_t end = one_sector ? std::min(cut + 512, torn.size()) : torn.size();
      std::fill(torn.begin() + static_cast<ptrdiff_t>(cut),
                torn.begin() + static_cast<ptrdiff_t>(end), std::byte{0});
      torn.resize(torn.size() + 4096);
      write_bytes(path("torn"), torn);
      const auto found = read_all(path("torn"));
      const size_t least = whole_records(ends, cut);
      ASSERT_GE(found.size(), least);
      // A record may end in zeros of its own.
      ASSERT_LE(found.size(), least + 1);
      ASSERT_TRUE(std::equal(found.begin(), found.end(), records.begin()));
    }
}

TEST_F(JournalFile, EndsBeforeAFlippedBit) {
  const auto records = random_records(6, 4);
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, records);
  Bytes bytes = bytes_of(path());
  const auto ends = record_ends(bytes);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const std::byte mask = static_cast<std::byte>(1 << bit % 8);
    bytes[bit / 8] ^= mask;
    write_bytes(path("flipped"), bytes);
    ASSERT_EQ(read_all(path("flipped")).size(), whole_records(ends, bit / 8)) << "bit " << bit;
    bytes[bit / 8] ^= mask;
  }
}

TEST_F(JournalFile, ReadsAnyBytesWithoutHarm) {
  std::mt19937_64 random(5);
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  append_all(journal, random_records(20, 6));
  const Bytes bytes = bytes_of(path());
  for (int round = 0; round < 500; ++round) {
    Bytes wild = round % 2 ? bytes : Bytes(random() % 3000);
    for (size_t n = 0; n < (round % 2 ? random() % 8 : wild.size()); ++n)
      wild[random() % wild.size()] = static_cast<std::byte>(random());
    write_bytes(path("wild"), wild);
    read_all(path("wild"));
  }
}

TEST_F(JournalFile, ReadsDeclaredSizesWithoutBelievingThem) {
  std::vector<uint32_t> header{0x4a465250, 0, 0, 1};
  for (const uint32_t size : {1u, 1u << 20, 16u << 20, (16u << 20) + 1, ~0u, ~0u - 7}) {
    header[1] = size;
    write_bytes(path(), std::as_bytes(std::span(header)));
    int64_t good = -1;
    EXPECT_TRUE(read_all(path(), &good).empty());
    EXPECT_EQ(good, 0);
  }
}

TEST_F(JournalFile, RefusesARecordThatNoReaderWouldTake) {
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  FrameRecord record{0, 0, {}, {{0, PieceKind::tiles, 0, {}}}};
  record.pieces[0].entries.resize(size_t{1} << 20);
  EXPECT_FALSE(journal.append(record).ok());
}

TEST_F(JournalFile, IsLockedWhileItIsWritten) {
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  const Fd other(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
  ASSERT_TRUE(journal.close().ok());
  EXPECT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(JournalFile, DoesNotTakeAFileThatExists) {
  write_bytes(path(), {});
  Journal journal;
  EXPECT_FALSE(journal.create(store_, kKey).ok());
  EXPECT_FALSE(journal.append(SealRecord{}).ok());
}

TEST_F(JournalFile, FailsForGoodAfterItsFirstFailure) {
  Journal journal;
  ASSERT_TRUE(journal.create(store_, kKey).ok());
  int64_t written = 0;
  {
    const test::FileLimit limit(1000);
    Status status;
    for (; written < 1000 && status.ok(); ++written)
      status = journal.append(SealRecord{0, written});
  }
  EXPECT_LT(written, 1000);
  EXPECT_FALSE(journal.append(SealRecord{0, written}).ok()) << "though there would be room now";
  EXPECT_FALSE(journal.sync().ok());
  EXPECT_FALSE(journal.close().ok());
  const auto records = read_all(path());
  EXPECT_EQ(static_cast<int64_t>(records.size()), written - 1) << "those that were acknowledged";
}

TEST_F(JournalFile, TellsWhatCannotBeRead) {
  int64_t good = 0;
  EXPECT_FALSE(read_journal(path("absent"), {}, good).ok());
}

}  // namespace
}  // namespace parfocal
