#include "parfocal/formats/zarr/writer/store_spec.h"

#include <gmock/gmock.h>

#include <random>

#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

using test::compressor;
using test::make_image;
using test::make_store;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int64_t> chosen_chunk(DType dtype, int64_t height, int64_t width) {
  ImageSpec image = make_image("", "yx", {height, width}, dtype);
  image.chunk.clear();
  choose_chunks(image, false);
  return image.chunk;
}
ImageSpec chosen(const std::string& axes, const std::vector<int64_t>& sizes,
                 DType dtype = DType::u16) {
  ImageSpec image = make_image("", axes, sizes, dtype);
  image.chunk.clear();
  choose_chunks(image, true);
  check_spec(make_store({image}));
  return image;
}

TEST(StoreSpec, HalvesSizesRoundedUp) {
  EXPECT_EQ(pooled_size(9, 0), 9);
  EXPECT_EQ(pooled_size(9, 1), 5);
  EXPECT_EQ(pooled_size(9, 2), 3);
  EXPECT_EQ(pooled_size(9, 60), 1);
  EXPECT_EQ(pooled_size(0, 3), 0);
  EXPECT_EQ(pooled_size(kUnbounded, 3), kUnbounded);
  for (int64_t size : {1, 2, 7, 100, 2049})
    for (int k = 0; k < 12; ++k)
      EXPECT_EQ(pooled_size(size, k), (size + (int64_t{1} << k) - 1) >> k) << size << " " << k;
}

TEST(StoreSpec, LevelsHaveChunksNoLargerThanThemselves) {
  ImageSpec image = make_image("A", "tzyx", {kUnbounded, 9, 100, 60}, DType::u16);
  image.chunk = {1, 4, 32, 32};
  image.shard = {8, 8, 128, 64};
  image.levels = 3;
  image.pool_z = true;
  const std::vector<ArraySpec> arrays = arrays_of(make_store({image}));
  ASSERT_EQ(arrays.size(), 3u);
  EXPECT_EQ(arrays[2].path, "A/2");
  EXPECT_THAT(arrays[0].names, ElementsAre("t", "z", "y", "x"));
  EXPECT_THAT(arrays[0].shape, ElementsAre(kUnbounded, 9, 100, 60));
  EXPECT_THAT(arrays[0].shard, ElementsAre(8, 8, 128, 64));
  EXPECT_THAT(arrays[1].shape, ElementsAre(kUnbounded, 5, 50, 30));
  EXPECT_THAT(arrays[1].chunk, ElementsAre(1, 4, 32, 30));
  EXPECT_THAT(arrays[1].shard, ElementsAre(8, 8, 64, 30));
  EXPECT_THAT(arrays[2].shape, ElementsAre(kUnbounded, 3, 25, 15));
  EXPECT_THAT(arrays[2].chunk, ElementsAre(1, 3, 25, 15));
  EXPECT_THAT(arrays[2].shard, ElementsAre(8, 3, 25, 15));
}

TEST(StoreSpec, AnAxisThatMayGrowKeepsItsChunksInEveryLevel) {
  ImageSpec image = make_image("", "zyx", {5, 8, 8}, DType::u8);
  image.chunk = {16, 8, 8};
  image.shard = {32, 8, 8};
  image.levels = 2;
  image.pool_z = true;
  for (const ArraySpec& array : arrays_of(make_store({image}))) {
    EXPECT_EQ(array.chunk[0], 16);
    EXPECT_EQ(array.shard[0], 32);
  }
}

TEST(StoreSpec, StoresBoolAsBytes) {
  EXPECT_EQ(arrays_of(make_store({make_image("", "yx", {2, 2}, DType::boolean)}))[0].dtype,
            DType::u8);
}

