#include "parfocal/formats/hdf5/rtdc_source.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "parfocal/formats/hdf5/test_rtdc-inl.h"
#include "test_places.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RtdcSources : public RtdcTest {
 protected:
  RtdcSource open(const std::string& name, const std::string& feature = "image",
                  bool require_time = false) const {
    return RtdcSource({name, feature, require_time}, folder_);
  }
  static std::vector<uint8_t> read(const RtdcSource& source, int64_t t, FrameHeader& header) {
    std::vector<uint8_t> pixels(static_cast<size_t>(source.layout().item_bytes()));
    const Status s = source.read(t,
                                 packed_view(reinterpret_cast<std::byte*>(pixels.data()),
                                             source.layout().dtype, source.layout().whole_item()),
                                 header);
    EXPECT_TRUE(s.ok()) << s.issue().str();
    return pixels;
  }
  /// A file of images whose times are told by what `write` adds.
  template <class F>
  std::string movie(const std::string& name, int64_t count, F&& write) const {
    const H5File file = create(name, count);
    write_images(file, "events/image", count);
    write(file);
    return name;
  }
  std::string error_of(const std::string& name, ErrorCode code = ErrorCode::input_missing,
                       const std::string& feature = "image", bool require_time = false) const {
    return message(code, [&] { open(name, feature, require_time); });
  }
};

TEST_F(RtdcSources, GiveEveryFrameAndItsTime) {
  const RtdcSource source = open(write_movie("a.rtdc", 10));
  EXPECT_EQ(source.layout().str(), "t=10 | y=6 x=8 uint8");
  EXPECT_EQ(source.layout().item[0].scale, 0.25);
  EXPECT_EQ(source.layout().item[0].unit, "um");
  EXPECT_EQ(source.layout().stream[0].scale, 0.5);
  EXPECT_EQ(source.layout().stream[0].unit, "s");
  EXPECT_EQ(source.items_per_read(), 4);
  EXPECT_GE(source.read_bytes(), 4 * 6 * 8);
  EXPECT_THAT(source.notices(), IsEmpty());
  const auto all = frames(10);
  for (const int64_t t : {0, 1, 9, 8, 3, 4}) {
    FrameHeader header;
    const auto pixels = read(source, t, header);
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), all.begin() + t * 48)) << t;
    EXPECT_EQ(header.time_s, 0.5 * static_cast<double>(t));
  }
}

TEST_F(RtdcSources, GiveWholeGroupsAsTheyGiveTheirFrames) {
  const std::string name = write_movie("a.rtdc", 10);  // chunks of 4
  const RtdcSource source = open(name);
  std::vector<uint8_t> group(4 * 48);
  std::vector<FrameHeader> headers(4);
  for (const int64_t first : {4, 0}) {
    ASSERT_TRUE(source.read_group(first, std::as_writable_bytes(std::span(group)), headers));
    for (int64_t i = 0; i < 4; ++i) {
      FrameHeader header;
      const auto pixels = read(source, first + i, header);
      EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), group.begin() + i * 48)) << first + i;
      EXPECT_EQ(headers[static_cast<size_t>(i)].time_s, header.time_s);
    }
  }
}

TEST_F(RtdcSources, GiveNoGroupThatIsNotOneWholeChunk) {
  const std::string name = write_movie("a.rtdc", 10);
  std::vector<std::byte> group(4 * 48);
  std::vector<FrameHeader> headers(4);
  const RtdcSource source = open(name);
  EXPECT_FALSE(source.read_group(8, group, headers)) << "the last chunk is not full";
  EXPECT_FALSE(source.read_group(2, group, headers)) << "of two chunks";
  EXPECT_FALSE(source.read_group(0, std::span(group).first(2 * 48), headers)) << "half a chunk";
  RtdcSourceParams params{name};
  ASSERT_FALSE(ParamTraits<FrameSelection>::parse(RawValue::scalar("0-8-1"), params.frames));
  EXPECT_FALSE(RtdcSource(params, folder_).read_group(0, group, headers)) << "chosen frames";
}

