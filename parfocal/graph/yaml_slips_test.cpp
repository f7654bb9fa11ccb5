#include "parfocal/graph/yaml_slips.h"

#include <gtest/gtest.h>

#include "parfocal/graph/yaml_reader.h"

namespace parfocal {
namespace {

// What `text` is read as, and the cures.
std::string mended(const std::string& text, size_t issues_wanted) {
  std::vector<Issue> issues;
  RawValue document = read_yaml(text, "p.yaml", issues);
  mend_slips(document, issues);
  EXPECT_EQ(issues.size(), issues_wanted) << text;
  std::string told = document.str();
  for (const Issue& issue : issues) told += " | " + issue.where.substr(7) + " " + issue.cure;
  return told;
}

TEST(YamlSlips, JoinNumbersThatACommaCut) {
  EXPECT_EQ(mended("{a: {sigma: 1,5 px}}", 1), "{a: {sigma: 1.5 px}} | 1:13 write sigma: 1.5 px");
  EXPECT_EQ(mended("[{y: 0,65 um, x: 0,65 um}]", 2),
            "[{y: 0.65 um, x: 0.65 um}] | 1:6 write y: 0.65 um | 1:18 write x: 0.65 um");
  EXPECT_EQ(mended("{a: -1,000}", 1), "{a: -1.000} | 1:5 write a: -1.000");
  EXPECT_EQ(mended("{a: 1,000}", 1),
            "{a: 1.000} | 1:5 write a: 1.000, or a: 1000 where the comma parts thousands");
  EXPECT_EQ(mended("{a: 1, 2, 3, 4}", 1), "{a: 1.2, 3: null, 4: null} | 1:5 write a: 1.2");
}

TEST(YamlSlips, JoinCallsThatACommaCut) {
  EXPECT_EQ(mended("{a: rectangle(3, 5)}", 1),
            "{a: rectangle(3, 5)} | 1:5 write a: \"rectangle(3, 5)\"");
}

TEST(YamlSlips, PartKeysThatLackABlank) {
  EXPECT_EQ(mended("{id: a, op:label}", 1), "{id: a, op: label} | 1:9 write op: label");
  EXPECT_EQ(mended("{op: a, op:label}", 1), "{op: a, op:label: null} | 1:9 write op: label");
}

TEST(YamlSlips, LeaveWhatIsMeant) {
  for (const char* text : {"{a: null, 5: b}", "{a: b, 5 px: null}", "{a: [1, 5 px]}", "{5: null}",
                           "{a: disk(3), b): null}", "{\"http://a\": null, \"a:\": null}", "null"})
    mended(text, 0);
}

}  // namespace
}  // namespace parfocal
