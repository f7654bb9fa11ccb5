// What an image must keep so that every number in the writer can be counted with.

#include <algorithm>
#include <cmath>

#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/writer/spec_check-inl.h"

namespace parfocal::spec_check {
namespace {

constexpr int kMostLevels = 16;
constexpr int64_t kMostSize = int64_t{1} << 40;
constexpr int64_t kMostArrayBytes = int64_t{1} << 62;
constexpr int64_t kMostChunkBytes = int64_t{1} << 30;
constexpr int64_t kMostShardBytes = int64_t{1} << 40;
constexpr int64_t kMostShardChunks = int64_t{1} << 20;
constexpr int64_t kMostTiles = int64_t{1} << 19;  // those of all levels go into one record

std::string list_of(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t v : values) text += (text.empty() ? "" : " ") + std::to_string(v);
  return text;
}

// The product of `factors`, or more than `most`.
int64_t product(int64_t first, const std::vector<int64_t>& factors, int64_t most) {
  for (const int64_t f : factors) {
    if (f > 0 && first > most / f) return most + 1;
    first *= f;
  }
  return first;
}

void check_axes(const ImageSpec& image) {
  std::string names;
  for (const Axis& axis : image.axes) names += names.empty() ? axis.name : " " + axis.name;
  const std::string order = "t c z y x";
  size_t at = 0;
  bool good = image.axes.size() >= 2 && image.axes.size() <= 5 && names.ends_with("y x");
  for (const Axis& axis : image.axes) {
    const size_t found = axis.name.size() == 1 ? order.find(axis.name, at) : order.npos;
    good = good && found != order.npos && axis.name != " ";
    at = good ? found + 1 : at;
  }
  if (!good) refuse("the axes are not in the order t c z y x", names, "2 to 5 of t c z, then y x");
  std::vector<int64_t> sizes;
  for (size_t a = 0; a < image.axes.size(); ++a) {
    const Axis& axis = image.axes[a];
    const bool open = a == 0 && image.stream_rank() > 0 && axis.size == kUnbounded;
    if (!open && (axis.size < 1 || axis.size > kMostSize))
      refuse("axis " + axis.name + " has an impossible size", std::to_string(axis.size),
             "1 to 2^40; only the first axis before y x may have no end");
    if (!(axis.scale > 0) || !std::isfinite(axis.scale))
      refuse("axis " + axis.name + " has an impossible scale", std::to_string(axis.scale),
             "a positive number");
    if (axis.labels.size() > kMostNames)
      refuse("axis " + axis.name + " has too many names", std::to_string(axis.labels.size()),
             "at most " + std::to_string(kMostNames));
    sizes.push_back(open ? 1 : axis.size);
  }
  const int64_t pixel = static_cast<int64_t>(dtype_size(image.dtype));
  if (product(pixel, sizes, kMostArrayBytes) > kMostArrayBytes)
    refuse("the image is too large", list_of(sizes), "at most 2^62 bytes");
}

void check_chunks(const ImageSpec& image, int zarr_format) {
  const size_t y = image.stream_rank();
  const int64_t pixel = static_cast<int64_t>(dtype_size(image.dtype));
  const auto sides = [&](const std::vector<int64_t>& list, const char* what) {
    if (list.size() != image.axes.size() ||
        std::any_of(list.begin(), list.end(), [](int64_t n) { return n < 1 || n > kMostSize; }))
      refuse(std::string(what) + " needs one size, at least 1, for each axis", list_of(list),
             std::to_string(image.axes.size()) + " sizes of 1 to 2^40");
  };
  sides(image.chunk, "chunk");
  if (product(pixel, image.chunk, kMostChunkBytes) > kMostChunkBytes)
    refuse("a chunk is too large", list_of(image.chunk), "at most 1 GiB", "choose smaller chunks");
  std::vector<int64_t> tiles;
  for (size_t a = y; a < y + 2; ++a) tiles.push_back((image.axes[a].size - 1) / image.chunk[a] + 1);
  if (product(1, tiles, kMostTiles) > kMostTiles)
    refuse("a frame has too many chunks", list_of(tiles), "at most 2^19", "choose larger chunks");
  if (image.shard.empty()) return;
  if (zarr_format == 2)
    refuse("Zarr v2 has no shards", list_of(image.shard), "no shard, or Zarr v3");
  sides(image.shard, "shard");
  std::vector<int64_t> chunks;
  for (size_t a = 0; a < image.shard.size(); ++a) {
    if (image.shard[a] % image.chunk[a] != 0)
      refuse("the chunks do not divide the shard",
             list_of(image.chunk) + " in " + list_of(image.shard),
             "a shard that is a multiple of the chunk along each axis");
    chunks.push_back(image.shard[a] / image.chunk[a]);
  }
  if (product(1, chunks, kMostShardChunks) > kMostShardChunks ||
      product(pixel, image.shard, kMostShardBytes) > kMostShardBytes)
    refuse("a shard is too large", list_of(image.shard), "at most 2^20 chunks and 1 TiB",
           "choose smaller shards");
}

bool level_fits(const CodecSpec& codec) {
  switch (codec.kind) {
    case CodecKind::zstd:
      return codec.level >= -131072 && codec.level <= 22;
    case CodecKind::blosc:
    case CodecKind::gzip:
      return codec.level >= 0 && codec.level <= 9;
    default:
      return true;
  }
}

void check_compressors(const ImageSpec& image, int zarr_format) {
  const std::string text = codecs_text(image.compressors);
  for (const CodecSpec& codec : image.compressors) {
    const bool known = codec.kind == CodecKind::blosc || codec.kind == CodecKind::zstd ||
                       codec.kind == CodecKind::gzip ||
                       (codec.kind == CodecKind::crc32c && zarr_format == 3);
    if (!known)
      refuse("the store cannot write this codec", text,
             zarr_format == 3 ? "blosc, zstd, gzip or crc32c" : "blosc, zstd or gzip");
    if (!level_fits(codec) || codec.blocksize < 0 || codec.blocksize > kMostChunkBytes ||
        codec.typesize < 1 || codec.typesize > 255)
      refuse("a codec has an impossible setting", text,
             "zstd of level -131072 to 22, blosc and gzip 0 to 9; typesize 1 to 255");
  }
  if (image.compressors.size() > (zarr_format == 3 ? 8u : 1u))
    refuse("there are too many codecs", text, zarr_format == 3 ? "at most 8" : "one in Zarr v2");
  std::vector<CodecSpec> codecs = {bytes_codec()};
  codecs.insert(codecs.end(), image.compressors.begin(), image.compressors.end());
  const DType dtype = image.dtype == DType::boolean ? DType::u8 : image.dtype;
  try {
    CodecChain(codecs, dtype, image.chunk, std::vector<std::byte>(dtype_size(dtype)));
  } catch (const Error& e) {
    throw Error(ErrorCode::invalid_pipeline, e.issues()[0]);
  }
}

}  // namespace

void check_image(const ImageSpec& image, int zarr_format) {
  check_axes(image);
  if (image.levels < 1 || image.levels > kMostLevels)
    refuse("the number of levels is impossible", std::to_string(image.levels),
           "1 to " + std::to_string(kMostLevels));
  check_chunks(image, zarr_format);
  check_compressors(image, zarr_format);
  if (image.label && !is_integer(image.dtype))
    refuse("a label image needs whole numbers", std::string(dtype_name(image.dtype)),
           "an integer dtype", "number the objects first: op: label");
  if (image.label && image.pooling == Pooling::mean)
    refuse("the levels of a label image cannot be means", "mean", "mode or nearest");
}

}  // namespace parfocal::spec_check
