#include "parfocal/formats/zarr/store_sink_table.h"

#include "parfocal/formats/common/files.h"

namespace parfocal {

constexpr std::chrono::seconds kPublishEvery{1};

SinkTable::SinkTable(std::filesystem::path root, int zarr_format, const SinkInput& input,
                     size_t number)
    : root_(std::move(root)),
      name_(input.step),
      zarr_format_(zarr_format),
      input_(number),
      layout_(input.layout),
      columns_(root_, "tables/" + name_, zarr_format, layout_.layout.stream, layout_.table) {}

int64_t SinkTable::resident_bytes() const {
  return TableColumns::resident_bytes(layout_.layout.stream, layout_.table);
}

Status SinkTable::open() {
  if (Status s = publish(); !s.ok()) return s;
  for (const MetadataObject& object : tables_group("tables", zarr_format_, {name_}))
    if (Status s = write_file_atomically(root_ / object.key, object.text); !s.ok()) return s;
  return {};
}

Status SinkTable::write(const Input& in) {
  if (in.gap) return {};
  const std::span coordinates(in.header->coordinates.data(), layout_.layout.stream.size());
  if (Status s = columns_.append(coordinates, in.table); !s.ok()) return s;
  return std::chrono::steady_clock::now() - published_ < kPublishEvery ? Status() : publish();
}

Status SinkTable::publish() {
  if (Status s = columns_.flush(); !s.ok()) return s;
  for (const MetadataObject& object : columns_.objects(columns_.rows()))
    if (Status s = write_file_atomically(root_ / object.key, object.text); !s.ok()) return s;
  published_ = std::chrono::steady_clock::now();
  return {};
}

Status SinkTable::close(int64_t items) {
  if (items >= 0)
    if (Status s = columns_.cut(items); !s.ok()) return s;
  if (Status s = publish(); !s.ok()) return s;
  return columns_.sync();
}

}  // namespace parfocal
