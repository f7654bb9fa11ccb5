#include "parfocal/formats/zarr/plain_rows.h"

#include "parfocal/formats/zarr/chunk_grid.h"
#include "parfocal/formats/zarr/view_boxes.h"

namespace parfocal {
namespace {

constexpr int64_t kRowsPay = int64_t{32} << 10;  // longer runs are read straight to their place

// Rows of a chunk that follow each other both where they lie and where they go.
struct Rows {
  Region outer;       // the axes that are walked, from one row to the next
  int64_t bytes = 0;  // of one
  int64_t base = 0;   // place in the object of one with index 0 on the outer axes
};

Rows rows_of(const WantedChunk& chunk, int64_t pixel_bytes,
             const std::array<int64_t, kMaxRank>& from, const Box<std::byte>& to) {
  const Region& part = chunk.part.region;
  Rows rows{part, pixel_bytes, chunk.offset};
  int& outer = rows.outer.rank;
  while (outer > 0 && (part.shape[outer - 1] == 1 ||
                       (from[outer - 1] == rows.bytes && to.strides[outer - 1] == rows.bytes))) {
    --outer;
    rows.bytes *= part.shape[outer];
  }
  for (int a = outer; a < part.rank; ++a)
    rows.base += (part.begin(a) - chunk.box.begin(a)) * from[a];
  return rows;
}

}  // namespace

bool rows_pay(const ReadContext& context, const WantedChunk& chunk) {
  const CodecChain& inner = *context.inner;
  if (!inner.plain()) return false;
  const Region& part = chunk.part.region;
  int64_t run = inner.pixel_bytes(), stride = 1;
  for (int a = part.rank - 1; a >= 0; --a) {
    if (part.shape[a] > 1 && chunk.part.strides[a] != stride) break;
    run *= part.shape[a];
    stride *= part.shape[a];
    if (part.shape[a] != chunk.box.shape[a]) break;
  }
  const int64_t wanted = part.count() * inner.pixel_bytes(), all = inner.decoded_bytes();
  return run >= kRowsPay || all > kMostPlainBytes ||
         (all > context.limits.range_bytes && wanted < all / 4);
}

Status read_plain_rows(const ReadContext& context, const WantedChunk& chunk) {
  const Region& part = chunk.part.region;
  const int64_t pixel_bytes = context.inner->pixel_bytes();
  const auto from = packed_strides(shape_of(chunk.box), pixel_bytes);
  const Box<std::byte> to = bytes_of(chunk.part);
  const Rows rows = rows_of(chunk, pixel_bytes, from, to);
  const std::vector<int64_t> single(static_cast<size_t>(rows.outer.rank), 1);
  const std::string key(chunk.key);
  return for_each_chunk(rows.outer, {}, single, [&](const ChunkIndex& index) -> Status {
    int64_t at = rows.base, place = 0;
    for (int a = 0; a < rows.outer.rank; ++a) {
      at += (index[a] - chunk.box.begin(a)) * from[a];
      place += (index[a] - part.begin(a)) * to.strides[a];
    }
    ObjectRead found;
    const std::span<std::byte> row(to.data + place, static_cast<size_t>(rows.bytes));
    if (Status s = context.store->read(key, at, row, found); !s.ok()) return s;
    if (!found.found && !context.shard) {
      fill_view(chunk.part, context.array.fill);
      return {};
    }
    if (!context.shard && found.size != context.chain.encoded_bound())
      return wrong_size(context, key, found.size);
    if (found.read == rows.bytes) return {};
    return damaged(context, chunk, Status::fail("the file ended while it was read"));
  });
}

}  // namespace parfocal
