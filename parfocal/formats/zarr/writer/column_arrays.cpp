#include "parfocal/formats/zarr/writer/column_arrays.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/array_json-inl.h"

namespace parfocal {
ColumnArrays::ColumnArrays(ColumnGroup group) : group_(std::move(group)) {
  for (ColumnSpec& column : group_.columns)
    if (column.dtype == DType::boolean) column.dtype = DType::u8;
}

int64_t ColumnArrays::room_bytes(int64_t value_bytes, int64_t rows) {
  const int64_t chunks = (rows + kRowsPerChunk - 1) / kRowsPerChunk;
  return room_product(rows, value_bytes) + room_product(chunks, kDiskBlockBytes) +
         folder_room_bytes(chunks) + folder_room_bytes(4) + 2 * kDiskBlockBytes;  // metadata
}

std::filesystem::path ColumnArrays::folder_of(size_t column) const {
  const std::filesystem::path array = group_.root / group_.path / group_.columns[column].name;
  return group_.zarr_format == 3 ? array / "c" : array;
}

Status ColumnArrays::write(size_t column, int64_t row, std::span<const std::byte> values) {
  const size_t size = dtype_size(group_.columns[column].dtype);
  while (!values.empty()) {
    const int64_t within = row % kRowsPerChunk;
    const size_t room = static_cast<size_t>(kRowsPerChunk - within) * size;
    const std::span<const std::byte> part = values.first(std::min(values.size(), room));
    if (Status s = write_chunk(column, row / kRowsPerChunk, within, part); !s.ok()) return s;
    values = values.subspan(part.size());
    row += static_cast<int64_t>(part.size() / size);
  }
  return {};
}

Status ColumnArrays::write_chunk(size_t column, int64_t chunk, int64_t row_in_chunk,
                                 std::span<const std::byte> values) {
  const std::filesystem::path path = folder_of(column) / std::to_string(chunk);
  const int64_t size = static_cast<int64_t>(dtype_size(group_.columns[column].dtype));
  const int64_t bytes = static_cast<int64_t>(values.size());
  Fd fd;
  bool is_new = false;
  if (Status s = open_sized(path, kRowsPerChunk * size, fd, is_new); !s.ok()) return s;
  if (!write_at(fd.get(), values.data(), bytes, row_in_chunk * size))
    return io_failure("write", path);
  new_files_ = new_files_ || is_new;
  const bool clean = dirty_begin_ == dirty_end_;
  dirty_begin_ = clean ? chunk : std::min(dirty_begin_, chunk);
  dirty_end_ = clean ? chunk + 1 : std::max(dirty_end_, chunk + 1);
  return fd.close_checked(path);
}

Status ColumnArrays::read(size_t column, int64_t row, std::span<std::byte> values) const {
  const std::filesystem::path path = folder_of(column) / std::to_string(row / kRowsPerChunk);
  const int64_t size = static_cast<int64_t>(dtype_size(group_.columns[column].dtype));
  const int64_t bytes = static_cast<int64_t>(values.size());
  Fd fd;
  int64_t file_bytes = 0;
  if (Status s = open_for_reading(path, fd, file_bytes); !s.ok()) return s;
  return read_at(fd.get(), values.data(), bytes, row % kRowsPerChunk * size) == bytes
             ? Status()
             : io_failure("read", path);
}

Status ColumnArrays::sync() {
  for (size_t column = 0; column < group_.columns.size(); ++column)
    for (int64_t chunk = dirty_begin_; chunk < dirty_end_; ++chunk) {
      const std::filesystem::path path = folder_of(column) / std::to_string(chunk);
      const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      if (!fd && errno == ENOENT) continue;  // frames came far from each other
      if (!fd) return io_failure("open", path);
      if (::fdatasync(fd.get()) != 0) return io_failure("sync", path);
    }
  if (Status s = sync_folders(); !s.ok()) return s;
  dirty_begin_ = dirty_end_ = 0;
  new_files_ = false;
  return {};
}

Status ColumnArrays::sync_folders() const {
  std::set<std::filesystem::path> folders;
  for (size_t column = 0; new_files_ && column < group_.columns.size(); ++column)
    for (auto path = folder_of(column); folders.insert(path).second && path != group_.root;)
      path = path.parent_path();
  for (const std::filesystem::path& folder : folders)
    if (Status s = sync_directory(folder); !s.ok()) return s;
  return {};
}

std::vector<MetadataObject> ColumnArrays::objects(int64_t rows) const {
  using ngff_json::Json;
  std::vector<MetadataObject> objects;
  Json names = Json::array();
  for (const ColumnSpec& column : group_.columns) {
    ArraySpec array;
    array.path = group_.path + "/" + column.name;
    array.dtype = column.dtype;
    array.names = {group_.row_name};
    array.chunk = {kRowsPerChunk};
    Json attributes = Json::object();
    if (!column.unit.empty()) attributes["unit"] = column.unit;
    for (MetadataObject& object : array_metadata(group_.zarr_format, array, {rows}, attributes))
      objects.push_back(std::move(object));
    names.push_back(column.name);
  }
  Json own = {{"version", 1}, {"columns", names}, {"row", group_.row_name}};
  if (!group_.row_axes.empty()) own["row_axes"] = group_.row_axes;
  for (MetadataObject& object :
       group_metadata(group_.zarr_format, group_.path, {{"parfocal", own}}))
    objects.push_back(std::move(object));
  return objects;
}

}  // namespace parfocal
