#pragma once
/// `--set a.b=c` and `${name}`: changes of the raw description before it is read. Front-end
/// internal.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// The ids of the steps of a raw description in order: `id`, or by default the op's name, then
/// op_2, op_3... never equal to an id that is written out ("step" where there is no op either).
std::vector<std::string> step_ids(const RawValue& document);

/// Applies one text such as "seg.value=3", "source.scale.t=30 s", "memory=1 GiB", "vars.run=7".
/// Values get the place "--set <text>". Unknown steps and variables go to `issues` with the nearest
/// name; unknown keys of a step are left to the checks that see all keys. Files of the source that
/// it names are relative to `folder` ("": where the command was called), not to the pipeline's,
/// `base_dir`.
void apply_set(RawValue& document, const std::string& set, const std::filesystem::path& base_dir,
               const std::filesystem::path& folder, std::vector<Issue>& issues);

/// Replaces `${name}` in every scalar outside `vars:` by the scalar of that name in `vars:`; a
/// scalar that is nothing but `${name}` may become a list. Values are not substituted again.
void substitute_vars(RawValue& document, std::vector<Issue>& issues);

}  // namespace parfocal
