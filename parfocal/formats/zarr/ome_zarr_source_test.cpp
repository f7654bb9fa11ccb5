#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/image_axes.h"
#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::Image;
using test::make_layout;
using test::open_source;
using test::random_image;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::HasSubstr;

// Writes `items` random frames, the second as a gap.
std::vector<Image> write_store(const TempDir& dir, const Layout& layout, int64_t items) {
  const auto sink = test::make_sink(
      "ome_zarr", raw_map({{"path", "a.zarr"}, {"shard", "none"}, {"codec", "none"}}),
      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const Gap gap{GapReason::broken, ""};
  std::vector<Image> images;
  for (int64_t k = 0; k < items; ++k) {
    images.push_back(random_image(layout.dtype, layout.whole_item(), static_cast<uint32_t>(k)));
    const FrameHeader header = test::header_of(layout, k);
    const Input in{&header, k == 1 ? &gap : nullptr, std::as_const(images.back()).view(), {}};
    EXPECT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  EXPECT_TRUE(sink->close({}).ok());
  return images;
}

TEST(OmeZarrSource, KeepsTheNameOfAChannelThatHasNoAxis) {
  for (const bool timed : {true, false}) {
    TempDir dir;
    Layout layout = make_layout(DType::u16, {{"t", 3}, {"z", 2}}, {{"y", 7}, {"x", 5}});
    if (!timed) layout.stream.erase(layout.stream.begin());
    const auto images = write_store(dir, layout, layout.stream_count());
    EXPECT_EQ(open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path())->layout(), layout);
    std::string text = test::read_text(dir / "a.zarr/zarr.json");
    const std::string own = "\"channel 0\"";
    ASSERT_NE(text.find(own), std::string::npos);
    text.replace(text.find(own), own.size(), "\"DAPI\"");
    test::write_text(dir / "a.zarr/zarr.json", text);
    const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
    layout.stream.insert(layout.stream.end() - 1, Axis{"c", 1, 1, "", {"DAPI"}});
    EXPECT_EQ(source->layout(), layout);
    for (size_t k = 0; k < images.size(); ++k) {
      if (k == 1) continue;  // was never written
      EXPECT_EQ(read_all(*source, static_cast<int64_t>(k)), images[k]) << k;
    }
    EXPECT_TRUE(source->missing().has(1));
    test::expect_regions_agree(*source, 0, 3, 2);
  }
}

TEST(OmeZarrSource, ReadsBackWhatTheSinkWrote) {
  for (const DType dtype :
       {DType::u8, DType::i16, DType::u32, DType::f32, DType::f64, DType::u64}) {
    TempDir dir;
    Layout layout = make_layout(dtype, {{"t", 2}, {"z", 2}}, {{"y", 37}, {"x", 1063}});
    layout.stream[0].scale = 30;
    layout.stream[0].unit = "s";
    layout.item[1].scale = 0.65;
    layout.item[1].unit = "um";
    const auto images = write_store(dir, layout, 4);
    const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
    EXPECT_EQ(source->layout(), layout);
    EXPECT_EQ(source->block(), Region::whole({37, 1063}));
    EXPECT_EQ(read_all(*source, 3), images[3]);
    test::expect_regions_agree(*source, 2, 17, 310);
    std::vector<std::pair<int64_t, int64_t>> missing;  // [first, end)
    source->missing().for_each_run([&](int64_t a, int64_t b) { missing.emplace_back(a, b); });
    EXPECT_THAT(missing, testing::ElementsAre(testing::Pair(1, 2)));
    const Image gap = read_all(*source, 1);
    EXPECT_TRUE(std::all_of(gap.pixels.begin(), gap.pixels.end(),
                            [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST(OmeZarrSource, DoesNotReadAsManyRowsAsDamagedSizesSay) {
  TempDir dir;
  write_store(dir, make_layout(DType::u8, {{"t", 3}}, {{"y", 4}, {"x", 5}}), 3);
  for (const char* name : {"0", "frames/valid"}) {
    json meta = json::parse(test::read_text(dir / "a.zarr" / name / "zarr.json"));
    meta["shape"][0] = int64_t{1} << 50;
    test::write_text(dir / "a.zarr" / name / "zarr.json", meta.dump());
  }
  EXPECT_THROW(open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path()), Error);
}

TEST(OmeZarrSource, GivesTheTimesAndNumbersOfFramesAgain) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 3}}, {{"y", 4}, {"x", 5}});
  const auto sink =
      test::make_sink("ome_zarr", raw_map({{"path", "a.zarr"}}),
                      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const Image image = random_image(DType::u8, layout.whole_item(), 1);
  for (int64_t k = 0; k < 3; ++k) {
    FrameHeader header = test::header_of(layout, k);
    header.time_s = 0.25 * static_cast<double>(k);
    header.hardware_id = k == 1 ? -1 : 40 + k;
    const Input in{&header, nullptr, image.view(), {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
  EXPECT_TRUE(source->missing().empty());
  for (int64_t k = 0; k < 3; ++k) {
    Image out(DType::u8, layout.whole_item());
    FrameHeader header;
    ASSERT_TRUE(source->read(k, out.view(), header).ok());
    EXPECT_EQ(header.time_s, 0.25 * static_cast<double>(k));
    EXPECT_EQ(header.hardware_id, k == 1 ? -1 : 40 + k);
    EXPECT_EQ(header.host_time_ns, -1);
  }
}

TEST(OmeZarrSource, ReadsOtherChunkShapesByteOrdersAndFillValues) {
  TempDir dir;
  write_store(dir, make_layout(DType::u16, {{"t", 3}}, {{"y", 4}, {"x", 5}}), 3);
  json meta = json::parse(test::read_text(dir / "a.zarr/0/zarr.json"));
  meta["chunk_grid"]["configuration"]["chunk_shape"] = {2, 3, 5};
  meta["codecs"][0]["configuration"]["endian"] = "big";
  meta["chunk_key_encoding"]["configuration"]["separator"] = ".";
  meta["fill_value"] = 770;
  test::write_text(dir / "a.zarr/0/zarr.json", meta.dump());
  std::string chunk;
  for (int i = 0; i < 30; ++i) chunk += {'\1', static_cast<char>(i)};
  test::write_text(dir / "a.zarr/0/c.0.0.0", chunk);
  const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
  const Image frame = read_all(*source, 1);
  const auto* p = frame.view().as<uint16_t>();
  for (int i = 0; i < 15; ++i) EXPECT_EQ(p[i], 256 + 15 + i);
  for (int i = 15; i < 20; ++i) EXPECT_EQ(p[i], 770);
  test::expect_regions_agree(*source, 1, 2, 3);
  test::write_text(dir / "a.zarr/0/c.1.0.0", "short");
  EXPECT_THAT(test::read_failure(*source, 2), HasSubstr("has 5 bytes, a chunk has 60"));
}

TEST(OmeZarrSource, SaysWhatIsMissing) {
  TempDir dir;
  try {
    open_source("ome_zarr", raw_map({{"path", "no.zarr"}}), dir.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input_missing);
    EXPECT_THAT(e.what(), HasSubstr("no.zarr/zarr.json"));
  }
}

std::string open_failure(const TempDir& dir, const RawValue& params) {
  try {
    open_source("ome_zarr", params, dir.path());
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

// An image of NGFF 0.4 on Zarr v2: 4 frames of 6 x 5 pixels in chunks of 3 frames, Fortran order.
void write_v2_image(const std::filesystem::path& folder, int levels = 1) {
  test::write_text(folder / ".zgroup", R"({"zarr_format": 2})");
  json datasets = json::array();
  for (int level = 0; level < levels; ++level) {
    const std::string name = std::to_string(level);
    datasets.push_back(
        {{"path", name},
         {"coordinateTransformations",
          json::array({{{"type", "scale"}, {"scale", {2, 0.5, 0.5 * (level + 1)}}}})}});
    const std::string text = R"({"zarr_format": 2, "shape": [4, 6, 5], "chunks": [3, 6, 5],
      "dtype": ">i2", "compressor": {"id": "zlib", "level": 1}, "fill_value": 3, "order": "F",
      "filters": null, "dimension_separator": "/"})";
    test::write_text(folder / name / ".zarray", text);
    Image image = random_image(DType::i16, test::box_of({4, 6, 5}), static_cast<uint32_t>(level));
    test::write_chunks(folder / name, parse_zarr_v2_array(text), image);
  }
  json axes = json::parse(R"([{"name": "t", "type": "time", "unit": "second"},
    {"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space"}])");
  test::write_text(
      folder / ".zattrs",
      json({{"multiscales",
             json::array({{{"version", "0.4"}, {"axes", axes}, {"datasets", datasets}}})}})
          .dump());
}

TEST(OmeZarrSource, ReadsVersion2WithLevelsAndGroupsOfFrames) {
  TempDir dir;
  write_v2_image(dir / "a.zarr", 2);
  for (const int level : {0, 1}) {
    const auto source = open_source(
        "ome_zarr", raw_map({{"path", "a.zarr"}, {"level", std::to_string(level)}}), dir.path());
    EXPECT_EQ(source->layout().str(),
              make_layout(DType::i16, {{"t", 4}}, {{"y", 6}, {"x", 5}}).str());
    EXPECT_EQ(source->layout().stream[0].unit, "s");
    EXPECT_EQ(source->layout().item[1].scale, 0.5 * (level + 1));
    EXPECT_EQ(source->items_per_read(), 3);
    const Image image =
        random_image(DType::i16, test::box_of({4, 6, 5}), static_cast<uint32_t>(level));
    for (int64_t t = 0; t < 4; ++t) {
      const Image frame = read_all(*source, t);
      EXPECT_EQ(std::memcmp(frame.pixels.data(), image.pixels.data() + t * 60, 60), 0) << t;
      test::expect_regions_agree(*source, t, 4, 3);
    }
  }
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "a.zarr"}, {"level", "2"}})),
              HasSubstr("the image has no level 2"));
}

