// The power goes at any moment: what was synced is on the disk, of the rest anything. A frame that
// was acknowledged as durable is there after recovery, and right.
#include "power_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "check_store.h"
#include "layouts.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "probe_run.h"
#include "test_places.h"

namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;

/// The log of a whole run.
DiskLog log_of(const ProbeSpec& spec, const fs::path& folder, const std::string& fault,
               int64_t value) {
  // The log is the disk here; how fast the real one is does not matter.
  ProbeRun run(spec, folder / "run",
               {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                {"SHIM_ROOT", (folder / "run").string()},
                {"SHIM_LOG", (folder / "log").string()},
                {fault, std::to_string(value)}});
  const int code = run.wait();
  EXPECT_TRUE(code == 0 || fault == "SHIM_EIO_SYNC") << run.messages();
  return DiskLog(folder / "log", folder / "run");
}

struct Tally {
  int64_t cuts = 0, receipts = 0, lost = 0, wrong = 0;
  std::string first;  // what was found first
  void tell(int64_t& count, const std::string& what) {
    if (first.empty()) first = what;
    ++count;
  }
};

void cut_once(const DiskLog& log, const ProbeSpec& spec, const fs::path& run, size_t prefix,
              uint64_t seed, const fs::path& folder, Tally& tally) {
  const auto receipts = receipts_in(log.written_to((run / "receipts").string(), prefix));
  const std::string when = "power cut after " + std::to_string(prefix) + " of " +
                           std::to_string(log.size()) + " operations, seed " +
                           std::to_string(seed) + ": ";
  ++tally.cuts;
  tally.receipts += static_cast<int64_t>(receipts.size());
  log.cut(prefix, seed, folder);
  RecoverReport report;
  try {
    const Status recovered = recover_store(folder / "store", report);
    if (!recovered.ok()) return tally.tell(tally.wrong, when + recovered.issue().str());
  } catch (const Error& error) {
    if (!receipts.empty()) tally.tell(tally.lost, when + error.what());
    return;
  }
  if (receipts.empty() && !report.found) return;  // there was no store yet
  const StoreCheck check = check_store(folder / "store", spec);
  if (!check.problems.empty()) tally.tell(tally.wrong, when + check.problems[0]);
  if (const int64_t lost = check.lost(receipts); lost > 0)
    tally.tell(tally.lost, when + std::to_string(lost) + " of " + std::to_string(receipts.size()) +
                               " acknowledged frames lost");
}

/// Cuts `times` prefixes of a run; a new run for every 50, as threads take turns anew.
Tally cut_many(int times, ProbeSpec spec, const std::string& fault = "SHIM_DROP_SYNCS",
               int64_t value = 0) {
  spec.ack = "durable";
  std::mt19937_64 random(7);
  Tally tally;
  for (int done = 0; done < times && tally.lost + tally.wrong < 20; done += 50) {
    const Scratch scratch(true);
    const DiskLog log = log_of(spec, scratch.path(), fault, value);
    for (int i = done; i < std::min(done + 50, times); ++i) {
      // One in ten at the very end: a store that was closed.
      const size_t prefix = i % 10 == 9 ? log.size() : random() % (log.size() + 1);
      cut_once(log, spec, scratch.path() / "run", prefix, random(), scratch.path() / "cut", tally);
    }
  }
  return tally;
}

class PowerCut : public testing::TestWithParam<NamedLayout> {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
  }
  void keeps_all(int times) {
    const Tally tally = cut_many(times, GetParam().spec);
    EXPECT_EQ(tally.lost + tally.wrong, 0) << tally.first;
    std::printf("%s: %ld cuts, %ld receipts, %ld cuts that lost some\n", GetParam().name.c_str(),
                tally.cuts, tally.receipts, tally.lost);
  }
};

TEST_P(PowerCut, LosesNothingAcknowledgedAsDurable) { keeps_all(10); }
// The judge is worth something only if it sees what syncs are for.
TEST_P(PowerCut, LosesFramesWithoutSyncs) {
  const Tally tally = cut_many(40, GetParam().spec, "SHIM_DROP_SYNCS", 1);
  EXPECT_GT(tally.lost, 0);
}

TEST_P(PowerCut, LosesNothingAcknowledgedBeforeASyncFailed) {
  for (const int64_t sync : {3, 14, 25, 36, 50}) {
    const Tally tally = cut_many(4, GetParam().spec, "SHIM_EIO_SYNC", sync);
    EXPECT_EQ(tally.lost + tally.wrong, 0) << "sync " << sync << " fails: " << tally.first;
  }
}

using PowerCutSlow = PowerCut;
TEST_P(PowerCutSlow, LosesNothingAcknowledgedAsDurable) { keeps_all(600); }

const auto kName = [](const testing::TestParamInfo<NamedLayout>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Layouts, PowerCut, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, PowerCutSlow, testing::ValuesIn(layouts()), kName);

}  // namespace
}  // namespace parfocal::crash
