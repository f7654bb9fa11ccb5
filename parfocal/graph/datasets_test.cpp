#include "parfocal/graph/datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kPipeline = R"(parfocal: 1
vars: {width: 1 px}
source: {type: files, glob: "*.tif", axes: tyx}
steps:
  - {id: smooth, op: gaussian, sigma: "${width}"}
  - {id: mask, op: threshold, factor: 1}
sinks:
  - {type: ome_zarr, path: a.zarr}
)";

class DatasetTables : public ::testing::Test {
 protected:
  DatasetTables() {
    write("p.yaml", kPipeline);
    description_ = read_description(dir_ / "p.yaml");
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
  }
  DatasetList read(const std::string& text) {
    write("d.csv", text);
    return read_dataset_table(dir_ / "d.csv", description_);
  }
  std::string refusal(const std::string& text, ErrorCode code = ErrorCode::invalid_pipeline) {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "";
  }
  Pipeline pipeline_of(const DatasetList& list, size_t i,
                       const std::vector<std::string>& sets = {}) {
    return describe(description_, list, list.datasets[i], sets);
  }
  std::string at(const std::string& place) const { return (dir_.path() / place).string(); }

  test::TempDir dir_;
  Description description_;
};

TEST_F(DatasetTables, ARowIsThePipelineOfSet) {
  const DatasetList list =
      read("dataset,mask.factor,glob,smooth.sigma\nA,1.5,a/*.tif,\nB,,,2 px\n");
  EXPECT_THAT(list.keys, ElementsAre("mask.factor", "source.glob", "smooth.sigma"));
  ASSERT_EQ(list.datasets.size(), 2u);
  const Pipeline a = pipeline_of(list, 0), b = pipeline_of(list, 1);
  EXPECT_EQ(a.steps[1].params.str(), "{factor: 1.5}");
  EXPECT_EQ(a.steps[0].params.str(), "{sigma: 1 px}");
  EXPECT_EQ(b.steps[1].params.str(), "{factor: 1}");
  EXPECT_EQ(b.steps[0].params.str(), "{sigma: 2 px}");
  EXPECT_EQ(b.source.params.find("glob")->text, "*.tif");
  // The table lies beside the pipeline, so the pattern is relative to both.
  EXPECT_EQ(a.source.params.find("glob")->text, "a/*.tif");
  EXPECT_THAT(a.sets, ElementsAre("mask.factor=1.5", "source.glob=\"a/*.tif\""));
  const Pipeline single = describe(description_, std::vector<Change>{Change{"mask.factor=1.5"}});
  EXPECT_EQ(single.steps[1].params.str(), a.steps[1].params.str());
}

TEST_F(DatasetTables, PathsOfATableElsewhereAreRelativeToIt) {
  std::filesystem::create_directory(dir_ / "tables");
  write("tables/d.csv", "dataset,glob\nA,x.tif\n");
  const DatasetList list = read_dataset_table(dir_ / "tables/d.csv", description_);
  EXPECT_EQ(pipeline_of(list, 0).source.params.find("glob")->text, at("tables/x.tif"));
}

TEST_F(DatasetTables, ReadsWhatSpreadsheetsWrite) {
  const DatasetList list =
      read("\xEF\xBB\xBF\"dataset\";mask.factor;\r\n\"A \"\"1\"\"\";2;\r\n\r\nB;3;\r\n");
  ASSERT_EQ(list.datasets.size(), 2u);
  EXPECT_EQ(list.datasets[0].name, "A \"1\"");
  EXPECT_EQ(list.datasets[1].settings[0].value, "3");
  EXPECT_EQ(read("dataset\tmask.factor\nA\t2\n").datasets[0].settings[0].value, "2");
}

TEST_F(DatasetTables, ValuesAreTextOrYaml) {
  const DatasetList list =
      read("dataset,glob\nA,*.tif\nB,[ab]*.tif\nC,\"[\"\"a.tif\"\", \"\"b.tif\"\"]\"\n");
  EXPECT_EQ(pipeline_of(list, 0).source.params.find("glob")->text, "*.tif");
  EXPECT_EQ(pipeline_of(list, 1).source.params.find("glob")->text, "[ab]*.tif");
  EXPECT_EQ(pipeline_of(list, 2).source.params.find("glob")->items.size(), 2u);
  EXPECT_EQ(set_text({"a.b", "x: y #z", {}}), "a.b=\"x: y #z\"");
  EXPECT_EQ(set_text({"a.b", "1.5", {}}), "a.b=1.5");
  EXPECT_EQ(set_text({"a.b", "---", {}}), "a.b=\"---\"");
  EXPECT_EQ(set_text({"a.b", "[1, 2]", {}}), "a.b=[1, 2]");
}

TEST_F(DatasetTables, WhatComesOfAFieldIsToldAtTheField) {
  const DatasetList list = read("dataset,mask.fctor,vars.widht\nA,1,\nB,,2 px\n");
  const auto issue_of = [&](size_t i) {
    try {
      pipeline_of(list, i);
    } catch (const Error& error) {
      return error.issues()[0];
    }
    return Issue{};
  };
  EXPECT_EQ(issue_of(0).where, at("d.csv:2:3"));
  EXPECT_EQ(issue_of(1).where, at("d.csv:3:4"));
  EXPECT_THAT(issue_of(1).str(), HasSubstr("'width'"));
}

