#include "parfocal/engine/swap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "parfocal/engine/file_lock.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

class SwapTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "parfocal-swap-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    to_ = name;
    from_ = to_ / ".parfocal-new";
  }
  void TearDown() override { fs::remove_all(to_); }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  // {name: text} of all files.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(to_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path());
      files[entry.path().lexically_relative(to_).string()] = {std::istreambuf_iterator<char>(in),
                                                              {}};
    }
    return files;
  }
  void write_both() const {
    write(to_ / "a.old", "old");
    write(to_ / "sub/s.zarr/c/0", "old");
    write(to_ / "sub/notes", "mine");
    write(to_ / "run.json", "old");
    write(from_ / "a.old", "new");
    write(from_ / "sub/s.zarr/c/1", "new");
    write(from_ / "first", "new");
    write(from_ / "run.json", "new");
  }
  const std::vector<SwapEntry> entries_ = {
      {"first", false}, {"a.old", true}, {"sub/s.zarr", true}, {"run.json", true, true}};
  // As a user whom permissions bind.
  template <class F>
  void as_somebody(F&& what) const {
    const bool root = ::geteuid() == 0;
    if (root) {
      for (const auto& entry : fs::recursive_directory_iterator(to_))
        ASSERT_EQ(::lchown(entry.path().c_str(), 12345, 12345), 0);
      ASSERT_EQ(::lchown(to_.c_str(), 12345, 12345), 0);
      ASSERT_EQ(::seteuid(12345), 0);
    }
    what();
    if (root) {
      ASSERT_EQ(::seteuid(0), 0);
    }
  }
  const std::map<std::string, std::string> swapped_ = {{"a.old", "new"},
                                                       {"first", "new"},
                                                       {"run.json", "new"},
                                                       {"sub/notes", "mine"},
                                                       {"sub/s.zarr/c/1", "new"}};
  fs::path to_, from_;
};

