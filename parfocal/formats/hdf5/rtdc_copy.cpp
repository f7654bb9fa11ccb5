#include "parfocal/formats/hdf5/rtdc_copy.h"

#include <hdf5.h>

#include <algorithm>
#include <span>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/common/zstd_memory.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/columns.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/pieces.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostTableChunk = int64_t{2} << 20;
constexpr int64_t kMostReferenceBytes = int64_t{64} << 20;  // of texts in a table, without these
constexpr int kTableLevel = 5;

// Copies one attribute with its type; what cannot be read is left out.
void copy_attribute(hid_t from, hid_t to, const char* name) {
  const Handle attribute(H5Aopen(from, name, H5P_DEFAULT));
  if (!attribute) return;
  const Handle type(H5Aget_type(attribute.id())), space(H5Aget_space(attribute.id()));
  const size_t points =
      static_cast<size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.id())));
  std::vector<std::byte> bytes(std::max<size_t>(1, points * H5Tget_size(type.id())));
  if (H5Aread(attribute.id(), type.id(), bytes.data()) < 0) return;
  const Handle made(H5Acreate2(to, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
  const bool good = made && H5Awrite(made.id(), type.id(), bytes.data()) >= 0;
  H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, bytes.data());
  if (!good) throw_hdf5(ErrorCode::run_failed, "the attribute cannot be written", name);
}

void copy_attributes(hid_t from, hid_t to) {
  struct Objects {
    hid_t from, to;
    std::exception_ptr failure;
  } objects{from, to, nullptr};
  const auto copy = [](hid_t, const char* name, const H5A_info_t*, void* into) -> herr_t {
    Objects& both = *static_cast<Objects*>(into);
    if (H5Aexists(both.to, name) > 0) return 0;
    try {
      copy_attribute(both.from, both.to, name);
    } catch (...) {  // not through C
      both.failure = std::current_exception();
      return -1;
    }
    return 0;
  };
  H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, copy, &objects);
  if (objects.failure) std::rethrow_exception(objects.failure);
}

// A table as it is copied: in boxes, each of which is a chunk of the copy.
struct Table {
  Handle dataset, type;
  std::vector<int64_t> shape, chunk;
  int64_t bytes = 0, chunk_bytes = 0;
  bool is_plain = false;  // numbers and compounds of numbers
};

int64_t bytes_of(const std::vector<int64_t>& shape, int64_t item_bytes) {
  for (const int64_t size : shape) item_bytes = room_product(item_bytes, size);
  return item_bytes;
}

