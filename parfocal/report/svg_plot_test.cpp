#include "parfocal/report/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "parfocal/report/html_page.h"
#include "parfocal/report/plot_axes.h"

namespace parfocal::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Whether every tag is closed in its order.
bool is_well_formed(const std::string& xml) {
  static const std::regex tag("<(/?)([a-z]+)[^<>]*?(/?)>");
  std::vector<std::string> open;
  for (std::sregex_iterator it(xml.begin(), xml.end(), tag), end; it != end; ++it) {
    if ((*it)[3].length() > 0) continue;
    if ((*it)[1].length() == 0)
      open.push_back((*it)[2]);
    else if (open.empty() || open.back() != (*it)[2])
      return false;
    else
      open.pop_back();
  }
  return open.empty();
}

TEST(PlotScale, PutsDataOnThePicture) {
  const PlotScale scale = scale_of(0, 10, 100, 200);
  EXPECT_DOUBLE_EQ(scale.at(0), 100);
  EXPECT_DOUBLE_EQ(scale.at(5), 150);
  EXPECT_DOUBLE_EQ(scale.at(20), 200);  // kept inside
  const PlotScale down = scale_of(0, 10, 200, 100);
  EXPECT_DOUBLE_EQ(down.at(2.5), 175);
}

TEST(PlotScale, HasRoomForOneValueAndForAllOfThem) {
  const PlotScale one = scale_of(7, 7, 0, 1);
  EXPECT_DOUBLE_EQ(one.at(7), 0.5);
  const PlotScale all = scale_of(-1.7e308, 1.7e308, 0, 100);
  EXPECT_DOUBLE_EQ(all.at(0), 50);
  EXPECT_GE(ticks_of(all, 5).size(), 2u);
}

TEST(PlotTicks, AreRound) {
  EXPECT_THAT(ticks_of(scale_of(0, 10, 0, 1), 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks_of(scale_of(-3, 3, 0, 1), 3), ElementsAre(-2, 0, 2));
}

// Left 76, right edge 704: x of frame 1 of 0..2 is in the middle, 390. y of the plot: 14 to 234.
TEST(LinePlot, DrawsValuesAtTheirPlaces) {
  const PlotLine line{"", "c0", {{0, 0, 0, 0, 0, 1}, {1, 1, 5, 5, 5, 1}, {2, 2, 10, 10, 10, 1}}};
  const std::string svg = line_plot("frame", "count", {line});
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_THAT(svg, HasSubstr("d=\"M76 234L390 124L704 14\""));
  EXPECT_THAT(svg, Not(HasSubstr("band")));
}

TEST(LinePlot, LeavesHolesWhereNothingIs) {
  const PlotLine line{
      "", "c0", {{0, 0, 0, 0, 0, 1}, {1, 1, 0, 0, 0, 0}, {2, 2, 0, 5, 10, 9}, {3, 3, 0, 5, 10, 9}}};
  const std::string svg = line_plot("frame", "count", {line});
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_THAT(svg, HasSubstr("d=\"M76 234h1M494.67 124L704 124\""));
  EXPECT_THAT(svg, HasSubstr("d=\"M494.67 14L704 14L704 234L494.67 234Z\""));
}

TEST(Plots, HoldTextsOfFilesAsText) {
  const std::string evil = "<script>\"&'";
  const PlotLine line{evil, "c0", {{0, 0, 1, 1, 1, 1}}};
  const std::vector<std::string> plots = {
      line_plot(evil, evil, {line, line}), histogram_plot(evil, evil, 0, 1, {{evil, "c0", {1, 2}}}),
      box_plot(evil, {{evil, "c0", 1, 2, 3, 4, 5, 9}}), bar_plot(evil, {{evil, "c0", evil, 3}})};
  for (const std::string& svg : plots) {
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, HasSubstr("&lt;script&gt;"));
    EXPECT_TRUE(is_well_formed(svg)) << svg;
  }
}

TEST(Plots, OfNothingAreEmptyAndWhole) {
  EXPECT_TRUE(is_well_formed(line_plot("x", "y", {})));
  EXPECT_TRUE(is_well_formed(histogram_plot("x", "y", 0, 0, {})));
  EXPECT_TRUE(is_well_formed(box_plot("x", {{"a", "c0"}})));
  EXPECT_TRUE(is_well_formed(bar_plot("x", {})));
}

// x from 170 to 704 for 0..10: 1 px is 10/534.
TEST(BoxPlot, DrawsQuartilesAtTheirPlaces) {
  const std::string svg = box_plot("area [px]", {{"a", "c0", 0, 2.5, 5, 7.5, 10, 9}});
  EXPECT_THAT(svg, HasSubstr("x=\"303.5\" y=\"19\" width=\"267\""));
  EXPECT_THAT(svg, HasSubstr("d=\"M437 17v18\""));
  EXPECT_THAT(svg, HasSubstr("area [px]"));
}

TEST(LineClass, GivesColoursTheirOwn) {
  EXPECT_EQ(line_class("r", 2), "cr");
  EXPECT_EQ(line_class("green", 0), "cg");
  EXPECT_EQ(line_class("DAPI", 9), "c1");
}

TEST(HtmlPage, EscapesAndKeepsItsSize) {
  HtmlPage page("<b>");
  page.section("<i>", paragraph("<script>") + table({"<"}, {{"&"}}));
  page.section("too large", std::string(kMostPageBytes, 'x'));
  const std::string text = page.text("0");
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("<i>")));
  EXPECT_THAT(text, HasSubstr("<td>&amp;</td>"));
  EXPECT_THAT(text, HasSubstr("left out"));
  EXPECT_LT(text.size(), kMostPageBytes);
}

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace parfocal::report
