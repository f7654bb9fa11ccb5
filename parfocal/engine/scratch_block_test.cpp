#include "parfocal/engine/scratch_block.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

class ScratchBlocks : public testing::Test {
 protected:
  /// Pages of files that this process has in memory, tmpfs's included.
  static int64_t mapped_kib() {
    std::ifstream status("/proc/self/status");
    int64_t sum = 0;
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("RssFile:") || line.starts_with("RssShmem:"))
        sum += std::stoll(line.substr(line.find(':') + 1));
    return sum;
  }
  std::string error_of(size_t bytes, const fs::path& folder) const {
    try {
      ScratchBlock block(bytes, folder);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::run_failed);
      return error.what();
    }
    return "no error";
  }

  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path();
};

constexpr size_t kBytes = size_t{32} << 20;

TEST_F(ScratchBlocks, AreZeroAndKeepWhatIsWrittenOverRelease) {
  const ScratchBlock block(kBytes, folder_);
  EXPECT_EQ(block.data()[kBytes - 1], std::byte{0});
  for (size_t i = 0; i < kBytes; i += 1000) block.data()[i] = static_cast<std::byte>(i % 251);
  block.release_all();
  for (size_t i = 0; i < kBytes; i += 1000)
    ASSERT_EQ(block.data()[i], static_cast<std::byte>(i % 251)) << i;
}

TEST_F(ScratchBlocks, AreInMemoryOnlyWhereTheyWereNotReleased) {
  const ScratchBlock block(kBytes, folder_);
  const int64_t before = mapped_kib();
  std::memset(block.data(), 1, kBytes);
  EXPECT_GT(mapped_kib() - before, 30 * 1024);
  block.release(block.data() + kBytes / 2, kBytes / 2);
  EXPECT_LT(mapped_kib() - before, 17 * 1024);
  block.release_all();
  EXPECT_LT(mapped_kib() - before, 1024);
  for (size_t i = 0; i < kBytes; i += 32'000) {
    const size_t count = std::min<size_t>(32'000, kBytes - i);
    std::memset(block.data() + i, 2, count);
    block.release(block.data() + i, static_cast<int64_t>(count));
    ASSERT_LT(mapped_kib() - before, 1024) << i;
  }
  // Reading maps pages around those that are read, also such as were released before.
  for (size_t i = 0; i < kBytes; i += 32'000) {
    const std::byte* at = block.data() + i;
    const auto count = static_cast<int64_t>(std::min<size_t>(32'000, kBytes - i));
    ASSERT_EQ(std::count(at, at + count, std::byte{2}), count);
    block.release(at, count);
    ASSERT_LT(mapped_kib() - before, 1024) << i;
  }
}

TEST_F(ScratchBlocks, HaveNoName) {
  const ScratchBlock block(kBytes, folder_);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ScratchBlocks, SayWhatTheyNeedWhereThereIsNoRoom) {
  EXPECT_THAT(error_of(size_t{1} << 50, folder_),
              testing::AllOf(testing::HasSubstr("the disk has no room for a large Value"),
                             testing::HasSubstr("1024 TiB of scratch")));
  EXPECT_THAT(error_of(kBytes, folder_ / "none"),
              testing::HasSubstr("the scratch file of a large Value cannot be made"));
}

}  // namespace
}  // namespace parfocal::engine