TEST_F(SwapTest, RemovesTreesWithOneOpenFileAtATime) {
  const fs::path tree = to_ / "t";
  for (int k = 0; k < 1500; ++k)
    write(tree / ("a/b/c/d/e/f" + std::to_string(k % 3)) / std::to_string(k), "x");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest = ::dup(0);
  ::close(lowest);
  const rlimit few{static_cast<rlim_t>(lowest) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const bool removed = remove_tree(tree);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(removed);
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_TRUE(remove_tree(tree)) << "there is none";
}

TEST_F(SwapTest, MovesNothingByAJournalThatIsNotItsOwn) {
  using namespace std::string_literals;
  const std::string head = "parfocal.swap/1\n\0"s;
  for (const std::string& text :
       {head + "n2../mine\0"s, head + "n2sub/../../mine\0"s, head + "r2/tmp/mine\0"s,
        head + "n2\0"s, "something else\0n2first\0"s, head + "n2first\0r2..\0"s}) {
    write_both();
    write(from_ / ".parfocal-swap", text);
    const auto before = files();
    EXPECT_FALSE(Swap(from_, to_).finish().ok());
    EXPECT_EQ(files(), before);
  }
  if (::geteuid() != 0) return;
  write(from_ / ".parfocal-swap", head + "n2first\0"s);
  ASSERT_EQ(::chown((from_ / ".parfocal-swap").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(Swap(from_, to_).begun()) << "it is another user's";
}

// As on a share that gives the files of root to nobody.
TEST_F(SwapTest, IsDoneWhereFilesGetAnotherOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of others";
  write_both();
  for (const auto& entry : fs::recursive_directory_iterator(to_))
    fs::permissions(entry, fs::perms::all);
  fs::permissions(to_, fs::perms::all);
  const Swap swap(from_, to_);
  ::setfsuid(12345);
  const Status done = swap.run(entries_);
  write(from_ / ".parfocal-swap", "parfocal.swap/1\n");
  const bool own = swap.begun();
  ::setfsuid(0);
  EXPECT_TRUE(done.ok());
  EXPECT_TRUE(own);
  EXPECT_FALSE(swap.begun()) << "it is another user's";
  fs::remove(from_ / ".parfocal-swap");
  EXPECT_EQ(files(), swapped_);
}

TEST_F(SwapTest, AJournalThatCannotBeReadIsNotCalledAnotherFile) {
  write_both();
  write(from_ / ".parfocal-swap", "parfocal.swap/1\n");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Status s = Swap(from_, to_).finish();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.issue().what.find("cannot read"), std::string::npos) << s.issue().what;
}

TEST_F(SwapTest, GivesAllNamesAndLeavesFilesOfOthers) {
  write_both();
  const Swap swap(from_, to_);
  ASSERT_TRUE(swap.run(entries_).ok());
  EXPECT_FALSE(swap.begun());
  EXPECT_EQ(files(), swapped_);
}

TEST_F(SwapTest, WhatAnEarlierSwapCouldNotRemoveMakesWay) {
  write_both();
  write(from_ / ".parfocal-replaced/a.old", "older");
  write(from_ / ".parfocal-replaced/first", "older");
  ASSERT_TRUE(Swap(from_, to_).run(entries_).ok());
  EXPECT_EQ(files(), swapped_);
  EXPECT_EQ(left_of_replaced(from_), "");
  write_both();
  const fs::path locked = from_ / ".parfocal-replaced/sub";  // a file is open on a network disk
  write(locked / "s.zarr", "older");
  fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
  as_somebody([&] {
    const Status s =
        Swap(from_, to_).run({{"a.old", true}, {"sub/s.zarr", true}, {"run.json", true, true}});
    EXPECT_TRUE(s.ok()) << s.issue().what;
  });
  EXPECT_FALSE(Swap(from_, to_).begun());
  EXPECT_EQ(left_of_replaced(from_), from_ / ".parfocal-replaced-2");
  EXPECT_EQ(files().at(".parfocal-new/.parfocal-replaced-2/sub/s.zarr"), "older");
  EXPECT_EQ(files().at("a.old"), "new");
  fs::permissions(left_of_replaced(from_) / "sub", fs::perms::owner_all);
}

TEST_F(SwapTest, ANameMayBeOfOneLetter) {
  write(to_ / "a", "old");
  write(from_ / "a", "new");
  write(from_ / "b", "new");
  ASSERT_TRUE(Swap(from_, to_).run({{"a", true}, {"b", false}}).ok());
  EXPECT_EQ(files(), (std::map<std::string, std::string>{{"a", "new"}, {"b", "new"}}));
}

TEST_F(SwapTest, AFailureIsUndone) {
  write_both();
  write(from_ / "blocked/x", "new");
  write(to_ / "blocked", "a file where a folder is needed");
  const auto before = files();
  auto entries = entries_;
  entries.insert(entries.begin() + 3, SwapEntry{"blocked/x", false});
  const Swap swap(from_, to_);
  EXPECT_FALSE(swap.run(entries).ok());
  EXPECT_FALSE(swap.begun());
  EXPECT_EQ(files(), before);
}

TEST_F(SwapTest, WhatSomebodyPutAtANameMeanwhileStays) {
  write_both();
  write(to_ / "first", "mine");
  const auto before = files();
  const Swap swap(from_, to_);
  const Status s = swap.run(entries_);
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.issue().what.find("first"), std::string::npos);
  EXPECT_EQ(files(), before);
}

TEST_F(SwapTest, NothingIsReplacedByARenameToANewName) {
  write(to_ / "a", "old");
  write(to_ / "b", "new");
  EXPECT_FALSE(rename_new(to_ / "b", to_ / "a").ok());
  EXPECT_TRUE(rename_new(to_ / "b", to_ / "c").ok());
  EXPECT_EQ(files(), (std::map<std::string, std::string>{{"a", "old"}, {"c", "new"}}));
}

TEST_F(SwapTest, ALockIsHeldOnceAndCanBeAskedForWithoutTakingIt) {
  const fs::path file = to_ / "lock";
  EXPECT_FALSE(FileLock::held(file));
  {
    const auto lock = FileLock::take(file, O_CREAT);
    ASSERT_TRUE(lock);
    EXPECT_TRUE(FileLock::held(file));
    EXPECT_FALSE(FileLock::take(file));
    EXPECT_FALSE(FileLock::take(file, O_CREAT | O_EXCL));
    fs::remove(file);  // another file of this name is another lock
    EXPECT_TRUE(FileLock::take(file, O_CREAT));
  }
  EXPECT_FALSE(FileLock::held(file));
  EXPECT_TRUE(FileLock::take(file));
}

TEST_F(SwapTest, ALockEndsWithItsProcess) {
  const fs::path file = to_ / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::take(file, O_CREAT);
    (void)!::write(ready[1], "x", 1);
    ::pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(FileLock::held(file));
  EXPECT_FALSE(FileLock::take(file));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(FileLock::held(file));
  EXPECT_TRUE(FileLock::take(file));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace parfocal::engine
