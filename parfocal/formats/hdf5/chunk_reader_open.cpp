#include <hdf5.h>

#include <algorithm>
#include <limits>

#include "parfocal/formats/hdf5/chunk_reader.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

constexpr int kMostAxes = 4;
constexpr int64_t kMostItems = int64_t{1} << 40;
constexpr int64_t kMostLayerBytes = int64_t{1} << 32;

[[noreturn]] void fail(const std::string& what, const std::string& where, const std::string& given,
                       const std::string& needed, const std::string& cure) {
  throw Error(ErrorCode::input_missing, Issue{what, where, given, needed, cure});
}

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

std::vector<int64_t> sizes_of(const std::vector<hsize_t>& shape) {
  std::vector<int64_t> sizes;
  for (const hsize_t size : shape)
    sizes.push_back(static_cast<int64_t>(std::min<hsize_t>(size, INT64_MAX)));
  return sizes;
}

// Every chunk is read once: what the library would keep of them (8 MiB, as a rule) is of no use.
Handle open_without_cache(const H5File& file, const std::string& name) {
  const Handle access(H5Pcreate(H5P_DATASET_ACCESS));
  H5Pset_chunk_cache(access.id(), 1, 0, 1);
  return checked(H5Dopen2(file.id(), name.c_str(), access.id()), ErrorCode::input_missing,
                 "the dataset cannot be opened", file.where(name));
}

// Whether chunks that stand out over the edge were left out of the filters.
bool skips_partial_chunks(int64_t create) {
  unsigned options = 0;
  return H5Pget_chunk_opts(create, &options) < 0 ||
         (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
}

}  // namespace

ChunkReader::ChunkReader(std::shared_ptr<const H5File> file, const std::string& name)
    : file_(std::move(file)), name_(name) {
  const Hdf5Lock lock;
  dataset_ = open_without_cache(*file_, name_);
  const Handle type(H5Dget_type(dataset_.id()));
  const auto numbers = type ? file_type(type.id()) : std::nullopt;
  if (!numbers)
    fail("the dataset holds no numbers that are known here", file_->where(name_), "",
         "integers or floats of 1, 2, 4 or 8 bytes", "");
  dtype_ = numbers->dtype;
  swapped_ = numbers->swapped;
  parallel_ = numbers->plain;
  read_shape();
  read_layout();
}

void ChunkReader::read_shape() {
  const Handle space(H5Dget_space(dataset_.id()));
  const int rank = space ? H5Sget_simple_extent_ndims(space.id()) : -1;
  if (rank < 1 || rank > kMostAxes)
    fail("the dataset has " + std::to_string(std::max(0, rank)) + " axes", file_->where(name_), "",
         "1 to " + std::to_string(kMostAxes), "");
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr);
  shape_ = sizes_of(shape);
  bool sane = shape_[0] <= kMostItems;
  item_bytes_ = static_cast<int64_t>(dtype_size(dtype_));
  for (size_t a = 1; sane && a < shape_.size(); ++a) {
    sane = shape_[a] > 0 && shape_[a] <= kMostLayerBytes / item_bytes_;
    if (sane) item_bytes_ *= shape_[a];
  }
  if (!sane)
    fail("the dataset's sizes are absurd", file_->where(name_), text_of(shape_),
         "items of 1 byte to 4 GiB", "copy the file again");
}

void ChunkReader::read_layout() {
  const Handle create(H5Dget_create_plist(dataset_.id()));
  chunk_ = shape_;
  chunk_[0] = 1;
  part_bytes_ = item_bytes_;
  grid_.assign(shape_.size(), 1);
  grid_[0] = shape_[0];
  fd_ = descriptor_of(dataset_.id());
  tells_places_ = fd_ >= 0 && tells_places(dataset_.id());
  const H5D_layout_t layout = H5Pget_layout(create.id());
  read_fill_value(create.id());
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(create.id()) == 0 && fd_ >= 0) {
    layout_ = Layout::contiguous;
    const haddr_t offset = H5Dget_offset(dataset_.id());
    offset_ = offset == HADDR_UNDEF ? -1 : static_cast<int64_t>(offset);
  } else if (layout == H5D_CHUNKED) {
    layout_ = Layout::chunked;
    std::vector<hsize_t> chunk(shape_.size());
    if (H5Pget_chunk(create.id(), static_cast<int>(chunk.size()), chunk.data()) < 0)
      throw_hdf5(ErrorCode::input_missing, "the chunks are not known", file_->where(name_));
    chunk_ = sizes_of(chunk);
    read_filters(create.id());
    lay_out_chunks();
  } else {
    parallel_ = false;
  }
}

void ChunkReader::read_filters(int64_t create) {
  std::vector<Filter> filters;
  for (int i = 0; i < H5Pget_nfilters(create); ++i) {
    unsigned flags = 0, values[16] = {}, config = 0;
    size_t count = std::size(values);
    char name[64] = {};
    const H5Z_filter_t id = H5Pget_filter2(create, static_cast<unsigned>(i), &flags, &count, values,
                                           sizeof name, name, &config);
    if (id < 0) throw_hdf5(ErrorCode::input_missing, "a filter is damaged", file_->where(name_));
    name[sizeof name - 1] = '\0';
    filters.push_back({id, name, {values, values + std::min(count, std::size(values))}});
    if (H5Zfilter_avail(id) <= 0)
      fail("the dataset is compressed by filter " + std::to_string(id) + " (" + name +
               "), which is not known here",
           file_->where(name_), FilterPipeline(filters).text(),
           "zstd, deflate, szip, shuffle, fletcher32",
           "compress the file again by zstd, with dclab-compress or h5repack");
  }
  filters_ = FilterPipeline(std::move(filters));
  if (!filters_.decodable()) parallel_ = false;
  if (!filters_.filters().empty() && skips_partial_chunks(create)) parallel_ = false;
}

void ChunkReader::read_fill_value(int64_t create) {
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  const Handle type = native_type(dtype_);
  if (H5Pfill_value_defined(create, &defined) >= 0 && defined != H5D_FILL_VALUE_UNDEFINED)
    H5Pget_fill_value(create, type.id(), fill_value_);
  if (swapped_) std::reverse(fill_value_, fill_value_ + dtype_size(dtype_));  // swapped back later
}

void ChunkReader::lay_out_chunks() {
  part_bytes_ = static_cast<int64_t>(dtype_size(dtype_));
  for (size_t a = 0; a < shape_.size(); ++a) {
    if (chunk_[a] <= 0 || chunk_[a] > kMostLayerBytes / part_bytes_)
      fail("the dataset's chunks are absurd", file_->where(name_), text_of(chunk_), "below 4 GiB",
           "copy the file again");
    part_bytes_ *= chunk_[a];
    grid_[a] = (shape_[a] + chunk_[a] - 1) / chunk_[a];
    if (a > 0) parts_ *= grid_[a];
  }
  if (chunk_[0] > kMostLayerBytes / item_bytes_)
    fail("the chunks of one item are too large", file_->where(name_), text_of(chunk_),
         "below 4 GiB for " + std::to_string(chunk_[0]) + " items", "copy the file again");
}

}  // namespace parfocal
