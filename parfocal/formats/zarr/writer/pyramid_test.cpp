#include "parfocal/formats/zarr/writer/pyramid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "parfocal/kernels/downsample.h"
#include "parfocal/kernels/downsample_labels.h"

namespace parfocal {
namespace {

using kernels::half_size;
using kernels::Plane;

/// A contiguous plane; nullopt: a gap.
template <class T>
using Pixels = std::optional<std::vector<T>>;
/// By level and number of the frame in the level.
template <class T>
using Levels = std::map<std::pair<int, int64_t>, Pixels<T>>;

struct Case {
  std::vector<std::pair<std::string, int64_t>> axes;
  std::vector<int64_t> chunk, shard;  // shard: in chunks
  DType dtype = DType::u16;
  int levels = 3;
  Pooling pooling = Pooling::mean;
  bool pool_z = false;
};

ImageSpec image_of(const Case& c) {
  ImageSpec image;
  for (const auto& [name, size] : c.axes) image.axes.push_back({name, size, 1, "", {}});
  image.chunk = c.chunk;
  for (size_t a = 0; a < c.shard.size(); ++a) image.shard.push_back(c.chunk[a] * c.shard[a]);
  image.dtype = c.dtype;
  image.levels = c.levels;
  image.pooling = c.pooling;
  image.pool_z = c.pool_z;
  return image;
}

std::vector<ArraySpec> arrays(const Case& c) {
  StoreSpec store;
  store.images.push_back(image_of(c));
  return arrays_of(store);
}

template <class T>
std::vector<std::byte> tiled(const ArraySpec& array, const std::vector<T>& pixels) {
  const ArrayGrid grid(array);
  const FrameLayout layout(array, grid);
  const int64_t width = array.shape.back();
  std::vector<std::byte> bytes(static_cast<size_t>(layout.bytes()), std::byte{0xEE});
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    const Tile& tile = grid.tiles()[i];
    T* out = reinterpret_cast<T*>(bytes.data() + layout.offset(i));
    for (int64_t y = 0; y < tile.height; ++y)
      std::copy_n(pixels.data() + (tile.y + y) * width + tile.x, tile.width,
                  out + y * grid.chunk_width());
  }
  return bytes;
}

/// Checks that what lies outside of the plane is zero.
template <class T>
std::vector<T> untiled(const ArraySpec& array, const std::byte* bytes) {
  const ArrayGrid grid(array);
  const FrameLayout layout(array, grid);
  const int64_t width = array.shape.back();
  std::vector<T> pixels(static_cast<size_t>(width * array.shape[array.stream_rank()]));
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    const Tile& tile = grid.tiles()[i];
    const T* in = reinterpret_cast<const T*>(bytes + layout.offset(i));
    for (int64_t y = 0; y < grid.chunk_height(); ++y) {
      for (int64_t x = 0; x < grid.chunk_width(); ++x) {
        const T pixel = in[y * grid.chunk_width() + x];
        const bool inside = y < tile.height && x < tile.width;
        if (inside) pixels[static_cast<size_t>((tile.y + y) * width + tile.x + x)] = pixel;
        EXPECT_TRUE(inside || pixel == T{}) << "padding";
      }
    }
  }
  return pixels;
}

/// The next level of one or two contiguous planes.
template <class T>
std::vector<T> pooled(Pooling pooling, const std::vector<T>& first, const std::vector<T>* second,
                      int64_t height, int64_t width) {
  const int64_t h = half_size(height), w = half_size(width);
  std::vector<T> half(static_cast<size_t>(h * w));
  std::vector<kernels::block_sum_t<T>> sums(half.size());
  const Plane<const T> a{first.data(), width, height, width};
  const Plane<const T> b{second == nullptr ? nullptr : second->data(), width, height, width};
  const Plane<T> out{half.data(), w, h, w};
  if (pooling == Pooling::nearest) {
    kernels::nearest_2x2(a, out);
  } else if (pooling == Pooling::mean && second == nullptr) {
    kernels::mean_2x2(a, out);
  } else if (pooling == Pooling::mean) {
    kernels::sum_2x2<T>(a, {sums.data(), w, h, w});
    kernels::mean_2x2x2<T>({sums.data(), w, h, w}, b, out);
  } else if constexpr (std::is_integral_v<T>) {
    second == nullptr ? kernels::mode_2x2(a, out) : kernels::mode_2x2x2(a, b, out);
  }
  return half;
}

