#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/planner/plan_outline.h"
#include "parfocal/report/frame_table.h"
#include "parfocal/report/html_page.h"
#include "parfocal/report/run_folder.h"
#include "parfocal/report/run_report.h"
#include "parfocal/report/value_table.h"

namespace parfocal::report {
namespace {

using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Tables : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(dir_.path() / name, std::ios::binary) << text;
    return dir_.path() / name;
  }
  TempDir dir_;
};

TEST(ValueSample, HasTheQuantilesOfNumPy) {  // numpy.quantile([1, 2, 4, 8], ...)
  ValueSample sample(100);
  for (const double value : {8.0, 1.0, 4.0, 2.0}) sample.add(value);
  EXPECT_DOUBLE_EQ(sample.quantile(0.25), 1.75);
  EXPECT_DOUBLE_EQ(sample.quantile(0.5), 3);
  EXPECT_DOUBLE_EQ(sample.quantile(1), 8);
  EXPECT_DOUBLE_EQ(sample.mad(), 1.5);  // of 1, 1, 2, 5
  EXPECT_THAT(histogram_of(sample, 1, 8, 7), ElementsAre(1, 1, 0, 1, 0, 0, 1));
}

TEST(ValueSample, KeepsFewOfMany) {
  ValueSample sample(64);
  for (int i = 0; i < 100000; ++i) sample.add(i);
  EXPECT_LE(sample.sorted().size(), 64u);
  EXPECT_EQ(sample.count(), 100000);
  EXPECT_EQ(sample.max(), 99999);
  EXPECT_NEAR(sample.quantile(0.5), 50000, 2048);
  EXPECT_EQ(sample.sorted()[1], static_cast<double>(sample.every()));
}

TEST_F(Tables, CountMissingFramesByReason) {
  const auto file = write("frames.csv",
                          "t,file,page,time,status,reason,threshold,count\n"
                          "0,a.tif,0,,ok,,70,9\n1,a.tif,1,,gap,\"broken: no, \"\"page\"\"\",,\n"
                          "2,a.tif,2,,gap,broken: other,,\n3,b.tif,0,,ok,,71,10\n"
                          "4,b.tif,1,,ok,,72,90\n5,b.tif,2,,gap,stopped,,\n");
  const FrameTable table = read_frame_table(file);
  EXPECT_EQ(table.problem, "");
  EXPECT_EQ(table.rows, 6);
  EXPECT_EQ(table.missing, 3);
  ASSERT_EQ(table.reasons.size(), 2u);
  EXPECT_EQ(table.reasons[0].reason, "broken");
  EXPECT_EQ(table.reasons[0].frames, 2);
  EXPECT_EQ(table.reasons[0].page, "1");
  EXPECT_EQ(table.reasons[0].text, "broken: no, \"page\"");
  EXPECT_EQ(table.reasons[1].place, "t=5");
  ASSERT_EQ(table.columns.size(), 2u);
  EXPECT_EQ(table.columns[1].values.name, "count");
  EXPECT_EQ(table.columns[1].lines[0].points.size(), 6u);
  EXPECT_EQ(table.columns[1].lines[0].points[1].values, 0);
  EXPECT_EQ(table.flagged.row, 4);  // |90 - 10| / 1
  EXPECT_DOUBLE_EQ(table.flagged.distance, 80);
  EXPECT_EQ(table.x_label, "frame, index along t");
}

TEST_F(Tables, PoolFramesOfLongStreams) {
  std::string text = "t,file,page,time,status,reason,count\n";
  for (int t = 0; t < 6000; ++t)
    text += std::to_string(t) + ",,,,ok,," + std::to_string(t % 10) + "\n";
  const FrameTable table = read_frame_table(write("frames.csv", text));
  const auto& points = table.columns.at(0).lines.at(0).points;
  ASSERT_EQ(points.size(), kMostPoints);
  EXPECT_EQ(points[1].first, 10);
  EXPECT_EQ(points[1].last, 19);
  EXPECT_EQ(points[1].low, 0);
  EXPECT_DOUBLE_EQ(points[1].middle, 4.5);
  EXPECT_EQ(points[1].high, 9);
  EXPECT_EQ(points[1].values, 10);
}

TEST_F(Tables, KeepColoursApart) {
  std::string text = "t,c,c_label,file,page,time,status,reason,mean\n";
  for (int t = 0; t < 3; ++t)
    for (int c = 0; c < 2; ++c)
      text += std::to_string(t) + "," + std::to_string(c) + "," + (c ? "g" : "r") + ",,,,ok,," +
              std::to_string(100 * c + t) + "\n";
  const FrameTable table = read_frame_table(write("frames.csv", text));
  EXPECT_THAT(table.groups, ElementsAre("r", "g"));
  ASSERT_EQ(table.columns.at(0).lines.size(), 2u);
  EXPECT_EQ(table.columns[0].lines[1].style, "cg");
  EXPECT_EQ(table.columns[0].lines[1].points.at(2).middle, 102);
  EXPECT_EQ(table.columns[0].lines[1].points.at(2).first, 2);
}

