#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/contrast.h"
#include "parfocal/formats/zarr/writer/test_columns-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::box;
using test::Image;
using test::make_layout;
using test::make_sink;
using test::random_image;
using test::raw_map;
using test::read_text;
using test::TempDir;

json read_json(const std::filesystem::path& path) { return json::parse(read_text(path)); }

std::unique_ptr<Sink> image_sink(const TempDir& dir, const Layout& layout) {
  return make_sink("ome_zarr", raw_map({{"path", "a.ome.zarr"}}),
                   {{"from", "smooth", "out", {PortKind::image, layout, {}}}},
                   {dir.path(), R"({"pipeline": "p"})", {}});
}
Status write_image(Sink& sink, const Layout& layout, int64_t sequence, const View& view,
                   const Gap* gap = nullptr) {
  const FrameHeader header = test::header_of(layout, sequence);
  const Input input{&header, gap, view, {}};
  return sink.write(std::span(&input, 1));
}

TEST(OmeZarrSink, WritesTheMetadataOfTheStandard) {
  TempDir dir;
  Layout layout = make_layout(DType::u16, {{"t", 2}, {"c", 2}}, {{"y", 5}, {"x", 1500}});
  layout.stream[0].scale = 30;
  layout.stream[0].unit = "s";
  layout.stream[1].labels = {"DAPI", "GFP"};
  layout.item[0].scale = layout.item[1].scale = 0.65;
  layout.item[0].unit = layout.item[1].unit = "um";
  const auto sink = image_sink(dir, layout);
  sink->open();
  const Image image = random_image(DType::u16, layout.whole_item(), 1);
  for (int64_t k = 0; k < 4; ++k) ASSERT_TRUE(write_image(*sink, layout, k, image.view()).ok());
  ASSERT_TRUE(sink->close({}).ok());
  const json array = read_json(dir / "a.ome.zarr/0/zarr.json");
  EXPECT_EQ(array["shape"], json({2, 2, 5, 1500}));
  EXPECT_EQ(array["data_type"], "uint16");
  EXPECT_EQ(array["dimension_names"], json({"t", "c", "y", "x"}));
  EXPECT_EQ(array["chunk_grid"]["configuration"]["chunk_shape"], json({2, 2, 5, 1500}));
  const json shard = array["codecs"][0]["configuration"];
  EXPECT_EQ(shard["chunk_shape"], json({1, 1, 5, 1500}));
  EXPECT_EQ(shard["codecs"][1]["configuration"]["cname"], "lz4");
  json group = read_json(dir / "a.ome.zarr/zarr.json");
  const json channels = group["attributes"]["ome"]["omero"]["channels"];
  group["attributes"]["ome"].erase("omero");
  EXPECT_EQ(group, json::parse(R"({
    "zarr_format": 3, "node_type": "group", "attributes": {
      "ome": {"version": "0.5", "multiscales": [{"name": "a",
        "axes": [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"},
                 {"name": "y", "type": "space", "unit": "micrometer"},
                 {"name": "x", "type": "space", "unit": "micrometer"}],
        "datasets": [{"path": "0", "coordinateTransformations":
          [{"type": "scale", "scale": [30.0, 1.0, 0.65, 0.65]}]}], "type": "mean"}]},
      "parfocal": {"version": 1, "complete": true, "reason": "", "items": 4, "dtype": "uint16",
        "committed": 2, "recovered": false, "gaps": [], "gaps_not_listed": 0, "provenance": {"pipeline": "p"}}}})"));
  ASSERT_EQ(channels.size(), 2u);
  EXPECT_EQ(channels[1]["label"], "GFP");
  EXPECT_EQ(channels[1]["window"]["max"], 65535.0);
  EXPECT_LT(channels[1]["window"]["start"], channels[1]["window"]["end"]);
}

