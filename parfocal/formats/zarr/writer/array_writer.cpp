#include "parfocal/formats/zarr/writer/array_writer.h"

#include <algorithm>
#include <limits>

#include "parfocal/formats/zarr/writer/array_writer-inl.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {
namespace {

// What nobody has anyway is stated as that much: sums of it can be counted with.
int64_t stated_product(int64_t a, int64_t b) {
  constexpr int64_t kMost = int64_t{1} << 44;
  return a > kMost / std::max<int64_t>(1, b) ? kMost : std::min(kMost, a * b);
}

constexpr int64_t kBlockBytes = int64_t{8} << 20;  // encoded tiles are written in blocks of this

std::unique_ptr<ShardCodec> shard_codec(const ArraySpec& spec) {
  if (!spec.sharded()) return nullptr;
  const std::vector<CodecSpec> codecs = codecs_of(spec);
  return std::make_unique<ShardCodec>(*codecs.front().shard, spec.dtype, spec.shard,
                                      std::vector<std::byte>(dtype_size(spec.dtype)));
}

}  // namespace

std::filesystem::path work_folder(const std::filesystem::path& root) { return root / "__parfocal"; }
std::filesystem::path part_path(const std::filesystem::path& root, uint32_t array, int64_t band,
                                int64_t part) {
  return work_folder(root) / ("a" + std::to_string(array) + "-" + std::to_string(band) + "." +
                              std::to_string(part) + ".part");
}
std::filesystem::path log_path(const std::filesystem::path& root, uint32_t array) {
  return work_folder(root) / ("a" + std::to_string(array) + ".log");
}

ArrayWriter::ArrayWriter(const std::filesystem::path& root, const StoreSpec& store, uint32_t number,
                         const ArraySpec& spec, Options options, Journal& journal)
    : root_(root),
      number_(number),
      spec_(spec),
      zarr_format_(store.zarr_format),
      options_(options),
      journal_(journal),
      grid_(spec_),
      layout_(spec_, grid_),
      encoder_(spec_),
      shard_(shard_codec(spec_)),
      log_(log_path(root, number), layout_.logged_bytes()),
      most_open_(options.regions ? std::numeric_limits<int64_t>::max() : most_open_bands()) {
  if (options.regions)
    regions_ = std::make_unique<RegionLog>(region_path(root, number), grid_, layout_);
}

ArrayWriter::~ArrayWriter() = default;

int64_t ArrayWriter::block_bytes() const {
  if (grid_.frames_per_chunk() > 1 || !shard_ || regions_)
    return aligned_up(encoder_.encoded_bound());
  if (encoder_.plain()) return 0;  // written from the frame's buffer
  const int64_t least = encoder_.encoded_bound();
  return aligned_up(std::clamp(most_encoded_bytes(), least, std::max(kBlockBytes, least)));
}

// Of the tiles that a frame brings to one shard.
int64_t ArrayWriter::most_encoded_bytes() const {
  size_t most = 0;
  for (const PartSpan& part : layout_.parts()) most = std::max(most, part.count);
  return static_cast<int64_t>(most) * encoder_.encoded_bound();
}

int64_t ArrayWriter::index_block_bytes() const {
  return shard_ ? aligned_up(shard_->index_bytes()) : 0;
}

// A chunk that is gathered from a log.
int64_t ArrayWriter::chunk_bytes() const {
  if (regions_) return std::max(kWriteAlign, encoder_.chunk_bytes());
  return grid_.frames_per_chunk() > 1 ? encoder_.chunk_bytes() : 0;
}

ArrayWriter::Scratch ArrayWriter::make_scratch() const {
  const int64_t chunk = chunk_bytes();
  return {
      AlignedBuffer(block_bytes()), AlignedBuffer(index_block_bytes()), AlignedBuffer(chunk), {}};
}

int64_t ArrayWriter::scratch_bytes() const {
  const int64_t chunk = chunk_bytes();
  const int64_t index =
      shard_ ? grid_.chunks_per_part() * static_cast<int64_t>(sizeof(ShardEntry)) : 0;
  return block_bytes() + index_block_bytes() + index + aligned_up(chunk) + encoder_.scratch_bytes();
}

int64_t ArrayWriter::band_bytes() const {
  const int64_t frames = grid_.frames_per_band();
  const int64_t index =
      shard_ ? grid_.chunks_per_part() * static_cast<int64_t>(sizeof(ShardEntry)) : 0;
  // Of chunks of several frames: slots of the log, in use and free, and their slabs.
  const int64_t slots =
      grid_.frames_per_chunk() > 1 ? 24 * frames + 80 * frames / grid_.frames_per_chunk() : 0;
  const int64_t path = static_cast<int64_t>(part_path(root_, number_, 0, 0).native().size()) + 64;
  return (shard_ ? grid_.parts() : 0) * (index + static_cast<int64_t>(sizeof(Part)) + path) +
         slots + frames / 8 + 256;
}

int64_t ArrayWriter::most_open_bands() const {
  const int64_t in_order = open_cells(grid_.band_steps(), options_.order) + options_.in_flight;
  return std::max(in_order, options_.spare_bytes / band_bytes());
}

int64_t ArrayWriter::open_bytes() const {
  const int64_t rows = open_rows(grid_.band_steps(), options_.order);
  return stated_product(most_open_bands(), band_bytes()) +
         stated_product(rows, grid_.bands_per_row() / 8 + 128);
}

