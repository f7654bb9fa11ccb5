#include "parfocal/report/plan_drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>

#include "parfocal/planner/test_planned.h"
#include "parfocal/report/plan_layout.h"
#include "parfocal/report/svg_text.h"

namespace parfocal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// "" if every tag is closed in its order and all signs are escaped, else where not.
std::string what_is_ill_formed(const std::string& xml) {
  static const std::regex reference("&(amp|lt|gt|quot|#39);");
  std::vector<std::string> open;
  for (size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&' &&
        !std::regex_search(xml.begin() + static_cast<std::ptrdiff_t>(at), xml.end(), reference,
                           std::regex_constants::match_continuous))
      return "a bare & in " + xml.substr(at, 20);
    if (xml[at] != '<') continue;
    const size_t end = xml.find('>', at);
    if (end == xml.npos) return "no end of " + xml.substr(at, 20);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with("!--")) continue;
    if (tag.find('<') != tag.npos) return "a bare < in " + tag;
    const std::string name =
        tag.substr(tag[0] == '/', tag.find_first_of(" />", 1) - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name) return "</" + name + "> closes another";
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

struct Box {
  double x, y, width, height;
};
std::vector<Box> boxes_in(const std::string& svg) {
  static const std::regex box(
      "class=\"box [a-z]+\" x=\"(\\d+)\" y=\"(\\d+)\" width=\"(\\d+)\" height=\"(\\d+)\"");
  std::vector<Box> boxes;
  for (std::sregex_iterator it(svg.begin(), svg.end(), box), end; it != end; ++it)
    boxes.push_back(
        {std::stod((*it)[1]), std::stod((*it)[2]), std::stod((*it)[3]), std::stod((*it)[4])});
  return boxes;
}

bool overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

const std::string kLesson =
    movie(30) +
    "steps:\n  - {id: smooth, op: gaussian, sigma: 1 px}\n"
    "  - {id: mask, op: threshold, from: source}\n  - {id: cells, op: label}\n"
    "  - {id: objects, op: measure, intensity: source, properties: [area]}\n"
    "sinks:\n  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}\n"
    "  - {type: table, from: objects, path: objects.csv}\n";

// WCAG 2: relative luminance of "#rrggbb".
double luminance(const std::string& colour) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return sum;
}
double contrast(const std::string& a, const std::string& b) {
  const double light = std::max(luminance(a), luminance(b)),
               dark = std::min(luminance(a), luminance(b));
  return (light + 0.05) / (dark + 0.05);
}

TEST(PlanDrawing, IsWellFormedAndHasEveryName) {
  const Plan plan = planned(kLesson);
  const std::string svg = report::plan_svg(plan);
  EXPECT_EQ(what_is_ill_formed(svg), "");
  for (const NodePlan& node : plan.nodes)
    EXPECT_THAT(svg, HasSubstr("<title>" + node.id + "</title>"));
  EXPECT_EQ(boxes_in(svg).size(), plan.nodes.size());
  EXPECT_THAT(svg, HasSubstr(report::kDrawingMark));
}

TEST(PlanDrawing, TellsTheBytesOfAnItemAndOfItsQueue) {
  const std::string svg = report::plan_svg(planned(kLesson));
  EXPECT_THAT(svg, HasSubstr(">source: 8 KiB, handed on<"));  // 64 x 64 x 2
  // Labels are int32: 64 x 64 x 4 bytes.
  EXPECT_TRUE(std::regex_search(svg, std::regex(">cells: 16 KiB, queue of \\d+: [0-9.]+ [KM]iB<")))
      << svg;
}

TEST(PlanDrawing, HasNoOverlapsAndPutsReadersBelow) {
  std::string wide = movie(9) + "steps:\n";
  for (int i = 0; i < 12; ++i)
    wide += "  - {id: s" + std::to_string(i) + ", op: gaussian, sigma: 1 px, from: " +
            (i % 3 ? "s" + std::to_string(i - 1) : std::string("source")) + "}\n";
  wide +=
      "sinks: [{type: ome_zarr, from: s11, path: a.ome.zarr}, {type: ome_zarr, from: s2, path: "
      "b.ome.zarr}]\n";
  for (const std::string& text : {kLesson, wide}) {
    const Plan plan = planned(text);
    const std::string svg = report::plan_svg(plan);
    const std::vector<Box> boxes = boxes_in(svg);
    for (size_t i = 0; i < boxes.size(); ++i)
      for (size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(boxes[i], boxes[j])) << i << " and " << j;
    const report::PlanLayout layout = report::place_boxes(plan);
    for (size_t n = 0; n < plan.nodes.size(); ++n) {
      EXPECT_LE(layout.boxes[n].x + report::kBoxWidth, layout.width);
      EXPECT_LE(layout.boxes[n].y + layout.boxes[n].height, layout.height);
      for (const PortId& in : plan.nodes[n].inputs) {
        const report::NodeBox& above = layout.boxes[static_cast<size_t>(in.node)];
        EXPECT_LT(above.y + above.height, layout.boxes[n].y);
      }
    }
  }
}

TEST(PlanDrawing, NeedsNothingFromOutside) {
  const std::string svg = report::plan_svg(planned(kLesson));
  for (const char* word : {"<script", "href", "url(", "@import", "<image", "onload"})
    EXPECT_THAT(svg, Not(HasSubstr(word)));
}

TEST(PlanDrawing, IsReadableOnLightAndDarkGround) {
  const std::string svg = report::plan_svg(planned(kLesson));
  static const std::regex colour("--([a-z]+): (#[0-9a-f]{6})");
  std::vector<std::map<std::string, std::string>> schemes(1);
  for (std::sregex_iterator it(svg.begin(), svg.end(), colour), end; it != end; ++it) {
    if (schemes.back().contains((*it)[1])) schemes.emplace_back();
    schemes.back()[(*it)[1]] = (*it)[2];
  }
  ASSERT_EQ(schemes.size(), 2u);
  EXPECT_THAT(svg, HasSubstr("@media (prefers-color-scheme: dark)"));
  for (const auto& scheme : schemes)
    for (const char* ink : {"ink", "pale"})
      for (const char* ground : {"ground", "source", "step", "sink"})
        EXPECT_GE(contrast(scheme.at(ink), scheme.at(ground)), 4.5) << ink << " on " << ground;
}

TEST(PlanDrawing, EscapesWhateverAnIdIs) {
  Plan plan = planned(kLesson);
  plan.nodes[1].id = "<b>&\"'\x01\xff</b>";
  plan.pipeline.name = std::string(300, '&');
  const std::string svg = report::plan_svg(plan);
  EXPECT_EQ(what_is_ill_formed(svg), "");
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;&quot;&#39;\xef\xbf\xbd\xef\xbf\xbd&lt;/b&gt;"));
}

TEST(SvgText, ShortensByCharacters) {
  EXPECT_EQ(report::shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(report::shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(report::shortened("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4), "\xc3\xa4...");
  EXPECT_EQ(report::shortened("", 4), "");
}

}  // namespace
}  // namespace parfocal