TEST_F(RtdcSources, GiveTheStoredBackgroundOfChosenFrames) {
  const std::string name = movie("a.rtdc", 6, [](const H5File& file) {
    write_images(file, "basin_events/image_bg", 2);
    write_column(file, "events/basinmap0", std::vector<int64_t>{0, 0, 1, 1, 1, 0});
    write_column(file, "events/bg_off", std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5});
    write_basin(file, "bg",
                R"({"name": "bg", "type": "internal", "format": "h5dataset",
                    "paths": ["basin_events"], "features": ["image_bg"],
                    "mapping": "basinmap0"})");
  });
  RtdcSourceParams params{name};
  params.feature = "image";
  ASSERT_FALSE(ParamTraits<FrameSelection>::parse(RawValue::scalar("1-6-2"), params.frames));
  RtdcSource source(params, folder_);
  const int64_t without = source.read_bytes();
  EXPECT_EQ(source.open_port(0).str(), "t=3 | y=6 x=8 uint8");
  EXPECT_EQ(source.open_port(1).str(), "t=3 | float64");
  EXPECT_GT(source.read_bytes(), without);
  const auto all = frames(2);
  for (const auto& [t, plane, offset] : {std::tuple{0, 0, 0.5}, {1, 1, 1.5}, {2, 0, 2.5}}) {
    std::vector<uint8_t> pixels(48);
    double number = 0;
    const Region whole = source.layout().whole_item();
    ASSERT_TRUE(
        source
            .read_port(0, t,
                       packed_view(reinterpret_cast<std::byte*>(pixels.data()), DType::u8, whole))
            .ok());
    ASSERT_TRUE(
        source.read_port(1, t, packed_view(reinterpret_cast<std::byte*>(&number), DType::f64, {}))
            .ok());
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), all.begin() + plane * 48)) << t;
    EXPECT_EQ(number, offset);
  }
}

class RtdcGates : public RtdcSources {
 protected:
  using Stated = std::vector<std::pair<std::string, AttributeValue>>;
  RtdcSource with(const Stated& attributes) const {
    std::filesystem::remove(folder_ / "a.rtdc");
    return open(movie("a.rtdc", 2, [&](const H5File& file) {
      for (const auto& [name, value] : attributes) write_attribute(file.id(), name, value, "");
    }));
  }
  static std::string text(RtdcSource& source) {
    const Layout layout = source.open_port(2);
    std::vector<double> limits(static_cast<size_t>(layout.item_count()));
    EXPECT_TRUE(source
                    .read_port(2, 1,
                               packed_view(reinterpret_cast<std::byte*>(limits.data()), DType::f64,
                                           layout.whole_item()))
                    .ok());
    std::string all;
    for (size_t i = 0; i < layout.item[0].labels.size(); ++i)
      all += fmt::format("{} {} {}; ", layout.item[0].labels[i], limits[2 * i], limits[2 * i + 1]);
    return all;
  }
  static constexpr int64_t kHard = 0, kSoft = 1;
};

TEST_F(RtdcGates, AreTheHardOnesOfTheMeasurement) {
  RtdcSource source = with({{"online_contour:bin area min", int64_t{20}},
                            {"online_filter:deform min", 0.01},
                            {"online_filter:deform max", 0.2},
                            {"online_filter:deform soft limit", kHard},
                            {"online_filter:area_um min", int64_t{50}},
                            {"online_filter:area_um soft limit", kHard},
                            {"online_filter:aspect max", 2.0},
                            {"online_filter:aspect soft limit", kSoft},
                            {"online_filter:tilt max", 2.0},
                            {"online_filter:target duration", 30.0}});
  EXPECT_EQ(text(source), "pixels 20 nan; area_um 50 nan; deform 0.01 0.2; ");
  EXPECT_THAT(source.notices(), IsEmpty());
}

TEST_F(RtdcGates, AreThereWhereTheFileStatesNone) {
  RtdcSource source = with({{"online_contour:bin area min", int64_t{0}}});
  EXPECT_EQ(text(source), "pixels nan nan; ");
}

