// A writer is killed at any moment; what it had acknowledged is there after recovery, and right.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "check_store.h"
#include "layouts.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "probe_run.h"

namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;

/// When a run is killed: so long after so many receipts. Chosen by receipts, because a busy machine
/// makes any number of milliseconds mean anything.
struct Moment {
  int64_t receipts = 0;
  int64_t then_us = 0;
  std::string str() const {
    return std::to_string(then_us) + " us after " + std::to_string(receipts) + " receipts";
  }
};

Moment random_moment(const ProbeSpec& spec, std::mt19937& random) {
  // One in eight while the store is made, one in eight while it is closed.
  const auto pick = [&](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint32_t>(end));
  };
  const uint32_t kind = random() % 8;
  if (kind == 0) return {0, pick(20000)};
  if (kind == 1) return {spec.frames - pick(3), pick(10000)};
  return {pick(spec.frames), pick(2000)};
}

void wait_for(ProbeRun& run, const Moment& moment) {
  const auto wanted = static_cast<uintmax_t>(8 * moment.receipts);
  std::error_code absent;
  for (;;) {
    const uintmax_t size = fs::file_size(run.receipts(), absent);
    if ((!absent && size >= wanted) || run.has_ended()) break;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::microseconds(moment.then_us));
}

void run_whole(const ProbeSpec& spec, const fs::path& folder) {
  ProbeRun run(spec, folder);
  EXPECT_EQ(run.wait(), 0) << run.messages();
  RecoverReport report;
  EXPECT_TRUE(recover_store(run.store(), report).ok());
  EXPECT_FALSE(report.found) << "a store that was closed";
  const StoreCheck check = check_store(run.store(), spec);
  EXPECT_TRUE(check.problems.empty()) << check.problems[0];
  EXPECT_EQ(check.lost(read_receipts(run.receipts())), 0);
}

struct Tally {
  int64_t kills = 0, receipts = 0, lost = 0, most_lost = 0;
};

// Frames that were acknowledged and are not there.
void kill_once(const ProbeSpec& spec, const fs::path& folder, const Moment& moment, Tally& tally) {
  fs::remove_all(folder);
  ProbeRun run(spec, folder);
  wait_for(run, moment);
  run.kill();
  if (run.wait() == -1) ++tally.kills;
  const auto receipts = read_receipts(run.receipts());
  tally.receipts += static_cast<int64_t>(receipts.size());
  RecoverReport report;
  try {
    const Status recovered = recover_store(run.store(), report);
    ASSERT_TRUE(recovered.ok()) << recovered.issue().str();
  } catch (const Error& error) {  // killed before there was a store
    ASSERT_TRUE(receipts.empty()) << error.what();
    return;
  }
  if (!fs::exists(run.store() / "0")) {
    ASSERT_TRUE(receipts.empty());
    return;
  }
  const StoreCheck check = check_store(run.store(), spec);
  ASSERT_TRUE(check.problems.empty()) << check.problems[0];
  const int64_t lost = check.lost(receipts);
  tally.lost += lost;
  tally.most_lost = std::max(tally.most_lost, lost);
}

class Kill : public testing::TestWithParam<NamedLayout> {
 protected:
  /// Frames that the writer holds: in its queue, and one between queue and journal per thread.
  static int64_t in_memory() { return GetParam().spec.queue + GetParam().spec.threads; }
  void kill_many(int times, const std::string& ack, int64_t may_lose) {
    const Scratch scratch(false);
    ProbeSpec spec = GetParam().spec;
    spec.ack = ack;
    run_whole(spec, scratch.path() / "run");
    if (HasFailure()) return;
    std::mt19937 random(static_cast<uint32_t>(times));
    Tally tally;
    for (int i = 0; i < times && !HasFailure(); ++i) {
      const Moment moment = random_moment(spec, random);
      SCOPED_TRACE("killed " + moment.str());
      kill_once(spec, scratch.path() / "run", moment, tally);
      EXPECT_LE(tally.most_lost, may_lose) << "frames that were acknowledged as " << ack;
    }
    std::printf("%s %s: %ld killed of %d, %ld receipts, %ld lost, at most %ld at once\n",
                GetParam().name.c_str(), ack.c_str(), tally.kills, times, tally.receipts,
                tally.lost, tally.most_lost);
  }
};

TEST_P(Kill, LosesNothingAcknowledgedAtKernel) { kill_many(8, "kernel", 0); }
TEST_P(Kill, LosesNothingAcknowledgedAtDurable) { kill_many(5, "durable", 0); }
TEST_P(Kill, LosesAtMostTheQueueAtQueued) { kill_many(3, "queued", in_memory()); }

using KillSlow = Kill;
TEST_P(KillSlow, LosesNothingAcknowledgedAtKernel) { kill_many(150, "kernel", 0); }
TEST_P(KillSlow, LosesNothingAcknowledgedAtDurable) { kill_many(150, "durable", 0); }
TEST_P(KillSlow, LosesAtMostTheQueueAtQueued) { kill_many(150, "queued", in_memory()); }

const auto kName = [](const testing::TestParamInfo<NamedLayout>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Layouts, Kill, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, KillSlow, testing::ValuesIn(layouts()), kName);

}  // namespace
}  // namespace parfocal::crash