// At most 10,000 rows, and as much of them as is at most kMostTableChunk.
std::vector<int64_t> table_chunk(const std::vector<int64_t>& shape, int64_t item_bytes) {
  std::vector<int64_t> chunk = shape;
  chunk[0] = std::min<int64_t>(chunk[0], 10'000);
  for (int64_t& size : chunk)
    if (const int64_t bytes = bytes_of(chunk, item_bytes); bytes > kMostTableChunk)
      size = std::max<int64_t>(1, kMostTableChunk / std::max<int64_t>(1, bytes / size));
  return chunk;
}

bool holds_references(hid_t type) {
  return H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tdetect_class(type, H5T_REFERENCE) > 0 ||
         H5Tis_variable_str(type) > 0;
}

// What was never written, or is stored as nothing, is found before anything is computed.
void require_plausible(const H5File& from, const std::string& name, const Table& table) {
  const int64_t plausible = plausible_bytes(table.dataset.id());
  const int64_t most = table.is_plain ? plausible : std::min(plausible, kMostReferenceBytes);
  if (table.bytes <= most) return;
  std::string rows = std::to_string(table.shape.empty() ? 1 : table.shape[0]) + " rows in ";
  rows += std::to_string(H5Dget_storage_size(table.dataset.id())) + " bytes";
  throw Error(ErrorCode::input_missing,
              Issue{"the table is absurdly long", from.where(name), rows,
                    "at most " + std::to_string(most) + " bytes of rows, so much as is stored",
                    "copy the file again, or remove the table from a copy of it"});
}

Table open_table(const H5File& from, const std::string& name) {
  Table table;
  table.dataset = open_for_pieces(from, name);
  table.type = Handle(H5Dget_type(table.dataset.id()));
  table.shape = shape_of(table.dataset.id());
  const auto item_bytes = static_cast<int64_t>(H5Tget_size(table.type.id()));
  table.bytes = bytes_of(table.shape, item_bytes);
  table.is_plain = !table.shape.empty() && !holds_references(table.type.id());
  require_plausible(from, name, table);
  if (!table.is_plain || table.bytes == 0) return table;
  table.chunk = table_chunk(table.shape, item_bytes);
  table.chunk_bytes = bytes_of(table.chunk, item_bytes);
  return table;
}

// The next box of the grid of chunks; false after the last.
bool next_box(const Table& table, Box& box) {
  for (size_t a = table.shape.size(); a-- > 0;) {
    box.first[a] += static_cast<uint64_t>(table.chunk[a]);
    const bool inside = box.first[a] < static_cast<uint64_t>(table.shape[a]);
    if (!inside) box.first[a] = 0;
    box.count[a] = static_cast<uint64_t>(
        std::min(table.chunk[a], table.shape[a] - static_cast<int64_t>(box.first[a])));
    if (inside) return true;
  }
  return false;
}

void copy_boxes(const H5File& from, const H5File& to, const std::string& name, const Table& table,
                int64_t made) {
  std::vector<std::byte> bytes(static_cast<size_t>(table.chunk_bytes));
  Box box{std::vector<uint64_t>(table.shape.size()), {table.chunk.begin(), table.chunk.end()}};
  do {
    if (!read_box(table.dataset.id(), table.type.id(), box, bytes.data()))
      throw_hdf5(ErrorCode::input_missing, "the table cannot be read", from.where(name));
    if (!write_box(made, table.type.id(), box, bytes.data()))
      throw_hdf5(ErrorCode::run_failed, "the table cannot be written", to.where(name));
  } while (next_box(table, box));
}

// As it is but compressed.
void copy_table(const H5File& from, const H5File& to, const std::string& name) {
  const Table table = open_table(from, name);
  if (table.bytes == 0) return;
  if (!table.is_plain) return copy_object(from, name, to, name);
  const std::vector<hsize_t> shape(table.shape.begin(), table.shape.end());
  const Handle fixed(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const Handle create = creation_list(table.chunk, kTableLevel, true);
  const Handle made = checked(H5Dcreate2(to.id(), name.c_str(), table.type.id(), fixed.id(),
                                         H5P_DEFAULT, create.id(), H5P_DEFAULT),
                              ErrorCode::run_failed, "the table cannot be made", to.where(name));
  copy_boxes(from, to, name, table, made.id());
}

// Of references the library has all that a piece of them leads to in memory, and once more.
int64_t table_copying_bytes(const H5File& from, const std::string& name) {
  const Table table = open_table(from, name);
  const int64_t reading = piece_reading_bytes(table.dataset.id());
  if (table.is_plain)
    return reading + 3 * table.chunk_bytes + zstd_encoder_bytes(kTableLevel, table.chunk_bytes);
  hsize_t bytes = 0;
  const Handle space(H5Dget_space(table.dataset.id()));
  if (H5Tdetect_class(table.type.id(), H5T_VLEN) > 0 || H5Tis_variable_str(table.type.id()) > 0)
    H5Dvlen_get_buf_size(table.dataset.id(), table.type.id(), space.id(), &bytes);
  return reading + 2 * table.bytes + 2 * static_cast<int64_t>(std::min<hsize_t>(bytes, 1 << 30));
}

// Lines; what has more axes is copied as a table is.
bool is_text(const H5File& file, const std::string& name) {
  const Handle dataset = file.dataset(name), type(H5Dget_type(dataset.id()));
  return H5Tget_class(type.id()) == H5T_STRING && shape_of(dataset.id()).size() <= 1;
}

// The topics whose members are copied.
constexpr const char* kTopics[] = {"logs", "tables"};

int64_t topics_copying_bytes(const H5File& from) {
  const Hdf5Lock lock;
  int64_t most = 0;
  for (const std::string topic : kTopics)
    for (const std::string& member : from.members(topic)) {
      const std::string name = topic + "/" + member;
      if (from.kind(name) != H5File::Kind::dataset) continue;
      most = std::max(most, is_text(from, name) ? text_copying_bytes(measure_text(from, name))
                                                : table_copying_bytes(from, name));
    }
  return most;
}

// An attribute, and where it leads to texts these.
int64_t attributes_copying_bytes(hid_t object) {
  int64_t most = 0;
  const auto add = [](hid_t from, const char* name, const H5A_info_t* info, void* into) -> herr_t {
    const Handle attribute(H5Aopen(from, name, H5P_DEFAULT));
    int64_t& bytes = *static_cast<int64_t*>(into);
    bytes = std::max(bytes, static_cast<int64_t>(std::min<hsize_t>(info->data_size, 1 << 30)));
    if (const auto value = read_attribute(from, name))
      bytes = std::max(bytes, static_cast<int64_t>(text_of(*value).size()));
    return 0;
  };
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, add, &most);
  return 3 * most;
}

// Their JSON is some ten times as large in memory; all entries are there at once. A mapping is
// copied in pieces.
int64_t basins_copying_bytes(const H5File& from) {
  int64_t texts = 0, mappings = 0;
  for (const std::string& key : from.members("basins"))
    texts += static_cast<int64_t>(measure_text(from, "basins/" + key).bytes);
  for (int k = 0; k < 10; ++k) {
    const std::string name = "events/basinmap" + std::to_string(k);
    if (from.kind(name) != H5File::Kind::dataset) continue;
    mappings = std::max(mappings, IntegerColumn(from, name).reading_bytes());
  }
  return 10 * texts + mappings + 2 * kMappingAtOnce * int64_t{sizeof(int64_t)};
}

void copy_topic(const H5File& from, const H5File& to, const std::string& topic) {
  const Hdf5Lock lock;
  for (const std::string& member : from.members(topic)) {
    const std::string name = topic + "/" + member;
    if (to.exists(name) || from.kind(name) != H5File::Kind::dataset) continue;
    to.require_group(topic);
    if (is_text(from, name)) {
      copy_text(from, to, name);
    } else {
      copy_table(from, to, name);
    }
    if (!to.exists(name)) continue;
    const Handle made = to.dataset(name);
    copy_attributes(from.dataset(name).id(), made.id());
    const auto before = read_attribute(made.id(), "software");
    write_attribute(made.id(), "software",
                    (before ? text_of(*before) + " | " : "") + software_name(), to.where(name));
  }
}

}  // namespace

