// What a description must keep so that every number in the writer can be counted with and every
// name stays inside the store.

#include <set>

#include "parfocal/formats/zarr/json_reader-inl.h"
#include "parfocal/formats/zarr/writer/spec_check-inl.h"

namespace parfocal {
namespace {

using spec_check::kMostNameBytes;
using spec_check::plain_name;
using spec_check::refuse;

constexpr size_t kMostImages = 20000, kMostColumns = 1000;
constexpr size_t kMostProvenanceBytes = 1u << 20;

void check_columns(const std::vector<ColumnSpec>& columns) {
  if (columns.size() > kMostColumns)
    refuse("there are too many columns", std::to_string(columns.size()),
           "at most " + std::to_string(kMostColumns));
  std::set<std::string> names = {"valid"};
  for (const ColumnSpec& column : columns) {
    if (!plain_name(column.name))
      refuse("a column has an impossible name", column.name, "a plain name without '/'");
    if (!names.insert(column.name).second)
      refuse("two columns have one name", column.name, "different names, none of them valid");
    if (column.unit.size() > kMostNameBytes)
      refuse("the unit of column " + column.name + " is too long",
             column.unit.substr(0, 60) + "...",
             "at most " + std::to_string(kMostNameBytes) + " bytes");
  }
}

// Readers bound the depth of metadata, and the provenance lies three deep in it.
void check_provenance(const std::string& json) {
  if (json.empty()) return;
  const auto fail = [](const std::string& why) {
    refuse("the provenance is no JSON object that readers take", why,
           "an object of at most 1 MiB, at most 29 deep");
  };
  if (json.size() > kMostProvenanceBytes) fail(std::to_string(json.size()) + " bytes");
  try {
    if (!zarr_json::parse_object(R"({"a":{"b":{"c":)" + json + "}}}")["a"]["b"]["c"].is_object())
      fail(json.substr(0, 60));
  } catch (const Error& e) {
    fail(e.issues()[0].what);
  }
}

}  // namespace

void check_spec(const StoreSpec& spec) {
  using namespace spec_check;
  if (spec.zarr_format != 2 && spec.zarr_format != 3)
    refuse("there is no such version of Zarr", std::to_string(spec.zarr_format), "2 or 3");
  if (spec.images.empty() || spec.images.size() > kMostImages)
    refuse("a store needs images", std::to_string(spec.images.size()),
           "1 to " + std::to_string(kMostImages));
  check_plate(spec);
  for (const ImageSpec& image : spec.images)
    with_place(image, [&](const ImageSpec& i) { check_image(i, spec.zarr_format); });
  check_paths(spec);
  check_columns(spec.columns);
  check_provenance(spec.provenance_json);
  if (spec.origin.size() > kMostProvenanceBytes)
    refuse("the origin is too long", std::to_string(spec.origin.size()) + " bytes",
           "at most 1 MiB");
}

}  // namespace parfocal
