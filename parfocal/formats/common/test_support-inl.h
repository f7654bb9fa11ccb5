#pragma once
/// For the tests of the formats: a folder that goes away, sources by name, random images.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/view.h"

namespace parfocal::test {

class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / ("parfocal-" + std::string(6, 'X'))).string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A packed image that owns its pixels.
struct Image {
  DType dtype;
  Region region;
  std::vector<std::byte> pixels;
  Image(DType type, const Region& box)
      : dtype(type),
        region(box),
        pixels(static_cast<size_t>(box.count()) * dtype_size(type), std::byte{0xcd}) {}
  MutableView view() { return packed_view(pixels.data(), dtype, region); }
  View view() const { return packed_view(pixels.data(), dtype, region); }
  bool operator==(const Image&) const = default;
};
inline Image random_image(DType dtype, const Region& region, uint32_t seed) {
  Image image(dtype, region);
  std::mt19937 random(seed);
  for (std::byte& b : image.pixels)
    b = static_cast<std::byte>(dtype == DType::boolean ? random() & 1 : random() & 0xff);
  return image;
}
inline Region box(int64_t y, int64_t x, int64_t height, int64_t width) {
  Region r = Region::whole({height, width});
  r.origin = {y, x};
  return r;
}

/// A map from alternating keys and texts.
inline RawValue raw_map(std::initializer_list<std::pair<std::string, std::string>> entries) {
  RawValue map = RawValue::map();
  for (const auto& [key, text] : entries) map.set(key, RawValue::scalar(text));
  return map;
}
inline std::any parsed(const ParamSet& params, const RawValue& values) {
  std::vector<Issue> issues;
  std::any result = params.parse(values, "test", issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, issues);
  return result;
}
inline std::unique_ptr<Source> open_source(const std::string& type, const RawValue& params,
                                           const std::filesystem::path& base = {}) {
  const SourceInfo& info = *sources().find(type);
  return info.open(parsed(info.params, params), {base});
}
inline Image read_all(const Source& source, int64_t sequence) {
  Image image(source.layout().dtype, source.layout().whole_item());
  FrameHeader header;
  const Status s = source.read(sequence, image.view(), header);
  EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
  return image;
}
inline Image read_part(const Source& source, int64_t sequence, const Region& region) {
  Image image(source.layout().dtype, region);
  FrameHeader header;
  const Status s = source.read(sequence, image.view(), header);
  EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
  return image;
}
/// The text of the failure of reading the whole item; "" if it can be read.
inline std::string read_failure(const Source& source, int64_t sequence) {
  Image image(source.layout().dtype, source.layout().whole_item());
  FrameHeader header;
  const Status s = source.read(sequence, image.view(), header);
  return s.ok() ? "" : s.issue().str();
}
inline std::unique_ptr<Sink> make_sink(const std::string& type, const RawValue& params,
                                       const std::vector<SinkInput>& inputs,
                                       const SinkContext& context) {
  const SinkInfo& info = *sinks().find(type);
  return info.make(parsed(info.params, params), inputs, context);
}
/// "t=5 | y=3 x=4": a layout from texts such as {"t", 5}.
inline Layout make_layout(DType dtype, const std::vector<std::pair<std::string, int64_t>>& stream,
                          const std::vector<std::pair<std::string, int64_t>>& item) {
  Layout layout;
  layout.dtype = dtype;
  for (const auto& [name, size] : stream) layout.stream.push_back({name, size, 1, "", {}});
  for (const auto& [name, size] : item) layout.item.push_back({name, size, 1, "", {}});
  return layout;
}
inline FrameHeader header_of(const Layout& layout, int64_t sequence) {
  FrameHeader header;
  header.sequence = sequence;
  header.coordinates = coordinates_of(layout, sequence);
  return header;
}
/// Reads by regions of `height` x `width` and compares each with the whole.
inline void expect_regions_agree(const Source& source, int64_t sequence, int64_t height,
                                 int64_t width) {
  const Image whole = read_all(source, sequence);
  for (int64_t y = 0; y < whole.region.shape[0]; y += height)
    for (int64_t x = 0; x < whole.region.shape[1]; x += width) {
      const Region region = clipped(box(y, x, height, width), whole.region);
      Image expected(whole.dtype, region);
      copy_pixels(whole.view(), expected.view());
      ASSERT_EQ(read_part(source, sequence, region), expected) << "at " << y << ", " << x;
    }
}

}  // namespace parfocal::test
