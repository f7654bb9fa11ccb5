#include "parfocal/formats/zarr/writer/array_recovery.h"

#include <algorithm>
#include <charconv>

#include "parfocal/formats/zarr/writer/array_recovery-inl.h"
#include "parfocal/formats/zarr/writer/array_writer.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<ShardCodec> shard_codec(const ArraySpec& spec) {
  if (!spec.sharded()) return nullptr;
  const std::vector<CodecSpec> codecs = codecs_of(spec);
  return std::make_unique<ShardCodec>(*codecs.front().shard, spec.dtype, spec.shard,
                                      std::vector<std::byte>(dtype_size(spec.dtype)));
}

// Smaller levels halved in z count other frames than their image.
bool numbers_as_image(const ImageSpec& image, const ArraySpec& spec) {
  const auto is_z = [](const std::string& name) { return name == "z"; };
  return spec.level == 0 || !image.pool_z ||
         std::none_of(spec.names.begin(), spec.names.end(), is_z);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// "0/3/1" to numbers; empty unless it is `rank` of them.
std::vector<int64_t> numbers_of(const fs::path& key, size_t rank) {
  std::vector<int64_t> numbers;
  for (const fs::path& step : key) {
    const std::string text = step.string();
    int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) return {};
    numbers.push_back(number);
  }
  return numbers.size() == rank ? numbers : std::vector<int64_t>();
}

}  // namespace

ArrayRecovery::ArrayRecovery(fs::path root, const StoreSpec& store, uint32_t number,
                             const ArraySpec& spec)
    : root_(std::move(root)),
      number_(number),
      spec_(spec),
      zarr_format_(store.zarr_format),
      grid_(spec_),
      layout_(spec_, grid_),
      encoder_(spec_),
      shard_(shard_codec(spec_)),
      own_frames_(numbers_as_image(store.images[spec.image], spec)) {}

size_t ArrayRecovery::chunk_place(int64_t frame, const Tile& tile) const {
  return static_cast<size_t>(tile.part * grid_.chunks_per_part() +
                             grid_.slab_in_band(frame) * grid_.inner_yx() + tile.inner);
}

fs::path ArrayRecovery::final_path(const std::vector<int64_t>& key) const {
  return root_ / spec_.path / chunk_key(zarr_format_, key);
}

ArrayRecovery::Band& ArrayRecovery::band_with(int64_t frame) {
  Band& band = bands_[grid_.band_of(frame)];
  if (band.chunks.empty()) {
    band.chunks.resize(static_cast<size_t>(grid_.parts() * grid_.chunks_per_part()),
                       {kUnknown, 0, 0});
    band.of_frame.resize(static_cast<size_t>(grid_.chunks_per_part() / grid_.inner_yx()), -1);
  }
  band.of_frame[static_cast<size_t>(grid_.slab_in_band(frame))] = frame;
  return band;
}

bool ArrayRecovery::take(const Piece& piece, bool slab) {
  const int64_t frames = grid_.frames();
  const bool whole_chunks = piece.kind == PieceKind::tiles;
  if (frames != kUnbounded && piece.frame >= frames) return false;
  if (piece.entries.size() != (whole_chunks ? grid_.tiles().size() : 1)) return false;
  if ((grid_.frames_per_chunk() > 1) != (slab || !whole_chunks)) return false;

  Band& band = band_with(piece.frame);
  const int64_t slab_in_band = grid_.slab_in_band(piece.frame);
  if (!slab) frames_.add(piece.frame);
  if (!whole_chunks) {
    Slab& waiting = band.slabs[slab_in_band];
    waiting.planes.push_back({piece.frame, piece.entries[0]});
    waiting.encoded = false;
    return true;
  }
  for (size_t i = 0; i < piece.entries.size(); ++i)
    band.chunks[chunk_place(piece.frame, grid_.tiles()[i])] = piece.entries[i];
  if (slab) band.slabs[slab_in_band].encoded = true;
  return true;
}

bool ArrayRecovery::has_stored(const Band& band, int64_t part) const {
  const auto first = band.chunks.begin() + part * grid_.chunks_per_part();
  return std::any_of(first, first + grid_.chunks_per_part(),
                     [](const TileEntry& entry) { return entry.offset < kUnknown; });
}

bool ArrayRecovery::is_published(int64_t number, const Band& band) const {
  for (int64_t part = 0; shard_ && part < grid_.parts(); ++part)
    if (has_stored(band, part) && (is_file(part_path(root_, number_, number, part)) ||
                                   !is_file(final_path(grid_.part_key_of(number, part)))))
      return false;
  return true;
}

void ArrayRecovery::seal(int64_t frame) {
  const int64_t frames = grid_.frames();
  if (frames != kUnbounded && frame >= frames) return;
  const auto it = bands_.find(grid_.band_of(frame));
  if (it != bands_.end() && is_published(it->first, it->second)) bands_.erase(it);
}

void ArrayRecovery::take_back(int64_t first, int64_t published) {
  if (!own_frames_) return;  // frames of such an image are never taken back
  if (first < published) taken_back_.add(first, published - first);
  frames_.for_each_run([&](int64_t begin, int64_t end) {
    if (end > first) taken_back_.add(std::max(begin, first), end - std::max(begin, first));
  });
  frames_.cut(first);
}

// A part that no record speaks of may be cut short (a copy that was under way): it does not count.
fs::path ArrayRecovery::file_of(int64_t number, int64_t part) const {
  const fs::path unpublished = part_path(root_, number_, number, part);
  const fs::path target = final_path(grid_.part_key_of(number, part));
  return shard_ && is_file(unpublished) ? unpublished : target;
}

Status ArrayRecovery::remove_strays(const FrameSet& present, int64_t& dropped_bytes) const {
  if (shard_ && grid_.frames_per_band() > 1) return {};
  const std::vector<int64_t>& cell = shard_ ? spec_.shard : spec_.chunk;
  const fs::path folder = zarr_format_ == 3 ? root_ / spec_.path / "c" : root_ / spec_.path;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    fs::path name = it->path().lexically_relative(folder);
    const bool part = name.extension() == ".part";  // of a chunk that was not replaced yet
    if (part) name.replace_extension();
    const auto key = numbers_of(name, spec_.shape.size());
    if (key.empty()) continue;
    FrameIndex index{};
    bool wanted = !part;
    for (size_t a = 0; a < spec_.stream_rank(); ++a) {
      index[a] = key[a] * cell[a];
      wanted = wanted && (spec_.shape[a] == kUnbounded || index[a] < spec_.shape[a]);
    }
    if (wanted) {
      const auto frames = grid_.frames_of_slab(grid_.slab_of(grid_.frame_of(index)));
      wanted = std::any_of(frames.begin(), frames.end(),
                           [&](int64_t f) { return f >= 0 && present.has(f); });
    }
    if (wanted) continue;
    dropped_bytes += static_cast<int64_t>(it->file_size(error));
    fs::remove(it->path(), error);
  }
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return Status::fail("cannot clear " + folder.string() + ": " + error.message());
}

}  // namespace parfocal
