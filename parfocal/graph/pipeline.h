#pragma once
/// The description of a pipeline: nodes, ports, edges, parameters. No pixels, no layouts: the same
/// description may be planned on another machine. Front-ends (YAML, C++, Python) build it.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// What happens when an item cannot be read or a step fails on it.
enum class OnError : uint8_t { stop, skip };
/// What a full edge does (design.md 5). Saving edges: block, gap, fail. Observers: latest,
/// drop_oldest.
enum class Policy : uint8_t { automatic, block, gap, fail, latest, drop_oldest };

/// A step's output: "cells" (its first port), "seg.threshold" (a named port), or "source".
struct PortRef {
  std::string step;
  std::string port;  ///< "" = the first output port
  Location place;
  bool operator==(const PortRef& o) const { return step == o.step && port == o.port; }
};

struct SourceSpec {
  std::string type;  ///< registered source
  RawValue params = RawValue::map();
  Location place;
  /// Stream axes of which one step is read, and that step: of a command that looks at one item.
  std::vector<std::pair<std::string, int64_t>> picked = {};
};
struct StepSpec {
  std::string id;  ///< unique; default: the op's name, then op_2, op_3...
  std::string op;
  RawValue params = RawValue::map();
  std::vector<std::pair<std::string, PortRef>>
      inputs;  ///< by port name, in the operator's port order
  OnError on_error = OnError::stop;
  Location place;
};
struct SinkSpec {
  std::string type;
  std::vector<std::pair<std::string, PortRef>> inputs;  ///< "from", "labels.<name>"
  RawValue params = RawValue::map();
  Policy policy = Policy::automatic;
  Location place;
};
struct ObserverSpec {
  std::string type;
  PortRef from;
  RawValue params = RawValue::map();
  Policy policy = Policy::latest;
  Location place;
};

/// A file of steps that the description includes.
struct IncludedText {
  std::string file;  ///< as the description names it, relative to base_dir
  std::string text;
  bool operator==(const IncludedText&) const = default;
};

struct Pipeline {
  std::string name;                ///< of the file without extension
  std::filesystem::path base_dir;  ///< input paths are relative to it
  std::optional<int64_t> memory_bytes;
  OnError on_error = OnError::stop;  ///< default of the source and of steps
  SourceSpec source;
  std::vector<StepSpec> steps;
  std::vector<SinkSpec> sinks;
  std::vector<ObserverSpec> observers;
  /// For provenance, as given: the description, what it includes, what `--set` changed in it.
  std::string text;
  std::vector<IncludedText> included;
  std::vector<std::string> sets;

  const StepSpec* find_step(const std::string& id) const {
    for (const StepSpec& step : steps)
      if (step.id == id) return &step;
    return nullptr;
  }
};

}  // namespace parfocal
