#include "parfocal/formats/tiff/tiff_fields.h"

#include <algorithm>
#include <iterator>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

enum Tag : uint16_t {
  kNewSubfileType = 254,
  kSubfileType = 255,
  kWidth = 256,
  kHeight = 257,
  kBits = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kDescription = 270,
  kStripOffsets = 273,
  kSamples = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kXResolution = 282,
  kYResolution = 283,
  kPlanarConfiguration = 284,
  kResolutionUnit = 296,
  kPredictor = 317,
  kColourMap = 320,
  kTileWidth = 322,
  kTileHeight = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kSubIfds = 330,
  kExtraSamples = 338,
  kSampleFormat = 339,
  kImageDepth = 32997,
  kMetaMorphPlanes = 33629,
};

constexpr uint64_t kMaxEntries = 4096;  // directories of real files have at most some dozens

Status beyond(const TiffFile& file, std::string what, uint64_t position) {
  return Status::fail("truncated or damaged: " + what + " at byte " + std::to_string(position) +
                          " lies beyond the file of " + std::to_string(file.size) + " bytes",
                      "copy the file again");
}

struct Entry {
  uint16_t tag = 0;
  TiffValues values;
  uint64_t first = 0;   // first value, where it fits the entry
  uint64_t unused = 0;  // bytes behind a SHORT of a little-endian BigTIFF, in their places
};

Entry parse_entry(const TiffFile& file, const uint8_t* p, uint64_t position) {
  Entry e;
  e.tag = static_cast<uint16_t>(load_tiff_number(p, 2, file.big_endian));
  e.values.type = static_cast<uint16_t>(load_tiff_number(p + 2, 2, file.big_endian));
  const int word = file.big_tiff ? 8 : 4;
  e.values.count = load_tiff_number(p + 4, word, file.big_endian);
  const int bytes = tiff_value_bytes(e.values.type);
  const bool rational = file.big_tiff && e.values.type == 5 && e.values.count == 1;
  const bool fits =
      rational || (bytes > 0 && e.values.count <= static_cast<uint64_t>(word / bytes));
  const uint8_t* value = p + 4 + word;
  e.values.position = fits ? position + 4 + static_cast<uint64_t>(word)
                           : load_tiff_number(value, word, file.big_endian);
  if (fits && bytes > 0 && e.values.count > 0)
    e.first = load_tiff_number(value, bytes, file.big_endian);
  if (file.big_tiff && !file.big_endian && e.values.type == 3 && e.values.count == 1)
    e.unused = load_tiff_number(value, 8, false) & ~uint64_t{0xffff};
  return e;
}

bool decides_pixels(uint16_t tag) {
  constexpr uint16_t all[] = {kWidth,          kHeight,      kBits,           kCompression,
                              kPhotometric,    kFillOrder,   kStripOffsets,   kSamples,
                              kRowsPerStrip,   kTileWidth,   kTileHeight,     kPlanarConfiguration,
                              kPredictor,      kTileOffsets, kSampleFormat,   kStripByteCounts,
                              kTileByteCounts, kImageDepth,  kMetaMorphPlanes};
  return std::find(std::begin(all), std::end(all), tag) != std::end(all);
}
bool is_type(uint16_t type) {
  return (type >= 1 && type <= 13) || (type >= 16 && type <= 18);  // up to LONG8, SLONG8, IFD8
}

// Readers pass over what they cannot understand, which makes other pixels of the same bytes.
Status check_entry(const Entry& e) {
  if (!decides_pixels(e.tag) || (is_type(e.values.type) && e.values.count > 0)) return {};
  return damaged_tiff("tag " + std::to_string(e.tag) + " has " + std::to_string(e.values.count) +
                      " values of type " + std::to_string(e.values.type));
}

void set_field(const Entry& e, TiffFields& f) {
  switch (e.tag) {
    case kWidth:
      f.width = e.first;
      break;
    case kHeight:
      f.height = e.first;
      break;
    case kBits:
      f.bits = e.first;
      f.all_bits = e.values;
      break;
    case kCompression:
      f.compression = e.first;
      break;
    case kPhotometric:
      f.photometric = e.first;
      break;
    case kFillOrder:
      f.fill_order = e.first;
      break;
    case kPredictor:
      f.predictor = e.first;
      break;
    case kSamples:
      f.samples = e.first;
      f.is_gap = e.unused == kGapMark;
      break;
    case kPlanarConfiguration:
      f.planar = e.first;
      break;
    case kExtraSamples:
      f.extra_sample = e.first;
      break;
    case kColourMap:
      f.colour_map = e.values;
      break;
    case kRowsPerStrip:
      f.rows_per_strip = e.first;
      break;
    case kSampleFormat:
      f.format = e.first;
      f.all_formats = e.values;
      break;
    case kTileWidth:
      f.tile_width = e.first;
      break;
    case kTileHeight:
      f.tile_height = e.first;
      break;
    case kStripOffsets:
      f.strip_offsets = e.values;
      break;
    case kStripByteCounts:
      f.strip_counts = e.values;
      break;
    case kTileOffsets:
      f.tile_offsets = e.values;
      break;
    case kTileByteCounts:
      f.tile_counts = e.values;
      break;
    case kDescription:
      (f.description.type == 0 ? f.description : f.second_description) = e.values;
      break;
    case kXResolution:
      f.x_resolution = e.values;
      break;
    case kYResolution:
      f.y_resolution = e.values;
      break;
    case kResolutionUnit:
      f.resolution_unit = e.first;
      break;
    case kNewSubfileType:  // bit 0: reduced; bit 2: a mask
      f.reduced = (e.first & 5) != 0;
      break;
    case kSubfileType:
      f.reduced = f.reduced || e.first == 2;
      break;
    case kSubIfds:
      f.sub_pages = e.values;
      break;
    case kImageDepth:
      f.depth = std::max<uint64_t>(f.depth, e.first);
      break;
    case kMetaMorphPlanes:
      f.depth = std::max<uint64_t>(f.depth, e.values.count);
      break;
    default:
      break;
  }
}

