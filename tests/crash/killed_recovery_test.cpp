// Recovery is killed before any of its operations, and run again.
#include <gtest/gtest.h>

#include <thread>

#include "check_store.h"
#include "layouts.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "probe_run.h"
#include "test_places.h"

namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;

class KilledRecovery : public testing::TestWithParam<NamedLayout> {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
  }
  /// Kills a writer after some receipts; returns these.
  static std::vector<int64_t> leave_store(ProbeSpec spec, const fs::path& folder) {
    spec.rate = 500;  // so that it is still at work when it is killed
    ProbeRun run(spec, folder);
    while (read_receipts(run.receipts()).size() < static_cast<size_t>(spec.frames / 2) &&
           !run.has_ended())
      std::this_thread::yield();
    run.kill();
    run.wait();
    return read_receipts(run.receipts());
  }
  static void expect_whole(const fs::path& store, const std::vector<int64_t>& receipts) {
    RecoverReport report;
    const Status recovered = recover_store(store, report);
    ASSERT_TRUE(recovered.ok()) << recovered.issue().str();
    const StoreCheck check = check_store(store, GetParam().spec);
    EXPECT_TRUE(check.problems.empty()) << check.problems[0];
    EXPECT_EQ(check.lost(receipts), 0);
    EXPECT_EQ(report.damaged_frames, 0);
  }
  void kill_at_each(int64_t step) {
    const Scratch scratch(true);
    const fs::path left = scratch.path() / "left", again = scratch.path() / "again";
    const std::vector<int64_t> receipts = leave_store(GetParam().spec, left);
    int code = -1;
    int64_t at = 1;
    for (; code == -1; at += step) {
      SCOPED_TRACE("killed before operation " + std::to_string(at));
      fs::remove_all(again);
      fs::copy(left, again, fs::copy_options::recursive);
      code = run_command({PARFOCAL_COMMAND, "recover", (again / "store").string()},
                         {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                          {"SHIM_ROOT", again.string()},
                          {"SHIM_KILL", std::to_string(at)}});
      expect_whole(again / "store", receipts);
      if (HasFailure()) return;
    }
    EXPECT_EQ(code, 0);
    EXPECT_GT(at, 10 * step);
  }
};

TEST_P(KilledRecovery, LosesNothing) { kill_at_each(7); }
using KilledRecoverySlow = KilledRecovery;
TEST_P(KilledRecoverySlow, LosesNothing) { kill_at_each(1); }

const auto kName = [](const testing::TestParamInfo<NamedLayout>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Layouts, KilledRecovery, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, KilledRecoverySlow, testing::ValuesIn(layouts()), kName);

}  // namespace
}  // namespace parfocal::crash
