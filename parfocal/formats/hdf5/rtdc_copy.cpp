#include "parfocal/formats/hdf5/rtdc_copy.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

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

// Numbers and compounds of numbers, as they are but compressed.
void copy_table(const H5File& from, const H5File& to, const std::string& name) {
  const Handle source = from.dataset(name), type(H5Dget_type(source.id()));
  const Handle space(H5Dget_space(source.id()));
  const int rank = H5Sget_simple_extent_ndims(space.id());
  const size_t points = static_cast<size_t>(H5Sget_simple_extent_npoints(space.id()));
  if (points == 0) return;
  if (rank < 1 || H5Tdetect_class(type.id(), H5T_VLEN) > 0 ||
      H5Tdetect_class(type.id(), H5T_REFERENCE) > 0 || H5Tis_variable_str(type.id()) > 0)
    return copy_object(from, name, to, name);
  std::vector<std::byte> bytes(points * H5Tget_size(type.id()));
  if (H5Dread(source.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
    throw_hdf5(ErrorCode::input_missing, "the table cannot be read", from.where(name));
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr);
  std::vector<int64_t> chunk(shape.begin(), shape.end());
  chunk[0] = std::min<int64_t>(chunk[0], 10'000);
  const Handle fixed(H5Screate_simple(rank, shape.data(), nullptr));
  const Handle create = creation_list(chunk, 5, true);
  const Handle made = checked(H5Dcreate2(to.id(), name.c_str(), type.id(), fixed.id(), H5P_DEFAULT,
                                         create.id(), H5P_DEFAULT),
                              ErrorCode::run_failed, "the table cannot be made", to.where(name));
  if (H5Dwrite(made.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
    throw_hdf5(ErrorCode::run_failed, "the table cannot be written", to.where(name));
}

bool is_text(const H5File& file, const std::string& name) {
  const Handle dataset = file.dataset(name), type(H5Dget_type(dataset.id()));
  return H5Tget_class(type.id()) == H5T_STRING;
}

void copy_topic(const H5File& from, const H5File& to, const std::string& topic) {
  const Hdf5Lock lock;
  for (const std::string& member : from.members(topic)) {
    const std::string name = topic + "/" + member;
    if (to.exists(name) || from.kind(name) != H5File::Kind::dataset) continue;
    to.require_group(topic);
    if (is_text(from, name)) {
      const auto lines = read_strings(from, name);
      if (!lines.empty()) write_strings(to, name, lines);
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
  copy_topic(from, to, "logs");
  copy_topic(from, to, "tables");
}

void copy_file_basins(const H5File& from, const H5File& to) {
  for (BasinEntry& entry : read_basin_entries(from)) {
    if (entry.internal) continue;
    entry.paths = absolute_paths(entry.paths, from.path().parent_path());
    if (!entry.mapping.empty())
      entry.mapping = store_mapping(to, read_integer_column(from, "events/" + entry.mapping));
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
