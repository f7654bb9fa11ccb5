#include "parfocal/formats/hdf5/frame_features.h"

#include <hdf5.h>

#include <algorithm>
#include <span>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/columns.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMapping = "basinmap0";
constexpr hsize_t kBlock = 16'384;    // events that are gathered at once
constexpr int64_t kMostRun = 65'536;  // frames that are read for them

// The scalars that belong to a frame, not to an event (dcnum/read/const.py).
std::vector<std::string> frame_scalars() {
  std::vector<std::string> names{"bg_off",   "flow_rate", "frame",    "g_force",
                                 "pressure", "temp",      "temp_amb", "time"};
  for (int i = 0; i < 10; ++i) names.push_back("userdef" + std::to_string(i));
  return names;
}

Handle block_of(hid_t dataset, hsize_t first, hsize_t count) {
  Handle space(H5Dget_space(dataset));
  H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr);
  return space;
}

template <class T>
bool transfer(bool write, hid_t dataset, hid_t type, hsize_t first, std::vector<T>& values) {
  const hsize_t count = values.size();
  const Handle file = block_of(dataset, first, count), memory(H5Screate_simple(1, &count, nullptr));
  const herr_t done =
      write ? H5Dwrite(dataset, type, memory.id(), file.id(), H5P_DEFAULT, values.data())
            : H5Dread(dataset, type, memory.id(), file.id(), H5P_DEFAULT, values.data());
  return done >= 0;
}

// Where the frames that are read at once for the events from `begin` on end: events may be rare.
template <class T>
size_t end_of_run(std::span<const T> frames, size_t begin) {
  const auto from = frames.begin() + static_cast<std::ptrdiff_t>(begin);
  const int64_t end = static_cast<int64_t>(*from) + kMostRun;
  const auto in_run = [&](T frame) { return static_cast<int64_t>(frame) < end; };
  return static_cast<size_t>(std::partition_point(from, frames.end(), in_run) - frames.begin());
}

hsize_t length_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset));
  if (H5Sget_simple_extent_ndims(space.id()) != 1) return 0;
  return static_cast<hsize_t>(H5Sget_simple_extent_npoints(space.id()));
}

}  // namespace

std::vector<std::string> FrameFeatures::missing_of(const std::vector<std::string>& names) const {
  std::vector<std::string> found;
  for (const std::string& name : names)
    if (from_.kind("events/" + name) == H5File::Kind::dataset && !to_.exists("events/" + name))
      found.push_back(name);
  return found;
}

void FrameFeatures::refer(const fs::path& folder) const {
  refer_to_file(missing_of(frame_scalars()), folder);
  refer_to_file(missing_of({"image"}), folder);
  pass_on_basins();
}

void FrameFeatures::copy(int zstd_level, const fs::path& folder) const {
  for (const std::string& name : missing_of(frame_scalars())) copy_column(name, zstd_level);
  refer(folder);
}

void FrameFeatures::refer_to_file(const std::vector<std::string>& features,
                                  const fs::path& folder) const {
  if (features.empty()) return;
  BasinEntry entry;
  entry.name = "parfocal basin";
  entry.description = "Created with " + software_name();
  entry.paths = basin_paths(from_.path(), folder);
  entry.features = features;
  entry.identifier = measurement_identifier(from_);
  entry.mapping = kMapping;
  store_basin(to_, entry);
}

// An input that has its frames elsewhere says where: so do we, for what it does not hold itself.
void FrameFeatures::pass_on_basins() const {
  std::vector<std::string> wanted = frame_scalars();
  wanted.emplace_back("image");
  for (BasinEntry& entry : read_basin_entries(from_)) {
    if (entry.internal) continue;
    std::erase_if(entry.features, [&](const std::string& name) {
      return std::find(wanted.begin(), wanted.end(), name) == wanted.end() ||
             from_.exists("events/" + name) || to_.exists("events/" + name);
    });
    if (entry.features.empty()) continue;
    entry.paths = absolute_paths(entry.paths, from_.path().parent_path());
    entry.mapping = composed_mapping(entry.mapping);
    store_basin(to_, entry);
  }
}

std::string FrameFeatures::composed_mapping(const std::string& mapping) const {
  if (mapping.empty()) return kMapping;
  const IntegerColumn frames(to_, std::string("events/") + kMapping);
  const IntegerColumn there(from_, "events/" + mapping);
  std::vector<int64_t> run;
  return store_mapping(to_, frames.size(), [&](int64_t first, std::span<int64_t> to) {
    frames.read(first, to);
    if (to.back() >= there.size())
      throw Error(ErrorCode::run_failed,
                  Issue{"the mapping of a basin has fewer frames than there are",
                        from_.where("events/" + mapping), std::to_string(there.size()),
                        "more than " + std::to_string(to.back()), "restore the original file"});
    for (size_t begin = 0, end = 0; begin < to.size(); begin = end) {
      end = end_of_run(std::span<const int64_t>(to), begin);
      const int64_t from = to[begin];
      run.resize(static_cast<size_t>(to[end - 1] - from + 1));
      there.read(from, run);
      for (size_t e = begin; e < end; ++e) to[e] = run[static_cast<size_t>(to[e] - from)];
    }
  });
}

// Frames of neighbouring events lie together, so a block of events needs a short run of frames.
void FrameFeatures::copy_column(const std::string& name, int zstd_level) const {
  const Hdf5Lock lock;
  const Handle source = from_.dataset("events/" + name), kind(H5Dget_type(source.id()));
  const Handle map = to_.dataset(std::string("events/") + kMapping);
  const auto type = file_type(kind.id());
  const hsize_t events = length_of(map.id()), frames = length_of(source.id());
  if (!type || frames == 0) return;
  const bool real = type->dtype == DType::f32 || type->dtype == DType::f64;
  const DType dtype = real ? DType::f64 : DType::i64;
  const Handle target = create_dataset(
      to_, "events/" + name, {dtype, {static_cast<int64_t>(events)}, {}, zstd_level, true});
  const Handle memory = native_type(dtype);
  bool good = true;
  for (hsize_t first = 0, count = 0; first < events && good; first += count) {
    std::vector<uint32_t> at(std::min(kBlock, events - first));
    good = transfer(false, map.id(), H5T_NATIVE_UINT32, first, at) && at.back() < frames;
    if (!good) break;
    at.resize(end_of_run(std::span<const uint32_t>(at), 0));
    count = at.size();
    std::vector<int64_t> run(at.back() - at.front() + 1), picked;  // 8 bytes, whatever they mean
    good = transfer(false, source.id(), memory.id(), at.front(), run);
    for (const uint32_t frame : at) picked.push_back(run[frame - at.front()]);
    good = good && transfer(true, target.id(), memory.id(), first, picked);
  }
  if (!good) throw_hdf5(ErrorCode::run_failed, "the column cannot be copied", from_.where(name));
}

}  // namespace parfocal
