#include "parfocal/kernels/bitmask.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "parfocal/kernels/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/bitmask.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "parfocal/kernels/packed_rows-inl.h"

#ifndef PARFOCAL_KERNELS_BITMASK_ONCE
#define PARFOCAL_KERNELS_BITMASK_ONCE
namespace parfocal::kernels {
namespace {

/// Buffers of one erosion or dilation. A packed row is padded with `pad` words of border value on
/// both sides, so that shifted reads need no test.
struct StageBuffers {
  Chord* chords;      // the footprint, reflected for a dilation
  int32_t* interval;  // per chord, the index of its column interval
  Chord* intervals;   // the distinct column intervals; their rows do not count
  uint64_t* padded;   // the newest input row
  uint64_t* shifted;  // work row
  uint64_t* ring;     // last rows, each combined over every distinct interval
};

struct StageShape {
  int64_t words;
  int64_t pad;
  int64_t count;
  int64_t distinct;
  int64_t first_row;  // rows of the footprint: [first_row, last_row]
  int64_t last_row;

  int64_t padded_words() const noexcept { return words + 2 * pad; }
  int64_t ring_rows() const noexcept { return last_row - first_row + 1; }
};

bool same_columns(const Chord& a, const Chord& b) noexcept {
  return a.begin == b.begin && a.end == b.end;
}

StageShape stage_shape(int64_t width, Footprint footprint) noexcept {
  StageShape shape{packed_words(width), 0, footprint.count, 0, 0, 0};
  int64_t reach = 0;
  for (int64_t i = 0; i < footprint.count; ++i) {
    const Chord& chord = footprint.chords[i];
    // Reflection swaps the signs; a symmetric bound serves erosion and dilation.
    const int64_t row = std::abs(chord.row);
    shape.last_row = std::max(shape.last_row, row);
    shape.first_row = -shape.last_row;
    reach = std::max<int64_t>(
        {reach, std::abs(chord.begin), std::abs(chord.end), chord.end - chord.begin});
    const auto same = [&](const Chord& other) { return same_columns(other, chord); };
    if (std::none_of(footprint.chords, footprint.chords + i, same)) ++shape.distinct;
  }
  shape.pad = reach / 64 + 2;
  return shape;
}

StageBuffers take_stage(ScratchCursor& cursor, const StageShape& shape) noexcept {
  StageBuffers buffers;
  const auto padded = static_cast<size_t>(shape.padded_words());
  buffers.chords = cursor.take<Chord>(static_cast<size_t>(shape.count));
  buffers.interval = cursor.take<int32_t>(static_cast<size_t>(shape.count));
  buffers.intervals = cursor.take<Chord>(static_cast<size_t>(shape.distinct));
  buffers.padded = cursor.take<uint64_t>(padded);
  buffers.shifted = cursor.take<uint64_t>(padded);
  buffers.ring =
      cursor.take<uint64_t>(static_cast<size_t>(shape.ring_rows() * shape.distinct * shape.words));
  return buffers;
}

/// Copies the chords (reflected for a dilation) and numbers their distinct column intervals.
void fill_chords(const StageBuffers& buffers, Footprint footprint, bool reflect) noexcept {
  int32_t distinct = 0;
  for (int64_t i = 0; i < footprint.count; ++i) {
    const Chord& from = footprint.chords[i];
    const Chord chord = reflect ? Chord{-from.row, 1 - from.end, 1 - from.begin} : from;
    buffers.chords[i] = chord;
    int32_t index = 0;
    while (index < distinct && !same_columns(buffers.intervals[index], chord)) ++index;
    if (index == distinct) buffers.intervals[distinct++] = chord;
    buffers.interval[i] = index;
  }
}

struct MorphologyJob {
  Plane<const uint8_t> in;
  Window window;
  Plane<uint8_t> out;
  Footprint footprint;
  void* scratch;
};

}  // namespace
}  // namespace parfocal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

template <bool kErode>
HWY_INLINE uint64_t combine(uint64_t a, uint64_t b) {
  return kErode ? (a & b) : (a | b);
}

/// 64 pixels that start `bit` (0..63) pixels into `low`.
HWY_INLINE uint64_t shifted_word(uint64_t low, uint64_t high, int bit) {
  return (low >> bit) | ((high << 1) << (63 - bit));
}