int64_t ArrayWriter::log_bytes() const {
  if (grid_.frames_per_chunk() == 1) return 0;
  const int64_t slabs = open_cells(grid_.slab_steps(), options_.order) + options_.in_flight;
  const int64_t most =
      stated_product(stated_product(slabs, grid_.frames_per_chunk()), layout_.logged_bytes());
  if (grid_.frames() == kUnbounded) return most;
  // All frames, in a file that grows ahead.
  const int64_t all = stated_product(grid_.frames(), layout_.logged_bytes());
  return std::min(most, all + std::min(all, PartFile::kMostStep) + kWriteAlign);
}

bool ArrayWriter::is_full_for(int64_t frame) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(bands_.size()) >= most_open_ &&
         !bands_.contains(grid_.band_of(frame)) && !is_sealed(grid_.band_of(frame));
}

int64_t ArrayWriter::place_in_band(int64_t frame) const {
  return grid_.slab_in_band(frame) * grid_.frames_per_chunk() + grid_.plane_in_chunk(frame);
}

bool ArrayWriter::is_sealed(int64_t band) const {
  if (reopened_.contains(band)) return false;
  const int64_t row = grid_.band_row(band);
  if (sealed_rows_.has(row)) return true;
  const auto it = rows_.find(row);
  return it != rows_.end() && it->second.sealed[static_cast<size_t>(band % grid_.bands_per_row())];
}

bool ArrayWriter::has(int64_t frame) const {
  const std::lock_guard lock(mutex_);
  const int64_t number = grid_.band_of(frame);
  if (is_sealed(number)) return true;
  const auto it = bands_.find(number);
  return it != bands_.end() && it->second->seen[static_cast<size_t>(place_in_band(frame))];
}

void ArrayWriter::resume(int64_t outer) {
  const std::lock_guard lock(mutex_);
  if (outer >= grid_.outer_per_band()) sealed_rows_.add(0, outer / grid_.outer_per_band());
  if (outer % grid_.outer_per_band() != 0) rewritten_row_ = outer / grid_.outer_per_band();
}

Status ArrayWriter::admit(int64_t frame) {
  const int64_t frames = grid_.frames();
  if (frame < 0 || (frames != kUnbounded && frame >= frames))
    return Status::fail(Issue{"a frame lies outside the array", spec_.path, std::to_string(frame),
                              "0 to " + std::to_string(frames - 1), ""});
  const std::lock_guard lock(mutex_);
  const int64_t number = grid_.band_of(frame);
  bool again = is_sealed(number);
  if (!again) {
    std::shared_ptr<Band>& band = bands_[number];
    if (!band) {
      band = std::make_shared<Band>(number, static_cast<size_t>(grid_.frames_per_band()),
                                    static_cast<size_t>(shard_ ? grid_.parts() : 0),
                                    grid_.frames_in_band(number));
      band->rewrites = grid_.band_row(number) == rewritten_row_;
    }
    auto seen = band->seen[static_cast<size_t>(place_in_band(frame))];
    again = seen;
    seen = true;
  }
  return again ? Status::fail(Issue{"a frame was written before", spec_.path,
                                    "frame " + std::to_string(frame), "each frame once", ""})
               : Status();
}

std::shared_ptr<ArrayWriter::Band> ArrayWriter::band_with(int64_t frame) const {
  const std::lock_guard lock(mutex_);
  return bands_.at(grid_.band_of(frame));
}

Status ArrayWriter::write(int64_t frame, const std::byte* buffer, Scratch& scratch, Piece& piece) {
  piece.array = number_;
  piece.frame = frame;
  const std::shared_ptr<Band> band = band_with(frame);
  return grid_.frames_per_chunk() > 1 ? log_plane(*band, frame, buffer, piece)
                                      : write_tiles(*band, frame, buffer, scratch, piece);
}

Status ArrayWriter::finish(int64_t frame, Scratch& scratch) {
  const std::shared_ptr<Band> band = band_with(frame);
  if (grid_.frames_per_chunk() > 1) {
    const int64_t number = grid_.slab_in_band(frame);
    Slab slab;
    {
      const std::lock_guard lock(mutex_);
      if (--slab_of(*band, frame).left == 0) slab = take_slab(*band, number);
    }
    if (!slab.slots.empty())
      if (Status s = complete_slab(*band, frame, slab, scratch); !s.ok()) return s;
  }
  {
    const std::lock_guard lock(mutex_);
    if (--band->left > 0) return {};
  }
  return seal(*band, scratch);
}

void ArrayWriter::count_sealed(int64_t band) {
  const std::lock_guard lock(mutex_);
  bands_.erase(band);
  if (reopened_.erase(band) > 0) return;  // was counted when it was sealed first
  const int64_t number = grid_.band_row(band);
  Row& row = rows_[number];
  if (row.sealed.empty()) {
    row.left = grid_.bands_per_row();
    row.sealed.resize(static_cast<size_t>(row.left));
  }
  row.sealed[static_cast<size_t>(band % grid_.bands_per_row())] = true;
  if (--row.left > 0) return;
  rows_.erase(number);
  sealed_rows_.add(number);
}

int64_t ArrayWriter::committed_outer() const {
  const std::lock_guard lock(mutex_);
  int64_t rows = sealed_rows_.prefix();
  if (!reopened_.empty()) rows = std::min(rows, grid_.band_row(*reopened_.begin()));
  const int64_t outer = rows * grid_.outer_per_band();
  if (spec_.stream_rank() == 0) return rows;
  return spec_.shape[0] == kUnbounded ? outer : std::min(outer, spec_.shape[0]);
}

}  // namespace parfocal
