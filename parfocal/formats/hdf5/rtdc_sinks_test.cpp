#include <gmock/gmock.h>
#include <hdf5.h>

#include <cmath>
#include <cstring>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pending_file.h"
#include "parfocal/formats/hdf5/strings.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

using test::make_layout;
using test::make_sink;
using test::raw_map;
using test::TempDir;
using testing::ElementsAre;

template <class T>
std::vector<T> values_of(const H5File& file, const std::string& name) {
  const Hdf5Lock lock;
  const Handle dataset = file.dataset(name), space(H5Dget_space(dataset.id()));
  std::vector<T> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space.id())));
  const Handle type = native_type(dtype_of<T>());
  EXPECT_GE(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

std::string attribute(const H5File& file, const std::string& object, const std::string& name) {
  const auto value = read_attribute(object.empty() ? file.id() : file.dataset(object).id(), name);
  return value ? text_of(*value) : "none";
}

// A recording of `frames` frames of 4 x 6 with times, numbers and metadata.
void write_input(const std::filesystem::path& path, int64_t frames) {
  const H5File file = H5File::create(path);
  std::vector<uint8_t> pixels(static_cast<size_t>(frames * 24));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i % 251);
  const Handle image =
      create_dataset(file, "events/image", {DType::u8, {frames, 4, 6}, {}, 5, true});
  write_dataset(image.id(), DType::u8, pixels.data(), "image");
  std::vector<double> time, frame;
  for (int64_t k = 0; k < frames; ++k) {
    time.push_back(0.25 * static_cast<double>(k));
    frame.push_back(static_cast<double>(100 + k));
  }
  write_column(file, "events/time", time);
  write_column(file, "events/frame", frame);
  write_attribute(file.id(), "experiment:event count", frames, "");
  write_attribute(file.id(), "experiment:run identifier", std::string("run-1"), "");
  write_attribute(file.id(), "imaging:pixel size", 0.25, "");
  write_strings(file, "logs/camera", {"on", "off"});
}

LineageStep source_step(const std::string& path) {
  return {"source", "rtdc", raw_map({{"path", path}})};
}
LineageStep background_step(const std::string& split_time) {
  return {"bg", "background_sparse_median",
          raw_map({{"kernel_size", "10"}, {"split_time", split_time}})};
}

const TableSchema kSteps{{{"step", "", Column::Type::integer}}, 5};
const TableSchema kFrames{
    {{"index", "", Column::Type::integer}, {"offset", "", Column::Type::real}}, 20};

// A finished background series of `steps` images for 20 frames, as the operator gives it.
struct Series {
  Layout images = make_layout(DType::u8, {}, {{"step", 5}, {"y", 4}, {"x", 6}});
  Layout values = make_layout(DType::u8, {}, {});
  std::vector<uint8_t> pixels = std::vector<uint8_t>(5 * 24);
  std::vector<int64_t> steps = std::vector<int64_t>(5), frames = std::vector<int64_t>(40);
  int64_t count;
  FrameHeader header;
  std::string split_time;

  Series() : Series(3) {}
  explicit Series(int64_t n, std::string split = "0.02") : count(n), split_time(std::move(split)) {
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i / 24 * 10 + n);
    for (int64_t f = 0; f < 20; ++f) {
      frames[static_cast<size_t>(f)] = std::min(f / 5, n - 1);
      const double offset = 0.5 * static_cast<double>(f);
      std::memcpy(&frames[static_cast<size_t>(20 + f)], &offset, 8);
    }
  }
  std::vector<SinkInput> inputs(const std::string& source) const {
    const std::vector<LineageStep> lineage{source_step(source), background_step(split_time)};
    return {{"from", "bg/series", "0", {PortKind::image, images, {}}, lineage},
            {"steps", "bg/series", "1", {PortKind::table, values, kSteps}, lineage},
            {"frames", "bg/series", "2", {PortKind::table, values, kFrames}, lineage}};
  }
  Status feed(Sink& sink) {
    const Input in[3] = {
        {&header,
         nullptr,
         packed_view<const std::byte>(reinterpret_cast<std::byte*>(pixels.data()), DType::u8,
                                      images.whole_item()),
         {}},
        {&header, nullptr, {}, {&kSteps, reinterpret_cast<std::byte*>(steps.data()), count}},
        {&header, nullptr, {}, {&kFrames, reinterpret_cast<std::byte*>(frames.data()), 20}}};
    return sink.write(in);
  }
};

