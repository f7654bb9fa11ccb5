#include "parfocal/formats/zarr/writer/plane_pooling.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "parfocal/formats/zarr/writer/frame_layout.h"
#include "parfocal/kernels/downsample.h"
#include "parfocal/kernels/downsample_labels.h"

namespace parfocal {
namespace {

using kernels::block_sum_t;
using kernels::Plane;

/// Calls body.operator()<T>() with the type that kernels know.
template <class F>
decltype(auto) dispatch_pixels(DType dtype, F&& body) {
  return dispatch(dtype, [&]<class T>() {
    return body.template operator()<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>();
  });
}

template <class T>
const T* at(const std::byte* bytes, int64_t pixel) {
  return reinterpret_cast<const T*>(bytes) + pixel;
}
template <class T>
T* at(std::byte* bytes, int64_t pixel) {
  return reinterpret_cast<T*>(bytes) + pixel;
}

/// Whether every tile begins at even pixels: then no block of pixels is cut.
bool starts_evenly(const ArrayGrid& grid) {
  return std::all_of(grid.tiles().begin(), grid.tiles().end(),
                     [](const Tile& tile) { return tile.y % 2 == 0 && tile.x % 2 == 0; });
}

int64_t height_of(const ArraySpec& array) { return array.shape[array.stream_rank()]; }
int64_t width_of(const ArraySpec& array) { return array.shape[array.stream_rank() + 1]; }

ArraySpec in_one_tile(ArraySpec array) {
  for (size_t a = array.stream_rank(); a < array.shape.size(); ++a) array.chunk[a] = array.shape[a];
  array.shard.clear();
  return array;
}

}  // namespace

PlanePooling::PlanePooling(const ArraySpec& larger, const ArraySpec& smaller, Pooling pooling)
    : dtype_(larger.dtype),
      pooling_(pooling),
      plane_width_(width_of(larger)),
      half_width_(width_of(smaller)) {
  const int64_t pixel_bytes = static_cast<int64_t>(dtype_size(dtype_));
  const ArrayGrid grid(larger);
  const bool gather = !starts_evenly(grid);
  if (gather) gather_into_one_tile(larger);
  add_pieces(gather ? in_one_tile(larger) : larger, smaller);
  larger_bytes_ = gather ? scratch_bytes_ : FrameLayout(larger, grid).bytes();
  smaller_bytes_ = FrameLayout(smaller, ArrayGrid(smaller)).bytes();
  const int64_t half_pixels = height_of(smaller) * half_width_;
  held_bytes_ = dispatch_pixels(dtype_, [&]<class T>() -> int64_t {
    if (pooling_ == Pooling::mean)
      return half_pixels * static_cast<int64_t>(sizeof(block_sum_t<T>));
    if (pooling_ == Pooling::nearest) return half_pixels * pixel_bytes;
    if (std::is_floating_point_v<T>)
      throw Error(ErrorCode::invalid_pipeline,
                  {"the smaller levels of an image of floats cannot be made by mode", larger.path,
                   "pooling mode", "whole numbers", "use mean or nearest"});
    return larger_bytes_;
  });
}

int64_t PlanePooling::table_bytes() const {
  return static_cast<int64_t>(sizeof(*this) + pieces_.size() * sizeof(Piece) +
                              copies_.size() * sizeof(Copy));
}

void PlanePooling::gather_into_one_tile(const ArraySpec& larger) {
  const int64_t pixel_bytes = static_cast<int64_t>(dtype_size(dtype_));
  const ArrayGrid grid(larger);
  const FrameLayout layout(larger, grid);
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    const Tile& tile = grid.tiles()[i];
    copies_.push_back({layout.offset(i) / pixel_bytes, grid.chunk_width(),
                       tile.y * plane_width_ + tile.x, tile.height, tile.width});
  }
  scratch_bytes_ = height_of(larger) * plane_width_ * pixel_bytes;
}

// Every tile of the larger plane, cut at the borders of the smaller one's tiles. Those lie at twice
// their coordinates, so cuts are even too.
void PlanePooling::add_pieces(const ArraySpec& larger, const ArraySpec& smaller) {
  const int64_t pixel_bytes = static_cast<int64_t>(dtype_size(dtype_));
  const ArrayGrid in(larger), out(smaller);
  const FrameLayout in_layout(larger, in), out_layout(smaller, out);
  for (size_t i = 0; i < in.tiles().size(); ++i) {
    const Tile& from = in.tiles()[i];
    for (size_t o = 0; o < out.tiles().size(); ++o) {
      const Tile& to = out.tiles()[o];
      const int64_t y = std::max(from.y, 2 * to.y), x = std::max(from.x, 2 * to.x);
      const int64_t bottom = std::min(from.y + from.height, 2 * (to.y + to.height));
      const int64_t right = std::min(from.x + from.width, 2 * (to.x + to.width));
      if (y >= bottom || x >= right) continue;
      pieces_.push_back(
          {in_layout.offset(i) / pixel_bytes + (y - from.y) * in.chunk_width() + (x - from.x),
           in.chunk_width(), bottom - y, right - x,
           out_layout.offset(o) / pixel_bytes + (y / 2 - to.y) * out.chunk_width() + (x / 2 - to.x),
           out.chunk_width(), y / 2 * half_width_ + x / 2});
    }
  }
}