TEST(OmeZarrSource, FindsPositionsOfPlatesAndOfSeries) {
  TempDir dir;
  test::write_text(dir / "p.zarr/.zgroup", R"({"zarr_format": 2})");
  test::write_text(dir / "p.zarr/.zattrs",
                   R"({"plate": {"wells": [{"path": "A/1"}, {"path": "B/2"}]}})");
  test::write_text(dir / "p.zarr/A/1/.zgroup", R"({"zarr_format": 2})");
  test::write_text(dir / "p.zarr/A/1/.zattrs", R"({"well": {"images": [{"path": "0"}]}})");
  write_v2_image(dir / "p.zarr/A/1/0");
  for (const char* position : {"", "A/1", "A/1/0"})
    EXPECT_EQ(open_failure(dir, raw_map({{"path", "p.zarr"}, {"position", position}})), "");
  EXPECT_EQ(open_failure(dir, raw_map({{"path", "p.zarr/A/1/0"}})), "");
  EXPECT_EQ(open_failure(dir, raw_map({{"path", "p.zarr/A/1/0/0"}, {"axes", "tyx"}})), "");
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "p.zarr/A/1/0/0"}})),
              HasSubstr("does not name its axes"));
  test::write_text(dir / "p.zarr/A/1/.zattrs",
                   R"({"well": {"images": [{"path": "0"}, {"path": "1"}]}})");
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "p.zarr"}})),
              HasSubstr("write e.g. position: A/1/0 (there are A/1/0, A/1/1)"));
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "p.zarr"}, {"position", "../p.zarr"}})),
              HasSubstr("the path leaves the store"));

  test::write_text(dir / "s.zarr/.zgroup", R"({"zarr_format": 2})");
  test::write_text(dir / "s.zarr/.zattrs", R"({"bioformats2raw.layout": 3})");
  write_v2_image(dir / "s.zarr/0");
  EXPECT_EQ(open_failure(dir, raw_map({{"path", "s.zarr"}})), "");
  write_v2_image(dir / "s.zarr/1");
  EXPECT_EQ(open_failure(dir, raw_map({{"path", "s.zarr"}, {"position", "1"}})), "");
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "s.zarr"}, {"position", "1"}, {"labels", "x"}})),
              HasSubstr("it has no labels at all"));
}

