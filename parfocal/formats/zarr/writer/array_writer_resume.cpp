#include <unistd.h>

#include <cerrno>

#include "parfocal/formats/zarr/writer/array_writer-inl.h"

namespace parfocal {

Status ArrayWriter::remove_band(int64_t band) const {
  const auto remove = [&](const std::vector<int64_t>& key) {
    const std::filesystem::path path = final_path(key);
    return ::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR
               ? Status()
               : io_failure("remove", path);
  };
  if (shard_) {
    for (int64_t part = 0; part < grid_.parts(); ++part)
      if (Status s = remove(grid_.part_key_of(band, part)); !s.ok()) return s;
    return {};
  }
  for (const Tile& tile : grid_.tiles())
    if (Status s = remove(grid_.chunk_key_of(grid_.first_frame(band), tile)); !s.ok()) return s;
  return {};
}

}  // namespace parfocal
