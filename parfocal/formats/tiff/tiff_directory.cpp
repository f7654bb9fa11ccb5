#include "parfocal/formats/tiff/tiff_directory.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

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
  kTileWidth = 322,
  kTileHeight = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kSubIfds = 330,
  kSampleFormat = 339,
  kImageDepth = 32997,
  kMetaMorphPlanes = 33629,
};
enum Format : uint64_t { kUnsigned = 1, kSigned = 2, kFloat = 3 };

constexpr uint64_t kMaxSide = uint64_t{1} << 31;
constexpr uint64_t kMaxEntries = 4096;  // directories of real files have at most some dozens
// No codec read here packs more: LZW reaches 2730:1 (4096 bytes in a code of 12 bits), deflate
// 1032:1.
constexpr double kMaxRatio = 3000;
constexpr double kMaxBlockBytes = 1099511627776.0;

uint64_t load(const uint8_t* p, int bytes, bool big_endian) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; ++i) v = v << 8 | p[big_endian ? i : bytes - 1 - i];
  return v;
}

// Bytes of one value of an unsigned integer type (BYTE, SHORT, LONG, LONG8, IFD, IFD8); 0 = other.
int value_bytes(uint16_t type) {
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

Status beyond(const TiffFile& file, std::string what, uint64_t position) {
  return Status::fail("truncated or damaged: " + what + " at byte " + std::to_string(position) +
                          " lies beyond the file of " + std::to_string(file.size) + " bytes",
                      "copy the file again");
}
Status damaged(const std::string& what) {
  return Status::fail("damaged TIFF header: " + what, "write the file again");
}
Status unsupported(const std::string& what, const std::string& cure) {
  return Status::fail(what + " is not supported", cure);
}

// The tags that matter, as read.
struct Fields {
  uint64_t width = 0, height = 0, bits = 1, compression = 1, photometric = 1, fill_order = 1,
           predictor = 1;
  uint64_t samples = 1, rows_per_strip = std::numeric_limits<uint32_t>::max(), format = kUnsigned;
  uint64_t tile_width = 0, tile_height = 0;
  TiffValues strip_offsets, strip_counts, tile_offsets, tile_counts;
  TiffValues description, second_description, x_resolution, y_resolution;
  uint64_t resolution_unit = 0, depth = 1;
  TiffValues sub_pages;
  bool reduced = false, is_gap = false;
};

struct Entry {
  uint16_t tag = 0;
  TiffValues values;
  uint64_t first = 0;   // first value, where it fits the entry
  uint64_t unused = 0;  // bytes behind a SHORT of a little-endian BigTIFF, in their places
};

Entry parse_entry(const TiffFile& file, const uint8_t* p, uint64_t position) {
  Entry e;
  e.tag = static_cast<uint16_t>(load(p, 2, file.big_endian));
  e.values.type = static_cast<uint16_t>(load(p + 2, 2, file.big_endian));
  const int word = file.big_tiff ? 8 : 4;
  e.values.count = load(p + 4, word, file.big_endian);
  const int bytes = value_bytes(e.values.type);
  const bool rational = file.big_tiff && e.values.type == 5 && e.values.count == 1;
  const bool fits =
      rational || (bytes > 0 && e.values.count <= static_cast<uint64_t>(word / bytes));
  const uint8_t* value = p + 4 + word;
  e.values.position =
      fits ? position + 4 + static_cast<uint64_t>(word) : load(value, word, file.big_endian);
  if (fits && bytes > 0 && e.values.count > 0) e.first = load(value, bytes, file.big_endian);
  if (file.big_tiff && !file.big_endian && e.values.type == 3 && e.values.count == 1)
    e.unused = load(value, 8, false) & ~uint64_t{0xffff};
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
  return damaged("tag " + std::to_string(e.tag) + " has " + std::to_string(e.values.count) +
                 " values of type " + std::to_string(e.values.type));
}

void set_field(const Entry& e, Fields& f) {
  switch (e.tag) {
    case kWidth:
      f.width = e.first;
      break;
    case kHeight:
      f.height = e.first;
      break;
    case kBits:
      f.bits = e.first;
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
    case kRowsPerStrip:
      f.rows_per_strip = e.first;
      break;
    case kSampleFormat:
      f.format = e.first;
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
  return damaged("a directory of " + std::to_string(count) + " entries");
}

// The count, the entries and the link to the next directory come in one read where they are few.
Status read_fields(const TiffFile& file, uint64_t position, Fields& fields, uint64_t& next) {
  constexpr int64_t kBatch = 32;
  const int64_t entry_bytes = file.big_tiff ? 20 : 12, link_bytes = file.big_tiff ? 8 : 4;
  const int64_t count_bytes = file.big_tiff ? 8 : 2;
  uint8_t buffer[8 + kBatch * 20 + 8];
  if (position >= static_cast<uint64_t>(file.size)) return beyond(file, "the directory", position);
  const int64_t start = static_cast<int64_t>(position);
  int64_t got = read_at(file.fd, buffer, count_bytes + kBatch * entry_bytes + link_bytes, start);
  if (got < count_bytes) return beyond(file, "the directory", position);
  const uint64_t count = load(buffer, static_cast<int>(count_bytes), file.big_endian);
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
  next = got >= used + link_bytes
             ? load(buffer + used, static_cast<int>(link_bytes), file.big_endian)
             : 0;
  return {};
}

std::optional<DType> dtype_of_fields(const Fields& f) {
  const bool is_signed = f.format == kSigned;
  if (f.format == kFloat)
    return f.bits == 32   ? std::optional(DType::f32)
           : f.bits == 64 ? std::optional(DType::f64)
                          : std::nullopt;
  if (f.format != kUnsigned && f.format != kSigned && f.format != 4) return std::nullopt;
  switch (f.bits) {
    case 8:
      return is_signed ? DType::i8 : DType::u8;
    case 16:
      return is_signed ? DType::i16 : DType::u16;
    case 32:
      return is_signed ? DType::i32 : DType::u32;
    case 64:
      return is_signed ? DType::i64 : DType::u64;
    default:
      return std::nullopt;
  }
}

// Of those that are not read: "LZMA compression".
std::string compression_name(uint64_t number) {
  constexpr std::pair<uint64_t, const char*> names[] = {{2, "CCITT RLE"},
                                                        {3, "CCITT fax 3"},
                                                        {4, "CCITT fax 4"},
                                                        {6, "old JPEG"},
                                                        {7, "JPEG"},
                                                        {32773, "PackBits"},
                                                        {9, "JBIG"},
                                                        {10, "JBIG"},
                                                        {22610, "JPEG XR"},
                                                        {32766, "NeXT"},
                                                        {32809, "ThunderScan"},
                                                        {33003, "JPEG 2000"},
                                                        {33004, "JPEG 2000"},
                                                        {33005, "JPEG 2000"},
                                                        {34661, "JBIG"},
                                                        {34676, "SGI log"},
                                                        {34677, "SGI log"},
                                                        {34712, "JPEG 2000"},
                                                        {34887, "LERC"},
                                                        {34892, "lossy JPEG"},
                                                        {34925, "LZMA"},
                                                        {34926, "Zstandard"},
                                                        {34927, "WebP"},
                                                        {34933, "PNG"},
                                                        {34934, "JPEG XR"},
                                                        {50000, "Zstandard"},
                                                        {50001, "WebP"},
                                                        {50002, "JPEG XL"},
                                                        {52546, "JPEG XL"}};
  for (const auto& [value, name] : names)
    if (value == number) return name + std::string(" compression");
  return "TIFF compression " + std::to_string(number);
}

// "float16", "a pixel of 12 bits (sample format 1)"
std::string pixel_name(const Fields& f) {
  if (f.format == kFloat) return "float" + std::to_string(f.bits);
  if (f.format == 5 || f.format == 6) return "complex" + std::to_string(f.bits);
  return "a pixel of " + std::to_string(f.bits) + " bits (sample format " +
         std::to_string(f.format) + ")";
}

bool is_read_compression(uint64_t number) {
  constexpr std::array<uint64_t, 5> known = {1, 5, 8, 32773, 32946};
  return std::find(known.begin(), known.end(), number) != known.end();
}

// The codecs of libtiff with which it undoes predictors; with others it gives what is stored.
bool undoes_predictors(uint64_t compression) {
  return compression == 5 || compression == 8 || compression == 32946;
}

Status check_supported(const Fields& f) {
  if (f.samples != 1)
    return unsupported(
        std::to_string(f.samples) +
            " samples per pixel (a colour image, or channels that were written as one: "
            "tifffile does so without photometric='minisblack')",
        "convert the file to one grey channel per file or page");
  if (!dtype_of_fields(f))
    return unsupported(pixel_name(f), f.format == kFloat ? "convert the file to float32"
                                                         : "convert the file to 8, 16 or 32 bit");
  if (!is_read_compression(f.compression))
    return unsupported(compression_name(f.compression),
                       "convert the file to no compression, LZW, deflate or PackBits");
  if (f.predictor != 1 && !undoes_predictors(f.compression))
    return unsupported(
        "differences in place of pixels (predictor " + std::to_string(f.predictor) + ") with " +
            (f.compression == 1 ? "no compression" : compression_name(f.compression)),
        "convert the file to LZW or deflate, or to no predictor");
  if (f.photometric != 0 && f.photometric != 1 && f.photometric != 3)
    return unsupported("photometric interpretation " + std::to_string(f.photometric),
                       "convert the file to grey values");
  if (f.fill_order != 1) return unsupported("bit order (FillOrder) 2", "convert the file");
  return {};
}

Status set_blocks(const Fields& f, TiffPage& page) {
  page.tiled = f.tile_width > 0 || f.tile_height > 0;
  const uint64_t width = page.tiled ? f.tile_width : f.width;
  const uint64_t height = page.tiled ? f.tile_height : std::min(f.rows_per_strip, f.height);
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide)
    return damaged("blocks of " + std::to_string(width) + " x " + std::to_string(height));
  page.block_width = static_cast<int64_t>(width);
  page.block_height = static_cast<int64_t>(height);
  page.blocks_across = (page.width + page.block_width - 1) / page.block_width;
  page.blocks_down = (page.height + page.block_height - 1) / page.block_height;
  page.offsets = page.tiled ? f.tile_offsets : f.strip_offsets;
  page.byte_counts = page.tiled ? f.tile_counts : f.strip_counts;
  const uint64_t blocks = static_cast<uint64_t>(page.blocks_across * page.blocks_down);
  if (page.offsets.count < blocks)
    return damaged(std::to_string(page.offsets.count) + " offsets for " + std::to_string(blocks) +
                   (page.tiled ? " tiles" : " strips"));
  if (value_bytes(page.offsets.type) < 2)  // TIFF 6.0: SHORT or LONG; of LONGs a BYTE is a part
    return damaged("offsets of type " + std::to_string(page.offsets.type));
  return {};
}

// A small file cannot claim a huge frame: what it could hold at best bounds every later allocation.
Status check_plausible(const TiffFile& file, const TiffPage& page) {
  const double ratio = page.compression == 1 ? 1 : kMaxRatio;
  const auto bytes = [&](int64_t w, int64_t h) {  // of two sides up to 2^31: no overflow
    return static_cast<double>(w) * static_cast<double>(h) *
           static_cast<double>(page.pixel_bytes());
  };
  if (bytes(page.width, page.height) > static_cast<double>(file.size) * ratio)
    return Status::fail("truncated: a frame of " + std::to_string(page.width) + " x " +
                            std::to_string(page.height) + " " +
                            std::string(dtype_name(page.dtype)) + " cannot be in a file of " +
                            std::to_string(file.size) + " bytes",
                        "copy the file again");
  return bytes(page.block_width, page.block_height) > kMaxBlockBytes
             ? damaged("blocks of more than 1 TiB")
             : Status();
}

}  // namespace