TEST(StoreSpec, ChunksAreFramesOrTilesOfAMebibyte) {
  EXPECT_THAT(chosen_chunk(DType::u16, 1024, 1024), ElementsAre(1024, 1024));
  EXPECT_THAT(chosen_chunk(DType::u16, 2048, 2048), ElementsAre(512, 512));
  EXPECT_THAT(chosen_chunk(DType::u8, 2048, 2048), ElementsAre(1024, 1024));
  EXPECT_THAT(chosen_chunk(DType::f32, 2048, 2048), ElementsAre(512, 512));
  EXPECT_THAT(chosen_chunk(DType::u16, 2304, 2304), ElementsAre(576, 576));
  EXPECT_THAT(chosen_chunk(DType::u16, 2160, 2560), ElementsAre(720, 512));
  EXPECT_THAT(chosen_chunk(DType::u16, 64, 100000), ElementsAre(64, 7696));
  EXPECT_THAT(chosen_chunk(DType::u8, 1 << 22, 1), ElementsAre(1 << 20, 1));
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const DType dtype = static_cast<DType>(random() % kDTypeCount);
    const int64_t height = 1 + static_cast<int64_t>(random() >> (random() % 20 + 12));
    const int64_t width = 1 + static_cast<int64_t>(random() >> (random() % 20 + 12));
    const auto chunk = chosen_chunk(dtype, height, width);
    const int64_t bytes = chunk[0] * chunk[1] * static_cast<int64_t>(dtype_size(dtype));
    const bool whole = chunk[0] == height && chunk[1] == width;
    EXPECT_LE(bytes, (whole ? 2 : 1) << 20) << height << " x " << width;
    EXPECT_TRUE(whole || bytes >= 100000) << height << " x " << width << ": " << bytes;
  }
}

TEST(StoreSpec, ShardsGrowFromTheInnermostAxisSoThatBandsCloseInOrder) {
  EXPECT_THAT(chosen("tyx", {kUnbounded, 2048, 2048}).shard, ElementsAre(8, 2048, 2048));
  EXPECT_THAT(chosen("tyx", {kUnbounded, 80, 250}, DType::u8).shard, ElementsAre(3355, 80, 250));
  EXPECT_THAT(chosen("tyx", {kUnbounded, 4, 4}, DType::u8).shard, ElementsAre(4095, 4, 4));
  EXPECT_THAT(chosen("tcyx", {kUnbounded, 3, 2048, 2048}).shard, ElementsAre(2, 3, 2048, 2048));
  EXPECT_THAT(chosen("tczyx", {100, 3, 1000, 2048, 2048}).shard, ElementsAre(1, 1, 8, 2048, 2048));
  EXPECT_THAT(chosen("tczyx", {100, 3, 9, 2048, 2048}).shard, ElementsAre(1, 1, 5, 2048, 2048));
  EXPECT_THAT(chosen("tyx", {9, 2048, 2048}).shard, ElementsAre(5, 2048, 2048));
  EXPECT_THAT(chosen("tyx", {9, 8192, 8192}).shard, ElementsAre(1, 8192, 8192));
  EXPECT_THAT(chosen("yx", {64, 64}).shard, ElementsAre(64, 64));
  const ImageSpec huge = chosen("yx", {1 << 17, 1 << 17});
  EXPECT_LE(huge.shard[0] / huge.chunk[0] * (huge.shard[1] / huge.chunk[1]), 4095);
}

TEST(StoreSpec, KeepsTheChunksThatWereChosen) {
  ImageSpec image = make_image("", "tyx", {kUnbounded, 512, 512}, DType::u16);
  image.chunk = {16, 256, 256};
  choose_chunks(image, false);
  EXPECT_THAT(image.shard, IsEmpty());
  choose_chunks(image, true);
  EXPECT_THAT(image.chunk, ElementsAre(16, 256, 256));
  EXPECT_THAT(image.shard, ElementsAre(128, 512, 512));
}

StoreSpec full_spec(int zarr_format) {
  PlateSpec plate{"a plate", {"A", "B"}, {"1", "12"}};
  ImageSpec image = make_image("B/12/0", "tczyx", {kUnbounded, 2, 5, 40, 30}, DType::u16);
  image.axes[1].labels = {"DAPI \"x\"", "GFP"};
  image.axes[3].unit = "um";
  image.axes[3].scale = 0.1;
  image.chunk = {1, 1, 2, 16, 16};
  if (zarr_format == 3) image.shard = {2, 1, 4, 48, 32};
  image.compressors = {compressor(CodecKind::blosc, 5)};
  image.levels = 3;
  image.pool_z = true;
  ImageSpec label = make_image("B/12/0/labels/cells", "tyx", {kUnbounded, 40, 30}, DType::u32);
  label.label = true;
  label.levels = 3;
  label.pooling = Pooling::mode;
  ImageSpec flat = make_image("A/1/f1", "yx", {7, 9}, DType::boolean);
  flat.pooling = Pooling::nearest;
  StoreSpec spec = make_store({image, label, flat}, zarr_format);
  spec.columns = {{"stage_x", DType::f64, "um"}, {"camera_id", DType::u32, ""}};
  spec.plate = {plate};
  spec.provenance_json = R"({"pipeline": "p", "list": [1, 2]})";
  return spec;
}

