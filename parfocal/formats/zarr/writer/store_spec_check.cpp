// What a description must keep so that every number in the writer can be counted with and every
// name stays inside the store.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/json_reader-inl.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {
namespace {

constexpr size_t kMostImages = 20000, kMostColumns = 1000, kMostNames = 10000;
constexpr size_t kMostNameBytes = 200, kMostProvenanceBytes = 1u << 20;
constexpr int kMostLevels = 16;
constexpr int64_t kMostSize = int64_t{1} << 40;
constexpr int64_t kMostArrayBytes = int64_t{1} << 62;
constexpr int64_t kMostChunkBytes = int64_t{1} << 30;
constexpr int64_t kMostShardBytes = int64_t{1} << 40;
constexpr int64_t kMostShardChunks = int64_t{1} << 20;
constexpr int64_t kMostTiles = int64_t{1} << 20;

[[noreturn]] void refuse(const std::string& what, const std::string& given,
                         const std::string& needed, const std::string& cure = "") {
  throw Error(ErrorCode::invalid_pipeline, Issue{what, "", given, needed, cure});
}

std::string list_of(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t v : values) text += (text.empty() ? "" : " ") + std::to_string(v);
  return text;
}

// A folder's name that no Zarr reader takes for metadata or reserved, in any file system.
bool plain_name(const std::string& name) {
  const auto good = [](unsigned char c) {
    return c >= ' ' && c != 0x7f && c != '/' && c != '\\' && c != ':';
  };
  return !name.empty() && name.size() <= kMostNameBytes && name[0] != '.' &&
         !name.starts_with("__") && name != "zarr.json" &&
         std::all_of(name.begin(), name.end(), good);
}
bool alphanumeric(const std::string& name) {
  const auto good = [](unsigned char c) { return c < 128 && std::isalnum(c); };
  return !name.empty() && name.size() <= kMostNameBytes &&
         std::all_of(name.begin(), name.end(), good);
}
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; !path.empty() && begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The product of `factors`, or more than `most`.
int64_t product(int64_t first, const std::vector<int64_t>& factors, int64_t most) {
  for (const int64_t f : factors) {
    if (f > 0 && first > most / f) return most + 1;
    first *= f;
  }
  return first;
}

void check_axes(const ImageSpec& image) {
  std::string names;
  for (const Axis& axis : image.axes) names += names.empty() ? axis.name : " " + axis.name;
  const std::string order = "t c z y x";
  size_t at = 0;
  bool good = image.axes.size() >= 2 && image.axes.size() <= 5 && names.ends_with("y x");
  for (const Axis& axis : image.axes) {
    const size_t found = axis.name.size() == 1 ? order.find(axis.name, at) : order.npos;
    good = good && found != order.npos && axis.name != " ";
    at = good ? found + 1 : at;
  }
  if (!good) refuse("the axes are not in the order t c z y x", names, "2 to 5 of t c z, then y x");
  std::vector<int64_t> sizes;
  for (size_t a = 0; a < image.axes.size(); ++a) {
    const Axis& axis = image.axes[a];
    const bool open = a == 0 && image.stream_rank() > 0 && axis.size == kUnbounded;
    if (!open && (axis.size < 1 || axis.size > kMostSize))
      refuse("axis " + axis.name + " has an impossible size", std::to_string(axis.size),
             "1 to 2^40; only the first axis before y x may have no end");
    if (!(axis.scale > 0) || !std::isfinite(axis.scale))
      refuse("axis " + axis.name + " has an impossible scale", std::to_string(axis.scale),
             "a positive number");
    if (axis.labels.size() > kMostNames)
      refuse("axis " + axis.name + " has too many names", std::to_string(axis.labels.size()),
             "at most " + std::to_string(kMostNames));
    sizes.push_back(open ? 1 : axis.size);
  }
  const int64_t pixel = static_cast<int64_t>(dtype_size(image.dtype));
  if (product(pixel, sizes, kMostArrayBytes) > kMostArrayBytes)
    refuse("the image is too large", list_of(sizes), "at most 2^62 bytes");
}

