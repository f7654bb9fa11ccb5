// What taking logs, tables and mappings over from a recording takes, beside what is stated.

#include <gtest/gtest.h>

#include "counted_heap.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_output.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

using test::TempDir;
using testing::HeapPeak;

class RtdcCopyMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::heap_is_counted()) GTEST_SKIP() << "sanitizers have a heap of their own";
  }
  // Copies what `make` has written into a.rtdc, and compares what that took with what is stated.
  template <class F>
  void expect_within_plan(F&& make) {
    {
      const H5File file = H5File::create(dir_ / "a.rtdc");
      file.require_group("events");
      make(file);
    }
    const int64_t stated = copying_bytes(dir_ / "a.rtdc");
    EXPECT_LT(stated, int64_t{16} << 20);
    const HeapPeak peak;
    {
      const H5File from = H5File::open(dir_ / "a.rtdc"), to = H5File::create(dir_ / "b.rtdc");
      to.require_group("events");
      refer_to(from, to, dir_.path());
    }
    EXPECT_LE(peak.bytes(), stated + RtdcOutput::kFileBytes);
  }
  TempDir dir_;
};

TEST_F(RtdcCopyMemory, OfALogWithOneLongLine) {
  std::vector<std::string> lines(20'000, "frame 1 ok");
  lines.emplace_back(30'000, 'x');
  expect_within_plan(
      [&](const H5File& file) { write_variable_strings(file, "logs/camera", lines); });
}

TEST_F(RtdcCopyMemory, OfALongTable) {
  expect_within_plan([](const H5File& file) {
    write_column(file, "tables/h", std::vector<double>(5'000'000, 1.5));
  });
}

TEST_F(RtdcCopyMemory, OfALongMapping) {
  std::vector<int64_t> mapping(3'000'000);
  for (size_t i = 0; i < mapping.size(); ++i) mapping[i] = static_cast<int64_t>(i);
  expect_within_plan([&](const H5File& file) {
    BasinEntry entry;
    entry.name = "far";
    entry.paths = {"far.rtdc"};
    entry.features = {"image"};
    entry.mapping = store_mapping(file, mapping);
    store_basin(file, entry);
  });
}

}  // namespace
}  // namespace parfocal