std::unique_ptr<Sink> background_sink(const TempDir& dir, const Series& series,
                                      const std::string& change = "", int threads = 2) {
  RawValue params = raw_map({{"path", "bg.rtdc"}});
  if (!change.empty()) params.set("change", RawValue::scalar((dir / change).string()));
  return make_sink("rtdc_background", params, series.inputs("in.rtdc"),
                   {dir.path(), "{}", {}, dir.path(), threads});
}

TEST(RtdcBackgroundSink, WritesTheSeriesOnceAndAMapping) {
  for (const int threads : {1, 3}) {
    TempDir dir;
    write_input(dir / "in.rtdc", 20);
    Series series;
    const auto sink = background_sink(dir, series, "", threads);
    sink->open();
    ASSERT_TRUE(series.feed(*sink).ok());
    EXPECT_FALSE(std::filesystem::exists(dir / "bg.rtdc"));
    ASSERT_TRUE(sink->close({true, "", -1, {"bg: Cleansed 13.33 %"}}).ok());

    const H5File file = H5File::open(dir / "bg.rtdc");
    EXPECT_EQ(values_of<uint8_t>(file, "basin_events/image_bg"),
              std::vector<uint8_t>(series.pixels.begin(), series.pixels.begin() + 72));
    EXPECT_EQ(values_of<int64_t>(file, "events/basinmap0"),
              std::vector<int64_t>(series.frames.begin(), series.frames.begin() + 20));
    EXPECT_EQ(values_of<double>(file, "events/bg_off")[19], 9.5);
    for (const char* name : {"basin_events/image_bg", "events/bg_off"}) {
      EXPECT_EQ(attribute(file, name, "dcnum ppid background"),
                "sparsemed:k=10^s=0.02^t=0^f=0.8^o=1");
      EXPECT_EQ(attribute(file, name, "dcnum ppid generation"), "13");
    }
    EXPECT_TRUE(file.exists("basins/fece0b835ed520d25a4e60bbd036b8e9"));
    EXPECT_EQ(file.members("basins").size(), 2u);
    EXPECT_EQ(attribute(file, "", "experiment:run identifier"), "run-1");
    EXPECT_EQ(attribute(file, "", kIncompleteAttribute), "none");
    EXPECT_EQ(file.members("logs").size(), 2u);
  }
}

TEST(RtdcBackgroundSink, ASecondRunIntoTheSameFileLeavesOneBackground) {
  TempDir dir;
  write_input(dir / "in.rtdc", 20);
  for (const auto& [n, split] :
       {std::pair<int64_t, std::string>{3, "0.02"}, {2, "0.5"}, {2, "0.5"}}) {
    Series series(n, split);
    const bool first = !std::filesystem::exists(dir / "bg.rtdc");
    const auto sink = background_sink(dir, series, first ? "" : "bg.rtdc");
    sink->open();
    ASSERT_TRUE(series.feed(*sink).ok());
    ASSERT_TRUE(sink->close({}).ok());
  }
  const H5File file = H5File::open(dir / "bg.rtdc");
  const auto entries = read_basin_entries(file);
  EXPECT_EQ(std::count_if(entries.begin(), entries.end(),
                          [](const BasinEntry& entry) { return entry.internal; }),
            1);
  EXPECT_EQ(values_of<uint8_t>(file, "basin_events/image_bg").size(), 48u);
  EXPECT_TRUE(file.exists("events/basinmap0"));
  EXPECT_FALSE(file.exists("events/basinmap1"));
}

TEST(RtdcBackgroundSink, WritesNoFileWhenTheRunWasStoppedOrFailed) {
  TempDir dir;
  write_input(dir / "bg.rtdc", 20);
  const std::string before = test::read_text(dir / "bg.rtdc");
  for (const bool fed : {false, true}) {
    Series series;
    const auto sink = background_sink(dir, series, "bg.rtdc");
    sink->open();
    EXPECT_TRUE(!fed || series.feed(*sink).ok());
    ASSERT_TRUE(sink->close({false, "stopped", 0, {}}).ok());
    EXPECT_EQ(test::read_text(dir / "bg.rtdc"), before);
    EXPECT_FALSE(std::filesystem::exists(dir / "bg.rtdc.part"));
  }
}

