#include "parfocal/kernels/rank_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "parfocal/kernels/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/rank_filter.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef PARFOCAL_KERNELS_RANK_FILTER_ONCE
#define PARFOCAL_KERNELS_RANK_FILTER_ONCE
namespace parfocal::kernels::ranks {

/// Bytes of each wire that go through a network at once.
inline constexpr size_t kBlockBytes = 128;

/// What is compared in place of a pixel: a number of the same size and order. So few types do.
template <class T>
struct KeyOf {
  using Bits =
      std::conditional_t<sizeof(T) == 1, uint8_t,
                         std::conditional_t<sizeof(T) == 2, uint16_t,
                                            std::conditional_t<sizeof(T) == 4, int32_t, int64_t>>>;
  static constexpr Bits kMost = std::numeric_limits<Bits>::max();
  static constexpr Bits kFlip =  // the sign bit, where order and sign of the key differ from T's
      std::is_floating_point_v<T> || std::is_signed_v<T> == std::is_signed_v<Bits>
          ? Bits{0}
          : static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));

  static Bits of(T value) {
    const Bits bits = std::bit_cast<Bits>(value);
    if constexpr (std::is_floating_point_v<T>)
      return value != value ? kMost : magnitude_by_sign(bits);
    else
      return static_cast<Bits>(bits ^ kFlip);
  }
  static T value(Bits key) {
    if constexpr (std::is_floating_point_v<T>)
      return key == kMost ? std::numeric_limits<T>::quiet_NaN()
                          : std::bit_cast<T>(magnitude_by_sign(key));
    else
      return std::bit_cast<T>(static_cast<Bits>(key ^ kFlip));
  }

 private:
  /// Of negative numbers the larger magnitude is the smaller number. Its own inverse.
  static Bits magnitude_by_sign(Bits bits) { return bits < 0 ? bits ^ kMost : bits; }
};
template <class T>
using key_t = typename KeyOf<T>::Bits;

/// The scratch of one call, cut into pieces. Lines have room for a block more than they need.
template <class K>
struct Workspace {
  int64_t ring_rows, stride;
  K* ring;         ///< row y of the image, with what is reflected beside it, in slot y % ring_rows
  K* sorted;       ///< of a box: as many lines as it has rows, every column of which rises
  K* result;       ///< a row of the output
  K* wires;        ///< a block of each
  const K** at;    ///< where the values of a wire stand now
  const K** rows;  ///< of each chord
  uint32_t* counts;
  uint32_t* coarse;  ///< counts of 256 levels each
  size_t levels;     ///< that are counted: none, or all of the type
  size_t bytes;

  Workspace(void* base, int64_t width, const RankSearch& search) {
    using Way = RankSearch::Way;
    constexpr auto kBlock = static_cast<int64_t>(kBlockBytes / sizeof(K));
    const Way way = search.way();
    const size_t wires_used = way == Way::counting ? 0 : static_cast<size_t>(search.pixels());
    ring_rows = 2 * search.reach() + 1;
    stride = (width + 2 * search.reach() + 2 * kBlock - 1) / kBlock * kBlock;
    ScratchCursor cursor(base);
    ring = cursor.take<K>(static_cast<size_t>(ring_rows * stride));
    sorted = cursor.take<K>(way == Way::box ? static_cast<size_t>(search.rows() * stride) : 0);
    result = cursor.take<K>(static_cast<size_t>(stride));
    wires = cursor.take<K>(wires_used * (way == Way::sorting ? 1 : kBlock));
    at = cursor.take<const K*>(wires_used);
    rows = cursor.take<const K*>(search.chords().size());
    levels = way == Way::counting ? size_t{1} << (8 * std::min<size_t>(sizeof(K), 2)) : 0;
    counts = cursor.take<uint32_t>(levels);
    coarse = cursor.take<uint32_t>(levels / 256);
    bytes = cursor.used_bytes();
  }
};

/// A network that is known when this is compiled: the median of a box.
template <size_t kRows, size_t kColumns>
struct MedianNetwork {
  static constexpr size_t kRank = kRows * kColumns / 2;
  static constexpr size_t kCount = selection_network(kColumns, kRows, kRank).exchanges.size();
  static constexpr std::array<Exchange, kCount> kExchanges = [] {
    std::array<Exchange, kCount> all;
    const SelectionNetwork network = selection_network(kColumns, kRows, kRank);
    std::copy(network.exchanges.begin(), network.exchanges.end(), all.begin());
    return all;
  }();
  static constexpr size_t kAnswer = selection_network(kColumns, kRows, kRank).answer;
};

}  // namespace parfocal::kernels::ranks
#endif  // PARFOCAL_KERNELS_RANK_FILTER_ONCE

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using namespace ranks;

