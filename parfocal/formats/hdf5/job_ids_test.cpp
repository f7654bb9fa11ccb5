#include "parfocal/formats/hdf5/job_ids.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

LineageStep step(const std::string& type,
                 const std::vector<std::pair<std::string, std::string>>& params) {
  LineageStep made{"step", type, RawValue::map()};
  for (const auto& [name, text] : params) made.params.set(name, RawValue::scalar(text));
  return made;
}

TEST(JobIds, TakeTimesInAnyUnit) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 min", "60"}, {"500 us", "0.0005"}, {"20 ms", "0.02"}, {"2", "2"}, {"0.5 s", "0.5"}};
  for (const auto& [given, written] : cases) {
    const LineageStep lineage[] = {step("background_sparse_median", {{"split_time", given}})};
    EXPECT_EQ(background_id(lineage, true),
              "sparsemed:k=200^s=" + std::string(written) + "^t=0^f=0.8^o=1");
  }
}

TEST(JobIds, OfChosenFramesAreNotThoseOfAll) {
  const LineageStep lineage[] = {step("rtdc", {{"frames", "3-5"}}),
                                 step("background_sparse_median", {})};
  const PipelineIds ids = job_ids(lineage, 0.34, true);
  EXPECT_EQ(ids.data, "hdf:p=0.34^i=3-5-n");
  EXPECT_EQ(ids.background, "parfocal:background_sparse_median");
}

TEST(JobIds, NameWhatTheStepsWereTold) {
  LineageStep source = step("rtdc", {});
  source.ports = {"gates"};
  const LineageStep lineage[] = {
      source, step("background_rolling_median", {{"kernel_size", "50"}}),
      step("segment_below_background",
           {{"threshold", "-4.5"}, {"clear_border", "false"}, {"open_radius", "3"}}),
      step("flow_features", {{"haralick", "false"}, {"min_pixels", "7"}})};
  const PipelineIds ids = job_ids(lineage, 0.2645, false);
  EXPECT_EQ(ids.text(),
            "13|hdf:p=0.2645^i=0|rollmed:k=50^b=10000|thresh:t=-4.5:cle=0^f=1^clo=3|"
            "legacy:b=1^h=0^v=1|norm:o=1^s=7");
}

TEST(JobIds, OfGatesAndStepsThatDcnumLacksAreOnesOwn) {
  const LineageStep lineage[] = {step("rtdc", {}), step("background_other", {}),
                                 step("flow_features", {{"gates", "area_um > 3"}})};
  const PipelineIds ids = job_ids(lineage, 0.34, true);
  EXPECT_EQ(ids.background, "parfocal:background_other");
  EXPECT_EQ(ids.segmenter, "parfocal:none");
  EXPECT_THAT(ids.gate, testing::StartsWith("parfocal:gates="));
  const LineageStep bare[] = {step("rtdc", {}), step("gaussian", {})};
  EXPECT_EQ(job_ids(bare, 0.34, true).feature, "parfocal:gaussian");
  EXPECT_EQ(background_id(bare, true), "");
}

TEST(JobIds, OfAStoredBackgroundAreACopy) {
  LineageStep source = step("rtdc", {});
  source.ports = {"background", "offset"};
  const LineageStep lineage[] = {source, step("flow_features", {})};
  EXPECT_EQ(job_ids(lineage, 0.34, true).background, "copy:");
}

TEST(JobIds, KnowWhetherOffsetsAreCorrected) {
  const LineageStep plain[] = {step("background_sparse_median", {})};
  const LineageStep off[] = {step("background_sparse_median", {{"offset_correction", "false"}})};
  EXPECT_EQ(offset_mode(plain), "true");
  EXPECT_EQ(offset_mode(off), "false");
  const TableSchema schema{
      {{"step", "", Column::Type::integer}, {"corrected", "", Column::Type::integer}}, 1};
  for (const int64_t corrected : {0, 1}) {
    const int64_t row[] = {0, corrected};
    const TableView steps{&schema, reinterpret_cast<const std::byte*>(row), 1};
    EXPECT_EQ(corrects_offsets(steps, plain), corrected == 1);
  }
  EXPECT_TRUE(corrects_offsets({}, plain));
  EXPECT_FALSE(corrects_offsets({}, off));
}

TEST(JobIds, TakeThePixelSizeInMicrometres) {
  for (const char* given : {"340 nm", "0.34 um", "0.34", "0.00034 mm"}) {
    const LineageStep lineage[] = {step("flow_features", {{"pixel_size", given}})};
    EXPECT_DOUBLE_EQ(stated_pixel_size(lineage), 0.34) << given;
  }
}

}  // namespace
}  // namespace parfocal
