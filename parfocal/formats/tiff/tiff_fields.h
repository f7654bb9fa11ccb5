#pragma once
/// The tags of a TIFF directory that matter, as they stand there.

#include <cstdint>
#include <limits>
#include <string>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// The numbers of the tag SampleFormat.
enum TiffSampleFormat : uint64_t { kTiffUnsigned = 1, kTiffSigned = 2, kTiffFloat = 3 };

struct TiffFields {
  uint64_t width = 0, height = 0, compression = 1, photometric = 1, fill_order = 1, predictor = 1;
  /// Of the first sample, where its value fits the entry.
  uint64_t bits = 1, format = kTiffUnsigned;
  TiffValues all_bits, all_formats;
  uint64_t samples = 1, planar = 1, extra_sample = 0;
  uint64_t rows_per_strip = std::numeric_limits<uint32_t>::max();
  uint64_t tile_width = 0, tile_height = 0;
  TiffValues strip_offsets, strip_counts, tile_offsets, tile_counts;
  TiffValues description, second_description, x_resolution, y_resolution;
  uint64_t resolution_unit = 0, depth = 1;
  TiffValues sub_pages, colour_map;
  uint64_t next = 0;  ///< position of the next directory, 0 = last
  bool reduced = false, is_gap = false;
};

/// The count, the entries and the link to the next directory come in one read where they are few.
/// Fails where a tag that decides the pixels has no value that readers agree on. Thread-safe.
Status read_tiff_fields(const TiffFile& file, uint64_t position, TiffFields& fields);

/// Bytes of one value of an unsigned integer type (BYTE, SHORT, LONG, LONG8, IFD, IFD8); 0 = other.
int tiff_value_bytes(uint16_t type);

/// An unsigned integer of up to 8 bytes.
uint64_t load_tiff_number(const uint8_t* from, int bytes, bool big_endian);

/// The failure of a header that says what cannot be.
Status damaged_tiff(const std::string& what);

}  // namespace parfocal