template <class K>
inline constexpr size_t kBlock = kBlockBytes / sizeof(K);

/// One exchange of a block. A wire's values move into its own block when they are first written.
template <class K>
HWY_INLINE void exchange(const Exchange& e, const K** at, K* wires) {
  const hn::CappedTag<K, kBlock<K>> d;
  const K *a = at[e.a], *b = at[e.b];
  K* low = wires + e.a * kBlock<K>;
  K* high = wires + e.b * kBlock<K>;
  for (size_t x = 0; x < kBlock<K>; x += hn::Lanes(d)) {
    const auto va = hn::LoadU(d, a + x), vb = hn::LoadU(d, b + x);
    if (e.low) hn::Store(hn::Min(va, vb), d, low + x);
    if (e.high) hn::Store(hn::Max(va, vb), d, high + x);
  }
  if (e.low) at[e.a] = low;
  if (e.high) at[e.b] = high;
}
template <class K>
void run_network(const std::vector<Exchange>& exchanges, const K** at, K* wires) {
  for (const Exchange& e : exchanges) exchange(e, at, wires);
}
template <class K>
HWY_INLINE void copy_block(const K* from, K* to) {
  std::memcpy(to, from, kBlockBytes);
}

template <class K>
void sort_columns(const RankSearch& search, const Workspace<K>& w, int64_t width) {
  const auto rows = static_cast<size_t>(search.rows());
  for (int64_t x = 0; x < width; x += kBlock<K>) {
    for (size_t r = 0; r < rows; ++r) w.at[r] = w.rows[r] + x;
    run_network(search.column_sort(), w.at, w.wires);
    for (size_t r = 0; r < rows; ++r)
      copy_block(w.at[r], w.sorted + static_cast<int64_t>(r) * w.stride + x);
  }
}

template <class K>
void box_row(const RankSearch& search, const Workspace<K>& w, int64_t width) {
  const auto rows = static_cast<size_t>(search.rows()),
             columns = static_cast<size_t>(search.columns());
  sort_columns(search, w, width + search.columns() - 1);
  for (int64_t x = 0; x < width; x += kBlock<K>) {
    for (size_t c = 0; c < columns; ++c)
      for (size_t r = 0; r < rows; ++r)
        w.at[c * rows + r] =
            w.sorted + static_cast<int64_t>(r) * w.stride + x + static_cast<int64_t>(c);
    run_network(search.network().exchanges, w.at, w.wires);
    copy_block(w.at[search.network().answer], w.result + x);
  }
}

#if !HWY_HAVE_SCALABLE  // else vectors cannot stand in arrays
template <class Network, size_t kIndex, class D, class V = hn::Vec<D>>
HWY_INLINE void fixed_exchange(V* v) {
  constexpr Exchange e = Network::kExchanges[kIndex];
  const V a = v[e.a], b = v[e.b];
  if constexpr (e.low) v[e.a] = hn::Min(a, b);
  if constexpr (e.high) v[e.b] = hn::Max(a, b);
}
template <class Network, class D, size_t... kIndices>
HWY_INLINE void fixed_network(hn::Vec<D>* v, std::index_sequence<kIndices...>) {
  (fixed_exchange<Network, kIndices, D>(v), ...);
}
template <size_t kSide, class D>
HWY_INLINE void fixed_column_sort(hn::Vec<D>* v) {
  using V = hn::Vec<D>;
  const auto order = [v](size_t a, size_t b) HWY_ATTR {
    const V low = hn::Min(v[a], v[b]), high = hn::Max(v[a], v[b]);
    v[a] = low;
    v[b] = high;
  };
  if constexpr (kSide == 3) {
    order(0, 2), order(0, 1), order(1, 2);
  } else {
    static_assert(kSide == 5);
    order(0, 3), order(1, 4), order(0, 2), order(1, 3), order(0, 1), order(2, 4), order(1, 2),
        order(3, 4), order(2, 3);
  }
}

/// box_row() of the median of 3x3 or 5x5, in registers.
template <size_t kSide, class K>
void median_row(const Workspace<K>& w, int64_t width) {
  using Network = MedianNetwork<kSide, kSide>;
  const hn::CappedTag<K, kBlock<K>> d;
  using D = decltype(d);
  using V = hn::Vec<std::remove_const_t<D>>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t x = 0; x < width + static_cast<int64_t>(kSide) - 1; x += lanes) {
    V column[kSide];
    for (size_t r = 0; r < kSide; ++r) column[r] = hn::LoadU(d, w.rows[r] + x);
    fixed_column_sort<kSide, std::remove_const_t<D>>(column);
    for (size_t r = 0; r < kSide; ++r)
      hn::StoreU(column[r], d, w.sorted + static_cast<int64_t>(r) * w.stride + x);
  }
  for (int64_t x = 0; x < width; x += lanes) {
    V v[kSide * kSide];
    for (size_t c = 0; c < kSide; ++c)
      for (size_t r = 0; r < kSide; ++r)
        v[c * kSide + r] = hn::LoadU(
            d, w.sorted + static_cast<int64_t>(r) * w.stride + x + static_cast<int64_t>(c));
    fixed_network<Network, std::remove_const_t<D>>(v, std::make_index_sequence<Network::kCount>());
    hn::StoreU(v[Network::kAnswer], d, w.result + x);
  }
}
#endif