TEST(OmeZarrSource, NamesThePositionThatIsMeant) {
  TempDir dir;
  test::write_text(dir / "p.zarr/.zgroup", R"({"zarr_format": 2})");
  test::write_text(dir / "p.zarr/.zattrs",
                   R"({"plate": {"wells": [{"path": "A/10"}, {"path": "A/1"}]}})");
  for (const char* well : {"A/10", "A/1"}) {
    test::write_text(dir / "p.zarr" / well / ".zgroup", R"({"zarr_format": 2})");
    test::write_text(dir / "p.zarr" / well / ".zattrs", R"({"well": {"images": [{"path": "0"}]}})");
    write_v2_image(dir / "p.zarr" / well / "0");
  }
  const auto cure = [&](const char* position) {
    const std::string told =
        open_failure(dir, raw_map({{"path", "p.zarr"}, {"position", position}}));
    return told.substr(std::min(told.find("write "), told.size()));
  };
  EXPECT_THAT(cure("A1"), HasSubstr("write position: A/1/0"));
  EXPECT_THAT(cure("A10"), HasSubstr("write position: A/10/0"));
  EXPECT_THAT(cure("A/1/7"), HasSubstr("write position: A/1/0"));
  EXPECT_THAT(cure("well"), HasSubstr("write e.g. position: A/10/0"));
}

