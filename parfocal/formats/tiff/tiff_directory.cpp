#include "parfocal/formats/tiff/tiff_directory.h"

#include <algorithm>

#include "parfocal/formats/tiff/tiff_fields.h"
#include "parfocal/formats/tiff/tiff_palette.h"
#include "parfocal/formats/tiff/tiff_support.h"

namespace parfocal {
namespace {

constexpr uint64_t kMaxSide = uint64_t{1} << 31;
constexpr uint64_t kMostSamples = 65535;  // that SamplesPerPixel, a SHORT, can say
// No codec read here packs more: LZW reaches 2730:1 (4096 bytes in a code of 12 bits), deflate
// 1032:1, JPEG about 1000:1.
constexpr double kMaxRatio = 3000;
constexpr double kMaxBlockBytes = 1099511627776.0;

// One value for all samples, or one for each.
Status take_common(const TiffFile& file, const TiffValues& values, uint64_t samples,
                   const char* name, uint64_t& common) {
  if (values.count == 0) return {};  // not stated
  if (values.count > 1 && values.count < samples)
    return damaged_tiff(std::to_string(values.count) + " values of " + name + " for " +
                        std::to_string(samples) + " samples");
  TiffValueReader reader(file, values);
  if (Status s = reader.get(0, common); !s.ok()) return s;
  for (uint64_t i = 1; i < std::min(values.count, samples); ++i) {
    uint64_t value = 0;
    if (Status s = reader.get(i, value); !s.ok()) return s;
    if (value != common)
      return Status::fail("samples of different types (" + std::string(name) + " " +
                              std::to_string(common) + " and " + std::to_string(value) +
                              ") are not supported",
                          "write all samples with the same type");
  }
  return {};
}

// Bits and format become those of all samples of a pixel.
Status take_sample_types(const TiffFile& file, TiffFields& f) {
  if (f.samples == 1) return {};
  if (Status s = take_common(file, f.all_bits, f.samples, "BitsPerSample", f.bits); !s.ok())
    return s;
  return take_common(file, f.all_formats, f.samples, "SampleFormat", f.format);
}

Status set_blocks(const TiffFields& f, TiffPage& page) {
  page.tiled = f.tile_width > 0 || f.tile_height > 0;
  const uint64_t width = page.tiled ? f.tile_width : f.width;
  const uint64_t height = page.tiled ? f.tile_height : std::min(f.rows_per_strip, f.height);
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide)
    return damaged_tiff("blocks of " + std::to_string(width) + " x " + std::to_string(height));
  page.block_width = static_cast<int64_t>(width);
  page.block_height = static_cast<int64_t>(height);
  page.blocks_across = (page.width + page.block_width - 1) / page.block_width;
  page.blocks_down = (page.height + page.block_height - 1) / page.block_height;
  page.offsets = page.tiled ? f.tile_offsets : f.strip_offsets;
  page.byte_counts = page.tiled ? f.tile_counts : f.strip_counts;
  const uint64_t blocks = static_cast<uint64_t>(page.plane_blocks());
  const uint64_t planes = page.planar ? f.samples : 1;
  if (page.offsets.count / planes < blocks)
    return damaged_tiff(std::to_string(page.offsets.count) + " offsets for " +
                        (planes == 1 ? "" : std::to_string(planes) + " x ") +
                        std::to_string(blocks) + (page.tiled ? " tiles" : " strips"));
  if (tiff_value_bytes(page.offsets.type) <
      2)  // TIFF 6.0: SHORT or LONG; of LONGs a BYTE is a part
    return damaged_tiff("offsets of type " + std::to_string(page.offsets.type));
  return {};
}

Status set_channels(const TiffFile& file, const TiffFields& f, TiffPage& page) {
  page.dtype = *tiff_dtype(f);
  page.sample_bytes = static_cast<int64_t>(dtype_size(page.dtype));
  page.samples = static_cast<int64_t>(f.samples);
  page.planar = f.samples > 1 && f.planar == kTiffPlanes;
  page.is_ycbcr = f.photometric == kTiffYCbCr;
  const bool is_alpha = f.extra_sample == 1 || f.extra_sample == 2;
  if (f.photometric == kTiffRgb || page.is_ycbcr) page.colours = TiffColours::rgb;
  if (f.photometric <= kTiffMinIsBlack && f.samples == 2 && is_alpha)
    page.colours = TiffColours::grey_alpha;
  if (f.photometric != kTiffPalette || f.colour_map.count == 0) return {};
  TiffPaletteKind kind;
  Status s = look_at_palette(file, f.colour_map, uint64_t{1} << f.bits, kind);
  if (!s.ok() || kind.is_grey_scale) return s;
  page.colour_map = f.colour_map;
  page.colours = TiffColours::rgb;
  page.dtype = kind.has_bytes ? DType::u8 : DType::u16;
  return {};
}

// A small file cannot claim a huge frame: what it could hold at best bounds every later allocation.
Status check_plausible(const TiffFile& file, const TiffPage& page) {
  const double ratio = page.compression == 1 ? 1 : kMaxRatio;
  const auto bytes = [&](int64_t w, int64_t h) {  // of two sides up to 2^31: no overflow
    return static_cast<double>(w) * static_cast<double>(h) *
           static_cast<double>(page.samples * page.sample_bytes);
  };
  if (bytes(page.width, page.height) > static_cast<double>(file.size) * ratio)
    return Status::fail("truncated: a frame of " + std::to_string(page.width) + " x " +
                            std::to_string(page.height) +
                            (page.samples > 1 ? " x " + std::to_string(page.samples) : "") + " " +
                            std::string(dtype_name(page.dtype)) + " cannot be in a file of " +
                            std::to_string(file.size) + " bytes",
                        "copy the file again");
  return bytes(page.block_width, page.block_height) > kMaxBlockBytes
             ? damaged_tiff("blocks of more than 1 TiB")
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
  const uint64_t version = load_tiff_number(b + 2, 2, mm);
  file.big_tiff = version == 43;
  if (got < 8 || (!ii && !mm) || (version != 42 && version != 43))
    return Status::fail("not a TIFF file", "remove it from the folder or narrow the glob");
  if (file.big_tiff && (got < 16 || load_tiff_number(b + 4, 2, mm) != 8))
    return damaged_tiff("BigTIFF offset size");
  file.first_directory =
      file.big_tiff ? load_tiff_number(b + 8, 8, mm) : load_tiff_number(b + 4, 4, mm);
  return {};
}

Status read_tiff_page(const TiffFile& file, uint64_t position, TiffPage& page) {
  TiffFields f;
  if (Status s = read_tiff_fields(file, position, f); !s.ok()) return s;
  if (f.width == 0 || f.height == 0 || f.width > kMaxSide || f.height > kMaxSide)
    return damaged_tiff("an image of " + std::to_string(f.width) + " x " +
                        std::to_string(f.height));
  if (f.samples == 0 || f.samples > kMostSamples || (f.samples > 1 && f.planar - 1 > 1))
    return damaged_tiff(std::to_string(f.samples) + " samples per pixel, PlanarConfiguration " +
                        std::to_string(f.planar));
  if (Status s = take_sample_types(file, f); !s.ok()) return s;
  if (Status s = check_tiff_support(f); !s.ok()) return s;
  page.directory = position;
  page.next = f.next;
  page.width = static_cast<int64_t>(f.width);
  page.height = static_cast<int64_t>(f.height);
  page.compression = static_cast<int>(f.compression);
  page.description = f.description;
  page.second_description = f.second_description;
  page.resolution_unit = static_cast<int>(std::min<uint64_t>(f.resolution_unit, 9));
  page.reduced = f.reduced;
  page.sub_pages = f.sub_pages;
  page.depth = static_cast<int64_t>(std::min(f.depth, kMaxSide));
  page.x_resolution = f.x_resolution;
  page.y_resolution = f.y_resolution;
  if (Status s = set_channels(file, f, page); !s.ok()) return s;
  if (Status s = set_blocks(f, page); !s.ok()) return s;
  if (page.depth > 1 && (page.compression != 1 || page.tiled || page.planar))
    return tiff_unsupported("a directory of " + std::to_string(page.depth) +
                                " images that are compressed, in tiles or in planes",
                            "write each image as a page of its own");
  return check_plausible(file, page);
}

Status read_tiff_link(const TiffFile& file, uint64_t position, TiffLink& link) {
  TiffFields f;
  Status s = read_tiff_fields(file, position, f);
  link = {f.next, f.reduced, f.is_gap, f.width, f.height};
  return s;
}

Status read_odd_pixels(const TiffFile& file, uint64_t position, TiffOddPixels& pixels) {
  TiffFields f;
  if (Status s = read_tiff_fields(file, position, f); !s.ok()) return s;
  if (Status s = take_sample_types(file, f); !s.ok()) return s;
  pixels.are_float16 = f.format == kTiffFloat && f.bits == 16;
  // Pixels of 1 to 15 bits that share bytes are compressed, too, and come out by the same way.
  const bool share_bytes = f.format == kTiffUnsigned && f.bits > 0 && f.bits < 16 && f.bits != 8;
  pixels.are_packed = share_bytes || !is_read_tiff_compression(f.compression);
  return {};
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

}  // namespace parfocal
