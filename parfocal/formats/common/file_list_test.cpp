#include "parfocal/formats/common/file_list.h"

#include <gmock/gmock.h>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

using test::TempDir;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const FileList& list) {
  std::vector<std::string> names;
  for (int64_t k = 0; k < list.size(); ++k) names.push_back(list.name(k));
  return names;
}

template <class F>
std::string failure_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class Files : public testing::Test {
 protected:
  Files() {
    for (const char* name : {"a1.png", "a2.png", "a1_mask.png", "sub/a3.png", "sub/b/a4.png"})
      write_text(dir_ / name, name);
  }
  std::vector<std::string> left(const std::string& glob, const std::vector<std::string>& exclude) {
    return names_of(FileList::find(dir_.path(), {glob}, FileOrder::natural, exclude));
  }
  TempDir dir_;
};

TEST_F(Files, AreLeftOutByTheirNameOrWholePath) {
  EXPECT_THAT(left("*.png", {"*_mask.png"}), ElementsAre("a1.png", "a2.png"));
  EXPECT_THAT(left("**/*.png", {"a1*", "sub/*"}), ElementsAre("a2.png", "sub/b/a4.png"));
  EXPECT_THAT(left("**/*.png", {"a?.png"}), ElementsAre("a1_mask.png"));
  EXPECT_THAT(left("**/*.png", {"**/b/*", "a1_mask.png"}),
              ElementsAre("a1.png", "a2.png", "sub/a3.png"));
  EXPECT_THAT(left("**/*.png", {"sub/**"}), ElementsAre("a1.png", "a1_mask.png", "a2.png"));
}

TEST_F(Files, SaysWhichPatternsLeaveOutNothingOrAll) {
  const FileList list =
      FileList::find(dir_.path(), {"*.png"}, FileOrder::natural, {"*.tif", "a2.png"});
  EXPECT_THAT(list.notices(), ElementsAre("exclude: *.tif matches none of the files."));
  EXPECT_THAT(failure_of([&] { left("*.png", {"*"}); }), HasSubstr("exclude leaves no file"));
}

TEST_F(Files, OfAListKeepTheirOrder) {
  EXPECT_THAT(names_of(FileList::of(dir_.path(), {"sub/a3.png", "a2.png", "a1.png"})),
              ElementsAre("sub/a3.png", "a2.png", "a1.png"));
}

TEST_F(Files, OfAListThatAreMissingAreNamed) {
  const auto failure = [&](const std::vector<std::string>& names) {
    return failure_of([&] { FileList::of(dir_.path(), names); });
  };
  EXPECT_THAT(failure({"a1.png", "a9.png", "q.png"}), HasSubstr("a9.png, q.png (2)"));
  EXPECT_THAT(failure({"A1.png"}), HasSubstr("did you mean 'a1.png'?"));
  EXPECT_THAT(failure({"sub"}), HasSubstr("sub/*"));
  EXPECT_THAT(failure({"*.png"}), HasSubstr("write glob: \"*.png\""));
}

}  // namespace
}  // namespace parfocal
