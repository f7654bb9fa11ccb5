#pragma once
/// A Pipeline as JSON, so that a plan can embed it and be run on another machine.

#include <nlohmann/json_fwd.hpp>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Everything but the places inside parameters. Maps keep their order: a size lists axes.
/// Round-trips: pipeline_to_json(pipeline_from_json(j)) == j.
nlohmann::ordered_json pipeline_to_json(const Pipeline& pipeline);
/// \throws Error(invalid_pipeline) if `json` has not the form that pipeline_to_json writes.
Pipeline pipeline_from_json(const nlohmann::ordered_json& json);

/// null, string (every scalar is text), array, object.
nlohmann::ordered_json raw_to_json(const RawValue& value);
/// Numbers and booleans become their text.
RawValue raw_from_json(const nlohmann::ordered_json& json);

}  // namespace parfocal
