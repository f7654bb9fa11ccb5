#include "parfocal/formats/zarr/writer/part_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

int64_t disk_bytes(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_blocks * 512;
}

TEST(PartFile, TakesNoRoomBeyondWhatItCanBecome) {
  const test::TempDir dir;
  for (const auto& [most, taken] : {std::pair{3 * kMiB, 3 * kMiB}, std::pair{9 * kMiB, 4 * kMiB}}) {
    PartFile file;
    int64_t offset = 0;
    ASSERT_TRUE(file.create(dir / "part", 2 * kMiB, most, false).ok());
    ASSERT_TRUE(file.reserve(2 * kMiB, offset).ok());
    ASSERT_TRUE(file.reserve(kMiB / 2, offset).ok());
    EXPECT_EQ(offset, 2 * kMiB);
    EXPECT_LE(disk_bytes(dir / "part"), taken + 8192);
  }
}

TEST(PartFile, TakesWhatIsLeftOfADiskThatIsNearlyFull) {
  const test::TempDir dir;
  PartFile file;
  int64_t offset = 0;
  ASSERT_TRUE(file.create(dir / "part", 2 * kMiB, 9 * kMiB, false).ok());
  ASSERT_TRUE(file.reserve(2 * kMiB, offset).ok());
  const test::FileLimit limit(3 * kMiB);
  EXPECT_TRUE(file.reserve(kMiB, offset).ok());
  EXPECT_FALSE(file.reserve(kMiB, offset).ok());
}

}  // namespace
}  // namespace parfocal
