#pragma once
/// What a store is to hold, said once before the first frame; also kept in the store as
/// `__parfocal/store.json`, so that recovery and appending know it.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/core/error.h"
#include "parfocal/core/layout.h"
#include "parfocal/formats/zarr/codec_spec.h"

namespace parfocal {

/// When a frame counts as safe.
enum class Ack : uint8_t {
  queued,   ///< it is in the writer's memory: a killed process loses it
  kernel,   ///< the operating system has it and its journal record: survives a killed process
  durable,  ///< the disk has it and its record: survives a power cut
};
std::string_view ack_name(Ack ack);

/// How the next level of a pyramid is made of 2 x 2 (with z: 2 x 2 x 2) pixels.
enum class Pooling : uint8_t { mean, mode, nearest };

/// One image or label image: a group with an array per level.
struct ImageSpec {
  std::string path;        ///< of its group: "" = the root, "0", "A/1/0", "labels/cells"
  std::string name;        ///< as viewers show it
  std::vector<Axis> axes;  ///< 2 to 5 of t c z y x in this order; the first may be kUnbounded
  DType dtype = DType::u16;
  bool label = false;          ///< whole numbers that name objects; its image is two groups up
  std::vector<int64_t> chunk;  ///< pixels along each axis
  std::vector<int64_t> shard;  ///< multiples of chunk; empty = every chunk is a file
  std::vector<CodecSpec> compressors;  ///< bytes -> bytes codecs, in order
  int levels = 1;                      ///< 1 = no pyramid
  Pooling pooling = Pooling::mean;
  bool pool_z = false;  ///< levels are halved along z too
  /// Axes before y and x: those that count frames.
  size_t stream_rank() const { return axes.size() - 2; }
};

/// One number for every frame, stored as a 1-D array beside the images: `frames/<name>`.
struct ColumnSpec {
  std::string name;
  DType dtype = DType::i64;
  std::string unit;  ///< "" = none
};

/// A plate: images are fields of wells, path "<row>/<column>/<field>".
struct PlateSpec {
  std::string name;
  std::vector<std::string> rows, columns;  ///< all of the plate, used or not
};

struct StoreSpec {
  int zarr_format = 3;            ///< 3: OME-NGFF 0.5; 2: OME-NGFF 0.4
  std::vector<ImageSpec> images;  ///< an image before its labels
  std::vector<ColumnSpec> columns;
  std::vector<PlateSpec> plate;  ///< none or one
  std::string provenance_json;   ///< one JSON object or ""
  /// What the frames come from, with the options that decide about their pixels: a writer goes on
  /// only with a store of the same origin.
  std::string origin;
};

/// Frames are counted along all axes but y and x; C order, so that the first axis may be unbounded.
using FrameIndex = std::array<int64_t, kMaxRank>;

/// One array of the store: level `level` of image `image`.
struct ArraySpec {
  size_t image = 0;
  int level = 0;
  std::string path;            ///< of the array in the store
  DType dtype = DType::u16;    ///< as stored: uint8 where the image's is bool
  std::vector<int64_t> shape;  ///< the first may be kUnbounded
  std::vector<std::string> names;
  std::vector<int64_t> chunk, shard;
  std::vector<CodecSpec> compressors;  ///< blosc's typesize is the pixel's
  bool sharded() const { return !shard.empty(); }
  size_t stream_rank() const { return shape.size() - 2; }
};

/// The arrays of all images, level by level. Along y and x (z with pool_z) a level's chunk is no
/// larger than the level, and its shard has no more chunks than cover it; the first stream axis may
/// grow, so that it keeps its chunks.
std::vector<ArraySpec> arrays_of(const StoreSpec& spec);
/// One of them. \pre a level of an image that are there
ArraySpec array_spec(const StoreSpec& spec, size_t image, int level);
/// Size of a level along an axis that is halved `times` times, rounded up; kUnbounded stays.
int64_t pooled_size(int64_t size, int times);

/// \throws Error(invalid_pipeline) naming the first image and value that cannot stand (axes, chunk
/// does not divide shard, absurd sizes, shards in Zarr v2, names with path tricks).
void check_spec(const StoreSpec& spec);
/// Fills in chunk and shard where they are empty. Chunk: a frame of up to 2 MiB, else tiles of at
/// most 1 MiB; without shards as many small frames as make 64 KiB. Shard, if `sharded` (never for
/// Zarr v2): whole frames, 64 MiB or so, at most 4,095 chunks; along the innermost stream axis
/// first, so that its frames follow one another.
void choose_chunks(ImageSpec& image, bool sharded);

std::string spec_json(const StoreSpec& spec);
/// \throws Error(input_missing) on text that is no such description; checked by check_spec().
StoreSpec parse_spec(std::string_view text);

}  // namespace parfocal
