// A writer is killed at any moment; what it had acknowledged is there after recovery, and right.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "check_store.h"
#include "layouts.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "probe_run.h"
#include "test_places.h"

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
  const int64_t frames = spec.frames * static_cast<int64_t>(spec.images());
  const auto pick = [&](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint32_t>(end));
  };
  // One in eight while the store is made, one in eight while it is closed (three of those that take
  // frames back then). `queued` acknowledges long before it writes.
  const uint32_t kind = random() % 8;
  if (kind == 0) return {0, pick(20000)};
  if (kind == 1 || (kind < 4 && spec.take_back > 0)) return {frames - pick(3), pick(10000)};
  return {pick(frames), pick(spec.ack == "queued" ? 10000 : 2000)};
}

// `before`: bytes of receipts that were there when the run began.
void wait_for(ProbeRun& run, const Moment& moment, uintmax_t before) {
  const uintmax_t wanted = before + static_cast<uintmax_t>(8 * moment.receipts);
  std::error_code absent;
  for (;;) {
    const uintmax_t size = fs::file_size(run.receipts(), absent);
    if ((!absent && size >= wanted) || run.has_ended()) break;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::microseconds(moment.then_us));
}

// `may_lose`: in sessions that are left and not closed.
void run_whole(const ProbeSpec& spec, const fs::path& folder, int64_t may_lose) {
  ProbeRun run(spec, folder);
  EXPECT_EQ(run.wait(), 0) << run.messages();
  RecoverReport report;
  EXPECT_TRUE(recover_store(run.store(), report).ok());
  EXPECT_FALSE(report.found) << "a store that was closed";
  const StoreCheck check = check_store(run.store(), spec);
  EXPECT_TRUE(check.problems.empty()) << check.problems[0];
  const auto receipts = read_receipts(run.receipts());
  EXPECT_LE(check.lost(receipts), spec.sessions > 1 ? may_lose : 0);
  if (spec.take_back == 0) return;
  // A session that is left, and not closed, may have stored frames that nobody was told of.
  const auto is_closed = [&](int64_t session) {
    return session >= 0 && (session % 2 == 0 || session == spec.sessions - 1);
  };
  const auto told = std::count_if(receipts.begin(), receipts.end(), [&](int64_t receipt) {
    return is_closed(FrameName::of(receipt).session);
  });
  int64_t there = 0;
  for (const std::vector<int64_t>& image : check.sessions)
    there += std::count_if(image.begin(), image.end(), is_closed);
  EXPECT_EQ(told, there) << "frames that were taken back are there";
}

struct Tally {
  int64_t kills = 0, runs = 0, receipts = 0, lost = 0, most_lost = 0;
};

/// One store that is written by one process after the other, each of which is killed: it is made,
/// then recovered and appended to.
class Victim {
 public:
  Victim(ProbeSpec spec, fs::path folder) : spec_(std::move(spec)), folder_(std::move(folder)) {
    fs::remove_all(folder_);
  }
  /// Kills one process; false if no other one can go on with the store.
  bool kill_once(const Moment& moment, Tally& tally) {
    std::error_code absent;
    const uintmax_t before = fs::file_size(folder_ / "receipts", absent);
    ProbeRun run(spec_, folder_);
    wait_for(run, moment, absent ? 0 : before);
    run.kill();
    return ended(run, tally);
  }
  /// The shim kills the process before its `at`-th file operation.
  void run_until(int64_t at, Tally& tally) {
    ProbeRun run(spec_, folder_,
                 {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                  {"SHIM_ROOT", (folder_ / "store").string()},
                  {"SHIM_KILL", std::to_string(at)}});
    ended(run, tally);
  }

 private:
  bool ended(ProbeRun& run, Tally& tally) {
    const int code = run.wait();
    EXPECT_LE(code, 0) << run.messages();
    ++tally.runs;
    if (code == -1) ++tally.kills;
    spec_.first_session += spec_.sessions;
    return is_whole(run, tally) && !testing::Test::HasFailure();
  }
  bool is_whole(const ProbeRun& run, Tally& tally) {
    const auto receipts = read_receipts(run.receipts());
    tally.receipts += static_cast<int64_t>(receipts.size());
    RecoverReport report;
    try {
      const Status recovered = recover_store(run.store(), report);
      EXPECT_TRUE(recovered.ok()) << recovered.issue().str();
    } catch (const Error& error) {  // killed before there was a store
      EXPECT_TRUE(receipts.empty()) << error.what();
      return false;
    }
    if (!fs::exists(run.store() / "zarr.json") && !fs::exists(run.store() / ".zgroup")) {
      EXPECT_TRUE(receipts.empty());
      return false;
    }
    const StoreCheck check = check_store(run.store(), spec_);
    EXPECT_TRUE(check.problems.empty()) << check.problems[0];
    const int64_t lost = check.lost(receipts) - lost_before_;
    lost_before_ += lost;
    tally.lost += lost;
    tally.most_lost = std::max(tally.most_lost, lost);
    return true;
  }
  ProbeSpec spec_;
  fs::path folder_;
  int64_t lost_before_ = 0;  // is not lost once more
};

