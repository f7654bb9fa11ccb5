#pragma once
/// Datasets as dcnum and dclab want them: chunked along the first axis, which may grow, zstd and
/// then fletcher32.

#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

/// Frames of one chunk: 1 MiB, at least 10 and at most 1000 (dcnum writer.py).
int64_t chunk_items(int64_t item_bytes);

struct DatasetSpec {
  DType dtype = DType::u8;
  std::vector<int64_t> shape;  ///< first axis: the items there are now
  std::vector<int64_t> chunk;  ///< empty: chunk_items() whole items
  int zstd_level = 5;          ///< 0 = not compressed
  bool fletcher32 = true;      ///< over the compressed bytes
};
/// Makes the dataset with its parent groups; the first axis is unlimited.
/// \throws Error(run_failed)
Handle create_dataset(const H5File& file, const std::string& name, const DatasetSpec& spec);
/// Writes the whole dataset from memory of `dtype`. \throws Error(run_failed)
void write_dataset(int64_t dataset, DType dtype, const void* data, const std::string& where);
/// create_dataset + write_dataset of a 1-D column.
template <class T>
void write_column(const H5File& file, const std::string& name, const std::vector<T>& values) {
  const Handle dataset = create_dataset(
      file, name, {dtype_of<T>(), {static_cast<int64_t>(values.size())}, {}, 5, true});
  write_dataset(dataset.id(), dtype_of<T>(), values.data(), file.where(name));
}
/// The attributes by which viewers know an image: CLASS, IMAGE_VERSION, IMAGE_SUBCLASS.
void mark_as_image(int64_t dataset, const std::string& where);

/// A property list of a chunked dataset with the filters of `spec`; for datasets of other types.
Handle creation_list(const std::vector<int64_t>& chunk, int zstd_level, bool fletcher32);

}  // namespace parfocal