const std::byte* PlanePooling::gathered(const std::byte* larger, std::byte* scratch) const {
  if (copies_.empty()) return larger;
  const size_t pixel_bytes = dtype_size(dtype_);
  for (const Copy& copy : copies_) {
    for (int64_t y = 0; y < copy.height; ++y)
      std::memcpy(scratch + static_cast<size_t>(copy.to + y * plane_width_) * pixel_bytes,
                  larger + static_cast<size_t>(copy.from + y * copy.from_stride) * pixel_bytes,
                  static_cast<size_t>(copy.width) * pixel_bytes);
  }
  return scratch;
}

/// Calls body.operator()<T>(piece, half_height, half_width) for every piece.
template <class F>
void PlanePooling::for_each_piece(F&& body) const {
  dispatch_pixels(dtype_, [&]<class T>() {
    for (const Piece& p : pieces_)
      body.template operator()<T>(p, kernels::half_size(p.height), kernels::half_size(p.width));
  });
}

void PlanePooling::pool_gathered(const std::byte* larger, std::byte* smaller) const {
  for_each_piece([&]<class T>(const Piece& p, int64_t height, int64_t width) {
    const Plane<const T> in{at<T>(larger, p.larger), p.width, p.height, p.larger_stride};
    const Plane<T> out{at<T>(smaller, p.smaller), width, height, p.smaller_stride};
    if (pooling_ == Pooling::mean) kernels::mean_2x2(in, out);
    if (pooling_ == Pooling::nearest) kernels::nearest_2x2(in, out);
    if constexpr (std::is_integral_v<T>) {
      if (pooling_ == Pooling::mode) kernels::mode_2x2(in, out);
    }
  });
}

void PlanePooling::pool(const std::byte* larger, std::byte* smaller, std::byte* scratch) const {
  pool_gathered(gathered(larger, scratch), smaller);
}

void PlanePooling::hold(const std::byte* larger, std::byte* held, std::byte* scratch) const {
  larger = gathered(larger, scratch);
  if (pooling_ == Pooling::mode) {
    std::memcpy(held, larger, static_cast<size_t>(larger_bytes_));
    return;
  }
  for_each_piece([&]<class T>(const Piece& p, int64_t height, int64_t width) {
    const Plane<const T> in{at<T>(larger, p.larger), p.width, p.height, p.larger_stride};
    if (pooling_ == Pooling::mean) {
      kernels::sum_2x2<T>(in, {at<block_sum_t<T>>(held, p.half), width, height, half_width_});
    } else {
      kernels::nearest_2x2<T>(in, {at<T>(held, p.half), width, height, half_width_});
    }
  });
}

void PlanePooling::pool_pair(const std::byte* held, bool held_is_upper, const std::byte* larger,
                             std::byte* smaller, std::byte* scratch) const {
  if (pooling_ == Pooling::nearest) {
    return held_is_upper ? pool_held(held, smaller) : pool(larger, smaller, scratch);
  }
  larger = gathered(larger, scratch);
  for_each_piece([&]<class T>(const Piece& p, int64_t height, int64_t width) {
    const Plane<const T> in{at<T>(larger, p.larger), p.width, p.height, p.larger_stride};
    const Plane<T> out{at<T>(smaller, p.smaller), width, height, p.smaller_stride};
    if (pooling_ == Pooling::mean) {
      kernels::mean_2x2x2<T>({at<block_sum_t<T>>(held, p.half), width, height, half_width_}, in,
                             out);
    } else if constexpr (std::is_integral_v<T>) {
      kernels::mode_2x2x2<T>({at<T>(held, p.larger), p.width, p.height, p.larger_stride}, in, out);
    }
  });
}

void PlanePooling::pool_held(const std::byte* held, std::byte* smaller) const {
  if (pooling_ == Pooling::mode) return pool_gathered(held, smaller);
  for_each_piece([&]<class T>(const Piece& p, int64_t height, int64_t width) {
    const Plane<T> out{at<T>(smaller, p.smaller), width, height, p.smaller_stride};
    if (pooling_ == Pooling::mean) {
      kernels::mean_of_sums<T>({at<block_sum_t<T>>(held, p.half), width, height, half_width_},
                               p.width, p.height, out);
      return;
    }
    for (int64_t y = 0; y < height; ++y)
      std::memcpy(out.row(y), at<T>(held, p.half + y * half_width_),
                  static_cast<size_t>(width) * sizeof(T));
  });
}

}  // namespace parfocal
