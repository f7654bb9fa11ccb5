#include "parfocal/formats/zarr/writer/frame_columns.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {
namespace {

constexpr size_t kMostBytes = 8;  // of one number

ColumnGroup group_of(std::filesystem::path root, const StoreSpec& spec, size_t index) {
  const ImageSpec& image = spec.images[index];
  ColumnGroup group{
      std::move(root), joined_key(image.path, "frames"), spec.zarr_format, "frame", {},
      spec.columns};
  for (size_t a = 0; a < image.stream_rank(); ++a) group.row_axes.push_back(image.axes[a].name);
  group.columns.push_back({"valid", DType::u8, ""});
  return group;
}

}  // namespace

FrameColumns::FrameColumns(std::filesystem::path root, const StoreSpec& spec, size_t image)
    : arrays_(group_of(std::move(root), spec, image)),
      row_bytes_(static_cast<size_t>(row_bytes(spec)) + 1) {
  frames_.reserve(kMostPending);
  rows_.reserve(kMostPending * row_bytes_);
  order_.reserve(kMostPending);
  values_.reserve(kMostPending * kMostBytes);
}

int64_t FrameColumns::row_bytes(const StoreSpec& spec) {
  int64_t bytes = 0;
  for (const ColumnSpec& column : spec.columns)
    bytes += static_cast<int64_t>(dtype_size(column.dtype));
  return bytes;
}

int64_t FrameColumns::resident_bytes(const StoreSpec& spec) {
  const int64_t row = row_bytes(spec) + 1;
  return static_cast<int64_t>(kMostPending) *
         (row + static_cast<int64_t>(sizeof(int64_t) + sizeof(size_t) + kMostBytes));
}

int64_t FrameColumns::room_bytes(const StoreSpec& spec, int64_t frames) {
  int64_t room = ColumnArrays::room_bytes(1, frames) + kDiskBlockBytes;  // valid; the group
  for (const ColumnSpec& column : spec.columns)
    room += ColumnArrays::room_bytes(static_cast<int64_t>(dtype_size(column.dtype)), frames);
  return room + folder_room_bytes(static_cast<int64_t>(spec.columns.size()));
}

Status FrameColumns::add(int64_t frame, std::span<const std::byte> row) {
  if (!row.empty() && row.size() + 1 != row_bytes_)
    return Status::fail("the metadata of frame " + std::to_string(frame) + " has " +
                        std::to_string(row.size()) + " bytes instead of " +
                        std::to_string(row_bytes_ - 1));
  return add_row(frame, row, true);
}

Status FrameColumns::add_missing(int64_t frame) { return add_row(frame, {}, false); }

Status FrameColumns::add_row(int64_t frame, std::span<const std::byte> row, bool valid) {
  if (frames_.size() == kMostPending)
    if (Status s = flush(); !s.ok()) return s;
  frames_.push_back(frame);
  rows_.insert(rows_.end(), row.begin(), row.end());
  rows_.resize(frames_.size() * row_bytes_);
  rows_.back() = static_cast<std::byte>(valid);
  return {};
}

Status FrameColumns::flush() {
  order_.resize(frames_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  // By their place where frames are the same: the last is written last.
  std::sort(order_.begin(), order_.end(), [this](size_t a, size_t b) {
    return frames_[a] != frames_[b] ? frames_[a] < frames_[b] : a < b;
  });
  for (size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
    for (end = begin + 1; end < order_.size(); ++end)
      if (frames_[order_[end]] != frames_[order_[end - 1]] + 1) break;
    if (Status s = write_run(begin, end); !s.ok()) return s;
  }
  frames_.clear();
  rows_.clear();
  return {};
}

Status FrameColumns::write_run(size_t begin, size_t end) {
  size_t offset = 0;
  for (size_t c = 0; c < arrays_.columns().size(); ++c) {
    const size_t size = dtype_size(arrays_.columns()[c].dtype);
    values_.resize((end - begin) * size);
    for (size_t i = begin; i < end; ++i)
      std::memcpy(values_.data() + (i - begin) * size,
                  rows_.data() + order_[i] * row_bytes_ + offset, size);
    if (Status s = arrays_.write(c, frames_[order_[begin]], values_); !s.ok()) return s;
    offset += size;
  }
  return {};
}

}  // namespace parfocal