TEST_F(RtdcGates, BelongToAFileThatMayBeIncomplete) {
  EXPECT_THAT(with({{"user:parfocal incomplete", std::string("stopped")}}).notices(),
              ElementsAre(HasSubstr("not complete (stopped)")));
}

TEST_F(RtdcGates, TellWhatIsNone) {
  RtdcSource source = with({{"online_filter:something", 3.0}});
  EXPECT_EQ(text(source), "pixels nan nan; ");
  EXPECT_THAT(source.notices(), ElementsAre(HasSubstr("online_filter:something")));
  const auto said = [](RtdcSource& bad) {
    return message(ErrorCode::input_missing, [&] { bad.open_port(2); });
  };
  RtdcSource polygon = with({{"online_filter:area_um,deform polygon points", std::string("[]")}});
  EXPECT_THAT(said(polygon), HasSubstr("polygon gates are not supported"));
  RtdcSource words = with({{"online_filter:deform max", std::string("much")},
                           {"online_filter:deform soft limit", kHard}});
  EXPECT_THAT(said(words), HasSubstr("'online_filter:deform max' is no number"));
}

TEST_F(RtdcSources, WithoutAStoredBackgroundSaySo) {
  RtdcSource source = open(write_movie("a.rtdc", 3));
  EXPECT_THAT(message(ErrorCode::input_missing, [&] { source.open_port(0); }),
              HasSubstr("no background stored"));
  source.open_port(1);
  double number = 7;
  EXPECT_TRUE(
      source.read_port(1, 2, packed_view(reinterpret_cast<std::byte*>(&number), DType::f64, {}))
          .ok());
  EXPECT_EQ(number, 0);
}

TEST_F(RtdcSources, RefuseABackgroundOfOtherFrames) {
  RtdcSource source = open(movie("a.rtdc", 6, [](const H5File& file) {
    write_images(file, "events/image_bg", 5);
    write_column(file, "events/bg_off", std::vector<double>(4));
  }));
  EXPECT_THAT(message(ErrorCode::input_missing, [&] { source.open_port(0); }),
              HasSubstr("5 frames of 6 x 8"));
  EXPECT_THAT(message(ErrorCode::input_missing, [&] { source.open_port(1); }),
              HasSubstr("another length"));
}

TEST_F(RtdcSources, GiveRegionsOfAFrame) {
  const RtdcSource source = open(write_movie("a.rtdc", 5));
  Region region = Region::whole({2, 3});
  region.origin = {3, 4};
  std::vector<uint8_t> pixels(6);
  FrameHeader header;
  ASSERT_TRUE(source
                  .read(2,
                        packed_view(reinterpret_cast<std::byte*>(pixels.data()), DType::u8, region),
                        header)
                  .ok());
  EXPECT_EQ(pixels[0], pixel(2, 3, 4));
  EXPECT_EQ(pixels[5], pixel(2, 4, 6));
}

TEST_F(RtdcSources, ReadFramesThroughAMapping) {
  {
    const H5File file = create("a.rtdc", 3);
    write_images(file, "basin_events/image_bg", 2);
    write_column(file, "events/basinmap0", std::vector<int64_t>{1, 0, 1});
    write_basin(file, "k", R"({"name": "bg", "type": "internal", "paths": ["basin_events"],
                               "features": ["image_bg"], "mapping": "basinmap0"})");
  }
  const RtdcSource source = open("a.rtdc", "image_bg");
  FrameHeader header;
  EXPECT_EQ(source.layout().stream[0].size, 3);
  EXPECT_EQ(read(source, 0, header)[0], pixel(1, 0, 0));
  EXPECT_EQ(read(source, 1, header)[0], pixel(0, 0, 0));
  EXPECT_EQ(read(source, 2, header)[5], pixel(1, 0, 5));
  EXPECT_TRUE(std::isnan(header.time_s));
}

