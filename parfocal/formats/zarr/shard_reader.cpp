#include "parfocal/formats/zarr/shard_reader.h"

#include <algorithm>

#include "parfocal/formats/zarr/plain_rows.h"
#include "parfocal/formats/zarr/view_boxes.h"

namespace parfocal {

Status ShardReader::read(ReadScratch& scratch, const ChunkIndex& index,
                         const MutableView& dst) const {
  std::shared_ptr<const ShardIndex> shard;
  if (Status s = indexes_.load(scratch, index, shard); !s.ok()) return s;
  if (shard->bytes < 0) {
    fill_view(dst, context_.array.fill);
    return {};
  }
  scratch.wanted.clear();
  if (Status s = collect(scratch, *shard, index, dst); !s.ok()) return s;
  return read_wanted(scratch);
}

// Fills or copies what needs no reading; the rest becomes scratch.wanted.
Status ShardReader::collect(ReadScratch& scratch, const ShardIndex& shard, const ChunkIndex& index,
                            const MutableView& dst) const {
  const std::vector<int64_t>& side = context_.inner->chunk();
  const Region box = box_at(index, context_.array.chunk);
  return for_each_chunk(dst.region, box.origin, side, [&](const ChunkIndex& inner) -> Status {
    size_t k = 0;
    for (size_t a = 0; a < side.size(); ++a)
      k = k * static_cast<size_t>(context_.shard->grid()[a]) + static_cast<size_t>(inner[a]);
    WantedChunk chunk = wanted_of(context_, box_at(inner, side, box.origin), dst);
    const ShardEntry& entry = shard.entries[k];
    chunk.key = scratch.key;
    if (Status s = context_.shard->check(entry, shard.bytes); !s.ok())
      return damaged(context_, chunk, s);
    if (entry.empty()) {
      fill_view(chunk.part, context_.array.fill);
    } else if (!pixels_.from_cache(chunk)) {
      chunk.offset = static_cast<int64_t>(entry.offset);
      chunk.bytes = static_cast<int64_t>(entry.bytes);
      scratch.wanted.push_back(chunk);
    }
    return {};
  });
}

Status ShardReader::read_wanted(ReadScratch& scratch) const {
  std::vector<WantedChunk>& wanted = scratch.wanted;
  const auto by_place = [](const WantedChunk& a, const WantedChunk& b) {
    return a.offset < b.offset;
  };
  if (!std::is_sorted(wanted.begin(), wanted.end(), by_place))
    std::sort(wanted.begin(), wanted.end(), by_place);
  for (size_t first = 0, last = 0; first < wanted.size(); first = last) {
    const WantedChunk& chunk = wanted[first];
    const bool rows = rows_pay(context_, chunk) && chunk.bytes == context_.inner->encoded_bound();
    last = rows ? first + 1 : range_end(wanted, first);
    if (Status s = rows ? read_plain_rows(context_, chunk) : read_range(scratch, first, last);
        !s.ok())
      return s;
  }
  return {};
}

// The end of the neighbours that come in one read with `first`.
size_t ShardReader::range_end(const std::vector<WantedChunk>& wanted, size_t first) const {
  int64_t end = wanted[first].offset + wanted[first].bytes;
  size_t last = first + 1;
  for (; last < wanted.size(); ++last) {
    const int64_t next = std::max(end, wanted[last].offset + wanted[last].bytes);
    if (wanted[last].offset > end + context_.limits.gap_bytes ||
        next - wanted[first].offset > context_.limits.range_bytes)
      break;
    end = next;
  }
  return last;
}

// The chunks [first, last) in one read.
Status ShardReader::read_range(ReadScratch& scratch, size_t first, size_t last) const {
  const int64_t begin = scratch.wanted[first].offset;
  int64_t end = begin;
  for (size_t i = first; i < last; ++i)
    end = std::max(end, scratch.wanted[i].offset + scratch.wanted[i].bytes);
  const std::span<std::byte> range = scratch.encoded.take(static_cast<size_t>(end - begin));
  ObjectRead found;
  if (Status s = context_.store->read(scratch.key, begin, range, found); !s.ok()) return s;
  if (found.read < end - begin)
    return damaged(context_, scratch.wanted[first],
                   Status::fail("the file ended while it was read", kTorn));
  for (size_t i = first; i < last; ++i) {
    const WantedChunk& chunk = scratch.wanted[i];
    const auto encoded =
        range.subspan(static_cast<size_t>(chunk.offset - begin), static_cast<size_t>(chunk.bytes));
    if (Status s = pixels_.decode(scratch, encoded, chunk); !s.ok()) return s;
  }
  return {};
}

}  // namespace parfocal
