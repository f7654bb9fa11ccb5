// Twenty mistakes as people make them: alone each gives exactly one error with line, column, the
// word and a cure; together all twenty are reported in one pass.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kLines = {
    "parfocal: 1",                                                           // 1
    "memory: 1 GiB",                                                         // 2
    "on_error: stop",                                                        // 3
    "vars: {width: 2 px}",                                                   // 4
    "source: {type: files, glob: \"movie/*.tif\", axes: tyx}",               // 5
    "steps:",                                                                // 6
    "  - {id: smooth, op: gaussian, sigma: 1 px, from: source}",             // 7
    "  - {id: wide, op: gaussian, sigma: \"${width}\", from: source}",       // 8
    "  - {id: rest, op: subtract, from: source, by: wide}",                  // 9
    "  - {id: mask, op: threshold, method: otsu, from: source}",             // 10
    "  - {id: clean, op: open, footprint: disk(3), from: mask}",             // 11
    "  - {id: cells, op: label, from: clean}",                               // 12
    "  - {id: objects, op: measure, from: cells, intensity: source}",        // 13
    "  - {id: soft, op: gaussian, sigma: 3 px, from: source}",               // 14
    "  - {id: extra, op: gaussian, sigma: 4 px, from: source}",              // 15
    "  - {id: more, op: gaussian, sigma: 5 px, from: extra}",                // 16
    "  - {id: late, op: gaussian, sigma: 6 px, from: source}",               // 17
    "  - {id: last, op: gaussian, sigma: 7 px, from: late}",                 // 18
    "sinks:",                                                                // 19
    "  - {type: ome_zarr, from: smooth, path: a.zarr, labels: {c: cells}}",  // 20
    "  - {type: table, from: objects, path: a.csv}",                         // 21
    "  - {type: ome_zarr, from: rest, path: b.zarr, policy: gap}",           // 22
    "  - {type: ome_zarr, from: soft, path: c.zarr}",                        // 23
    "  - {type: ome_zarr, from: last, path: d.zarr}",                        // 24
    "  - {type: ome_zarr, from: more, path: e.zarr}",                        // 25
    "observe:",                                                              // 26
    "  - {type: viewer, from: smooth, policy: latest}",                      // 27
};

struct Mistake {
  int line, column;
  const char *right, *wrong;
  const char *given, *cure;  // the word, and a part of the cure
};
const Mistake kMistakes[] = {
    {1, 11, "parfocal: 1", "parfocal: 2", "2", "parfocal: 1"},
    {2, 9, "memory: 1 GiB", "memory: lots", "lots", "memory: 1 GiB"},
    {3, 11, "on_error: stop", "on_error: skp", "skp", "'skip'"},
    {5, 44, "axes", "axis", "axis", "'axes'"},
    {7, 32, "sigma: 1 px", "sgma: 1 px, sigma: 1 px", "sgma", "'sigma'"},
    {8, 37, "${width}", "${widht}", "${widht}", "'width'"},
    {9, 44, "by: wide", "bye: wide", "bye", "'by'"},
    {10, 39, "otsu", "ostu", "ostu", "'otsu'"},
    {11, 47, "footprint: disk(3)", "footprint: disk(3), footprint: disk(4)", "footprint",
     "remove one"},
    {12, 34, "from: clean", "from: clen", "clen", "'clean'"},
    {14, 37, "sigma: 3 px", "sigma: -3 px", "-3 px", "sigma"},
    {15, 10, "id: extra", "id: soft", "soft", "rename"},
    {16, 49, "from: extra", "from: late", "late", "move step 'late'"},
    {17, 20, "gaussian", "gausian", "gausian", "'gaussian'"},
    {18, 49, "from: late", "from: smooth.mask", "smooth.mask", "smooth"},
    {20, 62, "c: cells", "c: objects", "objects", "images are made by"},
    {21, 40, "a.csv", "a.zarr", "a.zarr", "choose another path"},
    {22, 56, "gap", "latest", "latest", "gap"},
    {23, 12, "ome_zarr", "ome_zar", "ome_zar", "'ome_zarr'"},
    {27, 42, "latest", "newest", "newest", "policy: latest"},
};
static_assert(std::size(kMistakes) == 20);

std::string with(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> lines = kLines;
  for (const Mistake& m : mistakes) {
    std::string& line = lines[static_cast<size_t>(m.line - 1)];
    const size_t at = line.find(m.right);
    EXPECT_NE(at, std::string::npos) << m.right;
    line.replace(at, std::string(m.right).size(), m.wrong);
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}
std::vector<Issue> issues_of(const std::string& text) {
  try {
    parse_pipeline(text, ".", "p", {}, "p.yaml");
  } catch (const Error& e) {
    return e.issues();
  }
  return {};
}
std::string all_of(const std::vector<Issue>& issues) {
  std::string text;
  for (const Issue& issue : issues) text += issue.str() + "\n";
  return text;
}
void expect_told(const Mistake& m, const Issue& issue) {
  EXPECT_EQ(issue.where, "p.yaml:" + std::to_string(m.line) + ":" + std::to_string(m.column));
  EXPECT_EQ(issue.given, m.given);
  EXPECT_THAT(issue.what + issue.given, HasSubstr(m.given));
  EXPECT_THAT(issue.cure, HasSubstr(m.cure));
}

TEST(YamlMistakes, TheFileWithoutMistakesIsFine) { EXPECT_EQ(all_of(issues_of(with({}))), ""); }

TEST(YamlMistakes, EachAloneGivesOneErrorWithPlaceWordAndCure) {
  for (const Mistake& m : kMistakes) {
    // Renaming 'extra' leaves its user without a name: the second error is right.
    const size_t expected = std::string(m.right) == "id: extra" ? 2 : 1;
    const auto issues = issues_of(with({m}));
    ASSERT_EQ(issues.size(), expected) << m.wrong << "\n" << all_of(issues);
    SCOPED_TRACE(m.wrong);
    expect_told(m, issues[0]);
  }
}

TEST(YamlMistakes, AllTwentyAreReportedInOnePass) {
  const auto issues =
      issues_of(with(std::vector<Mistake>(std::begin(kMistakes), std::end(kMistakes))));
  ASSERT_EQ(issues.size(), 20u) << all_of(issues);
  for (size_t i = 0; i < 20; ++i) expect_told(kMistakes[i], issues[i]);
}

TEST(YamlMistakes, KeysThatAreOptionsOfTheCommandAreToldSo) {
  const std::pair<const char*, const char*> cases[] = {
      {"threads: 4", "run with --threads 4"},
      {"out: results/a", "run with --out results/a"},
      {"overwrite: true", "run with --overwrite"},
      {"max_memory: 2 GiB", "write memory: 2 GiB in its place"},
      {"trheads: 4", "remove 'trheads'"},
  };
  for (const auto& [line, cure] : cases) {
    const auto issues = issues_of(with({}) + line + "\n");
    ASSERT_EQ(issues.size(), 1u) << line << all_of(issues);
    EXPECT_THAT(issues[0].cure, HasSubstr(cure));
  }
}

}  // namespace
}  // namespace parfocal
