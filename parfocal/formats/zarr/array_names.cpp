#include "parfocal/formats/zarr/array_names.h"

#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {

std::vector<std::string> parse_v2_names(std::string_view attributes, size_t rank) {
  using namespace zarr_json;
  if (attributes.size() > kMostMetadataBytes || nests_deeper(attributes, kMostDepth)) return {};
  const Json json = Json::parse(attributes.begin(), attributes.end(), nullptr, false);
  std::vector<std::string> names;
  for (const Json& name : at(json, "_ARRAY_DIMENSIONS"))
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names.size() == rank ? names : std::vector<std::string>();
}

}  // namespace parfocal
