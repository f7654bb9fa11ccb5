#include "parfocal/formats/zarr/array_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "parfocal/formats/zarr/array_copy.h"

namespace parfocal {
namespace {

using Index = std::array<int64_t, kMaxRank>;

constexpr int64_t kRowsPay = int64_t{32} << 10;  // longer runs are read straight to their place
constexpr int64_t kMostPlainBytes = int64_t{16} << 20;  // of uncompressed chunks read whole
constexpr const char* kTorn =
    "the writer was stopped before it finished: run `parfocal recover`, or copy the store again";

Region box_of(const std::vector<int64_t>& sides) {
  Region box;
  box.rank = static_cast<int>(sides.size());
  std::copy(sides.begin(), sides.end(), box.shape.begin());
  return box;
}

// The chunk of shape `side` with these indices, counted from `origin`.
Region box_at(const Index& index, const std::vector<int64_t>& side, const Index& origin = {}) {
  Region box = box_of(side);
  for (size_t a = 0; a < side.size(); ++a) box.origin[a] = origin[a] + index[a] * side[a];
  return box;
}

// Calls f(index) for every chunk of shape `side` that meets `region`, C order, counted from the
// origin. f returns a Status; the first failure ends it.
template <class F>
Status for_each_chunk(const Region& region, const Index& origin, const std::vector<int64_t>& side,
                      F&& f) {
  if (region.count() == 0) return {};
  Index first{}, last{};
  for (int a = 0; a < region.rank; ++a) {
    const int64_t n = side[static_cast<size_t>(a)];
    first[a] = (region.begin(a) - origin[a]) / n;
    last[a] = (region.end(a) - 1 - origin[a]) / n;
  }
  for (Index index = first;;) {
    if (Status s = f(index); !s.ok()) return s;
    int a = region.rank - 1;
    for (; a >= 0 && index[a] == last[a]; --a) index[a] = first[a];
    if (a < 0) return {};
    ++index[a];
  }
}

Box<std::byte> bytes_of(const MutableView& view) {
  Box<std::byte> box{view.data, {}};
  for (int a = 0; a < view.region.rank; ++a)
    box.strides[a] = view.strides[a] * static_cast<int64_t>(dtype_size(view.dtype));
  return box;
}
std::span<const int64_t> shape_of(const Region& region) {
  return {region.shape.data(), static_cast<size_t>(region.rank)};
}

}  // namespace

struct ArrayReader::Chunk {
  Region box;          // in the array, padding included
  MutableView part;    // what of it is wanted, and where that goes
  bool whole = false;  // all of it that lies in the array is wanted
  int64_t number = 0;  // in the array's grid of inner chunks
  std::string_view key;
  int64_t offset = 0, bytes = 0;  // in its object
};

struct ArrayReader::Scratch {
  std::string key;
  ByteBuffer encoded, decoded, index;
  CodecScratch codecs;
  std::vector<Chunk> wanted;
};

// A scratch of its own for the time of one read; its number grows with the reads at once.
class ArrayReader::Lease {
 public:
  explicit Lease(const ArrayReader& reader) : reader_(reader), scratch_(reader.take()) {}
  ~Lease() {
    const std::lock_guard lock(reader_.mutex_);
    reader_.idle_.push_back(std::move(scratch_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Scratch& operator*() { return *scratch_; }

 private:
  const ArrayReader& reader_;
  std::unique_ptr<Scratch> scratch_;
};

std::unique_ptr<ArrayReader::Scratch> ArrayReader::take() const {
  const std::lock_guard lock(mutex_);
  if (!idle_.empty()) {
    auto scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  ++scratches_;
  idle_.reserve(static_cast<size_t>(scratches_));
  chunks_.set_bound(scratches_ * limits_.chunk_cache_bytes);
  shards_.set_bound(scratches_ * limits_.index_cache_bytes);
  return std::make_unique<Scratch>();
}

ArrayReader::ArrayReader(std::shared_ptr<const Store> store, std::string path, ZarrArray array,
                         ReaderLimits limits)
    : store_(std::move(store)),
      path_(std::move(path)),
      array_(std::move(array)),
      limits_(limits),
      chain_(array_.codecs, array_.dtype, array_.chunk, array_.fill),
      shard_(chain_.shard()),
      inner_(shard_ ? &shard_->inner() : &chain_),
      whole_(box_of(array_.shape)) {
  if (inner_->plain() && inner_->decoded_bytes() > kMostPlainBytes) limits_.chunk_cache_bytes = 0;
  if (shard_)
    limits_.index_cache_bytes = std::max(limits_.index_cache_bytes, 16 * shard_->chunks());
}

ArrayReader::~ArrayReader() = default;

int64_t ArrayReader::read_bytes() const {
  int64_t bytes = limits_.chunk_cache_bytes;
  if (!inner_->plain() || inner_->decoded_bytes() <= kMostPlainBytes)
    bytes += 2 * inner_->decoded_bytes() + inner_->decode_scratch_bytes() + inner_->decode_limit();
  if (shard_)
    bytes += limits_.range_bytes + limits_.index_cache_bytes + 2 * shard_->index_bytes() +
             shard_->chunks() * static_cast<int64_t>(sizeof(Chunk));
  return bytes;
}

void ArrayReader::forget() const {
  chunks_.clear();
  shards_.clear();
}

Status ArrayReader::read(const MutableView& dst) const {
  if (dst.region.rank != whole_.rank || dst.dtype != array_.dtype || !whole_.contains(dst.region))
    return Status::fail("the region does not lie in the array " + store_->where(path_));
  Lease lease(*this);
  Scratch& scratch = *lease;
  return for_each_chunk(dst.region, {}, array_.chunk, [&](const Index& index) -> Status {
    set_key(scratch, index);
    const Region box = box_at(index, array_.chunk);
    const MutableView part = subview(dst, clipped(box, dst.region));
    if (shard_) return read_shard(scratch, index, part);
    Chunk chunk = make_chunk(box, part);
    chunk.key = scratch.key;
    chunk.bytes = chain_.decode_limit();
    return read_chunk(scratch, chunk);
  });
}

void ArrayReader::set_key(Scratch& scratch, const Index& index) const {
  scratch.key = joined_key(path_, array_.chunk_key({index.data(), array_.chunk.size()}));
}

ArrayReader::Chunk ArrayReader::make_chunk(const Region& box, const MutableView& dst) const {
  Chunk chunk;
  chunk.box = box;
  chunk.part = subview(dst, clipped(box, dst.region));
  chunk.whole = chunk.part.region == clipped(box, whole_);
  for (int a = 0; a < box.rank; ++a)
    chunk.number = chunk.number * ((whole_.shape[a] + box.shape[a] - 1) / box.shape[a]) +
                   box.origin[a] / box.shape[a];
  return chunk;
}

// A chunk that is an object of its own.
Status ArrayReader::read_chunk(Scratch& scratch, const Chunk& chunk) const {
  if (from_cache(chunk)) return {};
  if (rows_pay(chunk)) return read_plain_rows(chunk);
  ObjectRead found;
  const std::span<std::byte> encoded = scratch.encoded.take(static_cast<size_t>(chunk.bytes));
  if (Status s = store_->read(scratch.key, 0, encoded, found); !s.ok()) return s;
  if (!found.found) {
    fill(chunk.part);
    return {};
  }
  if (chain_.fixed_size() && found.size != chain_.encoded_bound())
    return Status::fail(fmt::format("{} has {} bytes, a chunk has {}", store_->where(scratch.key),
                                    found.size, chain_.encoded_bound()),
                        "copy the store again");
  if (found.size > chunk.bytes)
    return Status::fail(fmt::format("{} has {} bytes, a chunk has at most {}",
                                    store_->where(scratch.key), found.size, chunk.bytes),
                        "copy the store again");
  return decode(scratch, encoded.first(static_cast<size_t>(found.read)), chunk);
}

// Whether it is cheaper to read rows of pixels to where they belong than the whole chunk.
bool ArrayReader::rows_pay(const Chunk& chunk) const {
  if (!inner_->plain()) return false;
  const Region& part = chunk.part.region;
  int64_t run = inner_->pixel_bytes(), stride = 1;
  for (int a = part.rank - 1; a >= 0; --a) {
    if (part.shape[a] > 1 && chunk.part.strides[a] != stride) break;
    run *= part.shape[a];
    stride *= part.shape[a];
    if (part.shape[a] != chunk.box.shape[a]) break;
  }
  const int64_t wanted = part.count() * inner_->pixel_bytes(), all = inner_->decoded_bytes();
  return run >= kRowsPay || all > kMostPlainBytes ||
         (all > limits_.range_bytes && wanted < all / 4);
}

Status ArrayReader::read_plain_rows(const Chunk& chunk) const {
  const Region& part = chunk.part.region;
  const auto from = packed_strides(shape_of(chunk.box), inner_->pixel_bytes());
  const Box<std::byte> to = bytes_of(chunk.part);
  int64_t run = inner_->pixel_bytes();
  int outer = part.rank;  // axes before this one are walked
  while (outer > 0 &&
         (part.shape[outer - 1] == 1 || (from[outer - 1] == run && to.strides[outer - 1] == run))) {
    --outer;
    run *= part.shape[outer];
  }
  Region rows = part;
  rows.rank = outer;
  const std::vector<int64_t> single(static_cast<size_t>(outer), 1);
  const std::string key(chunk.key);
  int64_t base = chunk.offset;
  for (int a = outer; a < part.rank; ++a) base += (part.begin(a) - chunk.box.begin(a)) * from[a];
  return for_each_chunk(rows, {}, single, [&](const Index& index) -> Status {
    int64_t at = base, place = 0;
    for (int a = 0; a < outer; ++a) {
      at += (index[a] - chunk.box.begin(a)) * from[a];
      place += (index[a] - part.begin(a)) * to.strides[a];
    }
    ObjectRead found;
    if (Status s = store_->read(key, at, {to.data + place, static_cast<size_t>(run)}, found);
        !s.ok())
      return s;
    if (!found.found && !shard_) {
      fill(chunk.part);
      return {};
    }
    if (!shard_ && found.size != chain_.encoded_bound())
      return Status::fail(fmt::format("{} has {} bytes, a chunk has {}", store_->where(key),
                                      found.size, chain_.encoded_bound()),
                          "copy the store again");
    if (found.read == run) return {};
    return damaged(chunk, Status::fail("the file ended while it was read"));
  });
}

Status ArrayReader::read_shard(Scratch& scratch, const Index& index, const MutableView& dst) const {
  std::shared_ptr<const Shard> shard;
  if (Status s = load_shard(scratch, index, shard); !s.ok()) return s;
  if (shard->bytes < 0) {
    fill(dst);
    return {};
  }
  scratch.wanted.clear();
  if (Status s = collect(scratch, *shard, index, dst); !s.ok()) return s;
  return read_ranges(scratch);
}

// Fills or copies what needs no reading; the rest becomes scratch.wanted.
Status ArrayReader::collect(Scratch& scratch, const Shard& shard, const Index& index,
                            const MutableView& dst) const {
  const std::vector<int64_t>& side = inner_->chunk();
  const Region box = box_at(index, array_.chunk);
  return for_each_chunk(dst.region, box.origin, side, [&](const Index& inner) -> Status {
    size_t k = 0;
    for (size_t a = 0; a < side.size(); ++a)
      k = k * static_cast<size_t>(shard_->grid()[a]) + static_cast<size_t>(inner[a]);
    Chunk chunk = make_chunk(box_at(inner, side, box.origin), dst);
    const ShardEntry& entry = shard.entries[k];
    chunk.key = scratch.key;
    if (Status s = shard_->check(entry, shard.bytes); !s.ok()) return damaged(chunk, s);
    if (entry.empty()) {
      fill(chunk.part);
    } else if (!from_cache(chunk)) {
      chunk.offset = static_cast<int64_t>(entry.offset);
      chunk.bytes = static_cast<int64_t>(entry.bytes);
      scratch.wanted.push_back(chunk);
    }
    return {};
  });
}

Status ArrayReader::read_ranges(Scratch& scratch) const {
  std::vector<Chunk>& wanted = scratch.wanted;
  const auto by_place = [](const Chunk& a, const Chunk& b) { return a.offset < b.offset; };
  if (!std::is_sorted(wanted.begin(), wanted.end(), by_place))
    std::sort(wanted.begin(), wanted.end(), by_place);
  for (size_t first = 0, last = 0; first < wanted.size(); first = last) {
    if (rows_pay(wanted[first]) && wanted[first].bytes == inner_->encoded_bound()) {
      if (Status s = read_plain_rows(wanted[first]); !s.ok()) return s;
      last = first + 1;
      continue;
    }
    int64_t end = wanted[first].offset + wanted[first].bytes;
    for (last = first + 1; last < wanted.size(); ++last) {
      const int64_t next = std::max(end, wanted[last].offset + wanted[last].bytes);
      if (wanted[last].offset > end + limits_.gap_bytes ||
          next - wanted[first].offset > limits_.range_bytes)
        break;
      end = next;
    }
    if (Status s = read_range(scratch, first, last); !s.ok()) return s;
  }
  return {};
}

// The chunks [first, last) in one read.
Status ArrayReader::read_range(Scratch& scratch, size_t first, size_t last) const {
  const int64_t begin = scratch.wanted[first].offset;
  int64_t end = begin;
  for (size_t i = first; i < last; ++i)
    end = std::max(end, scratch.wanted[i].offset + scratch.wanted[i].bytes);
  const std::span<std::byte> range = scratch.encoded.take(static_cast<size_t>(end - begin));
  ObjectRead found;
  if (Status s = store_->read(scratch.key, begin, range, found); !s.ok()) return s;
  if (found.read < end - begin)
    return damaged(scratch.wanted[first], Status::fail("the file ended while it was read", kTorn));
  for (size_t i = first; i < last; ++i) {
    const Chunk& chunk = scratch.wanted[i];
    const auto encoded =
        range.subspan(static_cast<size_t>(chunk.offset - begin), static_cast<size_t>(chunk.bytes));
    if (Status s = decode(scratch, encoded, chunk); !s.ok()) return s;
  }
  return {};
}

Status ArrayReader::load_shard(Scratch& scratch, const Index& index,
                               std::shared_ptr<const Shard>& shard) const {
  int64_t number = 0;
  for (size_t a = 0; a < array_.chunk.size(); ++a)
    number = number * ((array_.shape[a] + array_.chunk[a] - 1) / array_.chunk[a]) + index[a];
  shard = shards_.get(number);
  if (shard) return {};
  auto loaded = std::make_shared<Shard>();
  Status status = read_index(scratch, *loaded);
  // A writer may be at work: between its last chunk and the new index the old one is no more.
  if (!status.ok()) status = read_index(scratch, *loaded);
  if (!status.ok()) return status;
  shard = loaded;
  if (loaded->bytes >= 0) shards_.put(number, shard, 16 * shard_->chunks());
  return {};
}

Status ArrayReader::read_index(Scratch& scratch, Shard& shard) const {
  const std::span<std::byte> stored =
      scratch.index.take(static_cast<size_t>(shard_->index_bytes()));
  ObjectRead found;
  if (Status s = shard_->index_at_end() ? store_->read_end(scratch.key, stored, found)
                                        : store_->read(scratch.key, 0, stored, found);
      !s.ok())
    return s;
  shard.bytes = found.found ? found.size : -1;
  if (!found.found) return {};
  const std::string name = "shard " + store_->where(scratch.key);
  if (found.read < shard_->index_bytes())
    return Status::fail(fmt::format("{} is torn: it has {} bytes, its index alone has {}", name,
                                    found.size, shard_->index_bytes()),
                        kTorn);
  shard.entries.resize(static_cast<size_t>(shard_->chunks()));
  if (Status s = shard_->decode_index(stored, shard.entries, scratch.codecs); !s.ok())
    return Status::fail(name + " has no valid index: " + s.issue().what, kTorn);
  return {};
}

Status ArrayReader::decode(Scratch& scratch, std::span<const std::byte> encoded,
                           const Chunk& chunk) const {
  const size_t bytes = static_cast<size_t>(inner_->decoded_bytes());
  const bool in_place = chunk.part.region == chunk.box && chunk.part.contiguous();
  std::shared_ptr<ByteBuffer> kept;
  if (!chunk.whole && inner_->decoded_bytes() <= limits_.chunk_cache_bytes)
    kept = std::make_shared<ByteBuffer>();
  const std::span<std::byte> pixels = in_place ? std::span(chunk.part.data, bytes)
                                      : kept   ? kept->take(bytes)
                                               : scratch.decoded.take(bytes);
  if (Status s = inner_->decode(encoded, pixels, scratch.codecs); !s.ok()) return damaged(chunk, s);
  if (in_place) return {};
  copy_part(pixels.data(), chunk);
  if (kept) chunks_.put(chunk.number, std::move(kept), inner_->decoded_bytes());
  return {};
}

bool ArrayReader::from_cache(const Chunk& chunk) const {
  if (inner_->decoded_bytes() > limits_.chunk_cache_bytes) return false;
  const auto kept = chunks_.get(chunk.number);
  if (kept) copy_part(kept->first(0).data(), chunk);
  return kept != nullptr;
}

void ArrayReader::copy_part(const std::byte* decoded, const Chunk& chunk) const {
  const auto strides = packed_strides(shape_of(chunk.box), inner_->pixel_bytes());
  const Region& part = chunk.part.region;
  for (int a = 0; a < part.rank; ++a) decoded += (part.begin(a) - chunk.box.begin(a)) * strides[a];
  copy_box({decoded, strides}, bytes_of(chunk.part), shape_of(part), inner_->pixel_bytes());
}

void ArrayReader::fill(const MutableView& part) const {
  fill_box(bytes_of(part), shape_of(part.region), array_.fill);
}

std::string ArrayReader::name_of(const Region& box) const {
  std::vector<int64_t> index;
  for (int a = 0; a < box.rank; ++a) index.push_back(box.origin[a] / box.shape[a]);
  return fmt::format("chunk [{}]", fmt::join(index, ", "));
}

Status ArrayReader::damaged(const Chunk& chunk, const Status& status) const {
  const std::string cure = status.issue().cure;
  return Status::fail(fmt::format("{}, {}: {}", store_->where(std::string(chunk.key)),
                                  name_of(chunk.box), status.issue().what),
                      cure.empty() ? "copy the store again" : cure);
}

}  // namespace parfocal