// Series with frames 0, 7 and 19 missing, whose input has `events` frames.
H5File with_missing_frames(const TempDir& dir, int64_t events) {
  write_input(dir / "in.rtdc", events);
  Series series;
  for (const size_t f : {0, 7, 19}) {
    series.frames[f] = -1;
    const double none = std::nan("");
    std::memcpy(&series.frames[20 + f], &none, 8);
  }
  const auto sink = background_sink(dir, series);
  sink->open();
  EXPECT_TRUE(series.feed(*sink).ok());
  EXPECT_TRUE(sink->close({true, "", -1, {}}).ok());
  return H5File::open(dir / "bg.rtdc");
}

TEST(RtdcBackgroundSink, GivesMissingFramesOfAFileTheBackgroundBeforeThem) {
  TempDir dir;
  const H5File file = with_missing_frames(dir, 20);
  const auto index = values_of<int64_t>(file, "events/basinmap0");
  EXPECT_THAT(index, ElementsAre(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2));
  const auto offset = values_of<double>(file, "events/bg_off");
  for (size_t f = 0; f < 20; ++f)
    EXPECT_EQ(std::isnan(offset[f]), f == 0 || f == 7 || f == 19) << f;
  EXPECT_EQ(file.members("logs").size(), 2u) << "the input's and what was missing";
}

TEST(RtdcBackgroundSink, LeavesFramesOutThatTheRecordingDoesNotHave) {
  TempDir dir;
  const H5File file = with_missing_frames(dir, 17);
  EXPECT_THAT(values_of<int64_t>(file, "events/basinmap0"),
              ElementsAre(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2));
  const auto offset = values_of<double>(file, "events/bg_off");
  EXPECT_EQ(offset[0], 0.5);
  EXPECT_EQ(offset[6], 4);
  EXPECT_EQ(offset.back(), 9);
}

TEST(RtdcBackgroundSink, TellsWhyThereIsNoBackground) {
  TempDir dir;
  Series series;
  const auto sink = background_sink(dir, series);
  sink->open();
  const Gap gap{GapReason::failed, "no frame could be read"};
  const Input in{&series.header, &gap, {}, {}};
  const Status status = sink->write(std::vector<Input>(3, in));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.issue().str(), testing::HasSubstr("no frame could be read"));
}

const TableSchema kFeatures{
    {{"label", "", Column::Type::integer}, {"area_um", "um2", Column::Type::real}}, 4};

// Frame f has f % 3 events, labelled 1, 3 (not 2: it was too small).
struct Job {
  Layout frames = make_layout(DType::u8, {{"t", 20}}, {{"y", 4}, {"x", 6}});
  Layout labels = make_layout(DType::u16, {{"t", 20}}, {{"y", 4}, {"x", 6}});
  Layout table = make_layout(DType::u8, {{"t", 20}}, {});
  Layout index = make_layout(DType::i64, {{"t", 20}}, {});
  Layout offset = make_layout(DType::f64, {{"t", 20}}, {});
  Series series;
  bool one_each = false;  // an event in every frame
  std::string pixel_size;

  std::vector<SinkInput> inputs() const {
    std::vector<LineageStep> lineage{source_step("in.rtdc"), background_step("0.02")};
    lineage.push_back({"cells", "segment_below_background", RawValue::map()});
    RawValue features = raw_map({{"haralick", "false"}});
    if (!pixel_size.empty()) features.set("pixel_size", RawValue::scalar(pixel_size));
    lineage.push_back({"features", "flow_features", features});
    return {{"from", "features", "0", {PortKind::table, table, kFeatures}, lineage},
            {"labels", "cells", "0", {PortKind::image, labels, {}}, lineage},
            {"series", "bg", "0", {PortKind::image, series.images, {}}, lineage},
            {"steps", "bg", "1", {PortKind::table, series.values, kSteps}, lineage},
            {"index", "bg", "2", {PortKind::image, index, {}}, lineage},
            {"offset", "bg", "3", {PortKind::image, offset, {}}, lineage},
            {"image", "source", "0", {PortKind::image, frames, {}}, lineage}};
  }
  Status feed(Sink& sink, int64_t f) {
    FrameHeader header = test::header_of(frames, f);
    int64_t rows[8] = {1, 3, 0, 0};
    const double area[2] = {10.5, static_cast<double>(f)};
    std::memcpy(rows + 4, area, sizeof area);
    std::vector<uint16_t> label(24);
    label[static_cast<size_t>(f)] = 1;
    label[23] = 3;
    label[0] = 2;
    std::vector<uint8_t> image(24, static_cast<uint8_t>(f));
    int64_t at = f / 5;
    double off = 0.5 * static_cast<double>(f);
    const auto view = [](auto* data, DType dtype, const Layout& layout) {
      return packed_view<const std::byte>(reinterpret_cast<const std::byte*>(data), dtype,
                                          layout.whole_item());
    };
    const TableView table_view{&kFeatures, reinterpret_cast<std::byte*>(rows),
                               one_each ? 1 : f % 3};
    const Input in[7] = {
        {&header, nullptr, {}, table_view},
        {&header, nullptr, view(label.data(), DType::u16, labels), {}},
        {&header, nullptr, view(series.pixels.data(), DType::u8, series.images), {}},
        {&header, nullptr, {}, {&kSteps, reinterpret_cast<std::byte*>(series.steps.data()), 4}},
        {&header, nullptr, view(&at, DType::i64, index), {}},
        {&header, nullptr, view(&off, DType::f64, offset), {}},
        {&header, nullptr, view(image.data(), DType::u8, frames), {}}};
    return sink.write(in);
  }
};