TEST(OmeZarrSource, GroupsItemsThatShareChunks) {
  const auto group = [](const char* shape, const char* chunks, const char* axes) {
    TempDir dir;
    test::write_text(
        dir / ".zarray",
        std::string(R"({"zarr_format": 2, "dtype": "|u1", "compressor": {"id": "zlib", "level": 1},
        "fill_value": 0, "order": "C", "filters": null, "shape": )") +
            shape + ", \"chunks\": " + chunks + "}");
    return open_source("ome_zarr", raw_map({{"path", "."}, {"axes", axes}}), dir.path())
        ->items_per_read();
  };
  EXPECT_EQ(group("[9, 4, 4]", "[1, 4, 4]", "tyx"), 1);
  EXPECT_EQ(group("[9, 4, 4]", "[5, 2, 2]", "tyx"), 5);
  EXPECT_EQ(group("[3, 4, 4]", "[5, 2, 2]", "tyx"), 3);
  EXPECT_EQ(group("[9, 6, 4, 4]", "[1, 3, 4, 4]", "tzyx"), 3);
  EXPECT_EQ(group("[9, 7, 4, 4]", "[1, 3, 4, 4]", "tzyx"), 7);  // 3 does not divide 7
  EXPECT_EQ(group("[9, 7, 4, 4]", "[2, 1, 4, 4]", "tzyx"), 14);
  EXPECT_THROW(group("[0, 7, 4, 4]", "[2, 1, 4, 4]", "tzyx"), Error);  // no frames
  EXPECT_THROW(group("[9, 0, 4, 4]", "[2, 1, 4, 4]", "tzyx"), Error);
  EXPECT_EQ(group("[9, 1048576, 1048576]", "[9, 16384, 16384]", "tyx"), 1);  // too much to keep
}

TEST(OmeZarrSource, ReadsWhereOnlyConsolidatedMetadataIsLeft) {
  TempDir dir;
  write_v2_image(dir / "a.zarr");
  json all = json::object();
  for (const char* file : {".zgroup", ".zattrs", "0/.zarray"}) {
    all[file] = json::parse(test::read_text(dir / "a.zarr" / file));
    std::filesystem::remove(dir / "a.zarr" / file);
  }
  test::write_text(dir / "a.zarr/.zmetadata",
                   json({{"zarr_consolidated_format", 1}, {"metadata", all}}).dump());
  const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
  EXPECT_EQ(source->layout().stream_count(), 4);
}

// Where the metadata is wrong the user says what is right, and is not passed over.
TEST(OmeZarrSource, TakesTheAxesThatAreStated) {
  TempDir dir;
  write_v2_image(dir / "a.zarr");
  const auto source =
      open_source("ome_zarr", raw_map({{"path", "a.zarr"}, {"axes", "zyx"}}), dir.path());
  EXPECT_EQ(source->layout().stream[0], (Axis{"z", 4, 1, "", {}})) << "seconds are no length";
  EXPECT_EQ(source->layout().item[0], (Axis{"y", 6, 0.5, "um", {}}));
  ASSERT_EQ(source->notices().size(), 1u);
  EXPECT_THAT(source->notices()[0], HasSubstr("its axes are t y x; taken as z y x"));
  EXPECT_THAT(open_failure(dir, raw_map({{"path", "a.zarr"}, {"axes", "tzyx"}})),
              HasSubstr("axes t z y x, 3 sizes"));
  EXPECT_THAT(open_source("ome_zarr", raw_map({{"path", "a.zarr"}, {"axes", "tyx"}}), dir.path())
                  ->notices(),
              testing::IsEmpty());
}

// Letters in another order would be another image.
TEST(OmeZarrSource, AdvisesNoOtherOrderOfTheAxesOfAnArray) {
  for (const char* axes : {"yxc", "xyz", "YXT"}) {
    try {
      check_array_axes(axes);
      ADD_FAILURE() << axes;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::AllOf(HasSubstr("numpy.moveaxis"),
                                           testing::Not(HasSubstr("write axes"))));
    }
  }
}

void write_v2_array(const std::filesystem::path& folder, const json& names) {
  test::write_text(folder / ".zarray", R"({"zarr_format": 2, "shape": [2, 3, 6, 5],
    "chunks": [1, 1, 6, 5], "dtype": "|u1", "compressor": null, "fill_value": 0, "order": "C",
    "filters": null, "dimension_separator": "."})");
  test::write_text(folder / ".zattrs", json({{"_ARRAY_DIMENSIONS", names}}).dump());
}

TEST(OmeZarrSource, AdvisesTheAxesThatAnArrayNamesInItsOwnWay) {
  TempDir dir;
  write_v2_array(dir / "own.zarr", {"z", "t", "y", "x"});
  EXPECT_EQ(open_source("ome_zarr", raw_map({{"path", "own.zarr"}}), dir.path())->layout().str(),
            "t=3 z=2 | y=6 x=5 uint8");
  const std::pair<json, const char*> cases[] = {
      {{"Z", "Time", "Y", "X"}, "write axes: ztyx"},
      {{"z", "y", "x", "c"}, "numpy.moveaxis"},
      {{"time", "band", "lat", "lon"}, "write e.g. axes: tzyx"}};
  for (const auto& [names, cure] : cases) {
    write_v2_array(dir / "a.zarr", names);
    EXPECT_THAT(open_failure(dir, raw_map({{"path", "a.zarr"}})), HasSubstr(cure)) << names;
  }
}

}  // namespace
}  // namespace parfocal
