#include "parfocal/formats/zarr/writer/store_spec.h"

#include <algorithm>

namespace parfocal {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// Whether a level is smaller along this axis. The first stream axis keeps its chunks in every
// level: it may grow, and chunks that follow its size would change under the data.
bool fits_level(const ImageSpec& image, size_t a) {
  const std::string& name = image.axes[a].name;
  const bool grows = a == 0 && image.stream_rank() > 0;
  return name == "y" || name == "x" || (name == "z" && image.pool_z && !grows);
}
bool is_pooled(const ImageSpec& image, size_t a) {
  const std::string& name = image.axes[a].name;
  return name == "y" || name == "x" || (name == "z" && image.pool_z);
}

constexpr int64_t kWholeFrameBytes = int64_t{2} << 20;
constexpr int64_t kTileBytes = int64_t{1} << 20;
constexpr int64_t kShardBytes = int64_t{64} << 20;
constexpr int64_t kMostChunks = 4095;  // so that the index stays below 64 KiB
constexpr int64_t kSmallFileBytes = int64_t{64} << 10;
constexpr int64_t kMostTogether = 4096;  // frames that wait in the log, a block of the disk each

int64_t square_root(int64_t n) {
  int64_t root = 1;
  while ((root + 1) * (root + 1) <= n) ++root;
  return root;
}

// A side of at most `most` pixels: a power of two that divides the size, else equal parts.
int64_t tile_side(int64_t size, int64_t most) {
  if (size <= most) return size;
  int64_t power = 1;
  while (power * 2 <= most) power *= 2;
  if (size % power == 0) return power;
  const int64_t rounded = std::max<int64_t>(most / 16 * 16, 1);
  const int64_t part = ceil_div(size, ceil_div(size, rounded));
  return std::min(ceil_div(part, 16) * 16, rounded);
}

void choose_chunk(ImageSpec& image) {
  const size_t y = image.stream_rank(), x = y + 1;
  const int64_t height = std::max<int64_t>(1, image.axes[y].size);
  const int64_t width = std::max<int64_t>(1, image.axes[x].size);
  const int64_t pixel = static_cast<int64_t>(dtype_size(image.dtype));
  image.chunk.assign(image.axes.size(), 1);
  image.chunk[y] = height;
  image.chunk[x] = width;
  if (height <= kWholeFrameBytes / pixel / width) return;
  // What a thin frame does not need along one axis, its tiles get along the other.
  const int64_t pixels = kTileBytes / pixel, side = square_root(pixels);
  image.chunk[y] = tile_side(height, width < side ? pixels / width : side);
  image.chunk[x] = tile_side(width, height < side ? pixels / height : side);
}

// Of an axis that is cut into equal parts of at most `most`.
int64_t equal_part(int64_t size, int64_t most) { return ceil_div(size, ceil_div(size, most)); }

// A file takes a block of the disk, folders and an inode, however small it is: small frames share
// a chunk, along the innermost axis first, so that a chunk's frames follow one another.
void gather_small_frames(ImageSpec& image) {
  int64_t bytes = static_cast<int64_t>(dtype_size(image.dtype)), frames = 1;
  for (const int64_t side : image.chunk) bytes = std::min(kShardBytes, bytes * side);
  for (size_t a = image.stream_rank(); a-- > 0;) {
    const int64_t room = std::min(kSmallFileBytes / (bytes * frames), kMostTogether / frames);
    const int64_t size = image.axes[a].size;
    if (room <= 1 || size == 0) return;
    image.chunk[a] = size == kUnbounded ? room : equal_part(size, room);
    frames *= image.chunk[a];
    if (size == kUnbounded || image.chunk[a] < size) return;
  }
}

void choose_shard(ImageSpec& image) {
  const size_t y = image.stream_rank(), x = y + 1;
  int64_t bytes = static_cast<int64_t>(dtype_size(image.dtype));
  for (const int64_t side : image.chunk) bytes = std::min(kShardBytes, bytes * side);
  image.shard = image.chunk;
  int64_t tiles_y = ceil_div(image.axes[y].size, image.chunk[y]);
  int64_t tiles_x = ceil_div(image.axes[x].size, image.chunk[x]);
  while (tiles_y > kMostChunks / tiles_x)
    tiles_y > 1 ? tiles_y = ceil_div(tiles_y, 2) : tiles_x = ceil_div(tiles_x, 2);
  image.shard[y] *= tiles_y;
  image.shard[x] *= tiles_x;
  int64_t chunks = tiles_y * tiles_x;
  // Outwards, and no further than an axis that is cut: so a band's frames follow one another.
  for (size_t a = y; a-- > 0;) {
    const int64_t room =
        std::max<int64_t>(1, std::min(kShardBytes / (bytes * chunks), kMostChunks / chunks));
    const int64_t size = image.axes[a].size;
    const int64_t needed = size == kUnbounded ? room : ceil_div(size, image.chunk[a]);
    const int64_t count = equal_part(needed, room);
    image.shard[a] *= count;
    chunks *= count;
    if (count < needed) break;
  }
}

}  // namespace

std::string_view ack_name(Ack ack) {
  constexpr std::string_view names[] = {"queued", "kernel", "durable"};
  return names[static_cast<size_t>(ack)];
}

ArraySpec array_spec(const StoreSpec& spec, size_t index, int level) {
  const ImageSpec& image = spec.images[index];
  ArraySpec array;
  array.image = index;
  array.level = level;
  array.path = (image.path.empty() ? "" : image.path + "/") + std::to_string(level);
  array.dtype = image.dtype == DType::boolean ? DType::u8 : image.dtype;
  array.compressors = image.compressors;
  for (CodecSpec& codec : array.compressors)
    codec.typesize = static_cast<int>(dtype_size(array.dtype));
  array.chunk = image.chunk;
  array.shard = image.shard;
  for (size_t a = 0; a < image.axes.size(); ++a) {
    const bool pooled = is_pooled(image, a);
    array.names.push_back(image.axes[a].name);
    array.shape.push_back(pooled ? pooled_size(image.axes[a].size, level) : image.axes[a].size);
    if (!fits_level(image, a)) continue;
    array.chunk[a] = std::min(image.chunk[a], array.shape[a]);
    if (!array.sharded()) continue;
    const int64_t chunks = image.shard[a] / image.chunk[a];
    array.shard[a] = std::min(chunks, ceil_div(array.shape[a], array.chunk[a])) * array.chunk[a];
  }
  return array;
}

std::vector<ArraySpec> arrays_of(const StoreSpec& spec) {
  std::vector<ArraySpec> arrays;
  for (size_t i = 0; i < spec.images.size(); ++i)
    for (int level = 0; level < spec.images[i].levels; ++level)
      arrays.push_back(array_spec(spec, i, level));
  return arrays;
}

int64_t pooled_size(int64_t size, int times) {
  for (; times > 0 && size > 1; --times) size = size / 2 + size % 2;
  return size;
}

void choose_chunks(ImageSpec& image, bool sharded) {
  if (image.chunk.empty()) {
    choose_chunk(image);
    if (!sharded) gather_small_frames(image);
  }
  if (image.shard.empty() && sharded) choose_shard(image);
}

}  // namespace parfocal
