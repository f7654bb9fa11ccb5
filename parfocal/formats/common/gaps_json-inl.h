#pragma once
/// Missing items as JSON, one form for all outputs: [{first, last, reason, text}].

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/gap_ranges.h"

namespace parfocal {

inline nlohmann::ordered_json gaps_json(const GapRanges& gaps) {
  auto list = nlohmann::ordered_json::array();
  for (const GapRange& r : gaps.ranges())
    list.push_back({{"first", r.first},
                    {"last", r.last},
                    {"reason", gap_reason_name(r.reason)},
                    {"text", r.text}});
  return list;
}

}  // namespace parfocal
