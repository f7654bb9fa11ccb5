#include <algorithm>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/plane_pooling.h"
#include "parfocal/formats/zarr/writer/recovery.h"

namespace parfocal {
namespace {

// An array of which every plane is one tile, so that it lies in memory as readers give it.
ArraySpec in_whole_planes(ArraySpec array) {
  const size_t y = array.stream_rank();
  array.chunk.assign(array.shape.size(), 1);
  array.chunk[y] = array.shape[y];
  array.chunk[y + 1] = array.shape[y + 1];
  array.shard.clear();
  return array;
}

int64_t plane_bytes(const ArraySpec& array) {
  const size_t y = array.stream_rank();
  return array.shape[y] * array.shape[y + 1] * static_cast<int64_t>(dtype_size(array.dtype));
}

size_t z_axis(const ArraySpec& array) {
  size_t axis = 0;
  while (axis < array.stream_rank() && array.names[axis] != "z") ++axis;
  return axis;
}

/// Planes of one level out of those of the level before, which is published already.
class PlanePooler {
 public:
  PlanePooler(std::shared_ptr<const Store> store, const ArraySpec& larger, const ArraySpec& smaller,
              std::vector<int64_t> larger_shape, Pooling pooling)
      : larger_(larger),
        pooling_(in_whole_planes(larger), in_whole_planes(smaller), pooling),
        reader_(open(std::move(store), larger, std::move(larger_shape))),
        plane_(plane_bytes(larger)),
        held_(pooling_.held_bytes()),
        scratch_(pooling_.scratch_bytes()),
        pooled_(plane_bytes(smaller)) {}

  const std::byte* pooled() const { return pooled_.data(); }
  /// Pools the planes that there are of two that become one.
  Status pool(const FrameIndex* first, const FrameIndex* second) {
    if (!first || !second) {
      if (Status s = read(first ? *first : *second); !s.ok()) return s;
      pooling_.pool(plane_.data(), pooled_.data(), scratch_.data());
      return {};
    }
    if (Status s = read(*first); !s.ok()) return s;
    pooling_.hold(plane_.data(), held_.data(), scratch_.data());
    if (Status s = read(*second); !s.ok()) return s;
    pooling_.pool_pair(held_.data(), true, plane_.data(), pooled_.data(), scratch_.data());
    return {};
  }

 private:
  static ArrayReader open(std::shared_ptr<const Store> store, const ArraySpec& array,
                          std::vector<int64_t> shape) {
    ZarrArray found = ZarrHierarchy(store).array(array.path);
    found.shape = std::move(shape);  // what is published now, beyond what readers saw
    return ArrayReader(std::move(store), array.path, std::move(found));
  }
  Status read(const FrameIndex& index) {
    return reader_.read(packed_view(plane_.data(), larger_.dtype, plane_region(larger_, index)));
  }
  const ArraySpec& larger_;
  PlanePooling pooling_;
  ArrayReader reader_;
  AlignedBuffer plane_, held_, scratch_, pooled_;
};

}  // namespace

bool StoreRecovery::is_there(const Image& image, size_t level, int64_t frame) const {
  return image.levels[level]->has_plane(frame) && (level > 0 || !image.damaged.contains(frame));
}

// Whether all frames of a plane are recorded as missing: then it was absent for the writer too.
bool StoreRecovery::is_gap(const Image& image, size_t level, FrameIndex index, size_t z) const {
  const ArrayRecovery& base = *image.levels.front();
  const int64_t first = index[z] << level, depth = base.spec().shape[z];
  const int64_t end = first + (int64_t{1} << level);
  for (index[z] = first; index[z] < (depth == kUnbounded ? end : std::min(end, depth)); ++index[z])
    if (!image.known_gaps.has(base.grid().frame_of(index))) return false;
  return true;
}

// Planes that were not written; those of a plane that was made anew; and those that were made of
// two of which one is not recorded: the store does not show what it does not have.
std::set<int64_t> StoreRecovery::planes_to_pool(const Image& image, size_t level, size_t z) const {
  const ArrayRecovery &larger = *image.levels[level - 1], &smaller = *image.levels[level];
  const int64_t depth = larger.spec().shape[z];
  const int64_t frames = larger.grid().frames(shape_of(spec_, larger.spec(), image.outer)[0]);
  std::set<int64_t> planes;
  larger.frames().for_each_run([&](int64_t first, int64_t end) {
    for (int64_t frame = first; frame < std::min(end, frames); ++frame) {
      if (!is_there(image, level - 1, frame)) continue;
      FrameIndex index = larger.grid().index_of(frame), partner = index;
      partner[z] ^= 1;
      index[z] /= 2;
      const int64_t parent = smaller.grid().frame_of(index);
      const bool alone = (depth == kUnbounded || partner[z] < depth) &&
                         !is_there(image, level - 1, larger.grid().frame_of(partner)) &&
                         !is_gap(image, level - 1, partner, z);
      if (!smaller.has_plane(parent) || larger.is_added(frame) || alone) planes.insert(parent);
    }
  });
  return planes;
}

Status StoreRecovery::pool_missing(Image& image, size_t level) {
  const ArrayRecovery& larger = *image.levels[level - 1];
  ArrayRecovery& smaller = *image.levels[level];
  const size_t z = z_axis(larger.spec());
  const int64_t depth = larger.spec().shape[z];
  const std::set<int64_t> missing = planes_to_pool(image, level, z);
  if (missing.empty()) return {};
  PlanePooler pooler(store_, larger.spec(), smaller.spec(),
                     shape_of(spec_, larger.spec(), image.outer), spec_of(image).pooling);
  for (const int64_t frame : missing) {
    FrameIndex first = smaller.grid().index_of(frame);
    first[z] *= 2;
    FrameIndex second = first;
    ++second[z];
    const bool pair = depth == kUnbounded || second[z] < depth;
    const bool has_first = is_there(image, level - 1, larger.grid().frame_of(first));
    const bool has_second = pair && is_there(image, level - 1, larger.grid().frame_of(second));
    if (Status s = pooler.pool(has_first ? &first : nullptr, has_second ? &second : nullptr);
        !s.ok())
      return s;
    if (Status s = smaller.add_plane(frame, pooler.pooled()); !s.ok()) return s;
  }
  return {};
}

}  // namespace parfocal
