#include "parfocal/formats/hdf5/frame_features.h"

#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/test_rtdc-inl.h"

namespace parfocal {
namespace {

class FrameFeature : public RtdcTest {};

// Events are gathered in blocks: those of all blocks get the numbers of their own frames.
TEST_F(FrameFeature, IsCopiedForEveryOneOfVeryManyEvents) {
  constexpr int64_t kFrames = 30'000, kEvents = 50'000;
  const auto frame_of = [](int64_t event) { return event / 7 * 3 + event % 2; };
  {
    const H5File from = H5File::create(folder_ / "from.rtdc");
    std::vector<double> time;
    std::vector<int64_t> number;
    for (int64_t k = 0; k < kFrames; ++k) {
      time.push_back(0.5 * static_cast<double>(k));
      number.push_back(100 + k);
    }
    write_column(from, "events/time", time);
    write_column(from, "events/userdef3", number);
    const H5File to = H5File::create(folder_ / "to.rtdc");
    std::vector<uint32_t> map;
    for (int64_t event = 0; event < kEvents; ++event)
      map.push_back(static_cast<uint32_t>(frame_of(event)));
    std::sort(map.begin(), map.end());
    write_column(to, "events/basinmap0", map);
    FrameFeatures(from, to).copy(5, folder_);
  }
  const auto file = H5File::open(folder_ / "to.rtdc");
  const auto map = read_integer_column(file, "events/basinmap0");
  const auto time = read_number_column(file, "events/time");
  const auto number = read_integer_column(file, "events/userdef3");
  ASSERT_EQ(std::ssize(time), kEvents);
  for (size_t event = 0; event < map.size(); ++event) {
    ASSERT_EQ(time[event], 0.5 * static_cast<double>(map[event])) << event;
    ASSERT_EQ(number[event], 100 + map[event]) << event;
  }
}

}  // namespace
}  // namespace parfocal