std::string software_name() { return std::string("parfocal ") + PARFOCAL_VERSION; }

void copy_metadata(const H5File& from, const H5File& to) {
  {
    const Hdf5Lock lock;
    copy_attributes(from.id(), to.id());
  }
  for (const char* topic : kTopics) copy_topic(from, to, topic);
}

int64_t copying_bytes(const fs::path& from) {
  std::error_code unknown;
  if (from.empty() || !fs::exists(from, unknown)) return 0;
  const H5File file = H5File::open(from);
  const Hdf5Lock lock;
  return std::max({topics_copying_bytes(file), attributes_copying_bytes(file.id()),
                   basins_copying_bytes(file)});
}

void copy_file_basins(const H5File& from, const H5File& to) {
  for (BasinEntry& entry : read_basin_entries(from)) {
    if (entry.internal) continue;
    entry.paths = absolute_paths(entry.paths, from.path().parent_path());
    if (!entry.mapping.empty()) {
      const IntegerColumn there(from, "events/" + entry.mapping);
      const auto read = [&](int64_t first, std::span<int64_t> into) { there.read(first, into); };
      entry.mapping = store_mapping(to, there.size(), read);
    }
    store_basin(to, entry);
  }
}

std::vector<std::string> basin_paths(const fs::path& file, const fs::path& folder) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(file, ignored);
  const fs::path relative =
      whole.lexically_relative(fs::weakly_canonical(folder.empty() ? "." : folder, ignored));
  std::vector<std::string> paths{whole.string()};
  if (!relative.empty()) paths.push_back(relative.string());
  return paths;
}

std::vector<std::string> absolute_paths(const std::vector<std::string>& paths,
                                        const fs::path& folder) {
  std::vector<std::string> result;
  std::error_code ignored;
  for (const std::string& path : paths)
    if (fs::path(path).is_relative())
      result.push_back(fs::weakly_canonical(folder / path, ignored).string());
  result.insert(result.end(), paths.begin(), paths.end());
  return result;
}

std::vector<std::string> feature_names(const H5File& file) {
  std::vector<std::string> names = file.members("events");
  for (std::string& name : file.members("basin_events")) names.push_back(std::move(name));
  std::erase_if(names, [](const std::string& name) { return name.starts_with("basinmap"); });
  std::sort(names.begin(), names.end());
  return names;
}

void refer_to(const H5File& from, const H5File& to, const fs::path& folder) {
  copy_metadata(from, to);
  copy_file_basins(from, to);
  BasinEntry entry;
  entry.name = from.path().filename().string();
  entry.description = "Created by " + software_name();
  entry.paths = basin_paths(from.path(), folder);
  entry.features = feature_names(from);
  entry.identifier = measurement_identifier(from);
  store_basin(to, entry);
}

void copy_object(const H5File& from, const std::string& name, const H5File& to,
                 const std::string& new_name) {
  const Hdf5Lock lock;
  const Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  if (H5Ocopy(from.id(), name.c_str(), to.id(), new_name.c_str(), H5P_DEFAULT, links.id()) < 0)
    throw_hdf5(ErrorCode::run_failed, "the data cannot be copied", from.where(name),
               "check the space on the disk");
}

}  // namespace parfocal
