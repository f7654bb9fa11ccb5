#pragma once
/// Steps, sinks and the source in the shape of other programs, put into ours.

#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/raw_value.h"

namespace parfocal {

/// `operator: open` for `op: open`, `gaussian: {sigma: 2 px}`, `params: {...}`, `name:` for `id:`,
/// a sink among the steps.
void mend_entries(RawValue& document, std::vector<Issue>& issues);
/// Whether `key` is one of the source whose type it, or else the document, says.
bool is_source_key(const RawValue& source, const RawValue& document, const std::string& key);
Location key_place(const RawValue& map, size_t k);
void remove_entry(RawValue& map, size_t k);

}  // namespace parfocal