Status open_tiff(const std::filesystem::path& path, Fd& fd, TiffFile& file) {
  if (Status s = open_for_reading(path, fd, file.size); !s.ok()) return s;
  file.fd = fd.get();
  return read_tiff_header(file);
}

Status read_tiff_header(TiffFile& file) {
  if (file.size == 0) return Status::fail("the file is empty (0 bytes)", "copy the file again");
  uint8_t b[16] = {};
  const int64_t got = read_at(file.fd, b, sizeof b, 0);
  const bool ii = b[0] == 'I' && b[1] == 'I', mm = b[0] == 'M' && b[1] == 'M';
  file.big_endian = mm;
  const uint64_t version = load(b + 2, 2, mm);
  file.big_tiff = version == 43;
  if (got < 8 || (!ii && !mm) || (version != 42 && version != 43))
    return Status::fail("not a TIFF file", "remove it from the folder or narrow the glob");
  if (file.big_tiff && (got < 16 || load(b + 4, 2, mm) != 8)) return damaged("BigTIFF offset size");
  file.first_directory = file.big_tiff ? load(b + 8, 8, mm) : load(b + 4, 4, mm);
  return {};
}

Status read_tiff_page(const TiffFile& file, uint64_t position, TiffPage& page) {
  Fields f;
  if (Status s = read_fields(file, position, f, page.next); !s.ok()) return s;
  if (f.width == 0 || f.height == 0 || f.width > kMaxSide || f.height > kMaxSide)
    return damaged("an image of " + std::to_string(f.width) + " x " + std::to_string(f.height));
  if (Status s = check_supported(f); !s.ok()) return s;
  page.directory = position;
  page.width = static_cast<int64_t>(f.width);
  page.height = static_cast<int64_t>(f.height);
  page.dtype = *dtype_of_fields(f);
  page.compression = static_cast<int>(f.compression);
  page.description = f.description;
  page.second_description = f.second_description;
  page.resolution_unit = static_cast<int>(std::min<uint64_t>(f.resolution_unit, 9));
  page.reduced = f.reduced;
  page.sub_pages = f.sub_pages;
  page.depth = static_cast<int64_t>(std::min(f.depth, kMaxSide));
  page.x_resolution = f.x_resolution;
  page.y_resolution = f.y_resolution;
  if (Status s = set_blocks(f, page); !s.ok()) return s;
  if (page.depth > 1 && (page.compression != 1 || page.tiled))
    return unsupported(
        "a directory of " + std::to_string(page.depth) + " images that are compressed or in tiles",
        "write each image as a page of its own");
  return check_plausible(file, page);
}

