/// What a run takes from the heap does not grow with the number of its frames.

#include <gtest/gtest.h>

#include "counted_heap.h"
#include "parfocal/engine/run.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

// Most bytes of heap and blocks of a run with a step that holds frames back, and with keys.
int64_t peak_of(int64_t frames) {
  const test::TempDir dir;
  PlanOptions options;
  options.threads = 2;
  options.out_dir = dir.path() / "out";
  const Plan plan = make_plan(
      parse_pipeline("parfocal: 1\nsource: {type: generator, size: {t: " + std::to_string(frames) +
                         ", c: 2, y: 1, x: 1}, dtype: uint8}\nsteps:\n"
                         "  - {id: d, op: delay, items: 3, over: t}\n"
                         "  - {id: m, op: reduce, over: [t, y, x], how: max}\n"
                         "sinks: [{type: table, from: m, path: m.csv}]\n",
                     ".", "test"),
      options);
  const testing::HeapPeak peak;
  EXPECT_EQ(run_plan(plan, {}).exit_code, 0);
  return peak.bytes();
}

TEST(RunMemory, DoesNotGrowWithTheNumberOfFrames) {
  if (!testing::heap_is_counted()) GTEST_SKIP() << "the heap is the sanitizer's";
  const int64_t few = peak_of(500), many = peak_of(20'000);
  EXPECT_LT(many - few, int64_t{256} << 10) << few << " " << many;
}

}  // namespace
}  // namespace parfocal