/// All frames of a level, one after the other.
std::vector<std::byte> pixels_of(const std::filesystem::path& store, const std::string& level) {
  std::vector<std::byte> all;
  const auto source =
      test::open_source("ome_zarr", raw_map({{"path", store.string()}, {"level", level}}));
  for (int64_t k = 0; k < source->layout().stream_count(); ++k) {
    const Image image = test::read_all(*source, k);
    all.insert(all.end(), image.pixels.begin(), image.pixels.end());
  }
  return all;
}

TEST(OmeZarrSink, StoresTheSamePixelsHoweverItIsSwept) {
  const Layout layout = make_layout(DType::u16, {{"t", 3}}, {{"z", 2}, {"y", 330}, {"x", 401}});
  std::vector<Image> images;
  for (uint32_t k = 0; k < 3; ++k)
    images.push_back(random_image(DType::u16, layout.whole_item(), k));
  using Words = std::initializer_list<std::pair<std::string, std::string>>;
  for (const Words& words : {Words{{"path", "a.ome.zarr"}, {"levels", "3"}},
                             Words{{"path", "a.ome.zarr"}, {"shard", "none"}, {"codec", "none"}},
                             Words{{"path", "a.ome.zarr"}, {"format", "0.4"}, {"levels", "2"}}}) {
    const auto stored = [&](int64_t height, int64_t width) {
      const TempDir dir;
      SinkContext context{dir.path(), "", {}};
      if (height > 0) context.tile = Region::whole({height, width});
      const auto sink =
          make_sink("ome_zarr", raw_map(words),
                    {{"from", "smooth", "out", {PortKind::image, layout, {}}}}, context);
      EXPECT_GT(sink->resident_bytes(), 0);
      sink->open();
      if (height == 0) height = 330, width = 401;
      for (int64_t y = 0; y < 330; y += height)
        for (int64_t x = 0; x < 401; x += width)
          for (int64_t k = 0; k < 3; ++k) {
            Region region = layout.whole_item();
            region.origin[1] = y;
            region.origin[2] = x;
            region.shape[1] = std::min(height, 330 - y);
            region.shape[2] = std::min(width, 401 - x);
            Image part(DType::u16, region);
            copy_pixels(images[static_cast<size_t>(k)].view(), part.view());
            EXPECT_TRUE(write_image(*sink, layout, k, std::as_const(part).view()).ok());
          }
      EXPECT_TRUE(sink->close({}).ok());
      const bool v2 = std::filesystem::exists(dir / "a.ome.zarr/.zattrs");
      const json attributes = v2 ? read_json(dir / "a.ome.zarr/.zattrs")
                                 : read_json(dir / "a.ome.zarr/zarr.json")["attributes"];
      std::string all = attributes.dump();
      const json levels = (v2 ? attributes : attributes["ome"])["multiscales"][0]["datasets"];
      for (const json& level : levels)
        for (const std::byte b : pixels_of(dir / "a.ome.zarr", level["path"]))
          all += static_cast<char>(b);
      EXPECT_FALSE(std::filesystem::exists(dir / "a.ome.zarr/__parfocal/a0.regions"));
      return all;
    };
    const std::string whole = stored(0, 0);
    EXPECT_GT(whole.size(), 3u * 2 * 330 * 401 * 2);
    EXPECT_EQ(stored(64, 401) == whole, true);
    EXPECT_EQ(stored(35, 97) == whole, true);
    EXPECT_EQ(stored(330, 200) == whole, true);
  }
}