std::unique_ptr<Sink> run_job(const TempDir& dir, const std::string& drain, int64_t valid = -1,
                              const Job& made = {}) {
  write_input(dir / "in.rtdc", 20);
  Job job = made;
  auto sink = make_sink("rtdc_events", raw_map({{"path", "out.rtdc"}, {"drain", drain}}),
                        job.inputs(), {dir.path(), "{}", {}, dir.path(), 2});
  sink->open();
  for (int64_t f = 0; f < 20; ++f) EXPECT_TRUE(job.feed(*sink, f).ok());
  const Status closed = sink->close({valid < 0, valid < 0 ? "" : "stopped", valid, {"a: b"}});
  EXPECT_TRUE(closed.ok()) << (closed.ok() ? "" : closed.issue().str());
  return sink;
}

TEST(RtdcEventsSink, WritesFeaturesMasksAndIdentifiers) {
  TempDir dir;
  run_job(dir, "false");
  const H5File file = H5File::open(dir / "out.rtdc");
  EXPECT_THAT(file.members("events"),
              ElementsAre("area_um", "basinmap0", "basinmap1", "bg_off", "mask", "nevents"));
  const auto frames = values_of<int64_t>(file, "events/basinmap0");
  ASSERT_EQ(frames.size(), 19u);
  EXPECT_THAT(std::vector<int64_t>(frames.begin(), frames.begin() + 6),
              ElementsAre(1, 2, 2, 4, 5, 5));
  const auto nevents = values_of<int64_t>(file, "events/nevents");
  EXPECT_THAT(std::vector<int64_t>(nevents.begin(), nevents.begin() + 4), ElementsAre(1, 2, 2, 1));
  const auto area = values_of<double>(file, "events/area_um");
  EXPECT_THAT(std::vector<double>(area.begin(), area.begin() + 3), ElementsAre(10.5, 10.5, 2));
  const auto mask = values_of<uint8_t>(file, "events/mask");
  EXPECT_EQ(std::count(mask.begin(), mask.end(), 255), 19);
  EXPECT_EQ(mask[1], 255) << "event 0: label 1 of frame 1";
  EXPECT_EQ(mask[2 * 24 + 23], 255) << "event 2: label 3 of frame 2";
  EXPECT_EQ(attribute(file, "", "pipeline:dcnum segmenter"), "thresh:t=-6:cle=1^f=1^clo=2");
  EXPECT_EQ(attribute(file, "", "pipeline:dcnum feature"), "legacy:b=1^h=0^v=1");
  EXPECT_EQ(attribute(file, "", "pipeline:dcnum data"), "hdf:p=0.25^i=0");
  EXPECT_EQ(attribute(file, "", "pipeline:dcnum gate"), "norm:o=0^s=10");
  EXPECT_EQ(attribute(file, "", "pipeline:dcnum yield"), "19");
  EXPECT_EQ(attribute(file, "", "experiment:event count"), "19");
  EXPECT_EQ(attribute(file, "", "experiment:run identifier"),
            "run-1_dcn-" + attribute(file, "", "pipeline:dcnum hash").substr(0, 7));
  EXPECT_EQ(file.members("logs").size(), 3u);
}

TEST(RtdcEventsSink, RefersToTheFramesByAMapping) {
  TempDir dir;
  run_job(dir, "false");
  const H5File file = H5File::open(dir / "out.rtdc");
  std::vector<std::string> seen;
  for (const BasinEntry& entry : read_basin_entries(file)) {
    std::string text = entry.internal ? "internal" : entry.identifier.value_or("?");
    for (const std::string& feature : entry.features) text += " " + feature;
    seen.push_back(text + " " + entry.mapping);
  }
  EXPECT_THAT(seen,
              testing::UnorderedElementsAre("internal image_bg basinmap1",
                                            "run-1 frame time basinmap0", "run-1 image basinmap0"));
}

