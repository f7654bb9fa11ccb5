#include "random_graph.h"

#include <algorithm>
#include <set>

#include "parfocal/planner/plan.h"

namespace parfocal::testing {
namespace {

class Builder {
 public:
  Builder(uint64_t seed, bool live) : rng_(seed), live_(live) {}

  RandomGraph build(uint64_t seed) {
    Pipeline& p = graph_.pipeline;
    p.name = "random" + std::to_string(seed);
    p.on_error = chance(70) ? OnError::skip : OnError::stop;
    graph_.stops_on_error = p.on_error == OnError::stop;
    add_source(seed);
    made_.push_back("source");
    const size_t steps = static_cast<size_t>(2 + number(11));
    for (int i = 0; i < 40 && made_.size() <= steps; ++i) add_step("n" + std::to_string(i));
    add_sinks();
    return std::move(graph_);
  }

 private:
  int number(int n) { return static_cast<int>(rng_() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return number(100) < percent; }
  RawValue range_of(int64_t size) {
    const int64_t begin = number(static_cast<int>(size));
    return RawValue::list({text(begin), text(begin + 1 + number(static_cast<int>(size - begin)))});
  }
  static RawValue text(int64_t v) { return RawValue::scalar(std::to_string(v)); }

  void add_source(uint64_t seed) {
    SourceSpec& source = graph_.pipeline.source;
    source.type = live_ ? "script_live" : "script";
    frames_ = chance(5) ? 1 : 2 + number(40);
    channels_ = chance(40) ? 2 + number(2) : 1;
    source.params.set("t", text(frames_));
    source.params.set("c", text(channels_));
    height_ = 1 + number(40);
    width_ = 1 + number(20);
    source.params.set("y", text(height_));
    source.params.set("x", text(width_));
    source.params.set("seed", text(static_cast<int64_t>(seed % 1000)));
    if (chance(40)) source.params.set("jitter_us", text(200));
    if (!live_ && chance(40)) source.params.set("group", text(2 + number(8)));
    if (live_ && chance(30)) source.params.set("endless", RawValue::scalar("true"));
    if (live_ && chance(50)) add_sink("source", "tape");
    if (chance(30)) {
      std::vector<RawValue> broken;
      for (int i = 0; i < 3; ++i)
        broken.push_back(text(number(static_cast<int>(frames_ * channels_))));
      source.params.set("broken", RawValue::list(broken));
    }
  }

  // Recent nodes are chosen more often: long chains as well as forks.
  std::string any_node() {
    const size_t n = made_.size();
    return chance(60) ? made_[n - 1 -
                              static_cast<size_t>(number(static_cast<int>(std::min<size_t>(n, 3))))]
                      : made_[static_cast<size_t>(number(static_cast<int>(n)))];
  }

  void add_step(const std::string& id) {
    StepSpec step;
    step.id = id;
    step.on_error = graph_.pipeline.on_error;
    step.inputs = {{"in", {any_node(), "", {}}}};
    switch (number(14)) {
      case 11:
        step.op = "gaussian";
        step.params.set("sigma", RawValue::scalar(std::to_string(1 + number(3)) + " px"));
        break;
      case 12:
        step.op = chance(50) ? "open" : "erode";
        step.params.set("footprint", RawValue::scalar("square(3)"));
        break;
      case 13:
        step.op = "crop";
        step.params.set("y", range_of(height_));
        if (chance(50)) step.params.set("x", range_of(width_));
        break;
      case 0:
        step.op = "test_add";
        step.params.set("constant", text(1));
        break;
      case 1:
        step.op = "jitter";
        step.params.set("us", text(1 + number(300)));
        break;
      case 2:
      case 3:
        step.op = "delay";
        step.params.set("items", text(number(6)));
        step.params.set("over", RawValue::scalar(channels_ > 1 && chance(30) ? "c" : "t"));
        break;
      case 4:
        step.op = "emit";
        step.params.set("k", text(1 + number(3)));
        step.params.set("seed", text(number(99)));
        break;
      case 5:
        step.op = "gap_at";
        step.params.set("sequences", RawValue::list({text(number(20)), text(number(20))}));
        break;
      case 6:
        if (chance(50)) {
          step.op = "fail_at";
          step.params.set("sequence", text(number(40)));
          step.params.set("how", RawValue::scalar(chance(50) ? "status" : "throw"));
          break;
        }
        [[fallthrough]];
      case 7:
      case 8: {
        step.op = "reduce";
        const char* over[] = {"t", "c", "n", "[y, x]"};
        const int which = number(4);
        step.params.set(
            "over", which == 3 ? RawValue::list({RawValue::scalar("y"), RawValue::scalar("x")})
                               : RawValue::scalar(over[which == 1 && channels_ == 1 ? 0 : which]));
        const char* how[] = {"mean", "sum", "max", "std"};
        step.params.set("how", RawValue::scalar(how[number(4)]));
        break;
      }
      case 9:
        step.op = chance(50) ? "select" : "collect";
        if (step.op == "select") {
          step.params.set("axis", RawValue::scalar(chance(60) ? "c" : "t"));
          step.params.set("index", text(number(2)));
        } else
          step.params.set("over", RawValue::scalar(chance(60) ? "c" : "t"));
        break;
      default:
        step.op = "subtract";
        step.inputs.push_back({"by", {any_node(), "", {}}});
    }
    graph_.pipeline.steps.push_back(step);
    if (!makes_sense(id) && chance(95)) {
      graph_.pipeline.steps.pop_back();
      return;
    }
    made_.push_back(id);
  }

  // Most graphs should run; a few that the planner must refuse stay in.
  bool makes_sense(const std::string& id) const {
    Pipeline trial = graph_.pipeline;
    SinkSpec sink;
    sink.type = "memory";
    sink.inputs = {{"from", {id, "", {}}}};
    sink.params.set("path", RawValue::scalar("trial"));
    if (trial.sinks.empty())
      trial.sinks = {sink};
    else
      trial.sinks.push_back(sink);
    PlanOptions options;
    options.minimum = true;
    options.threads = 1;
    try {
      (void)make_plan(trial, options);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void add_sinks() {
    std::set<std::string> used;
    for (const StepSpec& step : graph_.pipeline.steps)
      for (const auto& [port, ref] : step.inputs) used.insert(ref.step);
    int n = 0;
    for (const std::string& id : made_)
      if (!used.count(id) || chance(15)) {
        add_sink(id, "s" + std::to_string(n++));
        if (chance(10)) graph_.pipeline.sinks.back().params.set("delay_us", text(200));
      }
    graph_.sinks = n;
  }

  void add_sink(const std::string& id, const std::string& path) {
    SinkSpec sink;
    sink.type = "memory";
    sink.inputs = {{"from", {id, "", {}}}};
    sink.params.set("path", RawValue::scalar(path));
    graph_.pipeline.sinks.push_back(sink);
  }

  std::mt19937_64 rng_;
  bool live_;
  RandomGraph graph_;
  std::vector<std::string> made_;
  int64_t frames_ = 1, channels_ = 1, height_ = 1, width_ = 1;
};

}  // namespace

RandomGraph random_graph(uint64_t seed, bool live) { return Builder(seed, live).build(seed); }

}  // namespace parfocal::testing
