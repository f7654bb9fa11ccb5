#include "parfocal/formats/zarr/image_positions.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/ngff_rules.h"
#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::open_source;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void write_group(const fs::path& folder, const json& attributes) {
  test::write_text(folder / ".zgroup", R"({"zarr_format": 2})");
  test::write_text(folder / ".zattrs", attributes.dump());
}

// An image of one chunk that holds `value`.
void write_image(const fs::path& folder, char value, int64_t height = 3) {
  const json axes = {{{"name", "y"}, {"type", "space"}}, {{"name", "x"}, {"type", "space"}}};
  const json scale = {{{"type", "scale"}, {"scale", {1, 1}}}};
  write_group(folder,
              {{"multiscales",
                {{{"version", "0.4"},
                  {"axes", axes},
                  {"datasets", {{{"path", "0"}, {"coordinateTransformations", scale}}}}}}}});
  const json array = {{"zarr_format", 2},   {"shape", {height, 4}}, {"chunks", {height, 4}},
                      {"dtype", "|u1"},     {"fill_value", 0},      {"order", "C"},
                      {"filters", nullptr}, {"compressor", nullptr}};
  test::write_text(folder / "0/.zarray", array.dump());
  test::write_text(folder / "0/0.0", std::string(static_cast<size_t>(height * 4), value));
}

// A plate of `wells` with two fields each, whose pixels count up.
void write_plate(const fs::path& plate, const std::vector<std::string>& wells) {
  json list = json::array();
  char value = 'a';
  for (const std::string& well : wells) {
    list.push_back({{"path", well}});
    write_group(plate / well, {{"well", {{"images", {{{"path", "0"}}, {{"path", "1"}}}}}}});
    for (const char* field : {"0", "1"}) write_image(plate / well / field, value++);
  }
  write_group(plate, {{"plate", {{"version", "0.4"}, {"wells", list}}}});
}

std::unique_ptr<Source> open_all(const TempDir& dir) {
  return open_source("ome_zarr", raw_map({{"path", "p.zarr"}, {"position", "all"}}), dir.path());
}
std::vector<int64_t> missing_of(const Source& source) {
  std::vector<int64_t> items;
  source.missing().for_each_run([&](int64_t first, int64_t end) {
    for (; first < end; ++first) items.push_back(first);
  });
  return items;
}
// The pixel of every position that is there.
std::string pixels_of(const Source& source) {
  std::string text;
  const auto gaps = missing_of(source);
  for (int64_t p = 0; p < source.layout().stream_count(); ++p)
    text += std::count(gaps.begin(), gaps.end(), p)
                ? '-'
                : static_cast<char>(read_all(source, p).pixels[0]);
  return text;
}

TEST(ImagePositions, AreReadInTheOrderOfThePlate) {
  TempDir dir;
  write_plate(dir / "p.zarr", {"A/1", "B/1", "A/2"});
  const auto source = open_all(dir);
  EXPECT_EQ(pixels_of(*source), "abcdef");
  EXPECT_THAT(source->notices(), IsEmpty());
}

TEST(ImagePositions, WhatCannotBeReadIsAGapAndNamed) {
  const std::pair<const char*, void (*)(const fs::path&)> damages[] = {
      {"its array is gone", [](const fs::path& field) { fs::remove_all(field / "0"); }},
      {"the field is gone", [](const fs::path& field) { fs::remove_all(field); }},
      {"no JSON", [](const fs::path& field) { test::write_text(field / ".zattrs", "{"); }},
      {"no image", [](const fs::path& field) { test::write_text(field / ".zattrs", "{}"); }},
      {"another size", [](const fs::path& field) { write_image(field, 'x', 5); }},
      {"an unknown type",
       [](const fs::path& field) {
         json array = json::parse(test::read_text(field / "0/.zarray"));
         array["dtype"] = "<c8";
         test::write_text(field / "0/.zarray", array.dump());
       }},
      {"chunks under other keys",
       [](const fs::path& field) { fs::rename(field / "0/0.0", field / "0/c.0.0"); }}};
  for (const auto& [what, damage] : damages)
    for (const int position : {0, 3}) {
      TempDir dir;
      write_plate(dir / "p.zarr", {"A/1", "A/2", "A/3"});
      const std::string name = position == 0 ? "A/1/0" : "A/2/1";
      damage(dir / "p.zarr" / name);
      const auto source = open_all(dir);
      std::string expected = "abcdef";
      expected[static_cast<size_t>(position)] = '-';
      EXPECT_EQ(pixels_of(*source), expected) << what;
      EXPECT_THAT(source->notices(), ElementsAre(HasSubstr("1 of 6 positions is a gap: " + name)))
          << what;
      EXPECT_EQ(source->layout().item[0].size, 3) << what;
    }
}

