#include "parfocal/formats/common/file_totals.h"

#include <gtest/gtest.h>

#include "parfocal/core/fingerprint.h"
#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::write_text;

FileTotals totals_of(const TempDir& dir, size_t levels) {
  FileTotals totals;
  totals.add_array(dir.path(), "0", levels);
  return totals;
}

TEST(FileTotals, AreThoseOfAllFilesAsDeepAsAsked) {
  TempDir dir;
  fs::create_directories(dir / "0/c/0");
  write_text(dir / "0/zarr.json", "{}");
  write_text(dir / "0/c/0/0", "abc");
  write_text(dir / "0/c/0/.DS_Store", "not of the store");
  write_text(dir / "other", "not of the array");
  EXPECT_EQ(totals_of(dir, 3).files, 2);
  EXPECT_EQ(totals_of(dir, 3).bytes, 5);
  EXPECT_EQ(totals_of(dir, 2).files, 1);
  EXPECT_EQ(totals_of(dir, 3).str(), totals_of(dir, 3).str());
  EXPECT_GT(totals_of(dir, 3).changed_ns, int64_t{1'700'000'000} * 1'000'000'000);
  FileTotals none;
  none.add_array(dir.path(), "nowhere", 3);
  EXPECT_EQ(none.str(), "0 files, 0 bytes, fingerprint 0000000000000000, changed 0");
}

TEST(FileTotals, FollowLinksAndComeBackFromThoseThatLeadBack) {
  TempDir dir;
  fs::create_directories(dir / "0/c");
  fs::create_directories(dir / "elsewhere");
  write_text(dir / "elsewhere/0", "abc");
  fs::create_directory_symlink(dir / "elsewhere", dir / "0/c/0");
  EXPECT_EQ(totals_of(dir, 3).files, 1);
  fs::create_directory_symlink(dir / "0", dir / "0/c/1");
  fs::create_symlink(dir / "nowhere", dir / "0/c/2");
  EXPECT_EQ(totals_of(dir, 3).files, 1);
  EXPECT_GE(totals_of(dir, 9).files, 1);
}

TEST(FileTotals, TellFilesThatChangedPlacesAndEarlierTimes) {
  FileTotals a, b, c, d;
  const uint64_t first = fingerprint_of("0"), second = fingerprint_of("1");
  a.add(first, 10, 7), a.add(second, 10, 9);
  b.add(first, 10, 9), b.add(second, 10, 7);
  c.add(first, 10, 6), c.add(second, 10, 9);
  d.add(second, 10, 9), d.add(first, 10, 7);
  EXPECT_NE(a.str(), b.str());
  EXPECT_NE(a.str(), c.str());
  EXPECT_EQ(a.str(), d.str()) << "folders give names in any order";
}

}  // namespace
}  // namespace parfocal
