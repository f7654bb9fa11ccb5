#pragma once
/// Names that scikit-image, SciPy, OpenCV, ImageJ and others have for what Parfocal calls its own
/// way, so that who knows those is told what to write. Internal to graph.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// `fields` to write in place of a key, or of what is given under their names; a cure in words
/// where there are none.
struct OtherKey {
  std::vector<std::pair<std::string, RawValue>> fields;
  std::string words;      ///< behind the fields, or alone
  bool replaces = false;  ///< what is given as one of the fields is meant together with the key
};

/// Of `key` of "operators threshold", "sinks ome_zarr", "sources files"; `params`: all that is
/// given there.
std::optional<OtherKey> other_key(const std::string& owner, const std::string& key,
                                  const RawValue& value, const RawValue& params);
/// The cure for a word that a field of `owner` does not know; "" where there is none.
std::string other_value(const std::string& owner, const std::string& key, const std::string& value);
/// The cure for an unknown name of "op", "source" or "sink"; "" where there is none.
std::string other_name(const std::string& kind, const std::string& name);

}  // namespace parfocal
