#pragma once
/// Rebuilds the shards of one array that were under construction, from the journal's records.

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/formats/zarr/shard_codec.h"
#include "parfocal/formats/zarr/writer/array_grid.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"
#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/zarr/writer/tile_encoder.h"

namespace parfocal {

/// First all records, in order, by take() and seal(); then verify(); then finish(). What finish()
/// did not get to is done by the next recovery: it relies on nothing but the journal and the files.
class ArrayRecovery {
 public:
  ArrayRecovery(std::filesystem::path root, const StoreSpec& store, uint32_t number,
                const ArraySpec& spec);

  const ArraySpec& spec() const { return spec_; }
  const ArrayGrid& grid() const { return grid_; }
  /// Whether its frames are numbered as those of its image: not so in levels halved in z.
  bool counts_as_image() const { return own_frames_; }
  /// A piece of a frame, or (`slab`) the chunks of a whole slab; false if it is none of this array.
  bool take(const Piece& piece, bool slab);
  /// Forgets the band of the frame if its shards are published.
  void seal(int64_t frame);
  /// Frames from this one on are not to be kept, whatever was recorded of them; nor those below
  /// `published`, which an earlier writer may have stored.
  void take_back(int64_t first, int64_t published);
  /// Frames of which there was a piece, but for those that were taken back.
  const FrameSet& frames() const { return frames_; }
  /// Of levels that count other frames than their image: whether the plane is there, and whole.
  bool has_plane(int64_t frame) const { return frames_.has(frame) && !lost_.contains(frame); }

  /// Whether add_plane() gave the plane.
  bool is_added(int64_t frame) const { return added_.contains(frame); }

  /// Compares what is stored with its CRC-32C; adds frames that are not whole to `damaged`.
  void verify(std::set<int64_t>& damaged);
  /// A plane that no record speaks of: `pixels` of the whole plane, row by row. After verify().
  Status add_plane(int64_t frame, const std::byte* pixels);
  /// Encodes what waits in the log, writes the indexes and publishes; without the frames `damaged`.
  Status finish(const std::set<int64_t>& damaged, int64_t& dropped_bytes);
  /// Chunks that are files, and shards of one frame: removes those with no frame in `present`,
  /// which were under way. Other shards get their name when they are complete.
  Status remove_strays(const FrameSet& present, int64_t& dropped_bytes) const;

 private:
  static constexpr uint64_t kUnknown = TileEntry::kEmpty - 1;  // offset: no record speaks of it
  struct Logged {
    int64_t frame;
    TileEntry slot;
  };
  struct Slab {
    bool encoded = false;          // after its last plane came, by a record
    std::vector<Logged> planes;    // that went to the log
    std::vector<int64_t> cleared;  // planes of its chunks that were taken back
  };
  struct Band {
    std::vector<TileEntry> chunks;  // part by part
    std::map<int64_t, Slab> slabs;  // by slab in band; chunks of several frames only
    std::vector<int64_t> of_frame;  // a frame of each slab in band, -1 = none
  };
  class Source;
  static bool has_to_be_encoded(const Slab& slab) {
    return (!slab.encoded && !slab.planes.empty()) || !slab.cleared.empty();
  }

  Band& band_with(int64_t frame);
  size_t chunk_place(int64_t frame, const Tile& tile) const;
  std::filesystem::path final_path(const std::vector<int64_t>& key) const;
  std::filesystem::path file_of(int64_t band, int64_t part) const;
  bool has_stored(const Band& band, int64_t part) const;
  bool is_published(int64_t number, const Band& band) const;
  void clear_taken_back();
  void verify_chunks(int64_t number, Band& band, std::set<int64_t>& damaged);
  void chunk_is_damaged(Band& band, size_t place, std::set<int64_t>& damaged);
  void verify_planes(Band& band, std::set<int64_t>& damaged);
  Status finish_part(int64_t number, Band& band, int64_t part, const std::set<int64_t>& damaged,
                     int64_t& dropped_bytes);
  Status open_source(int64_t number, const Band& band, int64_t part, Source& source) const;
  Status read_index(Source& source) const;
  void drop_damaged(const Band& band, const std::set<int64_t>& damaged,
                    std::vector<ShardEntry>& index) const;
  Status encode_slabs(const Band& band, int64_t part, const std::set<int64_t>& damaged,
                      Source& source);
  Status encode_into_shard(const Slab& slab, size_t tile, const std::set<int64_t>& damaged,
                           Source& source, ShardEntry& entry);
  Status encode_chunk(const Slab& slab, size_t tile, const std::set<int64_t>& damaged,
                      const std::filesystem::path& file, const ShardEntry& before,
                      std::span<const std::byte>& stored);
  bool decode_before(const std::filesystem::path& file, const ShardEntry& before,
                     std::span<std::byte> pixels);
  Status ensure_part(Source& source) const;
  Status publish(Source& source, int64_t& dropped_bytes);
  Status finish_chunk_files(int64_t number, const Band& band, const std::set<int64_t>& damaged);
  Status finish_chunk_file(const Slab& slab, int64_t frame, size_t tile,
                           const std::set<int64_t>& damaged);

  std::filesystem::path root_;
  uint32_t number_;
  ArraySpec spec_;
  int zarr_format_;
  ArrayGrid grid_;
  FrameLayout layout_;
  TileEncoder encoder_;
  std::unique_ptr<ShardCodec> shard_;  // null: every chunk is a file
  bool own_frames_;                    // frames are numbered as those of the image
  FrameSet frames_, taken_back_;
  std::set<int64_t> added_;
  std::set<int64_t> lost_;  // planes that are not whole, where frames are not those of the image
  std::map<int64_t, Band> bands_;  // that were under construction
  ByteBuffer pixels_, encoded_;    // of one chunk
  CodecScratch codec_;
};

}  // namespace parfocal
