#pragma once
/// Names that scikit-image, SciPy, OpenCV, ImageJ and others have for what Parfocal calls its own
/// way, so that who knows those is told what to write. Internal to graph.

#include <optional>
#include <span>
#include <string>
#include <string_view>
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
/// A row of the table of names: those that others have, and what is told of them.
struct OtherNames {
  std::string_view kind;   ///< "op", "source", "sink"
  std::string_view names;  ///< parted by blanks
  std::string_view cure;   ///< "write op: measure"; $ stands for the name that was given
  /// Of one that is written as plain_name() does; with or without "_" between its words.
  bool has(const std::string& name) const;
};
std::span<const OtherNames> all_other_names();
/// The cure for an unknown name of "op", "source" or "sink"; "" where there is none.
std::string other_name(const std::string& kind, const std::string& name);

}  // namespace parfocal