// Without a mapping dclab demands the run identifier of the recording, and events have their own.
TEST(RtdcEventsSink, RefersByAMappingAlsoWhereEveryFrameHasOneEvent) {
  TempDir dir;
  Job job;
  job.one_each = true;
  run_job(dir, "false", -1, job);
  const H5File file = H5File::open(dir / "out.rtdc");
  const auto frames = values_of<int64_t>(file, "events/basinmap0");
  ASSERT_EQ(frames.size(), 20u);
  for (size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i], static_cast<int64_t>(i));
  const auto entries = read_basin_entries(file);
  EXPECT_EQ(entries.size(), 3u);
  for (const BasinEntry& entry : entries)
    EXPECT_EQ(entry.mapping, entry.internal ? "basinmap1" : "basinmap0");
}

TEST(RtdcEventsSink, NamesThePixelSizeThatTheFeaturesWereComputedWith) {
  const std::pair<const char*, double> cases[] = {
      {"340 nm", 0.34}, {"0.123456789 um", 0.12345679}, {"", 0.25}};
  for (const auto& [given, um] : cases) {
    TempDir dir;
    Job job;
    job.pixel_size = given;
    run_job(dir, "false", -1, job);
    const H5File file = H5File::open(dir / "out.rtdc");
    EXPECT_EQ(number_of(read_attribute(file.id(), "imaging:pixel size")), um);
    EXPECT_THAT(attribute(file, "", "pipeline:dcnum data"),
                testing::StartsWith("hdf:p=" + std::to_string(um).substr(0, 4)));
  }
}

TEST(RtdcEventsSink, CopiesWhatBelongsToTheFramesWhenDrained) {
  TempDir dir;
  run_job(dir, "true");
  const H5File file = H5File::open(dir / "out.rtdc");
  EXPECT_EQ(file.members("basins").size(), 1u);
  const auto time = values_of<double>(file, "events/time");
  EXPECT_THAT(std::vector<double>(time.begin(), time.begin() + 4), ElementsAre(0.25, 0.5, 0.5, 1));
  EXPECT_EQ(values_of<double>(file, "events/frame")[18], 119);
  const auto image = values_of<uint8_t>(file, "events/image");
  EXPECT_EQ(image[3 * 24], 4);
}

TEST(RtdcEventsSink, KeepsTheEventsOfAllValidFramesOfAStoppedRun) {
  TempDir dir;
  run_job(dir, "false", 5);
  const H5File file = H5File::open(dir / "out.rtdc");
  EXPECT_THAT(values_of<int64_t>(file, "events/basinmap0"), ElementsAre(1, 2, 2, 4));
  EXPECT_EQ(attribute(file, "", "experiment:event count"), "4");
  EXPECT_EQ(attribute(file, "", kIncompleteAttribute), "stopped");
}

