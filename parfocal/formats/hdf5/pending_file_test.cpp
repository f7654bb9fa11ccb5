#include "parfocal/formats/hdf5/pending_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

using test::read_text;
using test::TempDir;
using test::write_text;

TEST(PendingFile, LeavesWhatStoodThereUntilItIsPublished) {
  TempDir dir;
  write_text(dir / "a.rtdc", "old");
  {
    PendingFile file(dir / "a.rtdc");
    file.prepare();
    write_text(file.part(), "new");
    EXPECT_EQ(read_text(dir / "a.rtdc"), "old");
  }
  EXPECT_EQ(read_text(dir / "a.rtdc"), "old");
  EXPECT_FALSE(std::filesystem::exists(dir / "a.rtdc.part"));
}

TEST(PendingFile, PublishesByRename) {
  TempDir dir;
  PendingFile file(dir / "sub/a.rtdc");
  file.prepare();
  write_text(file.part(), "new");
  ASSERT_TRUE(file.publish().ok());
  EXPECT_EQ(read_text(dir / "sub/a.rtdc"), "new");
  EXPECT_FALSE(std::filesystem::exists(file.part()));
}

TEST(PendingFile, CopiesWithPermissionsAndReplacesAnOldPart) {
  TempDir dir;
  const std::string text(300'000, 'x');
  write_text(dir / "a.rtdc", text);
  write_text(dir / "a.rtdc.part", "of a run that was killed");
  ::chmod((dir / "a.rtdc").c_str(), 0640);
  PendingFile file(dir / "a.rtdc");
  file.prepare_copy_of(dir / "a.rtdc");
  EXPECT_EQ(read_text(file.part()), text);
  struct stat state {};
  ASSERT_EQ(::stat(file.part().c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777u, 0640u);
}

TEST(PendingFile, LeavesAFileOfAnotherUserTheirs) {
  if (::geteuid() != 0) GTEST_SKIP() << "gives a file to another user";
  TempDir dir;
  write_text(dir / "a.rtdc", "old");
  ASSERT_EQ(::chown((dir / "a.rtdc").c_str(), 65534, 65533), 0);
  PendingFile file(dir / "a.rtdc");
  file.prepare_copy_of(dir / "a.rtdc");
  ASSERT_TRUE(file.publish().ok());
  struct stat state {};
  ASSERT_EQ(::stat((dir / "a.rtdc").c_str(), &state), 0);
  EXPECT_EQ(state.st_uid, 65534u);
  EXPECT_EQ(state.st_gid, 65533u);
}

TEST(PendingFile, ReplacesTheTargetOfALink) {
  TempDir dir;
  write_text(dir / "real.rtdc", "old");
  std::filesystem::create_symlink("real.rtdc", dir / "link.rtdc");
  PendingFile file(dir / "link.rtdc");
  file.prepare();
  write_text(file.part(), "new");
  ASSERT_TRUE(file.publish().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link.rtdc"));
  EXPECT_EQ(read_text(dir / "real.rtdc"), "new");
}

TEST(PendingFile, SaysWhatIsMissing) {
  TempDir dir;
  PendingFile file(dir / "a.rtdc");
  EXPECT_THROW(file.prepare_copy_of(dir / "none.rtdc"), Error);
  write_text(dir / "file", "");
  PendingFile below(dir / "file/a.rtdc");
  EXPECT_THROW(below.prepare(), Error);
}

}  // namespace
}  // namespace parfocal
