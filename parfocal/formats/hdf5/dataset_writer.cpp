#include "parfocal/formats/hdf5/dataset_writer.h"

#include <hdf5.h>

#include <algorithm>
#include <utility>

#include "parfocal/formats/hdf5/fletcher32.h"
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
    : name_(name),
      where_(file.where(name)),
      shape_(with_items(0, item_shape)),
      item_bytes_(static_cast<size_t>(bytes_of(dtype, item_shape))),
      chunk_items_(chunk_items(static_cast<int64_t>(item_bytes_))),
      zstd_level_(zstd_level),
      encoder_(encoder),
      dataset_(create_dataset(
          file, name, {dtype, shape_, with_items(chunk_items_, item_shape), zstd_level, true})) {
  if (item_shape.size() == 2) mark_as_image(dataset_.id(), where_);
  file_ = file.journaled();
  buffers_ = encoder_.buffers(chunk_bytes() + kFletcherBytes);
  encoder_.add(this);
}

Status DatasetWriter::place(std::byte*& at) {
  const int64_t bytes = static_cast<int64_t>(chunk_bytes());
  // The most that zstd, the checksum and the chunk's entry in the index may add.
  const int64_t most = bytes + bytes / 128 + 1024;
  if (file_ != nullptr && held_bytes_ == 0) {
    if (!file_->hold(most)) return io_failure("write", where_);
    held_bytes_ = most;
  }
  if (!chunk_) chunk_ = buffers_.take();
  const std::span<std::byte> all = chunk_->take(chunk_bytes() + kFletcherBytes);
  at = all.data() + static_cast<size_t>(items_ % chunk_items_) * item_bytes_;
  return {};
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
  job.items = std::exchange(chunk_, nullptr);
  job.bytes = chunk_bytes();
  job.item_bytes = static_cast<int64_t>(item_bytes_);
  job.file = file_;
  job.held_bytes = std::exchange(held_bytes_, 0);
  return encoder_.put(std::move(job));
}

DatasetTail DatasetWriter::unfinished() const {
  const int64_t items = items_ % chunk_items_;
  DatasetTail tail{name_, items_ - items, static_cast<int64_t>(item_bytes_), {}};
  if (items > 0 && shape_[0] != items_)
    tail.pieces.push_back(chunk_->first(static_cast<size_t>(items) * item_bytes_));
  return tail;
}

int64_t DatasetWriter::items_in_file() const {
  const Hdf5Lock lock;
  const Handle space(H5Dget_space(dataset_.id()));
  std::vector<hsize_t> shape(shape_.size());
  if (!space || H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr) < 0) return 0;
  return static_cast<int64_t>(shape[0]);
}

Status DatasetWriter::finish(int64_t items) {
  Status s;
  if (const int64_t rest = items_ % chunk_items_; rest != 0 && shape_[0] != items_) {
    const size_t used = static_cast<size_t>(rest) * item_bytes_;
    std::memset(chunk_->take(chunk_bytes()).data() + used, 0, chunk_bytes() - used);
    s = hand_over();
  }
  if (Status drained = encoder_.drain(); s.ok()) s = std::move(drained);
  if (!s.ok()) items_ = std::min(items_, items_in_file());
  if (items < 0 || items >= items_) return s;
  Status shorter = cut(items);
  return s.ok() ? std::move(shorter) : std::move(s);
}

int64_t DatasetWriter::stored() const {
  (void)encoder_.drain();
  return encoder_.failed(dataset_.id()) ? std::min(items_, items_in_file()) : items_;
}

Status DatasetWriter::cut(int64_t items) {
  const Hdf5Lock lock;
  std::vector<hsize_t> shape(shape_.begin(), shape_.end());
  shape[0] = static_cast<hsize_t>(items);
  if (H5Dset_extent(dataset_.id(), shape.data()) < 0)
    return Status::fail(Issue{"the dataset cannot be cut", where_, hdf5_reason(), "", ""});
  items_ = shape_[0] = items;
  return {};
}

Status finish_together(std::span<DatasetWriter* const> writers, int64_t items, int64_t& kept) {
  Status first;
  const auto all = [&](int64_t most) {
    for (DatasetWriter* writer : writers)
      if (writer)
        if (Status s = writer->finish(most); !s.ok() && first.ok()) first = std::move(s);
  };
  all(items);
  kept = INT64_MAX;
  for (const DatasetWriter* writer : writers)
    if (writer) kept = std::min(kept, writer->items());
  all(kept);
  return first;
}

}  // namespace parfocal
