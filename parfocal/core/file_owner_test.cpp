#include "parfocal/core/file_owner.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUser = 65534;
constexpr gid_t kGroup = 65533;

class FileOwner : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "gives files to another user";
    std::string name = (fs::temp_directory_path() / "parfocal-owner-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    write("old");
    ASSERT_EQ(::chown((folder_ / "old").c_str(), kUser, kGroup), 0);
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  void write(const fs::path& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "text";
  }
  bool is_theirs(const fs::path& name) const {
    struct stat found {};
    EXPECT_EQ(::lstat((folder_ / name).c_str(), &found), 0) << name;
    return found.st_uid == kUser && found.st_gid == kGroup;
  }
  fs::path folder_;
};

TEST_F(FileOwner, StaysThatOfWhatIsReplaced) {
  write("new");
  keep_owner(folder_ / "old", folder_ / "new");
  EXPECT_TRUE(is_theirs("new"));
}

TEST_F(FileOwner, IsThatOfAllThatIsInAFolder) {
  write("new/a/b");
  keep_owner(folder_ / "old", folder_ / "new");
  for (const char* name : {"new", "new/a", "new/a/b"}) EXPECT_TRUE(is_theirs(name)) << name;
}

TEST_F(FileOwner, DoesNotChangeWhereALinkLeads) {
  write("roots");
  write("other/roots");
  write("new/a");
  fs::create_symlink(folder_ / "roots", folder_ / "new/link");
  fs::create_directory_symlink(folder_ / "other", folder_ / "new/folder");
  fs::create_hard_link(folder_ / "roots", folder_ / "new/second");
  keep_owner(folder_ / "old", folder_ / "new");
  EXPECT_TRUE(is_theirs("new/a"));
  for (const char* name : {"roots", "other", "other/roots"}) EXPECT_FALSE(is_theirs(name)) << name;
}

TEST_F(FileOwner, IsOursWhereNothingIsReplaced) {
  write("new");
  keep_owner(folder_ / "absent", folder_ / "new");
  EXPECT_FALSE(is_theirs("new"));
}

}  // namespace
}  // namespace parfocal