TEST_F(Tables, CompareDatasets) {
  const ValueTable table = read_value_table(
      write("objects.csv",
            "dataset,t,label,area,name\nA,0,1,5,x\nA,0,2,7,x\nB,0,1,11,y\nB,1,1,,y\n"),
      {"t"});
  EXPECT_THAT(table.groups, ElementsAre("A", "B"));
  ASSERT_EQ(table.columns.size(), 1u);  // neither places nor texts
  EXPECT_EQ(table.columns[0].name, "area");
  EXPECT_EQ(table.columns[0].groups.at(0).quantile(0.5), 6);
  EXPECT_EQ(table.columns[0].groups.at(1).count(), 1);
}

TEST_F(Tables, ThatAreDamagedAreTold) {
  const std::string head = "t,file,page,time,status,reason,count\n";
  EXPECT_THAT(read_frame_table(write("a.csv", "")).problem, HasSubstr("is empty"));
  EXPECT_THAT(read_frame_table(write("a.csv", "x,y\n1,2\n")).problem, HasSubstr("no columns"));
  EXPECT_THAT(read_frame_table(write("a.csv", head + "0,,,,ok,,3\n1,,\n")).problem,
              HasSubstr("damaged after 1 rows"));
  EXPECT_THAT(read_frame_table(write("a.csv", head + "0,\"a")).problem, HasSubstr("quote"));
  EXPECT_THAT(read_value_table(dir_.path() / "absent.csv", {}).problem,
              HasSubstr("cannot be read"));
  EXPECT_THAT(read_value_table(dir_.path(), {}).problem, HasSubstr("cannot be read"));
  for (const std::string& bytes : {std::string("\0\xff\n\xfe,", 5), std::string(3 << 20, ','),
                                   head + "0,,,,ok,,1e999\n", head + "0,,,,ok,,nan\n"})
    (void)read_frame_table(write("a.csv", bytes));
}

TEST_F(Tables, RecordsOfAnybodyAreNotTrusted) {
  for (const char* text :
       {"", "[]", "{", "{\"names\": 3, \"edges\": [1], \"issues\": {}}", "{\"plan\": {}}",
        "{\"provenance\": [], \"plan\": 7, \"exit_code\": \"x\", \"seconds\": []}"}) {
    write("run.json", text);
    EXPECT_THAT(report_page(dir_.path()), HasSubstr("What ran")) << text;
  }
  write("run.json", R"({"names": ["../a", "/b", "c/../../d", "e.csv"], "status": "<b>"})");
  EXPECT_THAT(read_run_folder(dir_.path()).names, ElementsAre("e.csv"));
  EXPECT_THAT(report_page(dir_.path()), HasSubstr("&lt;b&gt;"));
  EXPECT_THROW(report_page(dir_.path() / "absent"), Error);
}

TEST_F(Tables, ReplaceNothingButReports) {
  write("run.json", "{}");
  const auto page = write("page.html", "mine");
  EXPECT_THROW(write_report(dir_.path(), page), Error);
  std::filesystem::remove(page);
  write_report(dir_.path(), page);
  EXPECT_TRUE(is_own_page(page));
  write_report(dir_.path(), page);
}

std::string outline_with(const std::string& inputs) {
  return R"({"name": "p", "memory_bytes": 10, "peak_bytes": 5, "passes": 1, "edges": [], "nodes": [
    {"id": "source", "kind": "source", "type": "files", "pass": 0, "internal": false,
     "inputs": [], "keys": [], "outputs": [{"dtype": "uint8", "item": [["y", 4], ["x", 5]]}]},
    {"id": "s", "kind": "sink", "type": "table", "pass": 0, "internal": true, "keys": [],
     "inputs": )" +
         inputs + R"(, "outputs": [{"dtype": "uint8", "item": []}]}]})";
}

TEST(PlanOutline, HasNoPlaceForNodesThatAreNotThere) {
  const auto plan = outline_from_json(outline_with("[[0, 0]]"));
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->nodes[1].inputs[0], (PortId{0, 0}));
  EXPECT_FALSE(plan->nodes[1].internal);  // its keys would be missing
  for (const char* inputs : {"[[2, 0]]", "[[0, 1]]", "[[-1, 0]]", "[[1, 0]]", "[[0]]", "3"})
    EXPECT_FALSE(outline_from_json(outline_with(inputs)).has_value()) << inputs;
}

}  // namespace
}  // namespace parfocal::report