void check_chunks(const ImageSpec& image, int zarr_format) {
  const size_t y = image.stream_rank();
  const int64_t pixel = static_cast<int64_t>(dtype_size(image.dtype));
  const auto sides = [&](const std::vector<int64_t>& list, const char* what) {
    if (list.size() != image.axes.size() ||
        std::any_of(list.begin(), list.end(), [](int64_t n) { return n < 1 || n > kMostSize; }))
      refuse(std::string(what) + " needs one size, at least 1, for each axis", list_of(list),
             std::to_string(image.axes.size()) + " sizes of 1 to 2^40");
  };
  sides(image.chunk, "chunk");
  if (product(pixel, image.chunk, kMostChunkBytes) > kMostChunkBytes)
    refuse("a chunk is too large", list_of(image.chunk), "at most 1 GiB", "choose smaller chunks");
  std::vector<int64_t> tiles;
  for (size_t a = y; a < y + 2; ++a) tiles.push_back((image.axes[a].size - 1) / image.chunk[a] + 1);
  if (product(1, tiles, kMostTiles) > kMostTiles)
    refuse("a frame has too many chunks", list_of(tiles), "at most 2^20", "choose larger chunks");
  if (image.shard.empty()) return;
  if (zarr_format == 2)
    refuse("Zarr v2 has no shards", list_of(image.shard), "no shard, or Zarr v3");
  sides(image.shard, "shard");
  std::vector<int64_t> chunks;
  for (size_t a = 0; a < image.shard.size(); ++a) {
    if (image.shard[a] % image.chunk[a] != 0)
      refuse("the chunks do not divide the shard",
             list_of(image.chunk) + " in " + list_of(image.shard),
             "a shard that is a multiple of the chunk along each axis");
    chunks.push_back(image.shard[a] / image.chunk[a]);
  }
  if (product(1, chunks, kMostShardChunks) > kMostShardChunks ||
      product(pixel, image.shard, kMostShardBytes) > kMostShardBytes)
    refuse("a shard is too large", list_of(image.shard), "at most 2^20 chunks and 1 TiB",
           "choose smaller shards");
}

bool level_fits(const CodecSpec& codec) {
  switch (codec.kind) {
    case CodecKind::zstd:
      return codec.level >= -131072 && codec.level <= 22;
    case CodecKind::blosc:
    case CodecKind::gzip:
      return codec.level >= 0 && codec.level <= 9;
    default:
      return true;
  }
}

void check_compressors(const ImageSpec& image, int zarr_format) {
  const std::string text = codecs_text(image.compressors);
  for (const CodecSpec& codec : image.compressors) {
    const bool known = codec.kind == CodecKind::blosc || codec.kind == CodecKind::zstd ||
                       codec.kind == CodecKind::gzip ||
                       (codec.kind == CodecKind::crc32c && zarr_format == 3);
    if (!known)
      refuse("the store cannot write this codec", text,
             zarr_format == 3 ? "blosc, zstd, gzip or crc32c" : "blosc, zstd or gzip");
    if (!level_fits(codec) || codec.blocksize < 0 || codec.blocksize > kMostChunkBytes ||
        codec.typesize < 1 || codec.typesize > 255)
      refuse("a codec has an impossible setting", text,
             "zstd of level -131072 to 22, blosc and gzip 0 to 9; typesize 1 to 255");
  }
  if (image.compressors.size() > (zarr_format == 3 ? 8u : 1u))
    refuse("there are too many codecs", text, zarr_format == 3 ? "at most 8" : "one in Zarr v2");
  std::vector<CodecSpec> codecs = {bytes_codec()};
  codecs.insert(codecs.end(), image.compressors.begin(), image.compressors.end());
  const DType dtype = image.dtype == DType::boolean ? DType::u8 : image.dtype;
  try {
    CodecChain(codecs, dtype, image.chunk, std::vector<std::byte>(dtype_size(dtype)));
  } catch (const Error& e) {
    throw Error(ErrorCode::invalid_pipeline, e.issues()[0]);
  }
}

void check_image(const ImageSpec& image, int zarr_format) {
  check_axes(image);
  if (image.levels < 1 || image.levels > kMostLevels)
    refuse("the number of levels is impossible", std::to_string(image.levels),
           "1 to " + std::to_string(kMostLevels));
  check_chunks(image, zarr_format);
  check_compressors(image, zarr_format);
  if (image.label && !is_integer(image.dtype))
    refuse("a label image needs whole numbers", std::string(dtype_name(image.dtype)),
           "an integer dtype", "number the objects first: op: label");
  if (image.label && image.pooling == Pooling::mean)
    refuse("the levels of a label image cannot be means", "mean", "mode or nearest");
}

// Paths: no image inside another, and nothing where levels, columns or labels lie.
class Paths {
 public:
  explicit Paths(const StoreSpec& spec) : spec_(spec) {}

  void add(const ImageSpec& image) {
    const std::vector<std::string> parts = parts_of(image.path);
    if (!std::all_of(parts.begin(), parts.end(), plain_name) || parts.size() > 8)
      refuse("the image's path is not possible", image.path,
             "at most 8 folder names without '..', '__' at the start and '\\'");
    if (image.label) return add_label(image, parts);
    for (const std::string& part : parts)
      if (part == "labels" || part == "frames" || part == "tables" || part == "OME")
        refuse("the image's path is not possible", image.path,
               "no folder named labels, frames, tables or OME: these have a meaning");
    if (!spec_.plate.empty()) check_field(image, parts);
    check_beside(image.path, parts);
    images_[image.path] = &image;
  }

