#pragma once
/// Which frames of a recording are read: dcnum's index mapping, and how identifiers name it.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/parameters.h"

namespace parfocal {

/// "all", a number (so many from the first), "3-5" or "3-100-2" (first, end, step; the end is not
/// included; n = as far as there are frames), or a list of frames that ascends.
struct FrameSelection {
  std::vector<int64_t> list;  ///< frames by name; empty: by first, end and step
  std::optional<int64_t> first, end, step;
  bool is_count = false;  ///< given as one number

  bool is_all() const { return list.empty() && !first && !end && !step && !is_count; }
  /// As in "hdf:p=0.34^i=...": "0" for all, "5", "3-5-n", "h-6e582938" (of a list).
  std::string id() const;
  /// The frame that comes at place `at` >= 0.
  int64_t frame(int64_t at) const;
  /// The chosen ones of `frames` frames, ascending.
  /// \throws Error(invalid_pipeline) if one does not exist, or none is left; `where` for messages
  std::vector<int64_t> of(int64_t frames, const std::string& where) const;
  /// \throws Error(invalid_pipeline) if no frame is left of any recording
  void check() const;
  bool operator==(const FrameSelection&) const = default;
};

template <>
struct ParamTraits<FrameSelection> {
  static std::string type_name() { return "frames"; }
  static std::optional<std::string> parse(const RawValue& raw, FrameSelection& out);
};

/// What the source `rtdc` at the head of `lineage` was told to read; all if there is none.
FrameSelection selection_of(std::span<const LineageStep> lineage);
/// For sinks whose file has one row for each frame of the input.
/// \throws Error(invalid_pipeline) if the source reads a selection
void require_all_frames(std::span<const LineageStep> lineage, const std::string& sink);

}  // namespace parfocal
