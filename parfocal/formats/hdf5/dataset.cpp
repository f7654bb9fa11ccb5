#include "parfocal/formats/hdf5/dataset.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/types.h"
#include "parfocal/formats/hdf5/zstd_filter.h"

namespace parfocal {
namespace {

std::vector<hsize_t> sizes_of(const std::vector<int64_t>& shape) {
  return {shape.begin(), shape.end()};
}

std::vector<int64_t> chunk_of(const DatasetSpec& spec) {
  if (!spec.chunk.empty()) return spec.chunk;
  std::vector<int64_t> chunk = spec.shape;
  int64_t bytes = static_cast<int64_t>(dtype_size(spec.dtype));
  for (size_t a = 1; a < chunk.size(); ++a) bytes *= chunk[a];
  if (!chunk.empty()) chunk[0] = chunk_items(bytes);
  return chunk;
}

}  // namespace

int64_t chunk_items(int64_t item_bytes) {
  return std::clamp<int64_t>((1 << 20) / std::max<int64_t>(1, item_bytes), 10, 1000);
}

Handle creation_list(const std::vector<int64_t>& chunk, int zstd_level, bool fletcher32) {
  const Hdf5Lock lock;
  Handle list(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(list.id(), static_cast<int>(chunk.size()), sizes_of(chunk).data());
  const unsigned level = static_cast<unsigned>(zstd_level);
  if (level > 0) H5Pset_filter(list.id(), kZstdFilter, H5Z_FLAG_OPTIONAL, 1, &level);
  if (fletcher32) H5Pset_fletcher32(list.id());
  return list;
}

Handle create_dataset(const H5File& file, const std::string& name, const DatasetSpec& spec) {
  const Hdf5Lock lock;
  const std::vector<hsize_t> shape = sizes_of(spec.shape);
  std::vector<hsize_t> most = shape;
  if (!most.empty()) most[0] = H5S_UNLIMITED;
  const Handle type = native_type(spec.dtype);
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), most.data()));
  const Handle create = creation_list(chunk_of(spec), spec.zstd_level, spec.fletcher32);
  const Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  return checked(H5Dcreate2(file.id(), name.c_str(), type.id(), space.id(), links.id(), create.id(),
                            H5P_DEFAULT),
                 ErrorCode::run_failed, "the dataset cannot be created", file.where(name));
}

void write_dataset(int64_t dataset, DType dtype, const void* data, const std::string& where) {
  const Hdf5Lock lock;
  const Handle type = native_type(dtype);
  if (H5Dwrite(dataset, type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw_hdf5(ErrorCode::run_failed, "the dataset cannot be written", where,
               "check the space on the disk");
}

void mark_as_image(int64_t dataset, const std::string& where) {
  write_bytes_attribute(dataset, "CLASS", "IMAGE", where);
  write_bytes_attribute(dataset, "IMAGE_VERSION", "1.2", where);
  write_bytes_attribute(dataset, "IMAGE_SUBCLASS", "IMAGE_GRAYSCALE", where);
}

}  // namespace parfocal