class Kill : public testing::TestWithParam<NamedLayout> {
 protected:
  /// Frames that a writer holds: in its queue, and one between queue and journal per thread. Every
  /// second session is left as if it had been killed.
  static int64_t in_memory() {
    const ProbeSpec& spec = GetParam().spec;
    return (spec.queue + spec.threads) * (1 + spec.sessions / 2);
  }
  void kill_many(int times, const std::string& ack, int64_t may_lose) {
    // A kill asks nothing of the disk; the slow tests see a true file system too.
    const Scratch scratch(ack != "kernel" || times < 50);
    ProbeSpec spec = GetParam().spec;
    spec.ack = ack;
    run_whole(spec, scratch.path() / "run", may_lose);
    std::mt19937 random(static_cast<uint32_t>(times));
    Tally tally;
    while (tally.kills < times && tally.runs < 8 * times && !HasFailure()) {
      Victim victim(spec, scratch.path() / "run");
      for (int64_t life = 0, goes_on = 1; goes_on && life < (spec.sessions > 1 ? 3 : 1); ++life) {
        const Moment moment = random_moment(spec, random);
        SCOPED_TRACE("run " + std::to_string(tally.runs) + ", killed " + moment.str());
        goes_on = victim.kill_once(moment, tally);
        EXPECT_LE(tally.most_lost, may_lose) << "frames that were acknowledged as " << ack;
      }
    }
    EXPECT_GE(tally.kills, times) << "of " << tally.runs << " runs";
    std::printf("%s %s: %ld killed of %ld, %ld receipts, %ld lost, at most %ld at once\n",
                GetParam().name.c_str(), ack.c_str(), tally.kills, tally.runs, tally.receipts,
                tally.lost, tally.most_lost);
  }
};

// 16 layouts: more than 100 kills of each level here, more than 1,000 in the slow tests.
TEST_P(Kill, LosesNothingAcknowledgedAtKernel) { kill_many(7, "kernel", 0); }
TEST_P(Kill, LosesNothingAcknowledgedAtDurable) { kill_many(7, "durable", 0); }
TEST_P(Kill, LosesAtMostTheQueueAtQueued) { kill_many(7, "queued", in_memory()); }

using KillSlow = Kill;
TEST_P(KillSlow, LosesNothingAcknowledgedAtKernel) { kill_many(100, "kernel", 0); }
TEST_P(KillSlow, LosesNothingAcknowledgedAtDurable) { kill_many(100, "durable", 0); }
TEST_P(KillSlow, LosesAtMostTheQueueAtQueued) { kill_many(100, "queued", in_memory()); }

/// The shim kills the writer before one of its file operations: also between those that follow each
/// other so fast that no random moment finds them.
class KillAt : public testing::TestWithParam<NamedLayout> {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
  }
  void kill_before_each(int64_t step) {
    const Scratch scratch(true);
    const fs::path folder = scratch.path() / "run";
    Tally tally;
    for (int64_t at = step / 2 + 1; tally.runs == tally.kills && !HasFailure(); at += step) {
      SCOPED_TRACE("killed before operation " + std::to_string(at));
      Victim victim(GetParam().spec, folder);
      victim.run_until(at, tally);
    }
    EXPECT_EQ(tally.lost, 0);
    EXPECT_GE(tally.kills, 3);
    std::printf("%s: %ld killed, %ld receipts, %ld lost\n", GetParam().name.c_str(), tally.kills,
                tally.receipts, tally.lost);
  }
};

TEST_P(KillAt, AnyFileOperationLosesNothing) { kill_before_each(67); }
using KillAtSlow = KillAt;
TEST_P(KillAtSlow, AnyFileOperationLosesNothing) { kill_before_each(5); }

const auto kName = [](const testing::TestParamInfo<NamedLayout>& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Layouts, Kill, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, KillSlow, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, KillAt, testing::ValuesIn(layouts()), kName);
INSTANTIATE_TEST_SUITE_P(Layouts, KillAtSlow, testing::ValuesIn(layouts()), kName);

}  // namespace
}  // namespace parfocal::crash
