#include "parfocal/formats/tiff/rewriting.h"

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_pages-inl.h"

namespace parfocal {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string cure_of(const std::vector<test::TestEntry>& entries,
                    const std::vector<std::string>& patterns = {"*.tif"}) {
  test::TempDir dir;
  test::write_pages(dir / "a.tif", {{1, "", entries}});
  Fd fd;
  TiffFile file;
  EXPECT_TRUE(open_tiff(dir / "a.tif", fd, file).ok());
  return rewriting_cure(file, patterns);
}

const std::vector<test::TestEntry> kFloat16 = {{258, 3, 1, 16}, {339, 3, 1, 3}};
const std::vector<test::TestEntry> kLzma = {{259, 3, 1, 34925}};

TEST(Rewriting, MakesFilesThatAreRead) {
  EXPECT_THAT(cure_of(kFloat16), HasSubstr("folder float32 "));
  EXPECT_THAT(cure_of(kFloat16), HasSubstr(".astype('float32')"));
  EXPECT_THAT(cure_of(kLzma), HasSubstr("folder plain "));
  EXPECT_THAT(cure_of(kLzma), Not(HasSubstr("astype")));
}

TEST(Rewriting, MakesBytesAndWordsOfBits) {
  for (const uint16_t bits : {uint16_t{1}, uint16_t{4}, uint16_t{12}})
    EXPECT_THAT(cure_of({{258, 3, 1, bits}}), HasSubstr("folder plain ")) << bits;
}

// Three or four images are no colours of one, colours stay such, and pixels keep their size.
TEST(Rewriting, SaysWhatTheImagesAre) {
  for (const auto& entries : {kFloat16, kLzma}) {
    EXPECT_THAT(cure_of(entries), HasSubstr("if p.samplesperpixel > 1 else {'photometric': "
                                            "'minisblack'}"));
    EXPECT_THAT(cure_of(entries), HasSubstr("'resolution': p.resolution"));
  }
}

TEST(Rewriting, IsNoCureOfWhatIsReadAsItIs) {
  EXPECT_EQ(cure_of({}), "");
  EXPECT_EQ(cure_of({{258, 3, 1, 32}, {339, 3, 1, 3}}), "") << "float32";
  EXPECT_EQ(cure_of({{277, 3, 1, 3}}), "") << "colours";
}

// The shell finds the files: wildcards are its own, all else is as it stands.
TEST(Rewriting, KeepsWildcardsAndNothingElseOfTheShell) {
  EXPECT_THAT(cure_of(kLzma, {"my cells/img_[0-9]?*.tif", "$HOME's.tif"}),
              EndsWith(R"( my\ cells/img_[0-9]?*.tif \$HOME\'s.tif)"));
  EXPECT_THAT(cure_of(kLzma, {"two\nlines.tif"}), EndsWith(" two$'\\n'lines.tif"));
  EXPECT_THAT(cure_of(kLzma, {"Zelle_\xc3\xa4.tif"}), EndsWith(" Zelle_\xc3\xa4.tif"));
}

}  // namespace
}  // namespace parfocal
