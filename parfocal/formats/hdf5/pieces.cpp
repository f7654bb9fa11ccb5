#include "parfocal/formats/hdf5/pieces.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

constexpr int64_t kMostRatio = 1 << 15;
constexpr int64_t kAlwaysBytes = int64_t{64} << 20;

// Of one chunk, decoded; 0: not chunked.
int64_t chunk_bytes_of(int64_t dataset) {
  const Handle create(H5Dget_create_plist(dataset)), type(H5Dget_type(dataset));
  hsize_t chunk[H5S_MAX_RANK] = {};
  if (H5Pget_layout(create.id()) != H5D_CHUNKED) return 0;
  const int rank = H5Pget_chunk(create.id(), H5S_MAX_RANK, chunk);
  int64_t bytes = static_cast<int64_t>(H5Tget_size(type.id()));
  for (int a = 0; a < rank; ++a)
    bytes = room_product(bytes, static_cast<int64_t>(std::min<hsize_t>(chunk[a], INT64_MAX)));
  return bytes;
}

struct Selection {
  Handle file, memory;
};
Selection select(int64_t dataset, const Box& box) {
  const std::vector<hsize_t> first(box.first.begin(), box.first.end()),
      count(box.count.begin(), box.count.end());
  Selection made{Handle(H5Dget_space(dataset)),
                 Handle(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr))};
  if (H5Sselect_hyperslab(made.file.id(), H5S_SELECT_SET, first.data(), nullptr, count.data(),
                          nullptr) < 0)
    made.file = Handle();
  return made;
}

}  // namespace

Handle open_for_pieces(const H5File& file, const std::string& name) {
  const Hdf5Lock lock;
  Handle dataset = file.dataset(name);
  const int64_t chunk = chunk_bytes_of(dataset.id());
  if (chunk == 0) return dataset;
  dataset = Handle();  // the cache is that of the first who opens it
  const Handle access(H5Pcreate(H5P_DATASET_ACCESS));
  H5Pset_chunk_cache(access.id(), 17, static_cast<size_t>(std::max(chunk, kPieceBytes)), 1);
  return checked(H5Dopen2(file.id(), name.c_str(), access.id()), ErrorCode::input_missing,
                 "the dataset cannot be opened", file.where(name));
}

int64_t piece_reading_bytes(int64_t dataset) {
  const int64_t chunk = chunk_bytes_of(dataset);
  return chunk <= kPieceBytes / 4 ? 0 : room_product(chunk, 2) + chunk / 64;
}

std::vector<int64_t> shape_of(int64_t dataset) {
  const Handle space(H5Dget_space(dataset));
  hsize_t shape[H5S_MAX_RANK] = {};
  const int rank = space ? H5Sget_simple_extent_dims(space.id(), shape, nullptr) : 0;
  std::vector<int64_t> sizes;
  for (int a = 0; a < rank; ++a)
    sizes.push_back(static_cast<int64_t>(std::min<hsize_t>(shape[a], INT64_MAX)));
  return sizes;
}

bool read_box(int64_t dataset, int64_t type, const Box& box, void* to) {
  const Selection at = select(dataset, box);
  return at.file && H5Dread(dataset, type, at.memory.id(), at.file.id(), H5P_DEFAULT, to) >= 0;
}

bool write_box(int64_t dataset, int64_t type, const Box& box, const void* from) {
  const Selection at = select(dataset, box);
  return at.file && H5Dwrite(dataset, type, at.memory.id(), at.file.id(), H5P_DEFAULT, from) >= 0;
}

int64_t plausible_bytes(int64_t dataset) {
  const hsize_t stored = H5Dget_storage_size(dataset);
  const auto most = static_cast<int64_t>(std::min<hsize_t>(stored, INT64_MAX / kMostRatio));
  return std::max(kAlwaysBytes, most * kMostRatio);
}

}  // namespace parfocal