/// All smaller levels of all frames by the definition, plane by plane.
template <class T>
Levels<T> expected(const Case& c, const std::vector<Pixels<T>>& frames) {
  const std::vector<ArraySpec> specs = arrays(c);
  Levels<T> all;
  for (size_t f = 0; f < frames.size(); ++f) all[{0, static_cast<int64_t>(f)}] = frames[f];
  const size_t rank = specs[0].stream_rank();
  for (int k = 1; k < c.levels; ++k) {
    const ArrayGrid larger(specs[static_cast<size_t>(k) - 1]),
        smaller(specs[static_cast<size_t>(k)]);
    const auto& shape = specs[static_cast<size_t>(k) - 1].shape;
    for (int64_t frame = 0; frame < smaller.frames(); ++frame) {
      FrameIndex index = smaller.index_of(frame), next{};
      bool pair = false;
      for (size_t a = 0; a < rank; ++a) {
        if (!c.pool_z || c.axes[a].first != "z") continue;
        index[a] *= 2;
        pair = index[a] + 1 < shape[a];
        next = index;
        ++next[a];
      }
      Pixels<T> first = all[{k - 1, larger.frame_of(index)}];
      Pixels<T> second = pair ? all[{k - 1, larger.frame_of(next)}] : std::nullopt;
      if (!first) std::swap(first, second);
      Pixels<T>& out = all[{k, frame}];
      if (first)
        out = pooled(c.pooling, *first, second ? &*second : nullptr, shape[rank], shape[rank + 1]);
    }
  }
  std::erase_if(all, [](const auto& plane) { return plane.first.first == 0; });
  return all;
}

template <class T>
void collect(const Case& c, const Pyramid& pyramid, const Pyramid::Made& made,
             const Pyramid::Buffers& buffers, Levels<T>& all) {
  const std::vector<ArraySpec> specs = arrays(c);
  for (int k = made.gaps; k < made.end; ++k) {
    const ArraySpec& array = specs[static_cast<size_t>(k)];
    Pixels<T> plane;
    if (k >= made.planes) plane = untiled<T>(array, buffers.plane(k));
    const int64_t frame = ArrayGrid(array).frame_of(pyramid.index_at(k, made.frame));
    EXPECT_TRUE(all.emplace(std::pair{k, frame}, plane).second) << "twice: " << k << ' ' << frame;
  }
}

/// Frames in this order, by `threads` threads in turn.
template <class T>
Levels<T> made_by(const Case& c, const std::vector<Pixels<T>>& frames,
                  const std::vector<int64_t>& order, size_t threads) {
  const std::vector<ArraySpec> specs = arrays(c);
  const ArrayGrid grid(specs[0]);
  Pyramid pyramid(image_of(c), specs, static_cast<int64_t>(order.size()));
  std::vector<Levels<T>> parts(threads);
  const auto work = [&](size_t thread) {
    Pyramid::Buffers buffers(pyramid);
    for (size_t i = thread; i < order.size(); i += threads) {
      const Pixels<T>& pixels = frames[static_cast<size_t>(order[i])];
      const FrameIndex index = grid.index_of(order[i]);
      Pyramid::Made made;
      if (pixels) {
        const auto bytes = tiled(specs[0], *pixels);
        ASSERT_TRUE(pyramid.add(index, bytes.data(), buffers, made).ok());
      } else {
        ASSERT_TRUE(pyramid.add_gap(index, buffers, made).ok());
      }
      collect(c, pyramid, made, buffers, parts[thread]);
    }
  };
  std::vector<std::thread> running;
  for (size_t t = 1; t < threads; ++t) running.emplace_back(work, t);
  work(0);
  for (std::thread& thread : running) thread.join();
  Pyramid::Buffers buffers(pyramid);
  Pyramid::Made made;
  for (bool any = true; any;) {
    EXPECT_TRUE(pyramid.finish_one(buffers, made, any).ok());
    if (any) collect(c, pyramid, made, buffers, parts[0]);
  }
  for (size_t t = 1; t < threads; ++t) {
    parts[0].merge(parts[t]);
    EXPECT_TRUE(parts[t].empty()) << "made by two threads";
  }
  return parts[0];
}

template <class T>
std::vector<Pixels<T>> draw(const Case& c, int64_t frames, int gap_percent) {
  std::mt19937 random(3);
  const auto pixels = static_cast<size_t>(c.axes.back().second * c.axes[c.axes.size() - 2].second);
  std::vector<Pixels<T>> all(static_cast<size_t>(frames));
  for (Pixels<T>& frame : all) {
    if (static_cast<int>(random() % 100) < gap_percent) continue;
    frame.emplace(pixels);
    for (T& pixel : *frame) pixel = static_cast<T>(random() % (random() % 2 ? 4 : 70000));
    if (c.dtype == DType::boolean)
      for (T& pixel : *frame) pixel = static_cast<T>(random() % 2);
  }
  return all;
}

std::vector<int64_t> shuffled(int64_t frames, unsigned seed) {
  std::vector<int64_t> order(static_cast<size_t>(frames));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  return order;
}

template <class T>
void check(const Case& c, int gap_percent) {
  const int64_t frames = ArrayGrid(arrays(c)[0]).frames();
  const auto pixels = draw<T>(c, frames, gap_percent);
  const Levels<T> all = expected(c, pixels);
  EXPECT_FALSE(all.empty());
  for (unsigned seed = 1; seed <= 3; ++seed)
    EXPECT_EQ(made_by(c, pixels, shuffled(frames, seed), seed), all) << "order " << seed;
}

