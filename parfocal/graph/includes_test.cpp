#include "parfocal/graph/includes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/graph/graph_json.h"
#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

using ::testing::HasSubstr;

class Includes : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  // `steps`: lines of a list
  Pipeline parse(const std::string& steps, const std::vector<std::string>& sets = {}) {
    write("p.yaml",
          "parfocal: 1\nvars: {width: 2 px}\nsource: {type: files, glob: '*.tif', axes: "
          "tyx}\nsteps:\n" +
              steps + "sinks:\n  - {type: ome_zarr, path: a.zarr}\n");
    return read_pipeline_file(dir_ / "p.yaml", sets);
  }
  std::string issues_of(const std::string& steps) {
    try {
      parse(steps);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_pipeline);
      return error.what();
    }
    return "";
  }
  std::string at(const std::string& place) const { return (dir_.path() / place).string(); }

  test::TempDir dir_;
};

constexpr const char* kInclude = "  - {include: pre.yaml}\n";

TEST_F(Includes, StepsStandInThePlaceOfTheEntry) {
  write("pre.yaml", "- {id: smooth, op: gaussian, sigma: \"${width}\"}\n- {op: threshold}\n");
  const Pipeline p = parse("  - {id: first, op: gaussian, sigma: 1 px}\n" + std::string(kInclude) +
                               "  - {id: last, op: open, footprint: disk(1)}\n",
                           {"threshold.factor=7"});
  ASSERT_EQ(p.steps.size(), 4u);
  EXPECT_EQ(p.steps[1].params.str(), "{sigma: 2 px}");
  EXPECT_EQ(p.steps[1].inputs[0].second.step, "first");
  EXPECT_EQ(p.steps[1].place.str(), at("pre.yaml:1:20"));
  EXPECT_EQ(p.steps[2].params.str(), "{factor: 7}");
  EXPECT_EQ(p.steps[3].inputs[0].second.step, "threshold");
}

TEST_F(Includes, AMapWithStepsAloneAndFilesInFoldersOfTheirOwn) {
  write("parts/a.yaml",
        "steps:\n  - {include: more/b.yaml}\n  - {id: a, op: gaussian, sigma: 1 px}\n");
  write("parts/more/b.yaml", "- {id: b, op: gaussian, sigma: 1 px}\n");
  const Pipeline p = parse("  - {include: parts/a.yaml}\n");
  ASSERT_EQ(p.steps.size(), 2u);
  EXPECT_EQ(p.steps[0].id, "b");
  ASSERT_EQ(p.included.size(), 2u);
  EXPECT_EQ(p.included[0].file, "parts/a.yaml");
  EXPECT_EQ(p.included[1].file, "parts/more/b.yaml");
  EXPECT_EQ(p.included[1].text, "- {id: b, op: gaussian, sigma: 1 px}\n");
}

TEST_F(Includes, ThePipelineAsJsonKeepsAllTexts) {
  write("pre.yaml", "- {op: gaussian, sigma: 1 px}\n");
  const Pipeline p = parse(kInclude, {"gaussian.sigma=3 px"});
  const Pipeline back = pipeline_from_json(pipeline_to_json(p));
  EXPECT_EQ(back.included, p.included);
  EXPECT_EQ(back.sets, std::vector<std::string>{"gaussian.sigma=3 px"});
  EXPECT_EQ(pipeline_to_json(back), pipeline_to_json(p));
}

TEST_F(Includes, AMistakeNamesTheIncludedFile) {
  write("pre.yaml", "- {op: gaussian,\n   sgima: 1 px}\n");
  EXPECT_THAT(issues_of(kInclude), HasSubstr(at("pre.yaml:2:4")));
  write("pre.yaml", "- {op: gaussian\n");
  EXPECT_THAT(issues_of(kInclude), HasSubstr(at("pre.yaml:1")));
}

TEST_F(Includes, TwoStepsOfOneIdNameBothPlaces) {
  write("pre.yaml", "- {op: gaussian, sigma: 1 px}\n- {id: twice, op: gaussian, sigma: 1 px}\n");
  const std::string told =
      issues_of(std::string(kInclude) + "  - {id: twice, op: gaussian, sigma: 1 px}\n");
  EXPECT_THAT(told, HasSubstr("two steps have the id 'twice'"));
  EXPECT_THAT(told, HasSubstr(at("pre.yaml:2:8")));
  EXPECT_THAT(told, HasSubstr(at("p.yaml:6:10")));
}

TEST_F(Includes, CirclesEnd) {
  write("pre.yaml", "- {include: b.yaml}\n");
  write("b.yaml", "- {op: gaussian, sigma: 1 px}\n- {include: ./pre.yaml}\n");
  const std::string told = issues_of(kInclude);
  EXPECT_THAT(told, HasSubstr("in a circle"));
  EXPECT_THAT(told, HasSubstr(at("b.yaml:2:13")));
  write("pre.yaml", "- {include: p.yaml}\n");
  EXPECT_THAT(issues_of(kInclude), HasSubstr("in a circle"));
}

TEST_F(Includes, EightFilesInEachOtherAndNoMore) {
  const auto nest = [&](int files) {
    for (int i = 1; i < files; ++i)
      write("f" + std::to_string(i) + ".yaml",
            "- {include: f" + std::to_string(i + 1) + ".yaml}\n");
    write("f" + std::to_string(files) + ".yaml", "- {op: gaussian, sigma: 1 px}\n");
    return issues_of("  - {include: f1.yaml}\n");
  };
  EXPECT_EQ(nest(8), "");
  EXPECT_THAT(nest(9), HasSubstr("too deep"));
}

TEST_F(Includes, ManyIncludesEnd) {
  write("pre.yaml", "[]");
  std::string steps;
  for (int i = 0; i < 256; ++i) steps += kInclude;
  write("outer.yaml", "steps:\n" + steps);
  EXPECT_THAT(issues_of("  - {include: outer.yaml}\n"), HasSubstr("too many files"));
  write("pre.yaml", "[] #" + std::string(600 << 10, 'x'));
  EXPECT_THAT(issues_of(std::string(kInclude) + kInclude), HasSubstr("1 MiB"));
}

TEST_F(Includes, WhatCannotBeIncludedIsTold) {
  EXPECT_THAT(issues_of("  - {include: pre.yml}\n"), HasSubstr("cannot be read"));
  write("pre.yaml", "- {op: gaussian, sigma: 1 px}\n");
  EXPECT_THAT(issues_of("  - {include: prr.yaml}\n"), HasSubstr("did you mean 'pre.yaml'"));
  EXPECT_THAT(issues_of("  - {include: [a, b]}\n"), HasSubstr("the name of a file"));
  EXPECT_THAT(issues_of("  - {include: pre.yaml, id: x}\n"),
              HasSubstr("'id' stands beside include"));
  EXPECT_THAT(issues_of("  - pre.yaml\n"), HasSubstr("{include: pre.yaml}"));
  write("pre.yaml", "parfocal: 1\nsteps: []\n");
  EXPECT_THAT(issues_of(kInclude), HasSubstr("holds steps alone"));
  write("pre.yaml", "op: gaussian\n");
  EXPECT_THAT(issues_of(kInclude), HasSubstr("a list of steps"));
  write("pre.yaml", "");
  EXPECT_THAT(issues_of(kInclude), HasSubstr("a list of steps"));
}

}  // namespace
}  // namespace parfocal
