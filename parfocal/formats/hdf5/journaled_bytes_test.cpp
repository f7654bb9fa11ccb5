#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/journaled_file.h"

namespace parfocal {
namespace {

// A file beside the bytes that it should have.
class JournaledBytes : public testing::Test {
 protected:
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  void write_some() {
    const int64_t at = below(std::ssize(model_) + 1), count = 1 + below(9000);
    std::string bytes(static_cast<size_t>(count), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    ASSERT_TRUE(file_->write(at, reinterpret_cast<const std::byte*>(bytes.data()), count));
    model_.resize(std::max(model_.size(), static_cast<size_t>(at + count)));
    std::copy(bytes.begin(), bytes.end(), model_.begin() + at);
    file_->set_end(std::ssize(model_));
  }
  void expect_some() {
    const int64_t at = below(std::ssize(model_) + 1), count = 1 + below(9000);
    std::string bytes(static_cast<size_t>(count), 'x'),
        expected = model_.substr(static_cast<size_t>(at), bytes.size());
    expected.resize(bytes.size());  // zeros behind the end
    ASSERT_TRUE(file_->read(at, reinterpret_cast<std::byte*>(bytes.data()), count));
    ASSERT_TRUE(bytes == expected) << at << " " << count;
  }
  std::string on_disk() const { return test::read_text(dir_ / "a"); }

  const test::TempDir dir_;
  std::unique_ptr<JournaledFile> file_ = JournaledFile::open(dir_ / "a", true);
  std::string model_, kept_;  // now, at the last checkpoint
  std::mt19937_64 random_{7};
};

TEST_F(JournaledBytes, AreReadAsTheyWereWrittenAndChangeOnTheDiskAtCheckpoints) {
  ASSERT_TRUE(file_);
  for (int k = 0; k < 400; ++k) {
    write_some();
    expect_some();
    expect_some();
    if (below(20) != 0) continue;
    ASSERT_TRUE(on_disk().starts_with(kept_));
    ASSERT_TRUE(file_->checkpoint({}).ok());
    kept_ = model_;
    ASSERT_TRUE(on_disk().starts_with(kept_));
  }
  ASSERT_TRUE(file_->close().ok());
  EXPECT_TRUE(on_disk() == model_);
}

// The library is told that the disk is full, and ends the file: that needs the rest.
TEST_F(JournaledBytes, RoomThatIsRefusedIsNotTaken) {
  ASSERT_TRUE(file_);
  if (file_->hold(int64_t{1} << 50)) GTEST_SKIP() << "the file system cannot reserve";
  EXPECT_TRUE(file_->hold(4096));
}

TEST_F(JournaledBytes, EndWhereTheLibraryHasTheEndOfTheFile) {
  ASSERT_TRUE(file_);
  for (int k = 0; k < 5; ++k) write_some();
  model_.resize(model_.size() / 2);
  file_->set_end(std::ssize(model_));
  ASSERT_TRUE(file_->close().ok());
  EXPECT_TRUE(on_disk() == model_);
}

// Their places exist, and there is no room for a journal of them.
TEST_F(JournaledBytes, GetToTheirPlacesOnADiskThatIsFull) {
  ASSERT_TRUE(file_);
  while (std::ssize(model_) < 20'000) write_some();
  ASSERT_TRUE(file_->checkpoint({}).ok());
  const std::string bytes = "at the start", end = "at the end";
  model_.replace(0, bytes.size(), bytes);
  model_.replace(model_.size() - end.size(), end.size(), end);
  const auto put = [&](size_t at, const std::string& text) {
    return file_->write(static_cast<int64_t>(at), reinterpret_cast<const std::byte*>(text.data()),
                        std::ssize(text));
  };
  bool good = put(0, bytes) && put(model_.size() - end.size(), end);
  for (size_t at = 4096; at + 4096 < model_.size(); at += 4096)  // all pages are to be written
    good = good && put(at, model_.substr(at, 1));
  ASSERT_TRUE(good);
  const test::FileLimit limit(model_.size());
  const Status closed = file_->close();
  EXPECT_TRUE(closed.ok()) << closed.issue().str();
  EXPECT_TRUE(on_disk() == model_);
}

}  // namespace
}  // namespace parfocal