/// row(x) = combine(row(x), row(x + shift)) in place. The last words, which would read past the
/// end, lie in the padding and keep the border value, the neutral element.
template <bool kErode>
void combine_shifted(uint64_t* row, int64_t words, int64_t shift) {
  const int64_t skip = shift / 64;
  const int bit = static_cast<int>(shift % 64);
  const uint64_t* ahead = row + skip;
  for (int64_t i = 0; i + skip + 1 < words; ++i) {
    row[i] = combine<kErode>(row[i], shifted_word(ahead[i], ahead[i + 1], bit));
  }
}

/// Combines `padded` over the columns [begin, end) around each pixel: doubling needs log2(width)
/// passes over the row.
template <bool kErode>
void combine_columns(const StageShape& shape, const uint64_t* padded, uint64_t* work, Chord columns,
                     uint64_t* HWY_RESTRICT result) {
  const int64_t length = columns.end - columns.begin;
  const uint64_t* row = padded;
  if (length > 1) {
    std::memcpy(work, padded, static_cast<size_t>(shape.padded_words()) * sizeof(uint64_t));
    for (int64_t done = 1; done < length;) {
      const int64_t shift = std::min(done, length - done);
      combine_shifted<kErode>(work, shape.padded_words(), shift);
      done += shift;
    }
    row = work;
  }
  const int64_t offset = columns.begin + 64 * shape.pad;  // never negative
  const uint64_t* HWY_RESTRICT from = row + offset / 64;
  const int bit = static_cast<int>(offset % 64);
  for (int64_t i = 0; i < shape.words; ++i) {
    result[i] = shifted_word(from[i], from[i + 1], bit);
  }
}

/// The packed rows of the input.
struct PackedSource {
  Plane<const uint8_t> in;
  HWY_INLINE void read(int64_t y, uint64_t* words) const {
    pack_row_bits(in.row(y), in.width, words);
  }
};

/// One erosion or dilation as a source of rows: reads of ascending rows pull just the rows they
/// need from `source`, and each of those passes through the ring once.
template <bool kErode, typename Source>
struct Stage {
  Source source;
  StageShape shape;
  StageBuffers buffers;
  int64_t width;
  int64_t height;
  int64_t pulled;  // rows before this one have passed

  static constexpr uint64_t kBorder = kErode ? ~uint64_t{0} : 0;

  Stage(Source from, const MorphologyJob& job, ScratchCursor& cursor, int64_t first_output)
      : source(from),
        shape(stage_shape(job.in.width, job.footprint)),
        buffers(take_stage(cursor, shape)),
        width(job.in.width),
        height(job.in.height),
        pulled(std::max<int64_t>(0, first_output + shape.first_row)) {
    fill_chords(buffers, job.footprint, !kErode);
    std::fill_n(buffers.padded, shape.padded_words(), kBorder);
  }

  uint64_t* ring_row(int64_t y, int64_t interval) const {
    return buffers.ring + ((y % shape.ring_rows()) * shape.distinct + interval) * shape.words;
  }

  void pull() {
    uint64_t* words = buffers.padded + shape.pad;
    source.read(pulled, words);
    if (width % 64 != 0) {
      const uint64_t inside = (uint64_t{1} << (width % 64)) - 1;
      words[shape.words - 1] = (words[shape.words - 1] & inside) | (kBorder & ~inside);
    }
    for (int64_t i = 0; i < shape.distinct; ++i) {
      combine_columns<kErode>(shape, buffers.padded, buffers.shifted, buffers.intervals[i],
                              ring_row(pulled, i));
    }
    ++pulled;
  }

  void read(int64_t y, uint64_t* HWY_RESTRICT result) {
    while (pulled <= std::min(height - 1, y + shape.last_row)) pull();
    std::fill_n(result, shape.words, kBorder);
    for (int64_t c = 0; c < shape.count; ++c) {
      const int64_t from = y + buffers.chords[c].row;
      if (from < 0 || from >= height) continue;
      const uint64_t* HWY_RESTRICT row = ring_row(from, buffers.interval[c]);
      for (int64_t i = 0; i < shape.words; ++i) result[i] = combine<kErode>(result[i], row[i]);
    }
  }
};

