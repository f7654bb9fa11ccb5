#pragma once
/// YAML text to RawValue: the only place that knows yaml-cpp. Front-end internal.

#include <string>
#include <vector>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// Limits of a description; a pipeline file is small, and what is larger is a mistake or an attack.
inline constexpr size_t kMaxPipelineBytes = size_t{1} << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 20'000;
inline constexpr size_t kMaxYamlKeys = 256;  ///< of one map

/// The one document in `text` (YAML subset: no anchors, aliases, tags, no second document; JSON is
/// accepted), every value and key with its place in `file`, lines and columns from 1. Every scalar
/// is text, quoted or not; an empty value, `~` and `null` are null. Duplicate keys, anchors,
/// aliases and tags go to `issues`; the first of two equal keys is kept. \throws
/// Error(invalid_pipeline) for what cannot be read on from: syntax, control characters, a key that
/// is not a word, one of the limits above.
RawValue read_yaml(const std::string& text, const std::string& file, std::vector<Issue>& issues);

}  // namespace parfocal
