#pragma once
/// Attributes of files, groups and datasets, with the types that h5py gives them: variable-length
/// UTF-8 text, int64, float64. Every function takes the lock; `where` names the object in messages.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

using AttributeValue = std::variant<std::string, int64_t, double>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;  ///< sorted by name

/// The attribute `name` of object `id` (a file's id: its root group), or nullopt if it is absent or
/// of another kind. Fixed and variable-length text, integers, floats and booleans (0, 1) of any
/// width, integers above int64 as floats; of an array its only element. Text ends at the first NUL.
std::optional<AttributeValue> read_attribute(int64_t id, const std::string& name);
/// Whether it is text of a fixed length, which h5py gives as bytes.
bool is_fixed_text(int64_t id, const std::string& name);
/// All that read_attribute can read. \throws Error(input_missing) if they cannot be listed
Attributes read_attributes(int64_t id, const std::string& where);
/// Writes or replaces. \throws Error(run_failed)
void write_attribute(int64_t id, const std::string& name, const AttributeValue& value,
                     const std::string& where);
/// Fixed-length byte text without terminator, as numpy.bytes_ gives: CLASS="IMAGE".
void write_bytes_attribute(int64_t id, const std::string& name, const std::string& text,
                           const std::string& where);

/// The value as a number: integers, floats, and texts that are a number. nullopt otherwise.
std::optional<double> number_of(const std::optional<AttributeValue>& value);
/// The value as people read it; floats by their shortest round-trip text.
std::string text_of(const AttributeValue& value);

}  // namespace parfocal