 private:
  void check_beside(const std::string& path, const std::vector<std::string>& parts) const {
    const auto inside = [&](const std::string& inner, const std::string& outer) {
      refuse("one image lies inside another", "'" + inner + "' in '" + outer + "'",
             "folders beside each other");
    };
    if (images_.empty()) return;
    if (path.empty()) inside(images_.begin()->first, path);
    std::string outer;
    for (size_t i = 0; i <= parts.size(); ++i) {
      if (images_.contains(outer)) inside(path, outer);
      if (i < parts.size()) outer += (i ? "/" : "") + parts[i];
    }
    const auto next = images_.lower_bound(path + "/");
    if (next != images_.end() && next->first.starts_with(path + "/")) inside(next->first, path);
  }
  void add_label(const ImageSpec& label, const std::vector<std::string>& parts) {
    std::string parent;
    for (size_t i = 0; i + 2 < parts.size(); ++i) parent += (i ? "/" : "") + parts[i];
    const bool placed = parts.size() >= 2 && parts[parts.size() - 2] == "labels";
    const auto found = placed ? images_.find(parent) : images_.end();
    if (found == images_.end())
      refuse("the label image has no image", label.path, "<image>/labels/<name>, after the image");
    if (!labels_.insert(label.path).second)
      refuse("two label images have one path", label.path, "different names");
    const ImageSpec* const image = found->second;
    const size_t y = image->stream_rank(), ly = label.stream_rank();
    for (size_t a = 0; a < 2; ++a)
      if (image->axes[y + a].size != label.axes[ly + a].size)
        refuse("the label image is not the size of its image",
               "axis " + label.axes[ly + a].name + ": " + std::to_string(label.axes[ly + a].size),
               std::to_string(image->axes[y + a].size), "take both from images of one size");
    if (label.levels != image->levels)
      refuse("the label image has not as many levels as its image", std::to_string(label.levels),
             std::to_string(image->levels));
  }
  void check_field(const ImageSpec& image, const std::vector<std::string>& parts) const {
    const PlateSpec& plate = spec_.plate[0];
    const auto has = [](const std::vector<std::string>& list, const std::string& name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (parts.size() != 3 || !has(plate.rows, parts[0]) || !has(plate.columns, parts[1]) ||
        !alphanumeric(parts[2]))
      refuse("the image is no field of a well", image.path,
             "<row>/<column>/<field>, of the plate's rows and columns");
  }
  const StoreSpec& spec_;
  std::map<std::string, const ImageSpec*> images_;
  std::set<std::string> labels_;
};

void check_columns(const std::vector<ColumnSpec>& columns) {
  if (columns.size() > kMostColumns)
    refuse("there are too many columns", std::to_string(columns.size()),
           "at most " + std::to_string(kMostColumns));
  std::set<std::string> names = {"valid"};
  for (const ColumnSpec& column : columns) {
    if (!plain_name(column.name))
      refuse("a column has an impossible name", column.name, "a plain name without '/'");
    if (!names.insert(column.name).second)
      refuse("two columns have one name", column.name, "different names, none of them valid");
    if (column.unit.size() > kMostNameBytes)
      refuse("the unit of column " + column.name + " is too long",
             column.unit.substr(0, 60) + "...",
             "at most " + std::to_string(kMostNameBytes) + " bytes");
  }
}

void check_plate(const StoreSpec& spec) {
  if (spec.plate.empty()) return;
  if (spec.plate.size() > 1)
    refuse("a store holds one plate", std::to_string(spec.plate.size()), "1");
  for (const auto* list : {&spec.plate[0].rows, &spec.plate[0].columns}) {
    if (list->empty() || list->size() > kMostNames)
      refuse("a plate needs rows and columns", std::to_string(list->size()), "1 to 10000 of each");
    if (std::set<std::string>(list->begin(), list->end()).size() != list->size())
      refuse("a row or column of the plate is there twice", spec.plate[0].name, "different names");
    for (const std::string& name : *list)
      if (!alphanumeric(name))
        refuse("a row or column of the plate has an impossible name", name, "letters and digits");
  }
}

// Readers bound the depth of metadata, and the provenance lies three deep in it.
void check_provenance(const std::string& json) {
  if (json.empty()) return;
  const auto fail = [](const std::string& why) {
    refuse("the provenance is no JSON object that readers take", why,
           "an object of at most 1 MiB, at most 29 deep");
  };
  if (json.size() > kMostProvenanceBytes) fail(std::to_string(json.size()) + " bytes");
  try {
    if (!zarr_json::parse_object(R"({"a":{"b":{"c":)" + json + "}}}")["a"]["b"]["c"].is_object())
      fail(json.substr(0, 60));
  } catch (const Error& e) {
    fail(e.issues()[0].what);
  }
}

}  // namespace

void check_spec(const StoreSpec& spec) {
  if (spec.zarr_format != 2 && spec.zarr_format != 3)
    refuse("there is no such version of Zarr", std::to_string(spec.zarr_format), "2 or 3");
  if (spec.images.empty() || spec.images.size() > kMostImages)
    refuse("a store needs images", std::to_string(spec.images.size()),
           "1 to " + std::to_string(kMostImages));
  check_plate(spec);
  Paths paths(spec);
  for (const ImageSpec& image : spec.images) try {
      check_image(image, spec.zarr_format);
      paths.add(image);
    } catch (const Error& e) {
      Issue issue = e.issues()[0];
      issue.where = image.path.empty() ? "the image at the root" : "image " + image.path;
      throw Error(e.code(), issue);
    }
  check_columns(spec.columns);
  check_provenance(spec.provenance_json);
}

}  // namespace parfocal
