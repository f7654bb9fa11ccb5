#include "parfocal/formats/zarr/writer/store_metadata.h"

#include <gmock/gmock.h>

#include <map>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/image_lookup.h"
#include "parfocal/formats/zarr/ngff_rules.h"
#include "parfocal/formats/zarr/test_array-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::Arrangement;
using test::compressor;
using test::image_at;
using test::make_store;
using test::spec_of;
using test::states_of;
using test::TempDir;
using testing::ElementsAre;

// Objects in memory: the matrix has some ten thousand.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const std::vector<MetadataObject>& objects) {
    for (const MetadataObject& object : objects) texts_[object.key] = object.text;
  }
  Status read(const std::string& key, int64_t offset, std::span<std::byte> to,
              ObjectRead& result) const override {
    const auto it = texts_.find(key);
    result.found = it != texts_.end();
    if (!result.found) return {};
    result.size = static_cast<int64_t>(it->second.size());
    const int64_t room = static_cast<int64_t>(to.size());
    result.read = std::clamp<int64_t>(result.size - offset, 0, room);
    const auto bytes = std::as_bytes(std::span(it->second)).subspan(static_cast<size_t>(offset));
    std::copy_n(bytes.begin(), result.read, to.begin());
    return {};
  }
  Status read_end(const std::string&, std::span<std::byte>, ObjectRead&) const override {
    return Status::fail("no shards here");
  }
  Status list(const std::string&, size_t, std::vector<std::string>& names) const override {
    names.clear();  // there are no chunks
    return {};
  }
  Status stamp(const std::string&, ObjectStamp&) const override { return {}; }
  Status put(const std::string&, std::span<const std::byte>, bool) override {
    return Status::fail("read-only");
  }
  Status create_growing(const std::string&, std::unique_ptr<AppendObject>&) override {
    return Status::fail("read-only");
  }
  std::string where(const std::string& key) const override { return key; }

 private:
  std::map<std::string, std::string> texts_;
};

ZarrHierarchy hierarchy(const StoreSpec& spec, int64_t outer) {
  const GapRanges gaps;
  return ZarrHierarchy(
      std::make_shared<MemoryStore>(store_objects(spec, states_of(spec, outer, gaps))));
}

void put_all(const std::filesystem::path& root, const std::vector<MetadataObject>& objects) {
  for (const MetadataObject& object : objects) test::write_text(root / object.key, object.text);
}

template <class F>
void for_each_spec(F&& f) {
  test::for_each_layout([&](const std::string& name, const StoreSpec& spec) {
    SCOPED_TRACE(name);
    f(spec);
  });
}

TEST(StoreMetadata, KeepsTheRulesOfNgffInEveryArrangement) {
  for_each_spec([](const StoreSpec& spec) {
    for (const int64_t outer : {0, 3}) {
      std::string findings;
      for (const NgffFinding& f : check_ngff(hierarchy(spec, outer)))
        if (!f.where.ends_with("/image-label/colors") && !f.what.starts_with("No chunk of"))
          findings += f.where + ": " + f.what + "\n";
      EXPECT_EQ(findings, "");
    }
  });
}

TEST(StoreMetadata, ArraysComeBackAsTheyWereDescribed) {
  for_each_spec([](const StoreSpec& spec) {
    const ZarrHierarchy store = hierarchy(spec, 3);
    for (const ArraySpec& array : arrays_of(spec)) {
      const ZarrArray read = store.array(array.path);
      EXPECT_EQ(read.format, spec.zarr_format);
      EXPECT_EQ(read.dtype, array.dtype);
      EXPECT_EQ(read.shape, shape_of(spec, array, 3));
      EXPECT_EQ(read.shard() ? read.shard()->chunk : read.chunk, array.chunk);
      EXPECT_EQ(read.chunk, array.sharded() ? array.shard : array.chunk);
      EXPECT_EQ(codecs_text(read.codecs), codecs_text(codecs_of(array)));
      EXPECT_EQ(read.names, spec.zarr_format == 3 ? array.names : std::vector<std::string>());
      const std::vector<int64_t> index(array.shape.size(), 4);
      EXPECT_EQ(read.chunk_key(index), chunk_key(spec.zarr_format, index));
      EXPECT_EQ(read.fill, std::vector<std::byte>(dtype_size(array.dtype)));
    }
  });
}