TEST(OmeZarrSink, AFrameThatIsMissingInOneRegionIsMissing) {
  const TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 4}}, {{"y", 20}, {"x", 10}});
  SinkContext context{dir.path(), "", {}};
  context.tile = Region::whole({10, 10});
  const auto sink = make_sink("ome_zarr", raw_map({{"path", "a.ome.zarr"}, {"levels", "2"}}),
                              {{"from", "s", "out", {PortKind::image, layout, {}}}}, context);
  sink->open();
  const Gap broken{GapReason::broken, "truncated"};
  for (const int64_t y : {0, 10})
    for (int64_t k = 0; k < 4; ++k) {
      const Image part = random_image(DType::u8, box(y, 0, 10, 10), 1);
      const bool missing = (k == 1 && y == 0) || (k == 2 && y == 10);
      ASSERT_TRUE(write_image(*sink, layout, k, part.view(), missing ? &broken : nullptr).ok());
    }
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_json(dir / "a.ome.zarr/zarr.json")["attributes"]["parfocal"]["gaps"],
            json::parse(R"([{"first": 1, "last": 2, "reason": "broken", "text": "truncated"}])"));
  const std::vector<std::byte> pixels = pixels_of(dir / "a.ome.zarr", "0");
  EXPECT_EQ(std::count(pixels.begin() + 200, pixels.begin() + 600, std::byte{0}), 400);
}

TEST(OmeZarrSink, PositionsAreImagesOfTheirOwnAndWellsMakeAPlate) {
  const Layout layout =
      make_layout(DType::u16, {{"t", 2}, {"p", 3}, {"c", 2}}, {{"y", 4}, {"x", 5}});
  const Layout label =
      make_layout(DType::u32, {{"t", 2}, {"p", 3}, {"c", 2}}, {{"y", 4}, {"x", 5}});
  for (const bool plate : {false, true}) {
    const TempDir dir;
    RawValue params = raw_map({{"path", "a.ome.zarr"}});
    if (plate)
      params.set("wells", RawValue::list({RawValue::scalar("B/10"), RawValue::scalar("B/2"),
                                          RawValue::scalar("B/10")}));
    const auto sink = make_sink("ome_zarr", params,
                                {{"from", "s", "out", {PortKind::image, layout, {}}},
                                 {"labels.cells", "l", "out", {PortKind::image, label, {}}}},
                                {dir.path(), "", {}});
    sink->open();
    for (int64_t k = 0; k < 11; ++k) {
      const Image a = random_image(DType::u16, layout.whole_item(), static_cast<uint32_t>(k));
      const Image b = random_image(DType::u32, layout.whole_item(), static_cast<uint32_t>(k));
      const FrameHeader header = test::header_of(layout, k);
      const Input in[2] = {{&header, nullptr, a.view(), {}}, {&header, nullptr, b.view(), {}}};
      ASSERT_TRUE(sink->write(in).ok());
    }
    ASSERT_TRUE(sink->close({false, "stopped", 9}).ok());
    const std::vector<std::string> paths =
        plate ? std::vector<std::string>{"B/10/0", "B/2/0", "B/10/1"}
              : std::vector<std::string>{"0", "1", "2"};
    const json root = read_json(dir / "a.ome.zarr/zarr.json")["attributes"]["ome"];
    if (plate) {
      EXPECT_EQ(root["plate"]["columns"], json::parse(R"([{"name": "2"}, {"name": "10"}])"));
      EXPECT_EQ(root["plate"]["wells"].size(), 2u);
    } else {
      EXPECT_EQ(root["bioformats2raw.layout"], 3);
    }
    for (size_t p = 0; p < 3; ++p)
      for (const char* labels : {"", "cells"}) {
        RawValue read = raw_map({{"path", (dir / "a.ome.zarr").string()}, {"position", paths[p]}});
        if (*labels) read.set("labels", RawValue::scalar(labels));
        const auto source = test::open_source("ome_zarr", read);
        ASSERT_EQ(source->layout().stream_count(), 4);
        for (int64_t k = 0; k < 4; ++k) {
          const int64_t item = k / 2 * 6 + static_cast<int64_t>(p) * 2 + k % 2;
          Image expected = random_image(*labels ? DType::u32 : DType::u16, layout.whole_item(),
                                        static_cast<uint32_t>(item));
          if (item >= 9) std::fill(expected.pixels.begin(), expected.pixels.end(), std::byte{0});
          EXPECT_EQ(test::read_all(*source, k), expected) << paths[p] << labels << " " << k;
        }
      }
  }
}