TEST(ImagePositions, AWellThatIsNotThereKeepsItsPlaces) {
  for (const bool damaged : {false, true}) {
    TempDir dir;
    write_plate(dir / "p.zarr", {"A/1", "A/2", "A/3"});
    if (damaged)
      test::write_text(dir / "p.zarr/A/2/.zattrs", "[]");
    else
      fs::remove_all(dir / "p.zarr/A/2");
    const auto source = open_all(dir);
    // Of a well whose metadata is damaged the images are there.
    EXPECT_EQ(pixels_of(*source), damaged ? "abcdef" : "ab--ef");
    EXPECT_EQ(source->layout().stream[0].labels[3], "A/2/1");
    EXPECT_THAT(source->notices(),
                Contains(HasSubstr("1 of 3 wells are not there or cannot be read (A/2)")));
    EXPECT_THAT(source->notices().size(), damaged ? 1 : 2);
    if (!damaged) {
      EXPECT_THAT(source->notices()[1], HasSubstr("2 of 6 positions are gaps: A/2/0"));
    }
    EXPECT_THAT(check_ngff(ZarrHierarchy(std::make_shared<LocalStore>(dir / "p.zarr"))),
                Contains(testing::Field(&NgffFinding::where, HasSubstr("A/2"))));
  }
}

TEST(ImagePositions, APlateWithoutAnyImageIsRefused) {
  TempDir dir;
  write_plate(dir / "p.zarr", {"A/1"});
  fs::remove_all(dir / "p.zarr/A/1/0/0");
  fs::remove_all(dir / "p.zarr/A/1/1/0");
  EXPECT_THROW(open_all(dir), Error);
  fs::remove_all(dir / "p.zarr/A");
  EXPECT_THROW(open_all(dir), Error);
}

// Counts what is read of a folder.
class CountingStore final : public Store {
 public:
  explicit CountingStore(const fs::path& folder) : folder_(folder) {}
  Status read(const std::string& key, int64_t offset, std::span<std::byte> to,
              ObjectRead& result) const override {
    Status s = folder_.read(key, offset, to, result);
    ++reads;
    bytes += result.read;
    return s;
  }
  Status read_end(const std::string& key, std::span<std::byte> to,
                  ObjectRead& result) const override {
    return folder_.read_end(key, to, result);
  }
  Status list(const std::string& prefix, size_t most,
              std::vector<std::string>& names) const override {
    ++reads;
    return folder_.list(prefix, most, names);
  }
  Status stamp(const std::string& key, ObjectStamp& result) const override {
    return folder_.stamp(key, result);
  }
  Status put(const std::string&, std::span<const std::byte>, bool) override { return {}; }
  Status create_growing(const std::string&, std::unique_ptr<AppendObject>&) override { return {}; }
  std::string where(const std::string& key) const override { return folder_.where(key); }
  mutable int64_t reads = 0, bytes = 0;

 private:
  LocalStore folder_;
};

// Reads and bytes that checking a plate takes whose wells are described in the root only.
std::pair<int64_t, int64_t> cost_of_checking(int wells, bool consolidated) {
  TempDir dir;
  json list = json::array(), all = json::object();
  for (int i = 0; i < wells; ++i) {
    const std::string path = "A/" + std::to_string(i);
    list.push_back({{"path", path}});
    if (!consolidated) continue;
    all[path + "/.zgroup"] = {{"zarr_format", 2}};
    all[path + "/.zattrs"] = {{"well", {{"images", {{{"path", "0"}}}}}}};
  }
  write_group(dir / "p.zarr", {{"plate", {{"wells", list}}}});
  test::write_text(dir / "p.zarr/.zmetadata", json({{"metadata", all}}).dump());
  const auto store = std::make_shared<CountingStore>(dir / "p.zarr");
  check_ngff(ZarrHierarchy(store));
  return {store->reads, store->bytes};
}

TEST(ImagePositions, CheckingAPlateGrowsWithItsWells) {
  for (const bool consolidated : {false, true}) {
    const auto [reads, bytes] = cost_of_checking(20, consolidated);
    const auto [more_reads, more_bytes] = cost_of_checking(200, consolidated);
    EXPECT_LT(more_reads, 11 * reads);
    EXPECT_LT(more_bytes, 11 * bytes);
  }
}

}  // namespace
}  // namespace parfocal
