#pragma once
/// Where the sinks of a pipeline write: each below the output folder, to a path of its own.

#include <map>
#include <optional>
#include <string>

#include "parfocal/core/error.h"
#include "parfocal/core/io.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Of an output: with ".part.journal.new", the longest ending under which one is made, a name that
/// file systems take (255 bytes).
inline constexpr size_t kMostOutputNameBytes = 238;

class SinkPaths {
 public:
  /// Takes the path of one more sink; the issue if it leaves the output folder, is one that every
  /// run writes to, or lies in that of a sink before it (or the other way round).
  /// \pre `sink` outlives this object
  std::optional<Issue> add(const SinkSpec& sink, const SinkInfo& info);

 private:
  using Paths = std::map<std::string, const SinkSpec*>;
  Paths::const_iterator overlapping(const std::string& path) const;

  Paths paths_;
};

}  // namespace parfocal