TEST(StoreSpec, ComesBackFromItsText) {
  for (const int format : {2, 3}) {
    const StoreSpec spec = full_spec(format);
    const std::string text = spec_json(spec);
    const StoreSpec read = parse_spec(text);
    EXPECT_EQ(spec_json(read), text);
    ASSERT_EQ(read.images.size(), 3u);
    EXPECT_EQ(read.images[0].axes, spec.images[0].axes);
    EXPECT_EQ(read.images[0].shard, spec.images[0].shard);
    EXPECT_EQ(codecs_text(read.images[0].compressors), codecs_text(spec.images[0].compressors));
    EXPECT_TRUE(read.images[1].label);
    EXPECT_EQ(read.images[2].dtype, DType::boolean);
    EXPECT_EQ(read.columns[0].unit, "um");
    EXPECT_EQ(read.plate[0].columns, spec.plate[0].columns);
    EXPECT_EQ(read.provenance_json, spec.provenance_json);
  }
}

TEST(StoreSpec, DamagedTextIsRefusedOrStands) {
  const std::string text = spec_json(full_spec(3));
  for (size_t n = 0; n < text.size() - 2; n += 7)
    EXPECT_THROW(parse_spec(text.substr(0, n)), Error) << n;
  std::mt19937 random(2);
  const std::string bytes = "{}[]\",:0129-.eatrunl/\\\xff\n ";
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = text;
    for (uint32_t k = random() % 3 + 1; k-- > 0;)
      damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
    try {
      const StoreSpec spec = parse_spec(damaged);
      check_spec(spec);
      EXPECT_EQ(spec_json(parse_spec(spec_json(spec))), spec_json(spec));
    } catch (const Error& e) {
      ASSERT_EQ(e.code(), ErrorCode::input_missing) << e.what();
    }
  }
}

template <class Change>
std::string refusal(Change&& change, int zarr_format = 3) {
  StoreSpec spec = make_store({make_image("a", "tyx", {10, 8, 8}, DType::u16),
                               make_image("b", "tyx", {10, 8, 8}, DType::u16)},
                              zarr_format);
  change(spec);
  try {
    check_spec(spec);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_pipeline);
    return e.what();
  }
  return "";
}

TEST(StoreSpec, RefusesWhatCannotStandAndNamesTheImage) {
  EXPECT_EQ(refusal([](StoreSpec&) {}), "");
  const auto image_b = [](auto&& change) {
    return refusal([&](StoreSpec& spec) { change(spec.images[1]); });
  };
  EXPECT_THAT(image_b([](ImageSpec& i) { i.chunk = {1, 8}; }), HasSubstr("image b"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.chunk[0] = 0; }), HasSubstr("chunk needs"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.chunk[0] = 1 << 30; }), HasSubstr("chunk is too large"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.shard = {3, 12, 8}; }), HasSubstr("do not divide"));
  EXPECT_THAT(image_b([](ImageSpec& i) {
                i.shard = {1 << 21, 8, 8};
              }),
              HasSubstr("shard is too large"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.axes[1].size = 0; }), HasSubstr("axis y"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.axes[2].size = kUnbounded; }), HasSubstr("axis x"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.axes[0].scale = 0; }), HasSubstr("scale"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.axes[0].name = "p"; }), HasSubstr("order t c z y x"));
  EXPECT_THAT(image_b([](ImageSpec& i) { std::swap(i.axes[1], i.axes[2]); }),
              HasSubstr("order t c z y x"));
  EXPECT_THAT(image_b([](ImageSpec& i) {
                for (Axis& axis : i.axes) axis.size = int64_t{1} << 40;
              }),
              HasSubstr("image is too large"));
  EXPECT_THAT(image_b([](ImageSpec& i) {
                i.axes[1].size = i.axes[2].size = 1 << 20;
                i.chunk = {1, 8, 8};
              }),
              HasSubstr("too many chunks"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.levels = 0; }), HasSubstr("levels"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.compressors = {bytes_codec()}; }),
              HasSubstr("cannot write this codec"));
  EXPECT_THAT(image_b([](ImageSpec& i) { i.compressors = {compressor(CodecKind::zstd, 99)}; }),
              HasSubstr("impossible setting"));
}

