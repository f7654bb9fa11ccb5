#include "parfocal/formats/zarr/store_sink_table.h"

#include "parfocal/core/guarded.h"
#include "parfocal/formats/common/files.h"

namespace parfocal {

SinkTable::SinkTable(std::filesystem::path root, int zarr_format, const SinkInput& input,
                     size_t number)
    : root_(std::move(root)),
      name_(input.step),
      zarr_format_(zarr_format),
      input_(number),
      layout_(input.layout),
      columns_(root_, "tables/" + name_, zarr_format, layout_.layout.stream, layout_.table) {}

int64_t SinkTable::resident_bytes() const {
  return TableColumns::resident_bytes(layout_.layout.stream, layout_.table) +
         Heartbeat::kResidentBytes;
}

Status SinkTable::open() {
  if (Status s = publish(); !s.ok()) return s;
  for (const MetadataObject& object : tables_group("tables", zarr_format_, {name_}))
    if (Status s = write_file_atomically(root_ / object.key, object.text); !s.ok()) return s;
  beat_.start([this] {
    const std::lock_guard lock(mutex_);
    if (published_.ok()) published_ = guarded([this] { return publish(); });
  });
  return {};
}

Status SinkTable::write(const Input& in) {
  if (in.gap) return {};
  const std::span coordinates(in.header->coordinates.data(), layout_.layout.stream.size());
  const std::lock_guard lock(mutex_);
  if (!published_.ok()) return Status::fail(published_.issue());
  beat_.touch();
  return columns_.append(coordinates, in.table);
}

Status SinkTable::publish() {
  if (Status s = columns_.flush(); !s.ok()) return s;
  for (const MetadataObject& object : columns_.objects(columns_.rows()))
    if (Status s = write_file_atomically(root_ / object.key, object.text); !s.ok()) return s;
  return {};
}

Status SinkTable::close(int64_t items) {
  beat_.stop();
  if (items >= 0)
    if (Status s = columns_.cut(items); !s.ok()) return s;
  if (Status s = publish(); !s.ok()) return s;
  return columns_.sync();
}

}  // namespace parfocal
