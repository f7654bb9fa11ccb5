#pragma once
/// An OME-TIFF that a test writes: a.ome.tif in a folder of its own.

#include <cstring>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal::test {

inline std::unique_ptr<Sink> image_sink(const TempDir& dir, const Layout& layout,
                                        const std::string& compression = "none", int threads = 1) {
  return make_sink("ome_tiff", raw_map({{"path", "a.ome.tif"}, {"compression", compression}}),
                   {{"from", "smooth", "out", {PortKind::image, layout, {}}}},
                   {dir.path(), R"({"pipeline": "p & q"})", {}, {}, threads});
}
inline Status write_image(Sink& sink, const Layout& layout, int64_t sequence, const View& view,
                          const Gap* gap = nullptr) {
  const FrameHeader header = header_of(layout, sequence);
  const Input input{&header, gap, view, {}};
  return sink.write(std::span(&input, 1));
}
inline std::unique_ptr<Source> reopen(const TempDir& dir, const std::string& axes = "tyx") {
  return open_source("files", raw_map({{"glob", "a.ome.tif"}, {"axes", axes}}), dir.path());
}
inline std::vector<Image> random_items(const Layout& layout, int64_t count) {
  std::vector<Image> images;
  for (int64_t k = 0; k < count; ++k)
    images.push_back(random_image(layout.dtype, layout.whole_item(), static_cast<uint32_t>(k)));
  return images;
}
/// The description that the first directory points to. A growing file is large: parts are read.
inline std::string description(const TempDir& dir) {
  std::ifstream file(dir / "a.ome.tif", std::ios::binary);
  const auto part = [&](uint64_t at, uint64_t bytes) {
    std::string text(bytes, '\0');
    file.seekg(static_cast<std::streamoff>(at));
    file.read(text.data(), static_cast<std::streamsize>(bytes));
    return text;
  };
  const auto number = [&](uint64_t at, uint64_t bytes) {
    uint64_t n = 0;
    std::memcpy(&n, part(at, bytes).data(), bytes);
    return n;
  };
  uint64_t at = number(8, 8) + 8;
  while (number(at, 2) != 270) at += 20;
  return part(number(at + 12, 8), number(at + 4, 8) - 1);
}

}  // namespace parfocal::test
