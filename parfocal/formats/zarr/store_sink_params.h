#pragma once
/// Parameters of the sink `ome_zarr`, and the images of a store that an input of it goes to.

#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// Inputs that are label images have keys "labels.<name>"; the one that is a table has this key.
inline constexpr std::string_view kLabelsKey = "labels.", kTableKey = "table";

struct OmeZarrParams {
  std::string path;
  std::string codec;               ///< none lz4 zstd_blosc zstd gzip crc32c
  std::string shard;               ///< auto none
  std::string format;              ///< 0.5 0.4
  std::string ack;                 ///< queued kernel durable
  int64_t levels = 1;              ///< 0: until the smallest fits SinkImages::kSmallestSide
  std::vector<std::string> wells;  ///< "<row>/<column>" of each position
};

/// What these alone can say of a store that cannot be. \throws Error(invalid_pipeline)
void check_wells(const OmeZarrParams& params, const Connections& given);
void check_codec(const OmeZarrParams& params, const Connections& given);
void check_label_names(const OmeZarrParams& params, const Connections& given);

/// An input of the sink and its images: one, or one for each position (stream axis p).
class SinkImages {
 public:
  static constexpr int64_t kSmallestSide = 512;

  /// Appends the images to `spec`. `input` is the `number`-th of the sink; `image`: those that
  /// labels belong to, null for the image itself.
  /// \throws Error(invalid_pipeline) for layouts that OME-Zarr has no place for
  SinkImages(const OmeZarrParams& params, const SinkInput& input, size_t number,
             const SinkImages* image, StoreSpec& spec);

  size_t input() const { return input_; }
  /// Frames of the store per item: the planes of leading item axes.
  int64_t planes() const { return planes_; }
  /// An item's image in the store, and the first of its frames.
  struct Place {
    size_t image = 0;
    int64_t frame = 0;
  };
  Place place_of(int64_t sequence) const;
  /// Appends, image by image, the frames that are there when the items [0, items) are.
  void add_kept(int64_t items, std::vector<int64_t>& kept) const;

 private:
  void find_positions(const SinkInput& input);
  void name_positions(const OmeZarrParams& params, const Layout& layout, StoreSpec& spec);

  size_t input_, first_image_;
  std::vector<std::string> paths_{""};  // of the images' groups, by position
  int64_t positions_ = 1;
  int64_t inner_ = 1;  // items of one position that follow each other
  int64_t planes_ = 1;
};

}  // namespace parfocal