Status read_tiff_link(const TiffFile& file, uint64_t position, TiffLink& link) {
  Fields f;
  Status s = read_fields(file, position, f, link.next);
  link.reduced = f.reduced;
  link.is_gap = f.is_gap;
  link.width = f.width;
  link.height = f.height;
  link.is_float16 = f.format == kFloat && f.bits == 16;
  link.is_colour = f.samples > 1;
  // Pixels of 1 to 15 bits that share bytes are compressed, too, and come out by the same way.
  const bool packed = f.format == kUnsigned && f.bits > 0 && f.bits < 16 && f.bits != 8;
  link.is_unread_compression = packed || !is_read_compression(f.compression);
  return s;
}

int64_t whole_sub_pages(const TiffFile& file, const TiffPage& page) {
  constexpr uint64_t kMost = 64;
  TiffValueReader places(file, page.sub_pages);
  int64_t whole = 0;
  for (uint64_t k = 0; k < std::min(page.sub_pages.count, kMost); ++k) {
    uint64_t place = 0;
    TiffLink link;
    if (!places.get(k, place).ok() || !read_tiff_link(file, place, link).ok()) continue;
    const bool as_large = link.width >= static_cast<uint64_t>(page.width) &&
                          link.height >= static_cast<uint64_t>(page.height);
    whole += as_large && !link.reduced ? 1 : 0;
  }
  return whole;
}

Status TiffValueReader::get(uint64_t index, uint64_t& value) {
  const int bytes = value_bytes(values_.type);
  if (bytes == 0 || index >= values_.count) return damaged("offsets or byte counts");
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
      window_[i] = load(raw + i * static_cast<uint64_t>(bytes), bytes, file_.big_endian);
  }
  value = window_[index - first_];
  return {};
}

}  // namespace parfocal
