#pragma once
/// From the steps that lead to a sink to dcnum's identifiers.

#include <span>
#include <string>

#include "parfocal/core/io.h"
#include "parfocal/formats/hdf5/ppid.h"

namespace parfocal {

/// "sparsemed:k=200^s=1^t=0^f=0.8^o=1" of the last background step of `lineage`; "" if there is
/// none. `offset_correction`: whether offsets were found, for a step that decides by itself (auto).
std::string background_id(std::span<const LineageStep> lineage, bool offset_correction);
/// Whether the last background step corrects offsets: "true", "false", "auto"; "" without one.
std::string offset_mode(std::span<const LineageStep> lineage);
/// Whether a series was corrected: the column "corrected" of its steps, else what the step was
/// told.
bool corrects_offsets(const TableView& steps, std::span<const LineageStep> lineage);
/// All identifiers of a job; steps that dcnum does not have are named "parfocal:<operator>", so
/// that dcnum never takes their results for its own.
PipelineIds job_ids(std::span<const LineageStep> lineage, double pixel_size_um,
                    bool offset_correction);
/// The pixel size in um that a feature step was given, or 0.
double stated_pixel_size(std::span<const LineageStep> lineage);

}  // namespace parfocal
