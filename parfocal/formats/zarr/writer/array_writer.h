#pragma once
/// Writes the planes of one array, in any order and from any number of threads, into shards under
/// construction, and seals these.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/formats/zarr/shard_codec.h"
#include "parfocal/formats/zarr/writer/array_grid.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"
#include "parfocal/formats/zarr/writer/frame_log.h"
#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/zarr/writer/region_log.h"
#include "parfocal/formats/zarr/writer/tile_encoder.h"

namespace parfocal {

/// `<root>/__parfocal`: where shards under construction, the journal and the logs are.
std::filesystem::path work_folder(const std::filesystem::path& root);
std::filesystem::path part_path(const std::filesystem::path& root, uint32_t array, int64_t band,
                                int64_t part);
std::filesystem::path log_path(const std::filesystem::path& root, uint32_t array);
std::filesystem::path region_path(const std::filesystem::path& root, uint32_t array);

class ArrayWriter {
 public:
  struct Options {
    bool durable = false;     ///< what is sealed is on the disk before it gets its name
    bool direct = true;       ///< past the page cache where it pays
    bool regions = false;     ///< frames come in regions, by way of regions()
    FrameOrder order;         ///< in which frames come
    int64_t in_flight = 1;    ///< frames between admit() and finish()
    int64_t spare_bytes = 0;  ///< for shards that are open beyond what the order needs
  };
  /// Buffers of one thread.
  struct Scratch {
    AlignedBuffer encoded;  ///< tiles on their way to one write
    AlignedBuffer index;    ///< of a shard
    AlignedBuffer chunk;    ///< a chunk of several planes
    CodecScratch codec;
  };

  /// `number`: of the array in the store, as in the journal's records.
  ArrayWriter(const std::filesystem::path& root, const StoreSpec& store, uint32_t number,
              const ArraySpec& spec, Options options, Journal& journal);
  ~ArrayWriter();

  uint32_t number() const { return number_; }
  const ArraySpec& spec() const { return spec_; }
  const ArrayGrid& grid() const { return grid_; }
  const FrameLayout& layout() const { return layout_; }
  Scratch make_scratch() const;
  /// Bytes that a scratch grows to.
  int64_t scratch_bytes() const;
  /// Bytes that one open band holds (the indexes of its shards).
  int64_t band_bytes() const;
  /// Bands that may be open at once, and all bytes that it takes to know what is open.
  int64_t most_open_bands() const;
  int64_t open_bytes() const;
  /// Bytes that the frame log grows to when frames come in order.
  int64_t log_bytes() const;
  /// Room on the disk for all its frames, of which none shrinks, with the log and what waits for
  /// its last region; the journal apart. \pre the first axis has an end
  int64_t room_bytes() const;
  /// Bytes of the journal for one frame's piece of this array, and for all that is sealed.
  int64_t piece_record_bytes() const;
  int64_t seal_records_bytes() const;
  /// Whether this frame would begin one band more than that.
  bool is_full_for(int64_t frame) const;

  /// So many steps of the first axis are there: full bands are sealed. \pre nothing came
  void resume(int64_t outer);
  /// A band is there, sealed. \pre nothing came
  void resume_band(int64_t band) { count_sealed(band); }
  /// Removes the sealed shards, or chunks, of a band that is to come again.
  Status remove_band(int64_t band) const;
  /// Announces a frame, before its write() or skip(). Fails if it was announced before.
  Status admit(int64_t frame);
  /// Writes a plane laid out by layout(); `piece` tells the journal where it is.
  Status write(int64_t frame, const std::byte* buffer, Scratch& scratch, Piece& piece);
  /// Where the regions of frames wait. \pre Options::regions
  RegionLog& regions() { return *regions_; }
  /// As write(), of a frame whose regions are all there.
  Status write_from_regions(int64_t frame, Scratch& scratch, Piece& piece);
  /// After the journal's record of the frame: completes what it completes.
  Status finish(int64_t frame, Scratch& scratch);
  /// Instead of write() and finish(), after the journal's record of the gap.
  Status skip(int64_t frame, Scratch& scratch) { return finish(frame, scratch); }

  /// What was written before the call survives a power cut afterwards.
  Status sync();
  /// Steps of the first axis of which all frames are sealed or known to be missing.
  int64_t committed_outer() const;
  /// Whether a frame was announced.
  bool has(int64_t frame) const;
  /// Takes back a frame, written or sealed or not. \pre no other call is under way
  Status drop(int64_t frame, Scratch& scratch);
  /// Seals everything that is open, as it is; removes the log. \pre no other call is under way
  Status close(Scratch& scratch);

 private:
  struct Part;
  struct Slab;
  struct Band;
  struct Row;  // bands with one index along the first axis