TEST(OmeZarrSink, TheTableHasTheRowsOfTheFramesThatStay) {
  const TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 300}}, {{"y", 2}, {"x", 2}});
  const TableSchema schema{
      {{"label", "", Column::Type::integer}, {"area", "px", Column::Type::real}}, 50};
  const auto sink = make_sink("ome_zarr", raw_map({{"path", "a.ome.zarr"}}),
                              {{"from", "s", "out", {PortKind::image, layout, {}}},
                               {"table", "objects", "out", {PortKind::table, layout, schema}}},
                              {dir.path(), "", {}});
  sink->open();
  const Image image = random_image(DType::u8, layout.whole_item(), 1);
  std::vector<int64_t> t, label;
  for (int64_t k = 0; k < 300; ++k) {
    std::vector<std::byte> rows(static_cast<size_t>(schema.bytes()));
    const MutableTable table{&schema, rows.data(), k % 50};
    for (int64_t i = 0; i < table.rows; ++i) {
      table.column<int64_t>(0)[i] = k * 1000 + i;
      if (k >= 250) continue;
      t.push_back(k);
      label.push_back(k * 1000 + i);
    }
    const FrameHeader header = test::header_of(layout, k);
    const Input in[2] = {{&header, nullptr, image.view(), {}}, {&header, nullptr, {}, table}};
    ASSERT_TRUE(sink->write(in).ok());
  }
  ASSERT_TRUE(sink->close({false, "stopped", 250}).ok());
  EXPECT_EQ(test::read_array<int64_t>(dir / "a.ome.zarr", "tables/objects/t") == t, true);
  EXPECT_EQ(test::read_array<int64_t>(dir / "a.ome.zarr", "tables/objects/label") == label, true);
}

TEST(OmeZarrSink, TheTableHasAllRowsWhenARunIsGoneOnWith) {
  const TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 4}}, {{"y", 2}, {"x", 2}});
  const TableSchema schema{{{"label", "", Column::Type::integer}}, 1};
  const Image image = random_image(DType::u8, layout.whole_item(), 1);
  for (const bool again : {false, true}) {
    SinkContext context{dir.path(), "", {}};
    context.resume = again;
    const auto sink = make_sink("ome_zarr", raw_map({{"path", "a.ome.zarr"}}),
                                {{"from", "s", "out", {PortKind::image, layout, {}}},
                                 {"table", "objects", "out", {PortKind::table, layout, schema}}},
                                context);
    sink->open();
    for (int64_t k = 0; k < 4; ++k) {
      if (sink->has(k)) continue;
      const MutableTable table{&schema, reinterpret_cast<std::byte*>(&k), 1};
      const FrameHeader header = test::header_of(layout, k);
      const Input in[2] = {{&header, nullptr, image.view(), {}}, {&header, nullptr, {}, table}};
      ASSERT_TRUE(sink->write(in).ok());
    }
    ASSERT_TRUE(sink->close({again, "", -1}).ok());
  }
  EXPECT_EQ(test::read_array<int64_t>(dir / "a.ome.zarr", "tables/objects/label"),
            (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(OmeZarrSink, ListsGapsAndLeavesTheirChunksOut) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 6}}, {{"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout);
  sink->open();
  EXPECT_EQ(read_json(dir / "a.ome.zarr/zarr.json")["attributes"]["parfocal"]["complete"], false);
  const Image image = random_image(DType::u8, layout.whole_item(), 1);
  const Gap broken{GapReason::broken, "truncated"};
  for (int64_t k = 0; k < 6; ++k)
    ASSERT_TRUE(
        write_image(*sink, layout, k, image.view(), k == 2 || k == 3 ? &broken : nullptr).ok());
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_json(dir / "a.ome.zarr/zarr.json")["attributes"]["parfocal"]["gaps"],
            json::parse(R"([{"first": 2, "last": 3, "reason": "broken", "text": "truncated"}])"));
  const std::vector<std::byte> pixels = pixels_of(dir / "a.ome.zarr", "0");
  EXPECT_EQ(std::count(pixels.begin() + 24, pixels.begin() + 48, std::byte{0}), 24);
}

