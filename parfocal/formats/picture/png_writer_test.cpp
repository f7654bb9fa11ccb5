#include <gmock/gmock.h>

#include "parfocal/core/own_picture.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/picture/picture_panels.h"
#include "parfocal/formats/picture/png_writer.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using testing::HasSubstr;

TEST(PngWriter, MarksWhatIsOursAndKnowsItAgain) {
  TempDir dir;
  Canvas canvas(2, 2);
  canvas.set(0, 0, {1, 2, 3});
  ASSERT_TRUE(write_png(dir / "a.png", canvas, ascii_json(R"({"pipeline": "µ"})")).ok());
  EXPECT_TRUE(is_own_picture(dir / "a.png"));
  EXPECT_TRUE(is_of_own_pictures(dir / "a.png"));
  const std::string bytes = test::read_text(dir / "a.png");
  EXPECT_THAT(bytes, HasSubstr("{\"pipeline\":\"\\u00b5\"}"));
  // Killed while it was written: at once, and later.
  test::write_text(dir / "b.png.part", "");
  test::write_text(dir / "c.png.part", bytes.substr(0, bytes.find("IDAT")));
  EXPECT_TRUE(is_of_own_pictures(dir / "b.png.part"));
  EXPECT_TRUE(is_of_own_pictures(dir / "c.png.part"));
  // Of others.
  std::string other = bytes;
  other.replace(other.find("tEXtparfocal"), 12, "tEXtSoftware");
  test::write_text(dir / "d.png", other);
  test::write_text(dir / "e.png", "");
  test::write_text(dir / "notes.txt", "parfocal");
  fs::create_symlink(dir / "a.png", dir / "f.png");
  for (const char* name : {"d.png", "e.png", "notes.txt", "f.png", "none.png"})
    EXPECT_FALSE(is_of_own_pictures(dir / name)) << name;
  for (size_t end = 0; end < bytes.find("IDAT"); ++end) {  // damaged
    test::write_text(dir / "g.png", bytes.substr(0, end));
    (void)is_own_picture(dir / "g.png");
  }
}

TEST(PngWriter, TakesNoMoreThanItSays) {
  TempDir dir;
  Canvas canvas(64, 300);
  for (int64_t y = 0; y < 64; ++y)
    for (int64_t x = 0; x < 300; ++x) {
      const auto noise = static_cast<uint32_t>(y * 300 + x) * 2654435761u;
      canvas.set(y, x,
                 {static_cast<uint8_t>(noise >> 24), static_cast<uint8_t>(noise >> 16),
                  static_cast<uint8_t>(noise >> 8)});
    }
  ASSERT_TRUE(write_png(dir / "a.png", canvas, "{}").ok());
  EXPECT_LE(static_cast<int64_t>(fs::file_size(dir / "a.png")), png_file_bytes(64, 300));
}

TEST(PicturePanels, StandSideBySideUnderTheirTitles) {
  TempDir dir;
  Canvas left(10, 40), right(20, 50);
  left.fill(0, 0, 10, 40, {200, 0, 0});
  right.fill(0, 0, 20, 50, {0, 200, 0});
  ASSERT_TRUE(write_png(dir / "l.png", left, "{}").ok());
  ASSERT_TRUE(write_png(dir / "r.png", right, "{}").ok());
  const std::vector<Panel> panels = {{"mask", dir / "l.png"}, {"cells", dir / "r.png"}};
  ASSERT_TRUE(write_panels(dir / "m.png", panels, "{}").ok());
  Canvas all;
  ASSERT_TRUE(read_picture(dir / "m.png", all).ok());
  // 8 + "mask" (46) + 8 + "cells" (58) + 8; a title of 14 between spaces of 8.
  EXPECT_EQ(all.width(), 128);
  EXPECT_EQ(all.height(), 30 + 20 + 8);
  EXPECT_EQ(all.at(30, 8), (Colour{200, 0, 0}));
  EXPECT_EQ(all.at(39, 47), (Colour{200, 0, 0}));
  EXPECT_EQ(all.at(30, 62), (Colour{0, 200, 0}));
  EXPECT_TRUE(is_own_picture(dir / "m.png"));
}

}  // namespace
}  // namespace parfocal