TEST_F(RtdcSources, KeepAllSixteenBits) {
  const std::vector<uint16_t> pixels = {0, 1000, 65535, 256, 257, 258, 300, 40000};
  {
    const H5File file = create("a.rtdc", 2);
    const Handle images =
        create_dataset(file, "events/image", {DType::u16, {2, 2, 2}, {}, 5, true});
    write_dataset(images.id(), DType::u16, pixels.data(), "a");
  }
  const RtdcSource source = open("a.rtdc");
  ASSERT_EQ(source.layout().dtype, DType::u16);
  std::vector<uint16_t> frame(4);
  FrameHeader header;
  ASSERT_TRUE(source
                  .read(1,
                        packed_view(reinterpret_cast<std::byte*>(frame.data()), DType::u16,
                                    source.layout().whole_item()),
                        header)
                  .ok());
  EXPECT_THAT(frame, ElementsAre(257, 258, 300, 40000));
}

TEST_F(RtdcSources, TellOfAPixelSizeThatIsNone) {
  const RtdcSource source = open(movie("a.rtdc", 4, [](const H5File& file) {
    write_attribute(file.id(), "imaging:pixel size", std::string("0,34"), "a");
  }));
  EXPECT_EQ(source.layout().item[0].unit, "");
  EXPECT_THAT(source.notices(), ElementsAre(HasSubstr("pixel size is no length above 0 (0,34)")));
}

// As dcnum, which subtracts what it has read: the difference is rounded to what is stored.
TEST_F(RtdcSources, KeepTimesThatAreStoredSingleAsDcnumComputesThem) {
  const std::vector<float> times = {0.1F, 0.7F, 1.9F, 16777.3F};
  const RtdcSource source = open(
      movie("a.rtdc", 4, [&](const H5File& file) { write_column(file, "events/time", times); }));
  for (size_t t = 0; t < times.size(); ++t)
    EXPECT_EQ(source.time_axis().at(static_cast<int64_t>(t)),
              static_cast<double>(times[t] - times[0]))
        << t;
}

TEST_F(RtdcSources, TakeTheTimeFromFrameNumbersAndRate) {
  const RtdcSource source = open(movie("a.rtdc", 4, [](const H5File& file) {
    write_column(file, "events/frame", std::vector<double>{100, 102, 103, 110});
    write_attribute(file.id(), "imaging:frame rate", 3.0, "a");
  }));
  EXPECT_THAT(source.time_axis().seconds,
              ElementsAre(0, 102 / 3.0 - 100 / 3.0, 103 / 3.0 - 100 / 3.0, 110 / 3.0 - 100 / 3.0));
  EXPECT_THAT(source.notices(), IsEmpty());
}

TEST_F(RtdcSources, ApproximateTheTimeFromTheRateAndSaySo) {
  movie("a.rtdc", 4,
        [](const H5File& file) { write_attribute(file.id(), "imaging:frame rate", 2.0, "a"); });
  const RtdcSource source = open("a.rtdc");
  for (int64_t t = 0; t < 4; ++t) EXPECT_EQ(source.time_axis().at(t), static_cast<double>(t));
  ASSERT_EQ(source.notices().size(), 1u);
  EXPECT_THAT(source.notices()[0], HasSubstr("4 frames at 2 Hz are taken to last 3 s"));
  EXPECT_THAT(error_of("a.rtdc", ErrorCode::invalid_pipeline, "image", true),
              HasSubstr("only imaging:frame rate"));
}

// Frames that were never written cost nothing, so a small file can state any number of them.
TEST_F(RtdcSources, KeepNoNumberPerFrameWhereTimesAreEvenlySpaced) {
  constexpr int64_t kFrames = int64_t{1} << 27;
  {
    const H5File file = create("a.rtdc", kFrames);
    create_dataset(file, "events/image", {DType::u8, {kFrames, 6, 8}, {4, 6, 8}, 5, true});
    write_attribute(file.id(), "imaging:frame rate", 1.5, "a");
  }
  RtdcSource source = open("a.rtdc");
  EXPECT_TRUE(source.time_axis().seconds.empty());
  EXPECT_EQ(source.time_axis().at(0), 0);
  EXPECT_EQ(source.time_axis().at(kFrames - 1), static_cast<double>(kFrames));
  EXPECT_EQ(source.layout().stream[0].scale,
            static_cast<double>(kFrames) / static_cast<double>(kFrames - 1));
  source.open_port(1);
  double offset = 1;
  const Region one = Region::whole({});
  EXPECT_TRUE(source
                  .read_port(1, kFrames - 1,
                             packed_view(reinterpret_cast<std::byte*>(&offset), DType::f64, one))
                  .ok());
  EXPECT_EQ(offset, 0);
}

