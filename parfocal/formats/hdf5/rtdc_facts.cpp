#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pieces.h"
#include "parfocal/formats/hdf5/rtdc_file.h"

namespace parfocal {
namespace {

std::vector<std::string> columns_of(int64_t dataset) {
  std::vector<std::string> names;
  const Handle type(H5Dget_type(dataset));
  if (!type || H5Tget_class(type.id()) != H5T_COMPOUND) return names;
  const int count = H5Tget_nmembers(type.id());
  for (int c = 0; c < count; ++c) {
    char* name = H5Tget_member_name(type.id(), static_cast<unsigned>(c));
    names.emplace_back(name != nullptr ? name : "");
    H5free_memory(name);
  }
  return names;
}

}  // namespace

FeatureFacts RtdcFile::facts(const std::string& feature) const {
  FeatureFacts facts;
  facts.name = feature;
  try {
    const FeaturePlace at = place(feature);
    facts.basin = at.basin;
    facts.mapped = at.mapped;
    facts.is_group = at.file->kind(at.dataset) == H5File::Kind::group;
    if (facts.is_group) {
      facts.members = at.file->members(at.dataset).size();
      return facts;
    }
    const ChunkReader reader(at.file, at.dataset);
    facts.dtype = dtype_name(reader.dtype());
    facts.shape = reader.shape();
    if (reader.is_chunked()) facts.chunk = reader.chunk_shape();
    facts.compression = reader.filters().text();
  } catch (const Error& error) {
    facts.problem = error.issues().front().what;
  }
  return facts;
}

std::vector<RtdcTable> RtdcFile::tables() const {
  std::vector<RtdcTable> tables;
  for (const std::string& name : h5_->members("tables")) {
    const Hdf5Lock lock;
    if (h5_->kind("tables/" + name) != H5File::Kind::dataset) continue;
    const Handle dataset = h5_->dataset("tables/" + name);
    RtdcTable table{name, 1, columns_of(dataset.id()), shape_of(dataset.id())};
    for (const int64_t size : table.shape)
      table.rows = size == 0 || table.rows <= INT64_MAX / size ? table.rows * size : INT64_MAX;
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace parfocal
