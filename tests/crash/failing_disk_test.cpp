// A disk that is full or broken: no frame is acknowledged that is not there afterwards, the failure
// is told, and what is there is readable.
#include <gtest/gtest.h>

#include "check_store.h"
#include "layouts.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "probe_run.h"
#include "test_places.h"

namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;

class FailingDisk : public testing::TestWithParam<NamedLayout> {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
  }
  /// Whether the run failed. `fault`: which variable of the shim, and its value.
  bool fails_safely(const std::string& ack, const std::string& fault, int64_t value) {
    SCOPED_TRACE(ack + ", " + fault + " " + std::to_string(value));
    const Scratch scratch(false);
    ProbeSpec spec = GetParam().spec;
    spec.ack = ack;
    const fs::path folder = scratch.path() / "run";
    ProbeRun run(spec, folder,
                 {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                  {"SHIM_ROOT", folder.string()},
                  {"SHIM_KEEP", (folder / "receipts").string()},
                  {fault, std::to_string(value)}});
    const int code = run.wait();
    const auto receipts = read_receipts(run.receipts());
    EXPECT_TRUE(code == 0 || code == 2 || code == 3) << code << ": " << run.messages();
    if (code != 0) {
      EXPECT_NE(run.messages(), "") << "a failure is told";
    }
    if (code == 2 && receipts.empty()) return true;  // the store could not even be made
    RecoverReport report;
    const Status recovered = recover_store(run.store(), report);
    EXPECT_TRUE(recovered.ok()) << recovered.issue().str();
    const StoreCheck check = check_store(run.store(), spec);
    EXPECT_TRUE(check.problems.empty()) << check.problems[0];
    EXPECT_EQ(check.lost(receipts), 0) << run.messages();
    return code != 0;
  }
};

TEST_P(FailingDisk, KeepsWhatItAcknowledgedWhenItIsFull) {
  int failures = 0;
  for (const int64_t bytes : {3000, 20000, 100000, 250000, 500000})
    failures += fails_safely("kernel", "SHIM_ENOSPC", bytes) +
                fails_safely("durable", "SHIM_ENOSPC", bytes);
  EXPECT_GE(failures, 6);
}
TEST_P(FailingDisk, KeepsWhatItAcknowledgedWhenAWriteFails) {
  for (const int64_t write : {5, 20, 60, 150})
    EXPECT_TRUE(fails_safely("kernel", "SHIM_EIO_WRITE", write));
}
TEST_P(FailingDisk, KeepsWhatItAcknowledgedWhenASyncFails) {
  for (const int64_t sync : {1, 12, 20, 30, 40}) fails_safely("durable", "SHIM_EIO_SYNC", sync);
}

const auto kName = [](const testing::TestParamInfo<NamedLayout>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Layouts, FailingDisk, testing::ValuesIn(layouts()), kName);

}  // namespace
}  // namespace parfocal::crash
