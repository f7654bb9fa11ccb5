/// Runs the planner's passes and searches the fastest plan that fits the budget.

#include <algorithm>

#include "parfocal/planner/disk_room.h"
#include "parfocal/planner/draft.h"
#include "parfocal/planner/machine.h"

namespace parfocal {
namespace {

using planning::Draft;

struct Config {
  Region tile;
  int threads;
  int64_t window;
  bool scratch = false;  // large Values on disk
};

// Items the source decodes together.
int64_t group_of(const Draft& draft) {
  return draft.source.random ? draft.source.random->items_per_read() : 1;
}

// Small items travel in batches through longer queues, so that hand-overs cost little per item; of
// many workers none waits for a place.
int64_t wide_window(const Draft& draft, int threads) {
  int64_t largest = 1;
  for (const NodePlan& node : draft.plan.nodes)
    for (const PortLayout& out : node.outputs)
      if (out.layout.stream_count() != 1) largest = std::max(largest, out.item_bytes());
  const int64_t wide =
      std::max<int64_t>(2 * threads, std::min<int64_t>((int64_t{1} << 20) / largest, 64));
  const int64_t group = group_of(draft);  // one for each worker, and one that is being consumed
  return group > 1 ? std::max(wide, (threads + 1) * group) : wide;
}

// Row bands of the tallest image, halved until 16 rows; full width, as files are stored.
std::vector<Region> band_shapes(const Draft& draft) {
  int64_t height = 1, width = 1;
  for (const NodePlan& node : draft.plan.nodes)
    for (const PortLayout& out : node.outputs) {
      const Region r = out.layout.whole_item();
      if (r.rank >= 2) height = std::max(height, r.shape[r.rank - 2]);
      if (r.rank >= 1) width = std::max(width, r.shape[r.rank - 1]);
    }
  std::vector<Region> shapes;
  for (int64_t parts = 2; height / parts >= 16; parts *= 2) {
    int64_t rows = (height + parts - 1) / parts;
    rows = rows > 64 ? (rows + 63) / 64 * 64 : rows;
    if (shapes.empty() || shapes.back().shape[0] != rows)
      shapes.push_back(Region::whole({rows, width}));
  }
  return shapes;
}

// A source whose smallest readable piece is most of a frame decodes all of it for every region.
bool regions_are_cheap(const Draft& draft) {
  if (!draft.source.random) return false;
  const Region block = draft.source.random->block(), whole = draft.source.layout().whole_item();
  return block.rank >= 2 && block.shape[block.rank - 2] * 4 <= whole.shape[whole.rank - 2];
}

// From the fastest to the smallest: lower queues; then regions and workers, in the order that costs
// less time: smaller regions keep all workers busy, but read the source once more for each region.
std::vector<Config> ladder(const Draft& draft) {
  const int threads = draft.plan.threads;
  std::vector<Region> tiles{draft.options.tile.value_or(Region{})};
  if (!draft.options.tile && planning::is_tileable(draft))
    for (const Region& r : band_shapes(draft)) tiles.push_back(r);
  if (draft.options.minimum) return {{tiles.back(), threads, 1}};
  std::vector<int> workers;
  for (int t = threads; t >= 1; t = t > 4 ? t / 2 : t - 1) workers.push_back(t);
  std::vector<Config> configs;
  const int64_t group = group_of(draft);
  const auto add = [&](const Region& tile, int t) {
    if (t == threads) configs.push_back({tile, t, wide_window(draft, t)});
    if (group > 1) configs.push_back({tile, t, t * group});
    for (const int64_t window : {2 * t, t + 1, t})  // fewer places than workers would idle workers
      configs.push_back({tile, t, window});
  };
  if (regions_are_cheap(draft)) {
    for (const int t : workers)
      for (const Region& tile : tiles) add(tile, t);
  } else {
    for (const Region& tile : tiles)
      for (const int t : workers) add(tile, t);
  }
  // The disk comes last: whole items and all workers first again.
  const size_t in_memory = configs.size();
  for (size_t i = 0; i < in_memory; ++i)
    if (configs[i].tile == tiles.front()) {
      configs.push_back(configs[i]);
      configs.back().scratch = true;
    }
  return configs;
}

int64_t try_config(Draft& draft, const Config& config) {
  if (draft.regions.empty() || !(draft.plan.tile == config.tile))
    planning::choose_regions(draft, config.tile);
  planning::size_queues(draft, config.window);
  if (config.scratch) planning::place_scratch(draft, config.threads);
  planning::reserve(draft, config.threads);
  draft.plan.window = config.window;
  draft.plan.fused = draft.options.fuse;
  draft.plan.batch = std::clamp<int64_t>(config.window / (2 * config.threads), 1, 16);
  return draft.plan.peak_bytes;
}

std::string config_text(const Draft& draft, const Config& config) {
  std::string s = std::to_string(config.threads) + " workers, queues of " +
                  std::to_string(config.window) + ", " +
                  (config.scratch ? "large Values on disk, " : "");
  if (config.tile.rank == 0) return s + "whole items";
  return s + std::to_string(draft.plan.tile_count) + " regions of " +
         std::to_string(config.tile.shape[0]) + " rows";
}

// Chooses how to run; 0, or the least memory that is needed where all is over the budget.
int64_t fit(Draft& draft, int64_t budget_bytes) {
  int64_t least = 0;
  for (const Config& config : ladder(draft)) {
    const int64_t peak = try_config(draft, config);
    const bool fits = peak <= budget_bytes || draft.options.minimum;
    draft.explain("fit: " + config_text(draft, config) + ": " + format_bytes(peak) +
                  (fits ? ": taken" : ": over the budget"));
    if (fits && peak <= budget_bytes) return 0;
    least = least == 0 ? peak : std::min(least, peak);
    if (draft.options.minimum && !draft.options.memory_bytes) {
      draft.plan.memory_bytes = peak;
      return 0;
    }
  }
  return least;
}

std::string largest_holders(const Plan& plan) {
  std::vector<Reservation> holders = plan.reservations;
  std::sort(holders.begin(), holders.end(),
            [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  std::string text;
  for (size_t i = 0; i < holders.size() && i < 3; ++i)
    text += (i ? "; " : "") + holders[i].holder + ": " + holders[i].what + ", " +
            format_bytes(holders[i].bytes);
  return text;
}

// Everything up to the choice of regions and queues.
Draft start_draft(const Pipeline& pipeline, const PlanOptions& options) {
  Draft draft;
  draft.options = options;
  Plan& plan = draft.plan;
  plan.pipeline = pipeline;
  plan.out_dir =
      options.out_dir.empty() ? std::filesystem::path(pipeline.name + "-out") : options.out_dir;
  plan.threads = options.threads > 0 ? options.threads : available_threads();
  plan.memory_bytes =
      options.memory_bytes.value_or(pipeline.memory_bytes.value_or(available_memory_bytes() / 2));
  draft.source = open_source(pipeline.source, pipeline.base_dir);
  plan.live = draft.source.live != nullptr;
  plan.notices = draft.source.notices();
  plan.input = draft.source.identity();
  planning::resolve_layouts(draft);
  planning::split_passes(draft);
  planning::build_stages(draft);
  // Measured after everything is loaded; the margin covers code pages first touched while running:
  // 2 MiB were too few once HDF5 and the codecs had come (62.4 MiB used of 62.3 planned).
  plan.base_bytes = peak_rss_bytes() + (int64_t{3} << 20);
  return draft;
}

}  // namespace

namespace {

// The memory that works. With more memory a plan keeps more (Values, delayed items), and the next
// process is a little larger or smaller (0.4 MiB were seen): the advice is tried, with 1 MiB left.
int64_t advised_mib(const Pipeline& pipeline, PlanOptions options, int64_t least) {
  constexpr int64_t kMiB = int64_t{1} << 20;
  constexpr int kMostTries = 8;
  int64_t advised = 0;
  for (int i = 0; i < kMostTries && least > 0; ++i) {
    advised = std::max(advised, (least + kMiB) / kMiB) + 1;
    options.memory_bytes = advised * kMiB;
    Draft draft = start_draft(pipeline, options);
    least = fit(draft, *options.memory_bytes - kMiB);
  }
  return advised;
}

}  // namespace

Plan make_plan(const Pipeline& pipeline, const PlanOptions& options) {
  int64_t least = 0, given = 0;
  std::string largest;
  {
    Draft draft = start_draft(pipeline, options);
    given = draft.plan.memory_bytes;
    least = fit(draft, given);
    if (least == 0) {
      require_disk_room(draft.plan, draft.options.disk_taken_bytes);
      return std::move(draft.plan);
    }
    largest = largest_holders(draft.plan);
  }
  const std::string needed = std::to_string(advised_mib(pipeline, options, least));
  throw Error(
      ErrorCode::over_budget,
      Issue{"the pipeline does not fit the memory budget (largest: " + largest + ")", pipeline.name,
            format_bytes(given), "at least " + needed + " MiB", "--memory " + needed + "MiB"});
}

Plan planning::replan(const Plan& plan) {
  PlanOptions options;
  options.out_dir = plan.out_dir;
  options.memory_bytes = plan.memory_bytes;
  options.threads = plan.threads;
  options.fuse = plan.fused;
  Draft draft = start_draft(plan.pipeline, options);
  const bool scratch = std::any_of(plan.passes.begin(), plan.passes.end(), [](const PassPlan& p) {
    return std::any_of(p.rings.begin(), p.rings.end(), [](const auto& r) { return r.scratch; });
  });
  try_config(draft, {plan.tile, plan.threads, plan.window, scratch});
  return std::move(draft.plan);
}

}  // namespace parfocal