template <class K>
void pixels_row(const RankSearch& search, const Workspace<K>& w, int64_t width) {
  const std::vector<Chord>& chords = search.chords();
  for (int64_t x = 0; x < width; x += kBlock<K>) {
    size_t wire = 0;
    for (size_t k = 0; k < chords.size(); ++k)
      for (int32_t i = 0; i < chords[k].end - chords[k].begin; ++i)
        w.at[wire++] = w.rows[k] + x + i;
    run_network(search.network().exchanges, w.at, w.wires);
    copy_block(w.at[search.network().answer], w.result + x);
  }
}

template <class K>
void sorting_row(const RankSearch& search, const Workspace<K>& w, int64_t width) {
  const std::vector<Chord>& chords = search.chords();
  for (int64_t x = 0; x < width; ++x) {
    K* end = w.wires;
    for (size_t k = 0; k < chords.size(); ++k)
      end = std::copy_n(w.rows[k] + x, chords[k].end - chords[k].begin, end);
    std::nth_element(w.wires, w.wires + search.rank(), end);
    w.result[x] = w.wires[search.rank()];
  }
}

/// Counts of the levels in a window, and where its order statistic stands.
template <class K>
class Counted {
 public:
  Counted(const Workspace<K>& w, int64_t rank)
      : counts_(w.counts), coarse_(w.coarse), rank_(rank) {}

  void add(K level) {
    ++counts_[level];
    ++coarse_[level >> 8];
    below_ += level < level_;
  }
  void remove(K level) {
    --counts_[level];
    --coarse_[level >> 8];
    below_ -= level < level_;
  }
  /// Walks from where it stood to the level of the rank; over 256 levels at once where it can.
  K find() {
    while (below_ > rank_) {
      const uint32_t block = level_ >> 8;
      if (level_ % 256 == 0 && below_ - coarse_[block - 1] > rank_) {
        below_ -= coarse_[block - 1];
        level_ -= 256;
      } else {
        below_ -= counts_[--level_];
      }
    }
    while (below_ + counts_[level_] <= rank_) {
      if (level_ % 256 == 0 && below_ + coarse_[level_ >> 8] <= rank_) {
        below_ += coarse_[level_ >> 8];
        level_ += 256;
      } else {
        below_ += counts_[level_++];
      }
    }
    return static_cast<K>(level_);
  }

 private:
  uint32_t *counts_, *coarse_;
  int64_t rank_;
  uint32_t level_ = 0;
  int64_t below_ = 0;  ///< values in the window below level_
};

template <class K>
void counting_row(const RankSearch& search, const Workspace<K>& w, int64_t width,
                  Counted<K>& counted) {
  const std::vector<Chord>& chords = search.chords();
  const auto each = [&](int64_t x, auto&& f) {
    for (size_t k = 0; k < chords.size(); ++k)
      for (int32_t i = 0; i < chords[k].end - chords[k].begin; ++i) f(w.rows[k][x + i]);
  };
  each(0, [&](K level) { counted.add(level); });
  w.result[0] = counted.find();
  for (int64_t x = 1; x < width; ++x) {
    for (size_t k = 0; k < chords.size(); ++k) {
      counted.remove(w.rows[k][x - 1]);
      counted.add(w.rows[k][x - 1 + chords[k].end - chords[k].begin]);
    }
    w.result[x] = counted.find();
  }
  each(width - 1, [&](K level) { counted.remove(level); });
}

template <class K>
void one_row(const RankSearch& search, const Workspace<K>& w, int64_t width) {
  switch (search.way()) {
    case RankSearch::Way::box: {
#if !HWY_HAVE_SCALABLE
      const int64_t rows = search.rows();
      const bool median = search.rank() == search.pixels() / 2 && rows == search.columns();
      if (median && rows == 3) return median_row<3>(w, width);
      if (median && rows == 5) return median_row<5>(w, width);
#endif
      return box_row(search, w, width);
    }
    case RankSearch::Way::pixels:
      return pixels_row(search, w, width);
    default:
      return sorting_row(search, w, width);
  }
}