TEST(RtdcSink, RecordsFramesTimesAndNumbersAndLeavesGapsOut) {
  TempDir dir;
  const Layout layout = make_layout(DType::u16, {{"t", kUnbounded}}, {{"y", 3}, {"x", 5}});
  const auto sink = make_sink(
      "rtdc", raw_map({{"path", "rec.rtdc"}, {"frame_rate", "3000"}, {"pixel_size", "0.34"}}),
      {{"from", "source", "0", {PortKind::image, layout, {}}, {}}},
      {dir.path(), "{}", {}, dir.path(), 2});
  sink->open();
  const Gap gap{GapReason::dropped, ""};
  for (int64_t f = 0; f < 100; ++f) {
    std::vector<uint16_t> pixels(15, static_cast<uint16_t>(1000 + f));
    FrameHeader header = test::header_of(layout, f);
    header.time_s = 0.1 * static_cast<double>(f);
    const Input in{&header,
                   f == 0 || f == 7 || f == 8 ? &gap : nullptr,
                   packed_view<const std::byte>(reinterpret_cast<std::byte*>(pixels.data()),
                                                DType::u16, layout.whole_item()),
                   {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  const H5File file = H5File::open(dir / "rec.rtdc");
  EXPECT_EQ(attribute(file, "", "experiment:event count"), "97");
  EXPECT_EQ(attribute(file, "", "imaging:roi size x"), "5");
  EXPECT_EQ(attribute(file, "", "imaging:frame rate"), "3000");
  EXPECT_EQ(values_of<uint16_t>(file, "events/image")[6 * 15], 1009);
  EXPECT_EQ(values_of<double>(file, "events/frame")[6], 9);
  EXPECT_EQ(values_of<double>(file, "events/time")[96], 0.1 * 99);
  const auto log = read_strings(file, "logs/" + file.members("logs").at(0));
  EXPECT_THAT(
      log, ElementsAre("frames 0 to 0 are missing: dropped", "frames 7 to 8 are missing: dropped",
                       "3 frames are missing in all"));
}

TEST(RtdcSink, TakesThePixelSizeInAnyUnitOfLength) {
  const std::pair<double, const char*> scales[] = {{0.34, "um"},  {340, "nm"}, {0.00034, "mm"},
                                                   {3.4e-7, "m"}, {0.34, ""},  {0.34, "s"}};
  for (const auto& [scale, unit] : scales) {
    TempDir dir;
    Layout layout = make_layout(DType::u8, {{"t", 1}}, {{"y", 3}, {"x", 5}});
    for (Axis& axis : layout.item) axis.scale = scale, axis.unit = unit;
    const auto sink = make_sink("rtdc", raw_map({{"path", "rec.rtdc"}}),
                                {{"from", "source", "0", {PortKind::image, layout, {}}, {}}},
                                {dir.path(), "{}", {}, dir.path(), 1});
    sink->open();
    ASSERT_TRUE(sink->close({}).ok());
    const H5File file = H5File::open(dir / "rec.rtdc");
    const bool length = *unit && std::string(unit) != "s";
    EXPECT_EQ(attribute(file, "", "imaging:pixel size"), length ? "0.34" : "none") << unit;
    EXPECT_EQ(sink->notices().empty(), length) << unit;
  }
}

TEST(RtdcSink, WritesNoTimesWhereNobodyKnowsThem) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 3}}, {{"y", 3}, {"x", 5}});
  const auto sink = make_sink("rtdc", raw_map({{"path", "rec.rtdc"}}),
                              {{"from", "source", "0", {PortKind::image, layout, {}}, {}}},
                              {dir.path(), "{}", {}, dir.path(), 1});
  sink->open();
  const std::vector<std::byte> pixels(15);
  for (int64_t f = 0; f < 3; ++f) {
    const FrameHeader header = test::header_of(layout, f);
    const Input in{&header,
                   nullptr,
                   packed_view<const std::byte>(pixels.data(), DType::u8, layout.whole_item()),
                   {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({false, "stopped", 2, {}}).ok());
  const H5File file = H5File::open(dir / "rec.rtdc");
  EXPECT_FALSE(file.exists("events/time"));
  EXPECT_EQ(attribute(file, "", "experiment:event count"), "2");
  EXPECT_EQ(attribute(file, "", kIncompleteAttribute), "stopped");
}

TEST(RtdcImagesSink, WritesOneBackgroundPerFrame) {
  TempDir dir;
  write_input(dir / "in.rtdc", 20);
  const Layout layout = make_layout(DType::u8, {{"t", 20}}, {{"y", 4}, {"x", 6}});
  const std::vector<LineageStep> lineage{source_step("in.rtdc"),
                                         {"bg", "background_rolling_median", RawValue::map()}};
  const auto sink = make_sink("rtdc_images", raw_map({{"path", "bg.rtdc"}}),
                              {{"from", "bg", "0", {PortKind::image, layout, {}}, lineage}},
                              {dir.path(), "{}", {}, dir.path(), 2});
  sink->open();
  for (int64_t f = 0; f < 20; ++f) {
    const std::vector<uint8_t> pixels(24, static_cast<uint8_t>(f));
    const FrameHeader header = test::header_of(layout, f);
    const Input in{&header,
                   nullptr,
                   packed_view<const std::byte>(reinterpret_cast<const std::byte*>(pixels.data()),
                                                DType::u8, layout.whole_item()),
                   {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  const H5File file = H5File::open(dir / "bg.rtdc");
  EXPECT_EQ(values_of<uint8_t>(file, "events/image_bg")[19 * 24], 19);
  EXPECT_EQ(attribute(file, "events/image_bg", "dcnum ppid background"), "rollmed:k=100^b=10000");
  EXPECT_FALSE(file.exists("basin_events"));
  EXPECT_EQ(file.members("basins").size(), 1u);
}

}  // namespace
}  // namespace parfocal