  int64_t block_bytes() const;
  int64_t most_encoded_bytes() const;
  int64_t chunk_bytes() const;
  int64_t part_block_bytes(int64_t part) const;
  int64_t part_bytes(int64_t part, int64_t frames) const;
  int64_t shards_room_bytes() const;
  int64_t chunk_files_room_bytes() const;
  Status log_from_regions(Band& band, int64_t frame, Scratch& scratch, Piece& piece);
  int64_t index_block_bytes() const;
  Status write_tiles(Band& band, int64_t frame, const std::byte* buffer, Scratch& scratch,
                     Piece& piece);
  Status write_plain_part(Band& band, int64_t frame, const PartSpan& span, const std::byte* buffer,
                          Scratch& scratch, Piece& piece);
  Status encode_part(Band& band, int64_t frame, const PartSpan& span, const std::byte* buffer,
                     Scratch& scratch, Piece& piece);
  Status add_to_part(Band& band, int64_t frame, size_t first, size_t last,
                     std::span<const std::byte> block, Piece& piece);
  bool writes_whole_shards() const;
  Status write_whole_shard(int64_t frame, const PartSpan& span, std::span<const std::byte> payload,
                           Scratch& scratch, const Piece& piece);
  Status write_chunk_files(int64_t frame, const PartSpan& span, const std::byte* buffer,
                           Scratch& scratch, Piece& piece);
  Status store_chunk_file(int64_t frame, size_t tile, std::span<const std::byte> pixels,
                          Scratch& scratch, TileEntry& entry);
  bool is_direct(int64_t bytes) const;
  Slab& slab_of(Band& band, int64_t frame);
  Slab take_slab(Band& band, int64_t number);
  Status log_plane(Band& band, int64_t frame, const std::byte* buffer, Piece& piece);
  Status complete_slab(Band& band, int64_t frame, const Slab& slab, Scratch& scratch);
  Status gather(const Slab& slab, size_t tile, std::byte* chunk);
  Status store_chunk(Band& band, int64_t frame, size_t tile, Scratch& scratch, TileEntry& entry);
  Status seal(Band& band, Scratch& scratch);
  Status remove_part(Band& band, int64_t number);
  Status seal_part(Band& band, int64_t number, Scratch& scratch);
  Status open_part(Band& band, int64_t number, Part*& part);
  Status sync_folders();
  Status reopen(int64_t band, Scratch& scratch);
  Status copy_part(const std::filesystem::path& sealed, const std::filesystem::path& path,
                   int64_t bytes);
  Status reopen_part(Band& band, int64_t number, Scratch& scratch);
  Status drop_tiles(Band& band, int64_t frame);
  Status drop_plane(Band& band, int64_t frame, Scratch& scratch);
  Status drop_chunk(Band& band, int64_t frame, const Tile& tile);
  Status drop_empty_chunks(Band& band, const Piece& piece);
  Status read_chunk(Band& band, int64_t frame, size_t tile, Scratch& scratch, bool& found);
  std::filesystem::path final_path(const std::vector<int64_t>& key) const;
  Status make_parent(const std::filesystem::path& path);
  /// After a file was made or renamed there: its name is to be synced.
  void note_name_in(const std::filesystem::path& folder);
  bool is_sealed(int64_t band) const;
  std::shared_ptr<Band> band_with(int64_t frame) const;
  void count_sealed(int64_t band);
  int64_t place_in_band(int64_t frame) const;

  std::filesystem::path root_;
  uint32_t number_;
  ArraySpec spec_;
  int zarr_format_;
  Options options_;
  Journal& journal_;
  ArrayGrid grid_;
  FrameLayout layout_;
  TileEncoder encoder_;
  std::unique_ptr<ShardCodec> shard_;  // null: every chunk is a file
  FrameLog log_;
  std::unique_ptr<RegionLog> regions_;  // null: frames come whole
  int64_t most_open_;
  int64_t rewritten_row_ = -1;  // bands that were published, partly filled, before resume()
  std::mutex syncing_folders_;
  bool folder_sync_failed_ = false;                   // by syncing_folders_; stays
  std::mutex making_folders_;                         // of last_folder_
  std::filesystem::path last_folder_;                 // exists
  mutable std::mutex mutex_;                          // of everything below
  std::map<int64_t, std::shared_ptr<Band>> bands_;    // open ones, by number
  std::set<int64_t> reopened_;                        // open ones that were sealed before
  std::map<int64_t, Row> rows_;                       // of which some bands are sealed, not all
  FrameSet sealed_rows_;                              // of which all are
  std::set<std::filesystem::path> unsynced_folders_;  // that got new names
};

}  // namespace parfocal