TEST_F(RtdcSources, AreRefusedWithMoreImagesThanAColumnHas) {
  {
    const H5File file = create("a.rtdc", 1);
    create_dataset(file, "events/image", {DType::u8, {int64_t{1} << 38, 6, 8}, {4, 6, 8}, 5, true});
  }
  const std::string text = message(ErrorCode::input_missing, [&] { open("a.rtdc"); });
  EXPECT_THAT(text, HasSubstr("a.rtdc: events/image"));
  EXPECT_THAT(text, HasSubstr("274877906944"));
}

TEST_F(RtdcSources, LeaveAnUnknownTimeUnknown) {
  movie("a.rtdc", 4, [](const H5File&) {});
  const RtdcSource source = open("a.rtdc");
  EXPECT_EQ(source.time_axis().origin, TimeAxis::Origin::unknown);
  EXPECT_EQ(source.layout().stream[0].unit, "");
  EXPECT_THAT(error_of("a.rtdc", ErrorCode::invalid_pipeline, "image", true),
              HasSubstr("no frame rate"));
}

TEST_F(RtdcSources, RefuseTimesThatAreNone) {
  const auto with_time = [&](const std::string& name, const std::vector<double>& times) {
    return error_of(movie(name, static_cast<int64_t>(4),
                          [&](const H5File& file) { write_column(file, "events/time", times); }));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(with_time("nan.rtdc", {0, 1, nan, 3}), HasSubstr("nan at frame 2"));
  EXPECT_THAT(with_time("short.rtdc", {0, 1, 2}), HasSubstr("3 values, 4 images"));
}

TEST_F(RtdcSources, ReadFramesWhoseTimeStepsBackAndSaySo) {
  const RtdcSource source = open(movie("back.rtdc", 4, [](const H5File& file) {
    write_column(file, "events/time", std::vector<double>{3, 4, 3.5, 6});
  }));
  FrameHeader header;
  EXPECT_EQ(read(source, 2, header)[0], pixel(2, 0, 0));
  EXPECT_EQ(header.time_s, 0.5);
  EXPECT_THAT(source.notices(),
              ElementsAre("The feature 'time' runs backwards once: 3.5 at frame 2 after 4."));
}

TEST_F(RtdcSources, NoticeThatTheFileOrABasinIsAnotherOne) {
  write_movie("far.rtdc", 3);
  {
    const H5File file = create("near.rtdc", 3);
    write_basin(file, "k", R"({"name": "far", "type": "file", "paths": ["far.rtdc"]})");
  }
  for (const std::string name : {"near.rtdc", "far.rtdc"}) {
    const RtdcSource source = open("near.rtdc");
    EXPECT_TRUE(source.unchanged().ok());
    fs::copy_file(folder_ / name, folder_ / "new.rtdc");
    fs::rename(folder_ / "new.rtdc", folder_ / name);
    const Status status = source.unchanged();
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.issue().str(), HasSubstr(name));
    EXPECT_THAT(status.issue().str(), HasSubstr("another file lies there"));
  }
  const RtdcSource source = open("near.rtdc");
  fs::resize_file(folder_ / "far.rtdc", fs::file_size(folder_ / "far.rtdc") + 1);
  EXPECT_THAT(source.unchanged().issue().str(), HasSubstr("another size or time"));
  fs::remove(folder_ / "near.rtdc");
  EXPECT_THAT(source.unchanged().issue().str(), HasSubstr("it is gone"));
}