Status check_entry_count(uint64_t count) {
  if (count > 0 && count <= kMaxEntries) return {};
  return damaged_tiff("a directory of " + std::to_string(count) + " entries");
}

}  // namespace

uint64_t load_tiff_number(const uint8_t* from, int bytes, bool big_endian) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; ++i) v = v << 8 | from[big_endian ? i : bytes - 1 - i];
  return v;
}

int tiff_value_bytes(uint16_t type) {
  switch (type) {
    case 1:
      return 1;
    case 3:
      return 2;
    case 4:
    case 13:
      return 4;
    case 16:
    case 18:
      return 8;
    default:
      return 0;
  }
}

Status damaged_tiff(const std::string& what) {
  return Status::fail("damaged TIFF header: " + what, "write the file again");
}

Status read_tiff_fields(const TiffFile& file, uint64_t position, TiffFields& fields) {
  constexpr int64_t kBatch = 32;
  const int64_t entry_bytes = file.big_tiff ? 20 : 12, link_bytes = file.big_tiff ? 8 : 4;
  const int64_t count_bytes = file.big_tiff ? 8 : 2;
  uint8_t buffer[8 + kBatch * 20 + 8];
  if (position >= static_cast<uint64_t>(file.size)) return beyond(file, "the directory", position);
  const int64_t start = static_cast<int64_t>(position);
  int64_t got = read_at(file.fd, buffer, count_bytes + kBatch * entry_bytes + link_bytes, start);
  if (got < count_bytes) return beyond(file, "the directory", position);
  const uint64_t count = load_tiff_number(buffer, static_cast<int>(count_bytes), file.big_endian);
  if (Status s = check_entry_count(count); !s.ok()) return s;
  int64_t used = count_bytes, at = start;  // `buffer` holds `got` bytes from `at`
  for (int64_t left = static_cast<int64_t>(count); left > 0;) {
    const int64_t n = std::min(left, kBatch);
    if (got < used + n * entry_bytes) return beyond(file, "the directory", position);
    for (int64_t i = 0; i < n; ++i, used += entry_bytes) {
      const Entry e = parse_entry(file, buffer + used, static_cast<uint64_t>(at + used));
      if (Status s = check_entry(e); !s.ok()) return s;
      set_field(e, fields);
    }
    left -= n;
    if (left == 0) break;
    at += used;
    used = 0;
    got = read_at(file.fd, buffer, kBatch * entry_bytes + link_bytes, at);
  }
  // Some writers leave out the link of the last directory.
  fields.next = got >= used + link_bytes
                    ? load_tiff_number(buffer + used, static_cast<int>(link_bytes), file.big_endian)
                    : 0;
  return {};
}

Status TiffValueReader::get(uint64_t index, uint64_t& value) {
  const int bytes = tiff_value_bytes(values_.type);
  if (bytes == 0 || index >= values_.count) return damaged_tiff("offsets or byte counts");
  if (index < first_ || index >= first_ + count_) {
    const uint64_t n = std::min(kWindow, values_.count - index);
    const uint64_t size = static_cast<uint64_t>(file_.size);
    uint8_t raw[kWindow * 8];
    if (values_.position >= size || index > size)
      return beyond(file_, "a table of offsets", values_.position);
    const uint64_t at = values_.position + index * static_cast<uint64_t>(bytes);
    const int64_t got =
        read_at(file_.fd, raw, static_cast<int64_t>(n) * bytes, static_cast<int64_t>(at));
    if (got < bytes) return beyond(file_, "a table of offsets", at);
    first_ = index;
    count_ = static_cast<uint64_t>(got / bytes);
    for (uint64_t i = 0; i < count_; ++i)
      window_[i] =
          load_tiff_number(raw + i * static_cast<uint64_t>(bytes), bytes, file_.big_endian);
  }
  value = window_[index - first_];
  return {};
}

}  // namespace parfocal