TEST(OmeZarrSink, CutsBackWhenStopped) {
  for (const bool unbounded : {false, true}) {
    TempDir dir;
    const Layout layout =
        make_layout(DType::u8, {{"t", unbounded ? kUnbounded : 9}, {"c", 2}}, {{"y", 3}, {"x", 4}});
    const auto sink = image_sink(dir, layout);
    sink->open();
    const Image image = random_image(DType::u8, layout.whole_item(), 1);
    for (int64_t k = 0; k < 8; ++k) ASSERT_TRUE(write_image(*sink, layout, k, image.view()).ok());
    ASSERT_TRUE(sink->close({false, "stopped", 5}).ok());
    const json record = read_json(dir / "a.ome.zarr/zarr.json")["attributes"]["parfocal"];
    EXPECT_EQ(record["complete"], false);
    EXPECT_EQ(record["reason"], "stopped");
    const json shape = read_json(dir / "a.ome.zarr/0/zarr.json")["shape"];
    EXPECT_EQ(shape[0], 3) << "the last step of which a frame came";
    EXPECT_EQ(read_json(dir / "a.ome.zarr/frames/valid/zarr.json")["shape"][0], 6);
    if (!unbounded) {
      EXPECT_EQ(
          record["gaps"],
          json::parse(R"([{"first": 5, "last": 17, "reason": "stopped", "text": "stopped"}])"));
    }
    const std::vector<std::byte> pixels = pixels_of(dir / "a.ome.zarr", "0");
    EXPECT_NE(std::count(pixels.begin() + 48, pixels.begin() + 60, std::byte{0}), 12);
    EXPECT_EQ(std::count(pixels.begin() + 60, pixels.begin() + 72, std::byte{0}), 12);
  }
}

TEST(OmeZarrSink, WritesLabelsBesideTheImage) {
  TempDir dir;
  const Layout image = make_layout(DType::boolean, {{"t", 1}}, {{"y", 2}, {"x", 3}});
  const Layout label = make_layout(DType::u32, {{"t", 1}}, {{"y", 2}, {"x", 3}});
  const auto sink = make_sink("ome_zarr", raw_map({{"path", "s.zarr"}}),
                              {{"labels.cells", "label", "out", {PortKind::image, label, {}}},
                               {"from", "mask", "out", {PortKind::image, image, {}}}},
                              {dir.path(), "", {}});
  sink->open();
  const Image a = random_image(DType::boolean, image.whole_item(), 1);
  const Image b = random_image(DType::u32, label.whole_item(), 2);
  const FrameHeader header;
  const Input in[2] = {{&header, nullptr, b.view(), {}}, {&header, nullptr, a.view(), {}}};
  ASSERT_TRUE(sink->write(in).ok());
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_json(dir / "s.zarr/labels/zarr.json"), json::parse(R"({"zarr_format": 3,
    "node_type": "group", "attributes": {"ome": {"version": "0.5", "labels": ["cells"]}}})"));
  const json group = read_json(dir / "s.zarr/labels/cells/zarr.json")["attributes"]["ome"];
  EXPECT_EQ(group["image-label"],
            json::parse(R"({"version": "0.5", "source": {"image": "../../"}})"));
  EXPECT_FALSE(group.contains("omero"));
  EXPECT_EQ(read_json(dir / "s.zarr/labels/cells/0/zarr.json")["data_type"], "uint32");
  EXPECT_EQ(read_json(dir / "s.zarr/0/zarr.json")["data_type"], "uint8");
  const json window =
      read_json(dir / "s.zarr/zarr.json")["attributes"]["ome"]["omero"]["channels"][0]["window"];
  EXPECT_EQ(window, json::parse(R"({"start": 0.0, "end": 1.0, "min": 0.0, "max": 1.0})"));
}

