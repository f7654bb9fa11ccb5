#pragma once
/// JSON Schema (draft 7) of the pipeline file, for editors: completion, hover, early errors.

#include <nlohmann/json_fwd.hpp>

namespace parfocal {

/// Generated from what is registered, so it can never disagree with what is read. Every parameter
/// also accepts a text with `${name}`. Says less than check(): no references, kinds or paths.
nlohmann::json pipeline_schema();

}  // namespace parfocal
