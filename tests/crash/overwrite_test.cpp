// Results that are replaced, by a command that is killed before each of its last operations on
// files: after the next command the old or the new result is there whole, never a mixture, and
// nothing that no command cleans up.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "probe_run.h"
#include "test_places.h"

#ifdef PARFOCAL_COMMAND
namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;
using Contents = std::map<std::string, std::string>;

constexpr int kOldOnes = 8;  // kills before the swap, which end a walk back from the end

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_hidden(const fs::path& name) {
  for (const fs::path& part : name)
    if (part.string().find(".parfocal") == 0 || part.extension() == ".parfocal") return true;
  return false;
}

// What a user sees: the names of all files, and of tables and metadata also what they hold.
Contents contents_of(const fs::path& folder) {
  Contents contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path name = entry.path().lexically_relative(folder);
    if (!entry.is_regular_file() || is_hidden(name)) continue;
    std::string& text = contents[name.string()];
    if (name.extension() == ".csv") text = text_of(entry.path());
    if (name.string() == "z.ome.zarr/0/zarr.json") text = text_of(entry.path());
  }
  return contents;
}

bool has_hidden(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (is_hidden(entry.path().lexically_relative(folder))) return true;
  return false;
}

int command(Words words, const std::map<std::string, std::string>& environment = {}) {
  words.insert(words.begin(), PARFOCAL_COMMAND);
  return run_command(std::move(words), environment);
}

class Overwrite : public testing::Test {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
    write_pipeline("old.yaml", 3);
    write_pipeline("new.yaml", 5);
  }
  fs::path path(const std::string& name) const { return scratch_.path() / name; }
  void write_pipeline(const std::string& name, int frames) const {
    std::ofstream(path(name)) << "parfocal: 1\nsource: {type: generator, kind: nuclei, size: {t: "
                              << frames
                              << ", y: 48, x: 48}, dtype: uint8}\n"
                                 "steps: [{op: threshold, id: m}, {op: label, id: l}, {op: count, "
                                 "id: n}]\n"
                                 "sinks:\n"
                                 "  - {type: table, path: a.old}\n"
                                 "  - {type: table, path: sub/b.csv}\n"
                                 "  - {type: ome_tiff, from: source, path: a.ome.tif}\n"
                                 "  - {type: ome_zarr, from: source, path: z.ome.zarr}\n";
  }
  // `in` with what `words` do to the folder, killed before its n-th operation there.
  int killed(const Words& words, int64_t n) const {
    return command(words, {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                           {"SHIM_ROOT", path("o").string()},
                           {"SHIM_KILL", std::to_string(n)}});
  }
  void restore() const {
    fs::remove_all(path("o"));
    fs::copy(path("before"), path("o"), fs::copy_options::recursive);
  }
  // The number of operations of a whole run.
  int64_t operations(const Words& words) const {
    int64_t low = 0, high = 4096;
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      restore();
      (killed(words, middle) == 0 ? high : low) = middle;
    }
    return low;
  }
  void try_all(const Words& words, const Words& next) const {
    fs::copy(path("o"), path("before"), fs::copy_options::recursive);
    const Contents before = contents_of(path("o"));
    ASSERT_EQ(command(words), 0);
    const Contents after = contents_of(path("o"));
    ASSERT_NE(before, after);
    EXPECT_FALSE(has_hidden(path("o")));
    const int64_t whole = operations(words);
    ASSERT_GT(whole, 10);
    int old_ones = 0, new_ones = 0;
    for (int64_t n = whole; n > 0 && old_ones < kOldOnes; --n) {
      SCOPED_TRACE("killed before operation " + std::to_string(n) + " of " + std::to_string(whole));
      restore();
      EXPECT_EQ(killed(words, n), -1);
      EXPECT_EQ(command(next), 0);
      const Contents now = contents_of(path("o"));
      EXPECT_TRUE(now == before || now == after) << "a mixture";
      old_ones += now == before;
      new_ones += now == after;
      EXPECT_EQ(command(words), 0);
      EXPECT_TRUE(contents_of(path("o")) == after);
      EXPECT_FALSE(has_hidden(path("o")));
    }
    EXPECT_GT(old_ones, 0);
    EXPECT_GT(new_ones, 0);
  }

  Scratch scratch_{true};
};

TEST_F(Overwrite, OfARunLeavesTheOldOrTheNewResultWhole) {
  const std::string out = path("o").string();
  ASSERT_EQ(command({"run", path("old.yaml").string(), "--out", out}), 0);
  try_all({"run", path("new.yaml").string(), "--out", out, "--overwrite", "--threads", "1"},
          {"info", out});
}

TEST_F(Overwrite, OfAConvertedStoreLeavesTheOldOrTheNewOneWhole) {
  for (const std::string name : {"old", "new"})
    ASSERT_EQ(command({"run", path(name + ".yaml").string(), "--out", path(name).string()}), 0);
  fs::create_directories(path("o"));
  const auto line = [&](const std::string& name) {
    return Words{"convert",
                 path(name).string() + "/a.ome.tif",
                 path("o/z.ome.zarr").string(),
                 "--threads",
                 "1",
                 "--overwrite"};
  };
  ASSERT_EQ(command(line("old")), 0);
  try_all(line("new"), {"info", path("o/z.ome.zarr").string()});
}

}  // namespace
}  // namespace parfocal::crash
#endif