TEST(OmeZarrSink, WritesAValueWithoutStreamAxes) {
  TempDir dir;
  const Layout layout = make_layout(DType::f32, {}, {{"z", 2}, {"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout);
  sink->open();
  const Image image = random_image(DType::f32, layout.whole_item(), 1);
  ASSERT_TRUE(write_image(*sink, layout, 0, image.view()).ok());
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(pixels_of(dir / "a.ome.zarr", "0") == image.pixels, true);
}

TEST(OmeZarrSink, RefusesWhatTheStandardHasNoPlaceFor) {
  TempDir dir;
  const std::vector<std::pair<std::string, int64_t>> yx = {{"y", 2}, {"x", 2}};
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"p", kUnbounded}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"q", 2}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"z", 2}, {"t", 2}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 2}}, {})), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 2}}, {{"x", 2}, {"y", 2}})), Error);
  for (const char* path : {"../a.zarr", "/tmp/a.zarr", "a/../../b", ""})
    EXPECT_THROW(
        make_sink("ome_zarr", raw_map({{"path", path}}),
                  {{"from", "s", "out", {PortKind::image, make_layout(DType::u8, {}, yx), {}}}},
                  {dir.path(), "", {}}),
        Error);
  for (const char* name : {"labels.a/b", "labels..", "labels.", "labels.__x"})
    EXPECT_THROW(
        make_sink("ome_zarr", raw_map({{"path", "a.zarr"}}),
                  {{"from", "s", "out", {PortKind::image, make_layout(DType::u8, {}, yx), {}}},
                   {name, "l", "out", {PortKind::image, make_layout(DType::u8, {}, yx), {}}}},
                  {dir.path(), "", {}}),
        Error)
        << name;
  EXPECT_THROW(
      make_sink(
          "ome_zarr", raw_map({{"path", "a.zarr"}}),
          {{"from", "s", "out", {PortKind::image, make_layout(DType::u8, {}, yx), {}}},
           {"labels.a", "l", "out", {PortKind::image, make_layout(DType::boolean, {}, yx), {}}}},
          {dir.path(), "", {}}),
      Error);
}

TEST(Contrast, IsRobustAndNeverEmpty) {
  ContrastSample sample;
  Image image(DType::u16, Region::whole({200, 200}));
  auto* p = image.view().as<uint16_t>();
  for (int i = 0; i < 40000; ++i) p[i] = static_cast<uint16_t>(100 + i % 1000);
  p[7] = 65535;
  for (int64_t k = 0; k < 20; ++k) sample.add(k, std::as_const(image).view(), image.region);
  const ContrastWindow w = sample.window(DType::u16);
  EXPECT_NEAR(w.start, 101, 4);
  EXPECT_NEAR(w.end, 1098, 4);
  EXPECT_EQ(w.max, 65535);
  for (const DType dtype : {DType::u8, DType::u16, DType::f32, DType::i32}) {
    const ContrastWindow none = ContrastSample().window(dtype);
    EXPECT_LT(none.start, none.end);
    Image flat(dtype, Region::whole({4, 4}));  // 0xcd in every byte
    ContrastSample constant;
    constant.add(0, std::as_const(flat).view(), flat.region);
    EXPECT_LT(constant.window(dtype).start, constant.window(dtype).end);
  }
  Image full(DType::u8, Region::whole({4, 4}));
  std::fill(full.pixels.begin(), full.pixels.end(), std::byte{255});
  ContrastSample constant;
  constant.add(0, std::as_const(full).view(), full.region);
  EXPECT_LT(constant.window(DType::u8).start, 255);
  EXPECT_EQ(constant.window(DType::u8).end, 255);
}

}  // namespace
}  // namespace parfocal