/// Reads the window's rows from a stage and unpacks them. `row` has one word more than a row.
template <typename Source>
void write_window(Source& source, const MorphologyJob& job, uint64_t* row) {
  const int64_t words = packed_words(job.window.width);
  const int64_t skip = job.window.x0 / 64;
  const int bit = static_cast<int>(job.window.x0 % 64);
  row[packed_words(job.in.width)] = 0;
  for (int64_t y = 0; y < job.window.height; ++y) {
    source.read(job.window.y0 + y, row);
    for (int64_t i = 0; bit != 0 && i < words; ++i) {
      row[i] = shifted_word(row[i + skip], row[i + skip + 1], bit);
    }
    unpack_row_bits(bit != 0 ? row : row + skip, job.window.width, job.out.row(y));
  }
}

template <bool kErode>
void one_step(const MorphologyJob& job) {
  ScratchCursor cursor(job.scratch);
  auto* row = cursor.take<uint64_t>(static_cast<size_t>(packed_words(job.in.width) + 1));
  Stage<kErode, PackedSource> stage({job.in}, job, cursor, job.window.y0);
  write_window(stage, job, row);
}

template <bool kErodeFirst>
void two_steps(const MorphologyJob& job) {
  ScratchCursor cursor(job.scratch);
  auto* row = cursor.take<uint64_t>(static_cast<size_t>(packed_words(job.in.width) + 1));
  using First = Stage<kErodeFirst, PackedSource>;
  const int64_t rows_up = stage_shape(job.in.width, job.footprint).first_row;
  First first({job.in}, job, cursor, std::max<int64_t>(0, job.window.y0 + rows_up));
  struct Pull {
    First* stage;
    void read(int64_t y, uint64_t* words) const { stage->read(y, words); }
  };
  Stage<!kErodeFirst, Pull> second({&first}, job, cursor, job.window.y0);
  write_window(second, job, row);
}

void erode_job(const MorphologyJob& job) { one_step<true>(job); }
void dilate_job(const MorphologyJob& job) { one_step<false>(job); }
void open_job(const MorphologyJob& job) { two_steps<true>(job); }
void close_job(const MorphologyJob& job) { two_steps<false>(job); }

void pack_image(Plane<const uint8_t> mask, uint64_t* words) {
  const int64_t row_words = packed_words(mask.width);
  for (int64_t y = 0; y < mask.height; ++y) {
    pack_row_bits(mask.row(y), mask.width, words + y * row_words);
  }
}

void unpack_image(const uint64_t* words, Plane<uint8_t> mask) {
  const int64_t row_words = packed_words(mask.width);
  for (int64_t y = 0; y < mask.height; ++y) {
    unpack_row_bits(words + y * row_words, mask.width, mask.row(y));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(pack_image);
HWY_EXPORT(unpack_image);
HWY_EXPORT(erode_job);
HWY_EXPORT(dilate_job);
HWY_EXPORT(open_job);
HWY_EXPORT(close_job);

void pack(Plane<const uint8_t> mask, uint64_t* words) noexcept {
  HWY_DYNAMIC_DISPATCH(pack_image)(mask, words);
}

void unpack(const uint64_t* words, Plane<uint8_t> mask) noexcept {
  HWY_DYNAMIC_DISPATCH(unpack_image)(words, mask);
}

void erode(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
           void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(erode_job)({in, window, out, footprint, scratch});
}

void dilate(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
            void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(dilate_job)({in, window, out, footprint, scratch});
}

void open(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
          void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(open_job)({in, window, out, footprint, scratch});
}

void close(Plane<const uint8_t> in, Window window, Plane<uint8_t> out, Footprint footprint,
           void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(close_job)({in, window, out, footprint, scratch});
}

size_t erode_scratch_bytes(int64_t width, Footprint footprint) noexcept {
  ScratchCursor cursor(nullptr);
  cursor.take<uint64_t>(static_cast<size_t>(packed_words(width) + 1));
  take_stage(cursor, stage_shape(width, footprint));
  return cursor.used_bytes();
}

size_t open_scratch_bytes(int64_t width, Footprint footprint) noexcept {
  ScratchCursor cursor(nullptr);
  cursor.take<uint64_t>(static_cast<size_t>(packed_words(width) + 1));
  const StageShape shape = stage_shape(width, footprint);
  take_stage(cursor, shape);
  take_stage(cursor, shape);
  return cursor.used_bytes();
}

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