TEST_F(RtdcSources, AreOfAnotherInputWhenABasinChanged) {
  write_movie("far.rtdc", 3);
  write_movie("middle.rtdc", 3);
  for (const auto& [from, to] : {std::pair("middle", "far"), std::pair("near", "middle")}) {
    const H5File file = from == std::string("near")
                            ? create("near.rtdc", 3)
                            : H5File::open_for_change(folder_ / "middle.rtdc");
    write_basin(file, "k",
                fmt::format(R"({{"name": "b", "type": "file", "paths": ["{}.rtdc"]}})", to));
  }
  EXPECT_THAT(open("far.rtdc").identity(), Not(HasSubstr("basins")));
  EXPECT_THAT(open("near.rtdc").identity(), HasSubstr(", basins: 2 files, "));
  for (const char* name : {"near.rtdc", "middle.rtdc", "far.rtdc"}) {
    const RtdcSource source = open("near.rtdc");
    const std::string before = source.identity();
    EXPECT_EQ(open("near.rtdc").identity(), before);
    const fs::path path = folder_ / name;
    fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
    EXPECT_NE(open("near.rtdc").identity(), before) << name;
    EXPECT_EQ(source.identity(), before) << "of what was opened";
  }
}

TEST_F(RtdcSources, TellWhatIsWrongWithTheFile) {
  write_movie("a.rtdc", 10);
  write_movie("empty.rtdc", 0);
  fs::copy_file(folder_ / "a.rtdc", folder_ / "cut.rtdc");
  fs::resize_file(folder_ / "cut.rtdc", fs::file_size(folder_ / "cut.rtdc") - 100);
  std::ofstream(folder_ / "text.rtdc") << "no HDF5";
  { create("bare.rtdc", 3); }
  EXPECT_THAT(error_of("empty.rtdc"), HasSubstr("0 events"));
  EXPECT_THAT(error_of("cut.rtdc"), HasSubstr("truncated"));
  EXPECT_THAT(error_of("text.rtdc"), HasSubstr("no HDF5 file"));
  EXPECT_THAT(error_of("bare.rtdc"), HasSubstr("no feature 'image'"));
  EXPECT_THAT(error_of("a.rtdc", ErrorCode::input_missing, "time"), HasSubstr("no images"));
  EXPECT_THAT(error_of("gone.rtdc"), HasSubstr("gone.rtdc"));
}

TEST_F(RtdcSources, SayWhenTheEventCountIsWrong) {
  {
    const H5File file = create("a.rtdc", 7);
    write_images(file, "events/image", 5);
  }
  ASSERT_EQ(open("a.rtdc").notices().size(), 1u);
  EXPECT_THAT(open("a.rtdc").notices()[0], HasSubstr("7 events but has 5 images"));
}

TEST_F(RtdcSources, EqualTheReferenceOnRealFiles) {
  const fs::path data = fs::path(PARFOCAL_SHARED_DIR) / "data" / "dcnum";
  if (!fs::exists(data)) GTEST_SKIP() << "no reference data";
  const auto mean = [&](const std::string& file, const std::string& feature) {
    const RtdcSource source({(data / file).string(), feature, false}, "");
    FrameHeader header;
    const auto pixels = read(source, 0, header);
    double sum = 0;
    for (const uint8_t value : pixels) sum += value;
    return sum / static_cast<double>(pixels.size());
  };
  const std::string f23 = "fmt-hdf5_cytoshot_full-features_2023/cytoshot-test-data.rtdc";
  EXPECT_DOUBLE_EQ(mean(f23, "image"), 180.772375);  // dcnum: tests/test_logic_pipeline.py
  EXPECT_NEAR(mean(f23, "image_bg"), 180.4453125, 0.01);
  const RtdcSource split({(data / "fmt-hdf5_shapein_raw-with-variable-length-logs" /
                           "file_with_variable_length_logs.rtdc")
                              .string(),
                          "image", true},
                         "");
  EXPECT_EQ(split.items_per_read(), 5);
  EXPECT_EQ(split.time_axis().origin, TimeAxis::Origin::frame);
}

}  // namespace
}  // namespace parfocal