TEST_F(DatasetTables, TheCommandLineBeatsTheTable) {
  DatasetList list = read("dataset,mask.factor\nA,1.5\nB,\n");
  override_settings(list, {"mask.factor=9", "smooth.sigma=4 px"});
  EXPECT_EQ(list.datasets[0].settings[0].value, "9");
  EXPECT_EQ(list.datasets[1].settings[0].value, "9");
  const Pipeline a = pipeline_of(list, 0, {"mask.factor=9", "smooth.sigma=4 px"});
  EXPECT_EQ(a.steps[1].params.str(), "{factor: 9}");
  EXPECT_EQ(a.steps[0].params.str(), "{sigma: 4 px}");
}

TEST_F(DatasetTables, EveryMistakeOfTheFormHasItsPlace) {
  EXPECT_THAT(refusal("glob\na\n"), HasSubstr("no column 'dataset'"));
  EXPECT_THAT(refusal("dataset,sigma\nA,1\n"), HasSubstr("name it smooth.sigma"));
  EXPECT_THAT(refusal("dataset,smoth.sigma\nA,1\n"), HasSubstr("did you mean 'smooth'"));
  EXPECT_THAT(refusal("dataset,strain\nA,1\n"), HasSubstr(at("d.csv:1:9")));
  EXPECT_THAT(refusal("dataset,glob,source.glob\n"), HasSubstr("two columns"));
  EXPECT_THAT(refusal("dataset,\nA,1\n"), HasSubstr("without a name"));
  EXPECT_THAT(refusal("dataset,glob\nA\n"), HasSubstr("fewer fields"));
  EXPECT_THAT(refusal("dataset,glob\nA,b,c\n"), HasSubstr(at("d.csv:2:5")));
  EXPECT_THAT(refusal("dataset\nA\nA\n"), HasSubstr(at("d.csv:3:1")));
  EXPECT_THAT(refusal("dataset\n"), HasSubstr("no dataset"));
  EXPECT_THAT(refusal(""), HasSubstr("no dataset"));
  EXPECT_THAT(refusal("dataset\n\"A\n"), HasSubstr("never closed"));
  EXPECT_THAT(refusal("dataset\n\xFF\n"), HasSubstr("no UTF-8"));
  EXPECT_THAT(refusal(std::string("dataset\nA\0B\n", 12)), HasSubstr("control character"));
  const std::string two = refusal("dataset,glob\n.a,\nb/c,\n");
  EXPECT_THAT(two, HasSubstr(at("d.csv:2:1")));
  EXPECT_THAT(two, HasSubstr(at("d.csv:3:1")));
}

TEST_F(DatasetTables, LargeTablesAreRefused) {
  std::string rows = "dataset\n";
  for (size_t i = 0; i <= kMostDatasets; ++i) rows += std::to_string(i) + "\n";
  EXPECT_THAT(refusal(rows), HasSubstr("too many datasets"));
  EXPECT_THAT(refusal(std::string(5 << 20, ' '), ErrorCode::input_missing), HasSubstr("more than"));
  EXPECT_THROW(read_dataset_table(dir_ / "none.csv", description_), Error);
}

TEST_F(DatasetTables, NamesAreThoseOfFolders) {
  for (const char* good : {"A1", "day 2", "\xC3\xA4", "-x", "a.b"})
    EXPECT_TRUE(dataset_name_status(good).ok()) << good;
  for (const std::string bad : {"", ".", "..", ".a", "a/b", " a", "a ", "a\nb", "\xFF"})
    EXPECT_FALSE(dataset_name_status(bad).ok()) << bad;
  EXPECT_FALSE(dataset_name_status(std::string(201, 'a')).ok());
}

TEST_F(DatasetTables, TheFileNamesATableOrAPattern) {
  const auto spec_of = [&](const std::string& datasets) {
    write("p.yaml", kPipeline + datasets);
    return datasets_in(read_description(dir_ / "p.yaml"));
  };
  EXPECT_FALSE(spec_of(""));
  EXPECT_EQ(spec_of("datasets: d.csv\n")->table, "d.csv");
  const auto spec = spec_of("datasets: {glob: '(?<dataset>[A-H]\\d+)/*.tif'}\n");
  EXPECT_EQ(spec->glob, "(?<dataset>[A-H]\\d+)/*.tif");
  EXPECT_EQ(spec->place.str(), at("p.yaml:9:18"));
  for (const char* bad : {"[a, b]", "{glob: [a]}", "{glob: a, b: c}", "{pattern: a}"})
    EXPECT_THROW(spec_of(std::string("datasets: ") + bad + "\n"), Error) << bad;
  write("p.yaml", std::string(kPipeline) + "datasets: d.csv\n");
  EXPECT_NO_THROW(read_pipeline_file(dir_ / "p.yaml"));  // a single Pipeline does not look at it
}

}  // namespace
}  // namespace parfocal