TEST(Pyramid, HalvesEveryFrameInYAndX) {
  check<uint16_t>({{{"t", 3}, {"y", 37}, {"x", 53}}, {1, 16, 16}, {1, 2, 2}}, 20);
  check<float>({{{"t", 2}, {"y", 5}, {"x", 64}}, {1, 5, 64}, {}, DType::f32, 4}, 0);
  check<uint8_t>({{{"y", 1}, {"x", 1}}, {1, 1}, {}, DType::u8, 2}, 0);
}

TEST(Pyramid, PairsPlanesInAnyOrderByAnyThreads) {
  for (const int64_t depth : {1, 2, 5, 8}) {
    for (const int gaps : {0, 30, 90}) {
      check<uint16_t>({{{"t", 3}, {"c", 2}, {"z", depth}, {"y", 13}, {"x", 22}},
                       {1, 1, 2, 8, 8},
                       {1, 1, 1, 1, 2},
                       DType::u16,
                       4,
                       Pooling::mean,
                       true},
                      gaps);
      check<double>(
          {{{"z", depth}, {"y", 9}, {"x", 7}}, {1, 4, 4}, {}, DType::f64, 3, Pooling::mean, true},
          gaps);
    }
  }
}

TEST(Pyramid, PairsPlanesThatComeAtTheSameTime) {
  const Case c{
      {{"z", 200}, {"y", 160}, {"x", 160}}, {1, 80, 80}, {}, DType::u16, 4, Pooling::mean, true};
  const auto pixels = draw<uint16_t>(c, 200, 0);
  std::vector<int64_t> order(200);
  std::iota(order.begin(), order.end(), 0);
  EXPECT_EQ(made_by(c, pixels, order, 2), expected(c, pixels));
  EXPECT_EQ(made_by(c, pixels, order, 4), expected(c, pixels));
}

TEST(Pyramid, OfLabelsTakesModeOrNearest) {
  for (const Pooling pooling : {Pooling::mode, Pooling::nearest}) {
    for (const bool pool_z : {false, true}) {
      check<uint32_t>({{{"t", 2}, {"z", 5}, {"y", 21}, {"x", 10}},
                       {1, 1, 8, 4},
                       {},
                       DType::u32,
                       3,
                       pooling,
                       pool_z},
                      30);
    }
  }
}

TEST(Pyramid, OfMasksIsTheMajority) {
  check<uint8_t>(
      {{{"z", 3}, {"y", 9}, {"x", 10}}, {1, 4, 4}, {}, DType::boolean, 3, Pooling::mean, true}, 0);
}

TEST(Pyramid, TakesChunksOfOddSizes) {
  for (const Pooling pooling : {Pooling::mean, Pooling::mode, Pooling::nearest}) {
    check<uint16_t>(
        {{{"z", 6}, {"y", 31}, {"x", 23}}, {1, 7, 5}, {1, 2, 2}, DType::u16, 4, pooling, true}, 30);
  }
}

TEST(Pyramid, OfAnUnboundedZEndsWhereTheFramesEnd) {
  Case c{{{"z", 5}, {"y", 8}, {"x", 8}}, {1, 8, 8}, {}, DType::u16, 4, Pooling::mean, true};
  const auto pixels = draw<uint16_t>(c, 5, 0);
  const auto all = expected(c, pixels);
  c.axes[0].second = kUnbounded;
  EXPECT_EQ(made_by(c, pixels, shuffled(5, 2), 1), all);
}

TEST(Pyramid, SaysWhenMorePairsAreOpenThanStated) {
  const Case c{{{"t", 9}, {"z", 4}, {"y", 8}, {"x", 8}},
               {1, 1, 8, 8},
               {},
               DType::u16,
               3,
               Pooling::mean,
               true};
  Pyramid pyramid(image_of(c), arrays(c), 2);
  Pyramid::Buffers buffers(pyramid);
  Pyramid::Made made;
  const std::vector<std::byte> frame(128);
  for (const int64_t t : {0, 1}) EXPECT_TRUE(pyramid.add({t, 0}, frame.data(), buffers, made).ok());
  EXPECT_EQ(made.end, made.gaps);
  const Status full = pyramid.add({2, 0}, frame.data(), buffers, made);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.issue().what,
            "more than 2 pairs of planes of a pyramid wait for their second plane");
}

TEST(Pyramid, StatesItsMemory) {
  const Case c{
      {{"z", 8}, {"y", 512}, {"x", 512}}, {1, 256, 256}, {}, DType::u16, 3, Pooling::mean, true};
  const int64_t frame = 512 * 512 * 2;
  const Pyramid pyramid(image_of(c), arrays(c), 3);
  EXPECT_EQ(pyramid.buffer_bytes(), frame / 4 + frame / 16);
  // Sums of 4 bytes for pixels of 2.
  EXPECT_NEAR(static_cast<double>(pyramid.resident_bytes()),
              3.0 * static_cast<double>(frame / 2 + frame / 8), 2000);
}

TEST(Pyramid, RefusesTheModeOfFloats) {
  const Case c{{{"y", 8}, {"x", 8}}, {8, 8}, {}, DType::f32, 2, Pooling::mode};
  EXPECT_THROW(Pyramid(image_of(c), arrays(c), 0), Error);
}

}  // namespace
}  // namespace parfocal
