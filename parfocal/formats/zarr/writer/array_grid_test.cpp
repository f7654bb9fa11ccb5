#include "parfocal/formats/zarr/writer/array_grid.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "parfocal/formats/zarr/writer/frame_layout.h"

namespace parfocal {
namespace {

ArraySpec random_array(std::mt19937& random) {
  const auto draw = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  ArraySpec spec;
  const size_t rank = static_cast<size_t>(draw(2, 5));
  for (size_t a = 0; a < rank; ++a) {
    spec.shape.push_back(draw(1, 9));
    spec.chunk.push_back(draw(1, 4));
    spec.shard.push_back(spec.chunk[a] * draw(1, 3));
  }
  if (rank > 2 && draw(0, 2) == 0) spec.shape[0] = kUnbounded;
  if (draw(0, 3) == 0) spec.shard.clear();
  return spec;
}

TEST(ArrayGrid, TilesCoverThePlaneOnceAndLiePartByPart) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const ArraySpec spec = random_array(random);
    const ArrayGrid grid(spec);
    const size_t y = spec.stream_rank();
    std::set<std::pair<int64_t, int64_t>> pixels, chunks;
    int64_t part = 0;
    for (const Tile& tile : grid.tiles()) {
      EXPECT_GE(tile.part, part);
      part = tile.part;
      EXPECT_TRUE(chunks.insert({tile.part, tile.inner}).second);
      for (int64_t i = 0; i < tile.height; ++i)
        for (int64_t j = 0; j < tile.width; ++j)
          EXPECT_TRUE(pixels.insert({tile.y + i, tile.x + j}).second);
    }
    EXPECT_EQ(static_cast<int64_t>(pixels.size()), spec.shape[y] * spec.shape[y + 1]);
    EXPECT_EQ(part + 1, grid.parts());
    EXPECT_EQ(grid.frame_bytes(), grid.tile_bytes() * static_cast<int64_t>(grid.tiles().size()));
  }
}

TEST(ArrayGrid, SlabsAndBandsPartTheFrames) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const ArraySpec spec = random_array(random);
    const ArrayGrid grid(spec);
    const bool endless = grid.frames() == kUnbounded;
    const int64_t outer = endless ? 24 : kUnbounded;  // a multiple of all band heights: whole bands
    std::map<int64_t, int64_t> in_slab, in_band;
    std::set<std::pair<int64_t, int64_t>> places, inner;
    for (int64_t frame = 0; frame < grid.frames(outer); ++frame) {
      EXPECT_EQ(grid.frame_of(grid.index_of(frame)), frame);
      const int64_t slab = grid.slab_of(frame), band = grid.band_of(frame);
      ++in_slab[slab];
      ++in_band[band];
      EXPECT_TRUE(places.insert({slab, grid.plane_in_chunk(frame)}).second);
      EXPECT_EQ(grid.frames_of_slab(slab)[static_cast<size_t>(grid.plane_in_chunk(frame))], frame);
      inner.insert({band, grid.slab_in_band(frame)});
      EXPECT_EQ(grid.slab_of(grid.first_frame(band, grid.slab_in_band(frame))), slab);
      EXPECT_LT(grid.slab_in_band(frame) * grid.inner_yx() + grid.inner_yx(),
                grid.chunks_per_part() + 1);
    }
    if (endless && 24 % grid.outer_per_band() != 0) continue;
    for (const auto& [slab, n] : in_slab) EXPECT_EQ(n, grid.frames_in_slab(slab));
    for (const auto& [band, n] : in_band) EXPECT_EQ(n, grid.frames_in_band(band));
    EXPECT_EQ(inner.size(), in_slab.size());
  }
}

TEST(ArrayGrid, KeysAreThoseOfZarr) {
  ArraySpec spec;
  spec.shape = {kUnbounded, 2, 100, 90};
  spec.chunk = {4, 1, 20, 30};
  spec.shard = {16, 2, 40, 60};
  const ArrayGrid grid(spec);
  const int64_t frame = grid.frame_of({37, 1});
  EXPECT_EQ(frame, 75);
  EXPECT_EQ(grid.part_key_of(grid.band_of(frame), 3), (std::vector<int64_t>{2, 0, 1, 1}));
  EXPECT_EQ(grid.chunk_key_of(frame, {80, 60, 20, 30, 0, 0}), (std::vector<int64_t>{9, 1, 4, 2}));
  EXPECT_EQ(grid.plane_in_chunk(frame), 1);
  EXPECT_EQ(grid.slab_in_band(frame), 3);  // t chunk 1 of 4, c chunk 1 of 2: 1 * 2 + 1
  EXPECT_EQ(grid.chunks_per_part(), 8 * 4);
  EXPECT_EQ(grid.frames_per_chunk(), 4);
}

// A buffer is used again and again: what an earlier frame left in it stays out of the file.
TEST(FrameLayout, TilesAreZeroOutsideOfTheImage) {
  ArraySpec spec;
  spec.shape = {4, 5, 9};
  spec.chunk = {1, 3, 4};
  spec.shard = {1, 6, 12};
  spec.dtype = DType::u16;
  const ArrayGrid grid(spec);
  const FrameLayout layout(spec, grid);
  std::vector<uint16_t> buffer(static_cast<size_t>(layout.bytes() / 2), 0xEEEE), plane(45, 7);
  layout.tile(packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                          Region::whole({5, 9})),
              reinterpret_cast<std::byte*>(buffer.data()));
  ASSERT_EQ(grid.tiles().size(), 6u);
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    const Tile& tile = grid.tiles()[i];
    const uint16_t* pixels = buffer.data() + layout.offset(i) / 2;
    for (int64_t y = 0; y < 3; ++y)
      for (int64_t x = 0; x < 4; ++x)
        EXPECT_EQ(pixels[y * 4 + x], y < tile.height && x < tile.width ? 7 : 0)
            << "tile " << i << ": " << y << ", " << x;
  }
}

}  // namespace
}  // namespace parfocal
