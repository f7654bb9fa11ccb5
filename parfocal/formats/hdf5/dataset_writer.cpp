#include "parfocal/formats/hdf5/dataset_writer.h"

#include <hdf5.h>

#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

std::vector<int64_t> with_items(int64_t items, const std::vector<int64_t>& item_shape) {
  std::vector<int64_t> shape{items};
  shape.insert(shape.end(), item_shape.begin(), item_shape.end());
  return shape;
}

int64_t bytes_of(DType dtype, const std::vector<int64_t>& item_shape) {
  int64_t bytes = static_cast<int64_t>(dtype_size(dtype));
  for (const int64_t size : item_shape) bytes *= size;
  return bytes;
}

}  // namespace

DatasetWriter::DatasetWriter(const H5File& file, const std::string& name, DType dtype,
                             std::vector<int64_t> item_shape, int zstd_level, ChunkEncoder& encoder)
    : where_(file.where(name)),
      shape_(with_items(0, item_shape)),
      item_bytes_(static_cast<size_t>(bytes_of(dtype, item_shape))),
      chunk_items_(chunk_items(static_cast<int64_t>(item_bytes_))),
      zstd_level_(zstd_level),
      encoder_(encoder),
      dataset_(create_dataset(
          file, name, {dtype, shape_, with_items(chunk_items_, item_shape), zstd_level, true})) {
  if (item_shape.size() == 2) mark_as_image(dataset_.id(), where_);
}

std::byte* DatasetWriter::place() {
  chunk_.resize(static_cast<size_t>(chunk_items_) * item_bytes_);
  return chunk_.data() + static_cast<size_t>(items_ % chunk_items_) * item_bytes_;
}

Status DatasetWriter::commit() { return ++items_ % chunk_items_ == 0 ? hand_over() : Status(); }

// The extent follows the items, not the chunks, so that HDF5 never has to cut a chunk.
Status DatasetWriter::hand_over() {
  ChunkJob job;
  job.dataset = dataset_.id();
  job.first_item = (items_ - 1) / chunk_items_ * chunk_items_;
  shape_[0] = items_;
  job.shape = shape_;
  job.zstd_level = zstd_level_;
  job.where = where_;
  job.bytes = std::move(chunk_);
  chunk_ = {};
  return encoder_.put(std::move(job));
}

Status DatasetWriter::finish(int64_t items) {
  if (const int64_t rest = items_ % chunk_items_; rest != 0 && shape_[0] != items_) {
    const size_t used = static_cast<size_t>(rest) * item_bytes_;
    std::memset(chunk_.data() + used, 0, chunk_.size() - used);
    if (Status s = hand_over(); !s.ok()) return s;
  }
  if (Status s = encoder_.drain(); !s.ok() || items < 0 || items >= items_) return s;
  const Hdf5Lock lock;
  std::vector<hsize_t> shape(shape_.begin(), shape_.end());
  shape[0] = static_cast<hsize_t>(items);
  if (H5Dset_extent(dataset_.id(), shape.data()) < 0)
    return Status::fail(Issue{"the dataset cannot be cut", where_, hdf5_reason(), "", ""});
  items_ = shape_[0] = items;
  return {};
}

}  // namespace parfocal
