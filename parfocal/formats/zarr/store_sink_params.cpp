#include "parfocal/formats/zarr/store_sink_params.h"

#include <algorithm>
#include <map>
#include <set>

#include "parfocal/core/operator_info.h"
#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/ngff_axes.h"
#include "parfocal/formats/zarr/writer/spec_check-inl.h"

namespace parfocal {
namespace {

// Of one byte of the pixels: stays in a core's cache, and says what the buffers of blosc take,
// whose own choice is not known before.
constexpr int64_t kBlockBytes = int64_t{128} << 10;

std::vector<CodecSpec> compressors_of(const std::string& codec, DType dtype) {
  CodecSpec spec;
  spec.typesize = static_cast<int>(dtype_size(dtype));
  if (codec == "none") return {};
  if (codec == "crc32c") return {crc32c_codec()};
  if (codec == "gzip") {
    spec.kind = CodecKind::gzip;
    spec.level = 5;
  } else if (codec == "zstd") {
    spec.kind = CodecKind::zstd;
  } else {
    spec.kind = CodecKind::blosc;
    spec.cname = codec == "zstd_blosc" ? "zstd" : "lz4";
    spec.blocksize = kBlockBytes;
  }
  return {spec};
}

int levels_of(int64_t levels, const std::vector<Axis>& axes) {
  if (levels > 0) return static_cast<int>(levels);
  const size_t n = axes.size();
  int64_t side = std::max(axes[n - 1].size, axes[n - 2].size);
  int count = 1;
  for (; side > SinkImages::kSmallestSide; ++count) side = pooled_size(side, 1);
  return count;
}

/// "A/1/0" to {"A", "1"}; false for what names no field of a well.
bool names_field(const std::string& label, std::string& well) {
  const size_t field = label.rfind('/');
  if (field == label.npos || label.find('/') == field) return false;
  well = label.substr(0, field);
  return std::count(well.begin(), well.end(), '/') == 1;
}

// "2" before "10", "B" before "AA".
std::vector<std::string> in_plate_order(const std::set<std::string>& names) {
  std::vector<std::string> sorted(names.begin(), names.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  return sorted;
}

PlateSpec plate_of(const std::string& name, const std::vector<std::string>& wells) {
  std::set<std::string> rows, columns;
  for (const std::string& well : wells) {
    const size_t slash = well.find('/');
    if (slash == well.npos)
      fail_layout("a well is not named by row and column", well, "<row>/<column>",
                  "write e.g. wells: [A/1, A/2]");
    rows.insert(well.substr(0, slash));
    columns.insert(well.substr(slash + 1));
  }
  return {name, in_plate_order(rows), in_plate_order(columns)};
}

/// The wells of the positions: as the user says, or as the positions are named; none otherwise.
std::vector<std::string> wells_of(const OmeZarrParams& params, const Axis& positions) {
  if (!params.wells.empty()) return params.wells;
  std::vector<std::string> wells(positions.labels.size());
  for (size_t i = 0; i < wells.size(); ++i)
    if (!names_field(positions.labels[i], wells[i])) return {};
  return wells;
}

std::string store_name(const std::string& path) {
  return std::filesystem::path(path).stem().stem().string();
}

}  // namespace

void check_wells(const OmeZarrParams& params, const Connections&) {
  if (params.wells.empty()) return;
  StoreSpec spec;
  spec.plate = {plate_of(store_name(params.path), params.wells)};
  spec_check::check_plate(spec);
}

void check_codec(const OmeZarrParams& params, const Connections&) {
  if (params.codec == "crc32c" && params.format == "0.4")
    fail_layout("OME-Zarr 0.4 (Zarr v2) has no codec crc32c", "codec: crc32c, format: 0.4",
                "none, lz4, zstd_blosc, zstd or gzip", "write codec: lz4, or format: 0.5");
}

void check_label_names(const OmeZarrParams&, const Connections& given) {
  for (const std::string& key : given.inputs)
    if (key.starts_with(kLabelsKey) && !spec_check::plain_name(key.substr(kLabelsKey.size())))
      fail_layout("a label image cannot have the name '" + key.substr(kLabelsKey.size()) + "'", key,
                  "a plain name without '/' and '\\\\'", "write e.g. labels: {cells: ...}");
}

void SinkImages::find_positions(const SinkInput& input) {
  const Layout& layout = input.layout.layout;
  for (size_t a = 0; a + 2 < layout.item.size(); ++a) planes_ *= layout.item[a].size;
  const int p = layout.find_stream("p");
  if (p < 0) return;
  positions_ = layout.stream[static_cast<size_t>(p)].size;
  if (positions_ == kUnbounded)
    fail_layout("the number of positions is not known", input.step + " gives " + layout.str(),
                "axis p with a size", "put p behind t, or give its size");
  for (size_t a = static_cast<size_t>(p) + 1; a < layout.stream.size(); ++a)
    inner_ *= layout.stream[a].size;
}

void SinkImages::name_positions(const OmeZarrParams& params, const Layout& layout,
                                StoreSpec& spec) {
  const int p = layout.find_stream("p");
  if (p < 0 && params.wells.empty()) return;
  const Axis positions = p < 0 ? Axis{"p", 1, 1, "", {}} : layout.stream[static_cast<size_t>(p)];
  const std::vector<std::string> wells = wells_of(params, positions);
  paths_.assign(static_cast<size_t>(positions_), "");
  if (wells.empty()) {
    for (size_t i = 0; i < paths_.size(); ++i) paths_[i] = std::to_string(i);
    return;
  }
  if (static_cast<int64_t>(wells.size()) != positions_)
    fail_layout("there are not as many wells as positions", std::to_string(wells.size()),
                std::to_string(positions_), "name the well of each position, in order");
  spec.plate = {plate_of(store_name(params.path), wells)};
  std::map<std::string, int> fields;
  for (size_t i = 0; i < paths_.size(); ++i)
    paths_[i] = wells[i] + "/" + std::to_string(fields[wells[i]]++);
}

SinkImages::SinkImages(const OmeZarrParams& params, const SinkInput& input, size_t number,
                       const SinkImages* image, StoreSpec& spec)
    : input_(number), first_image_(spec.images.size()) {
  find_positions(input);
  if (!image) name_positions(params, input.layout.layout, spec);
  if (image && image->positions_ != positions_)
    fail_layout("a label image needs the positions of its image",
                input.step + " gives " + input.layout.layout.str(),
                std::to_string(image->positions_) + " positions", "take both from the same steps");
  if (image) paths_ = image->paths_;
  Layout layout = input.layout.layout;
  std::erase_if(layout.stream, [](const Axis& axis) { return axis.name == "p"; });
  const std::string label = image ? input.key.substr(kLabelsKey.size()) : "";
  ImageSpec one;
  one.axes = ngff_axes(layout, input.step);
  one.dtype = layout.dtype;
  one.label = image != nullptr;
  one.compressors = compressors_of(params.codec, one.dtype);
  one.levels = image ? spec.images[image->first_image_].levels : levels_of(params.levels, one.axes);
  one.pooling = image || one.dtype == DType::boolean ? Pooling::mode : Pooling::mean;
  choose_chunks(one, params.shard != "none" && params.format != "0.4");
  for (const std::string& path : paths_) {
    one.path = image ? joined_key(path, "labels/" + label) : path;
    one.name = image ? label : path.empty() ? store_name(params.path) : path;
    spec.images.push_back(one);
  }
}

SinkImages::Place SinkImages::place_of(int64_t sequence) const {
  const int64_t position = sequence / inner_ % positions_;
  const int64_t item = sequence / inner_ / positions_ * inner_ + sequence % inner_;
  return {first_image_ + static_cast<size_t>(position), item * planes_};
}

// Of a run of items in C order, those of one position are a run in C order too.
void SinkImages::add_kept(int64_t items, std::vector<int64_t>& kept) const {
  const int64_t round = inner_ * positions_;
  for (int64_t p = 0; p < positions_; ++p) {
    const int64_t rest = std::clamp<int64_t>(items % round - p * inner_, 0, inner_);
    kept.push_back((items / round * inner_ + rest) * planes_);
  }
}

}  // namespace parfocal