/// Rows of the image into the ring, as keys, with what is reflected beside them.
template <class T, class K = key_t<T>>
void load_line(Plane<const T> in, const ImageTile& tile, int64_t y, int64_t first, int64_t count,
               K* to) {
  static_assert(sizeof(T) == sizeof(K));
  const T* row = in.row(y - tile.window_y);
  T* raw = reinterpret_cast<T*>(to);
  load_reflected(row, tile.window_x, tile.image_width, first, count, raw);
  for (int64_t i = 0; i < count; ++i) to[i] = KeyOf<T>::of(raw[i]);
}

template <class T, class K = key_t<T>>
void rank_tile(Plane<const T> in, Plane<T> out, const ImageTile& tile, const RankSearch& search,
               void* scratch) {
  const int64_t reach = search.reach(), line = out.width + 2 * reach;
  const Workspace<K> w(scratch, out.width, search);
  std::fill_n(w.ring, w.ring_rows * w.stride, K{0});  // what vectors read beyond the lines
  if (search.way() == RankSearch::Way::box) std::fill_n(w.sorted, search.rows() * w.stride, K{0});
  std::fill_n(w.counts, w.levels, 0U);
  std::fill_n(w.coarse, w.levels / 256, 0U);
  Counted<K> counted(w, search.rank());
  int64_t next = std::max<int64_t>(0, tile.output_y - reach);  // first row that is not in the ring
  for (int64_t i = 0; i < out.height; ++i) {
    const int64_t y = tile.output_y + i;
    for (const int64_t end = std::min(tile.image_height, y + reach + 1); next < end; ++next)
      load_line(in, tile, next, tile.output_x - reach, line,
                w.ring + next % w.ring_rows * w.stride);
    for (size_t k = 0; k < search.chords().size(); ++k) {
      const Chord& chord = search.chords()[k];
      const int64_t row = reflected(y + chord.row, tile.image_height);
      w.rows[k] = w.ring + row % w.ring_rows * w.stride + reach + chord.begin;
    }
    if constexpr (sizeof(K) <= 2) {
      if (search.way() == RankSearch::Way::counting)
        counting_row(search, w, out.width, counted);
      else
        one_row(search, w, out.width);
    } else {
      one_row(search, w, out.width);
    }
    T* to = out.row(i);
    for (int64_t x = 0; x < out.width; ++x) to[x] = KeyOf<T>::value(w.result[x]);
  }
}

// One plain function a type: dispatch tables cannot hold templates.
#define PARFOCAL_TARGET(T, name)                                                              \
  void name(Plane<const T> in, Plane<T> out, const ImageTile& tile, const RankSearch& search, \
            void* scratch) {                                                                  \
    rank_tile<T>(in, out, tile, search, scratch);                                             \
  }
PARFOCAL_TARGET(uint8_t, rank_u8)
PARFOCAL_TARGET(uint16_t, rank_u16)
PARFOCAL_TARGET(uint32_t, rank_u32)
PARFOCAL_TARGET(int8_t, rank_i8)
PARFOCAL_TARGET(int16_t, rank_i16)
PARFOCAL_TARGET(int32_t, rank_i32)
PARFOCAL_TARGET(float, rank_f32)
PARFOCAL_TARGET(double, rank_f64)
#undef PARFOCAL_TARGET

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {

#define PARFOCAL_PUBLIC(T, name)                                                   \
  HWY_EXPORT(name);                                                                \
  template <>                                                                      \
  void rank_filter<T>(Plane<const T> in, Plane<T> out, const ImageTile& tile,      \
                      const RankSearch& search, void* scratch) noexcept {          \
    if (out.width > 0) HWY_DYNAMIC_DISPATCH(name)(in, out, tile, search, scratch); \
  }
PARFOCAL_PUBLIC(uint8_t, rank_u8)
PARFOCAL_PUBLIC(uint16_t, rank_u16)
PARFOCAL_PUBLIC(uint32_t, rank_u32)
PARFOCAL_PUBLIC(int8_t, rank_i8)
PARFOCAL_PUBLIC(int16_t, rank_i16)
PARFOCAL_PUBLIC(int32_t, rank_i32)
PARFOCAL_PUBLIC(float, rank_f32)
PARFOCAL_PUBLIC(double, rank_f64)
#undef PARFOCAL_PUBLIC

size_t rank_filter_scratch_bytes(int64_t output_width, const RankSearch& search,
                                 size_t element_bytes) noexcept {
  const auto bytes = [&]<class K>(K) {
    return ranks::Workspace<K>(nullptr, output_width, search).bytes;
  };
  switch (element_bytes) {
    case 1:
      return bytes(uint8_t{});
    case 2:
      return bytes(uint16_t{});
    case 4:
      return bytes(int32_t{});
    default:
      return bytes(int64_t{});
  }
}

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