TEST(StoreSpec, RefusesPathsThatLeaveTheStoreOrMeet) {
  const auto path_b = [](const std::string& path) {
    return refusal([&](StoreSpec& spec) { spec.images[1].path = path; });
  };
  EXPECT_EQ(path_b("b/c"), "");
  for (const char* bad : {"..", "b/..", "/b", "b/", "b//c", ".", ".zgroup", "__parfocal",
                          "zarr.json", "b\\c", "labels/x", "frames", "OME", "b/tables", "c:"})
    EXPECT_THAT(path_b(bad), HasSubstr("path is not possible")) << bad;
  for (const char* inside : {"", "a", "a/b", "a/0"})
    EXPECT_THAT(path_b(inside), HasSubstr("inside another")) << inside;
  EXPECT_THAT(refusal([](StoreSpec& s) { s.images[0].path = "b/c"; }), HasSubstr("inside another"));
  EXPECT_EQ(refusal([](StoreSpec& s) { s.images[0].path = "b-c"; }), "");
}

TEST(StoreSpec, RefusesLabelsThatAreNotTheirImages) {
  const auto label = [](auto&& change) {
    return refusal([&](StoreSpec& spec) {
      ImageSpec& i = spec.images[1];
      i.path = "a/labels/cells";
      i.label = true;
      i.pooling = Pooling::mode;
      change(i);
    });
  };
  EXPECT_EQ(label([](ImageSpec&) {}), "");
  EXPECT_THAT(label([](ImageSpec& i) { i.path = "c/labels/cells"; }), HasSubstr("has no image"));
  EXPECT_THAT(label([](ImageSpec& i) { i.path = "a/cells"; }), HasSubstr("has no image"));
  EXPECT_THAT(label([](ImageSpec& i) { i.dtype = DType::f32; }), HasSubstr("whole numbers"));
  EXPECT_THAT(label([](ImageSpec& i) { i.axes[2].size = 9; }), HasSubstr("size of its image"));
  EXPECT_THAT(label([](ImageSpec& i) { i.levels = 2; }), HasSubstr("as many levels"));
  EXPECT_THAT(label([](ImageSpec& i) { i.pooling = Pooling::mean; }), HasSubstr("means"));
}

TEST(StoreSpec, RefusesColumnsPlatesAndProvenanceThatCannotStand) {
  const auto column = [](const std::string& name) {
    return refusal([&](StoreSpec& s) { s.columns = {{"time", DType::f64, "s"}, {name, {}, ""}}; });
  };
  EXPECT_EQ(column("x"), "");
  EXPECT_THAT(column("time"), HasSubstr("two columns"));
  EXPECT_THAT(column("valid"), HasSubstr("two columns"));
  EXPECT_THAT(column("a/b"), HasSubstr("impossible name"));
  EXPECT_THAT(refusal([](StoreSpec& s) {
                s.plate = {{"p", {"A"}, {"1"}}};
              }),
              HasSubstr("no field of a well"));
  EXPECT_THAT(refusal([](StoreSpec& s) {
                s.plate = {{"p", {"A", "A"}, {"1"}}};
              }),
              HasSubstr("there twice"));
  EXPECT_THAT(refusal([](StoreSpec& s) {
                s.plate = {{"p", {"A!"}, {"1"}}};
              }),
              HasSubstr("impossible name"));
  EXPECT_THAT(refusal([](StoreSpec& s) { s.provenance_json = "[]"; }), HasSubstr("provenance"));
  EXPECT_THAT(refusal([](StoreSpec& s) { s.provenance_json = "{"; }), HasSubstr("provenance"));
  EXPECT_THAT(refusal([](StoreSpec& s) { s.images.clear(); }), HasSubstr("needs images"));
  EXPECT_THAT(refusal(
                  [](StoreSpec& s) {
                    s.images[0].shard = {1, 8, 8};
                  },
                  2),
              HasSubstr("Zarr v2 has no shards"));
  EXPECT_THAT(refusal([](StoreSpec& s) { s.zarr_format = 4; }), HasSubstr("no such version"));
}

}  // namespace
}  // namespace parfocal
