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

// Wrong bytes elsewhere are the business of tests/fuzz: HDF5 1.10 leaks when structures are
// damaged.
TEST_F(DamagedRtdc, WithAWrongByteInAChunkIsNeverGivenOut) {
  const std::string whole = bytes_of(folder_ / write_movie("a.rtdc", 10));
  std::mt19937 random(3);
  int chunks = 0;
  for (size_t at = 0; (at = whole.find("\x28\xb5\x2f\xfd", at)) != std::string::npos; ++at) {
    ++chunks;
    for (int i = 0; i < 40; ++i) {
      std::string bytes = whole;
      bytes[at + random() % 40] ^= static_cast<char>(1 + random() % 255);
      EXPECT_EQ(read(bytes), 0);
    }
  }
  EXPECT_EQ(chunks, 4);  // three of images, one of times
}

}  // namespace
}  // namespace parfocal