TEST(StoreMetadata, ImagesAndLabelsComeBackWithTheirAxes) {
  for_each_spec([](const StoreSpec& spec) {
    const ZarrHierarchy store = hierarchy(spec, 3);
    for (const ImageSpec& image : spec.images) {
      const NgffGroup group = store.group(image.path);
      ASSERT_TRUE(group.image);
      EXPECT_EQ(group.is_label, image.label);
      EXPECT_EQ(group.version, spec.zarr_format == 3 ? "0.5" : "0.4");
      EXPECT_EQ(group.image->name, image.name);
      EXPECT_EQ(group.image->levels.size(), static_cast<size_t>(image.levels));
      for (size_t a = 0; a < image.axes.size(); ++a) {
        EXPECT_EQ(group.image->axes[a].name, image.axes[a].name);
        EXPECT_EQ(group.image->axes[a].unit, image.axes[a].unit);
        EXPECT_EQ(group.image->axes[a].scale, image.axes[a].scale);
      }
    }
    const NgffGroup root = store.group("");
    std::vector<std::string> expected, found;
    if (!root.image) found = image_paths(store, "", root, 100);
    for (const ImageSpec& image : spec.images)
      if (!image.label && !image.path.empty()) expected.push_back(image.path);
    EXPECT_EQ(found, expected);
  });
}

TEST(StoreMetadata, WhatIsPointedToComesFirst) {
  const GapRanges gaps;
  for_each_spec([&](const StoreSpec& spec) {
    std::map<std::string, size_t> place;
    const auto objects = store_objects(spec, states_of(spec, 3, gaps));
    for (size_t i = 0; i < objects.size(); ++i) {
      const std::filesystem::path key = objects[i].key;
      place[key.parent_path().string()] = i;
    }
    EXPECT_EQ(place[""], objects.size() - 1);
    for (const auto& [path, i] : place)
      if (path != "") {
        const std::string above = std::filesystem::path(path).parent_path().string();
        ASSERT_TRUE(place.contains(above)) << above << " is no group";
        EXPECT_LT(i, place[above]) << path;
      }
    for (const ImageSpec& image : spec.images) {
      const size_t last = place[joined_key(image.path, "0")];
      EXPECT_LE(place[joined_key(image.path, std::to_string(image.levels - 1))], last);
    }
  });
}

TEST(StoreMetadata, LevelsLieWhereTheirPixelsDo) {
  const auto level = [](Pooling pooling, bool pool_z) {
    ImageSpec image = image_at("", "tczyx", 3, false);
    image.pooling = pooling;
    image.pool_z = pool_z;
    const GapRanges gaps;
    const StoreSpec spec = make_store({image});
    return parse_ngff(store_objects(spec, states_of(spec, 0, gaps)).back().text, 3)
        .image->levels[2];
  };
  EXPECT_THAT(level(Pooling::mean, true).scale, ElementsAre(0.25, 1, 1, 1, 1));
  EXPECT_THAT(level(Pooling::mean, true).translation, ElementsAre(0, 0, 0.375, 0.375, 0.375));
  EXPECT_THAT(level(Pooling::mode, false).scale, ElementsAre(0.25, 1, 0.25, 1, 1));
  EXPECT_THAT(level(Pooling::mode, false).translation, ElementsAre(0, 0, 0, 0.375, 0.375));
  EXPECT_THAT(level(Pooling::nearest, true).translation, ElementsAre(0, 0, 0, 0, 0));
}

