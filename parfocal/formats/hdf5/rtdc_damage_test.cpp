#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "parfocal/formats/hdf5/rtdc_source.h"
#include "parfocal/formats/hdf5/test_rtdc-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

class DamagedRtdc : public RtdcTest {
 protected:
  static std::string bytes_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// 1 if the file with these bytes was read whole, 0 if an error told what is wrong.
  int read(const std::string& bytes) const {
    const fs::path path = folder_ / "damaged.rtdc";
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      const RtdcSource source({path.string(), "image", false}, "");
      std::vector<std::byte> pixels(static_cast<size_t>(source.layout().item_bytes()));
      FrameHeader header;
      for (int64_t t = 0; t < source.layout().stream[0].size; ++t) {
        const Status s = source.read(
            t, packed_view(pixels.data(), source.layout().dtype, source.layout().whole_item()),
            header);
        if (s.ok()) continue;
        EXPECT_FALSE(s.issue().where.empty());
        return 0;
      }
      return 1;
    } catch (const Error& error) {
      EXPECT_FALSE(error.issues().front().what.empty());
      return 0;
    }
  }
};

TEST_F(DamagedRtdc, CutAnywhereIsAnErrorAndNeverHalfAFilm) {
  const std::string whole = bytes_of(folder_ / write_movie("a.rtdc", 10));
  ASSERT_EQ(read(whole), 1);
  for (size_t length = 0; length < whole.size(); length += 1 + whole.size() / 200)
    EXPECT_EQ(read(whole.substr(0, length)), 0) << length;
}

// Structures of the latest format carry checksums, so a wrong byte is found where it counts.
TEST_F(DamagedRtdc, WithOneWrongByteIsReadOrRefused) {
  const std::string whole = bytes_of(folder_ / write_movie("a.rtdc", 10));
  std::mt19937 random(3);
  int good = 0;
  for (int i = 0; i < 500; ++i) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    good += read(bytes);
  }
  EXPECT_GT(good, 0);  // unused bytes
  EXPECT_LT(good, 500);
}

}  // namespace
}  // namespace parfocal
