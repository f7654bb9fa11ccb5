/// Random graphs at the planner's minimum budget: each finishes or is refused at plan time, within
/// the planned bytes, with equal bytes for 1, 2 and 7 threads and for whole items, bands and small
/// regions; a cancelled run keeps a prefix of the whole one. Replay one graph with
/// PARFOCAL_TORTURE_SEED=n.

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <thread>

#include "memory_io.h"
#include "parfocal/core/block.h"
#include "parfocal/engine/run.h"
#include "random_graph.h"

namespace parfocal::testing {
namespace {

constexpr auto kWatchdog = std::chrono::seconds(10);

/// Ends the process with the seed if one run takes longer than the watchdog allows.
class Watchdog {
 public:
  explicit Watchdog(uint64_t seed)
      : thread_([this, seed](std::stop_token stop) {
          std::unique_lock lock(mutex_);
          if (wake_.wait_for(lock, stop, kWatchdog, [] { return false; }) || stop.stop_requested())
            return;
          std::fprintf(stderr, "watchdog: the graph of seed %llu hangs\n",
                       static_cast<unsigned long long>(seed));
          std::_Exit(99);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

struct Ran {
  bool refused = false;
  RunRecord record;
  std::vector<std::map<std::pair<int64_t, size_t>, std::string>> sinks;
  std::vector<int64_t> valid;  ///< items the sink was told to keep; -1 = all
};

int64_t reserved(const Plan& plan) {
  int64_t bytes = plan.peak_bytes - plan.base_bytes;
  return bytes;
}

Ran run_once(const RandomGraph& graph, uint64_t seed, int threads, bool fuse, std::stop_token stop,
             bool minimum = true, std::optional<Region> tile = std::nullopt) {
  const Pipeline& pipeline = graph.pipeline;
  const Watchdog watchdog(seed);
  clear_received();
  Ran ran;
  PlanOptions options;
  options.threads = threads;
  options.minimum = minimum;
  options.fuse = fuse;
  options.tile = tile;
  options.out_dir =
      std::filesystem::temp_directory_path() / ("parfocal-torture-" + std::to_string(getpid()));
  std::filesystem::remove_all(options.out_dir);
  Plan plan;
  try {
    plan = make_plan(pipeline, options);
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::invalid_pipeline ||
                error.code() == ErrorCode::over_budget)
        << error.what();
    ran.refused = true;
    return ran;
  }
  reset_block_bytes_peak();
  const size_t before = block_bytes();
  RunOptions run_options;
  run_options.stop = stop;
  ran.record = run_plan(plan, run_options);
  EXPECT_LE(static_cast<int64_t>(block_bytes_peak() - before), reserved(plan)) << "seed " << seed;
  EXPECT_EQ(block_bytes(), before) << "seed " << seed;
  for (int s = 0; s < graph.sinks; ++s) {
    const Received r = received("s" + std::to_string(s));
    EXPECT_TRUE(r.closed) << "seed " << seed;
    ran.sinks.push_back(r.items);
    ran.valid.push_back(r.outcome.valid_items);
  }
  for (const EdgeCount& e : ran.record.edges)
    EXPECT_EQ(e.received + e.missing, e.expected) << "seed " << seed << " " << e.edge;
  std::filesystem::remove_all(options.out_dir);
  return ran;
}

std::string shown(const std::string& bytes) {
  return bytes.starts_with("gap") ? bytes : std::to_string(bytes.size()) + " bytes";
}

// What a cancelled run keeps are items of the whole run.
void expect_prefix(const Ran& part, const Ran& whole, uint64_t seed) {
  for (size_t s = 0; s < part.sinks.size(); ++s)
    for (const auto& [key, bytes] : part.sinks[s]) {
      if (part.valid[s] >= 0 && key.first >= part.valid[s]) continue;
      const auto it = whole.sinks[s].find(key);
      ASSERT_TRUE(it != whole.sinks[s].end()) << "seed " << seed;
      ASSERT_TRUE(bytes == it->second)
          << "seed " << seed << " sink " << s << " item " << key.first << ": " << shown(bytes)
          << " instead of " << shown(it->second);
    }
}

void cancel_somewhere(const RandomGraph& graph, uint64_t seed, const Ran& whole) {
  std::stop_source stop;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::microseconds(seed * 7919 % 3000));
    stop.request_stop();
  });
  const Ran part = run_once(graph, seed, 2, true, stop.get_token());
  if (part.record.status == RunStatus::stopped) {
    EXPECT_EQ(part.record.exit_code, 130);
  }
  expect_prefix(part, whole, seed);
}

// Each step and sink gets just the pixels that it asked for, whatever its siblings need.
void sweep_by_regions(const RandomGraph& graph, uint64_t seed, const Ran& whole) {
  const int64_t rows = 8 + static_cast<int64_t>(seed % 13);
  for (const Region& tile : {Region::whole({rows, 20}), Region::whole({rows, 11})}) {
    const Ran swept = run_once(graph, seed, 2, tile.shape[1] == 20, {}, true, tile);
    if (swept.refused) return;  // a step that needs whole items
    EXPECT_EQ(whole.record.status, swept.record.status)
        << "seed " << seed << ": " << whole.record.json() << swept.record.json();
    if (whole.record.status != RunStatus::complete) continue;
    expect_prefix(swept, whole, seed);
    EXPECT_TRUE(whole.sinks == swept.sinks) << "seed " << seed;
    for (size_t e = 0; e < whole.record.edges.size(); ++e) {
      const EdgeCount &edge = whole.record.edges[e], &other = swept.record.edges.at(e);
      EXPECT_EQ(edge.received, other.received) << "seed " << seed << " " << edge.edge;
      EXPECT_EQ(edge.missing, other.missing) << "seed " << seed << " " << edge.edge;
    }
  }
}

// Returns false if the planner refused the graph.
bool torture(uint64_t seed) {
  const RandomGraph graph = random_graph(seed, seed % 3 == 0);
  const Ran first = run_once(graph, seed, 1, true, {});
  if (first.refused) return false;
  for (const int threads : {2, 7}) {
    const Ran other = run_once(graph, seed, threads, threads == 2, {});
    EXPECT_EQ(first.record.status, other.record.status)
        << "seed " << seed << ": " << first.record.json() << other.record.json();
    if (first.record.status == RunStatus::complete) {
      EXPECT_TRUE(first.sinks == other.sinks) << "seed " << seed;
    }
  }
  const Ran wide = run_once(graph, seed, 2, true, {}, false);  // groups of the source stay whole
  if (first.record.status != RunStatus::complete) return true;
  expect_prefix(wide, first, seed);
  EXPECT_TRUE(first.sinks == wide.sinks) << "seed " << seed;
  sweep_by_regions(graph, seed, first);
  cancel_somewhere(graph, seed, first);
  return true;
}

void torture_range(uint64_t first, uint64_t count) {
  uint64_t ran = 0;
  for (uint64_t seed = first; seed < first + count && !::testing::Test::HasFailure(); ++seed)
    ran += torture(seed);
  std::printf("%llu of %llu random graphs ran, the others were refused at plan time\n",
              static_cast<unsigned long long>(ran), static_cast<unsigned long long>(count));
  EXPECT_GT(ran, count / 4) << "too few graphs are valid to prove anything";
}

TEST(Torture, RandomGraphsFinishOrAreRefusedWithEqualBytes) {
  if (const char* seed = std::getenv("PARFOCAL_TORTURE_SEED")) {
    torture(std::strtoull(seed, nullptr, 10));
    return;
  }
  torture_range(1, 100);
}

TEST(TortureSlow, AThousandRandomGraphsFinishOrAreRefusedWithEqualBytes) {
  torture_range(1000, 1000);
}

}  // namespace
}  // namespace parfocal::testing