TEST(StoreMetadata, ShapesOfAllLevelsGrowWithTheFirstAxis) {
  StoreSpec spec = spec_of(Arrangement::root, "zyx", 3, 0, 3);
  spec.images[0].pool_z = true;
  for (const bool pool_z : {false, true}) {
    spec.images[0].pool_z = pool_z;
    const auto arrays = arrays_of(spec);
    EXPECT_THAT(shape_of(spec, arrays[0], 7), ElementsAre(7, 40, 50));
    EXPECT_THAT(shape_of(spec, arrays[2], 7), ElementsAre(pool_z ? 2 : 7, 10, 13));
    EXPECT_THAT(shape_of(spec, arrays[2], 0), ElementsAre(0, 10, 13));
  }
  const StoreSpec flat = spec_of(Arrangement::root, "yx", 1, 0, 3);
  EXPECT_THAT(shape_of(flat, arrays_of(flat)[0], 0), ElementsAre(40, 50));
}

TEST(StoreMetadata, TellsHowFarItIs) {
  const StoreSpec spec = spec_of(Arrangement::root, "tcyx", 1, 0, 3);
  GapRanges gaps;
  gaps.add(2, 3, GapReason::dropped, "the camera lost it");
  ImageState state = states_of(spec, 4, gaps)[0];
  state.recovered = true;
  const json group = json::parse(store_objects(spec, {state}).back().text);
  EXPECT_EQ(group["attributes"]["parfocal"], json::parse(R"({"version": 1, "complete": false,
    "reason": "running", "items": 12, "committed": 4, "recovered": true, "dtype": "uint16",
    "gaps": [{"first": 2, "last": 3, "reason": "dropped", "text": "the camera lost it"}],
    "gaps_not_listed": 0, "provenance": {"pipeline": "p"}})"));
}

TEST(StoreMetadata, PlatesListAllRowsAndTheirWells) {
  const GapRanges gaps;
  const StoreSpec spec = spec_of(Arrangement::plate, "yx", 1, 1, 2);
  const auto objects = store_objects(spec, states_of(spec, 0, gaps));
  ASSERT_EQ(objects[objects.size() - 2].key, ".zattrs");
  const json root = json::parse(objects[objects.size() - 2].text);
  EXPECT_EQ(root["plate"], json::parse(R"({"version": "0.4", "name": "my plate",
    "rows": [{"name": "A"}, {"name": "B"}, {"name": "C"}], "columns": [{"name": "1"}, {"name": "02"}],
    "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0},
              {"path": "C/02", "rowIndex": 2, "columnIndex": 1}],
    "field_count": 2, "acquisitions": [{"id": 0, "name": "my plate", "maximumfieldcount": 2}]})"));
  EXPECT_EQ(root["parfocal"]["complete"], false);
}

TEST(StoreMetadata, OurReaderReadsThePixels) {
  const GapRanges gaps;
  for (const int format : {2, 3})
    for (const CodecKind kind : {CodecKind::blosc, CodecKind::zstd, CodecKind::gzip}) {
      StoreSpec spec = spec_of(Arrangement::root, "tyx", 3, 0, format);
      spec.images[0].compressors = {compressor(kind, 3)};
      const TempDir dir;
      put_all(dir.path(), store_objects(spec, states_of(spec, 3, gaps)));
      const auto store = std::make_shared<LocalStore>(dir.path());
      for (const char* path : {"0", "2"}) {
        const ZarrArray array = ZarrHierarchy(store).array(path);
        const test::Image image = test::random_image(array.dtype, test::box_of(array.shape), 5);
        test::write_chunks(dir / path, array, image);
        test::Image read(array.dtype, image.region);
        const Status s = ArrayReader(store, path, array).read(read.view());
        ASSERT_TRUE(s.ok()) << s.issue().str();
        EXPECT_EQ(read, image);
      }
    }
}

}  // namespace
}  // namespace parfocal
