#include "parfocal/formats/hdf5/rtdc_file.h"

#include <hdf5.h>

#include <algorithm>
#include <set>

#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/rtdc_recover.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int kMostFiles = 64;  // that one file may lead to
constexpr size_t kMostNesting = 16;
constexpr int64_t kMostImages = int64_t{1} << 30;

int64_t length_of(const H5File& file, const std::string& name) {
  const Hdf5Lock lock;
  if (file.kind(name) != H5File::Kind::dataset) return -1;
  const Handle dataset = file.dataset(name), space(H5Dget_space(dataset.id()));
  hsize_t shape[H5S_MAX_RANK] = {};
  if (!space || H5Sget_simple_extent_ndims(space.id()) < 1) return -1;
  H5Sget_simple_extent_dims(space.id(), shape, nullptr);
  return static_cast<int64_t>(std::min<hsize_t>(shape[0], INT64_MAX));
}

// No column of numbers may be longer (columns.cpp).
void require_countable(const H5File& file, int64_t images) {
  if (images <= kMostImages) return;
  throw Error(ErrorCode::input_missing,
              Issue{"the file states absurdly many images", file.where("events/image"),
                    std::to_string(images), "at most " + std::to_string(kMostImages),
                    "copy the file again"});
}

// A feature's name is one link, so that no name of a hostile file walks through groups.
bool is_name(const std::string& feature) {
  return !feature.empty() && feature.find('/') == std::string::npos && feature != "." &&
         feature.find('\0') == std::string::npos;
}

}  // namespace

/// The files on the way to the one that is opened, and how many were opened in all.
struct RtdcFile::Opening {
  std::vector<fs::path> chain;
  int files = 0;
};

std::shared_ptr<const RtdcFile> RtdcFile::open(const fs::path& path) {
  Opening opening;
  return open(path, opening);
}

std::shared_ptr<const RtdcFile> RtdcFile::open(const fs::path& path, Opening& opening) {
  require_no_part(path);
  const auto h5 = std::make_shared<const H5File>(H5File::open(path));
  if (h5->kind("events") != H5File::Kind::group)
    throw Error(ErrorCode::input_missing,
                Issue{"this is no .rtdc file: it has no group 'events'", path.string(), "",
                      "an HDF5 file of deformability cytometry", ""});
  std::shared_ptr<RtdcFile> file(new RtdcFile(h5));
  file->attributes_ = read_attributes(h5->id(), path.filename().string());
  file->identifiers_ = measurement_identifiers(*h5);
  file->events_ = file->count_events();
  require_countable(*h5, length_of(*h5, "events/image"));
  file->basins_ = read_basins(*h5);
  file->basin_files_.resize(file->basins_.size());
  ++opening.files;
  opening.chain.push_back(fs::weakly_canonical(path));
  for (size_t b = 0; b < file->basins_.size(); ++b) file->open_basin(b, opening);
  opening.chain.pop_back();
  return file;
}

std::optional<AttributeValue> RtdcFile::attribute(const std::string& name) const {
  for (const auto& [key, value] : attributes_)
    if (key == name) return value;
  return std::nullopt;
}

int64_t RtdcFile::count_events() const {
  const auto stated = number_of(attribute("experiment:event count"));
  if (stated && *stated >= 0 && *stated < 9e15) return static_cast<int64_t>(*stated);
  for (const std::string& name : h5_->members("events"))
    if (const int64_t length = length_of(*h5_, "events/" + name); length >= 0) return length;
  return 0;
}

std::string RtdcFile::measurement_identifier() const {
  return identifiers_.empty() ? "" : identifiers_.front();
}

std::vector<const H5File*> RtdcFile::files() const {
  std::vector<const H5File*> files{h5_.get()};
  for (const auto& basin : basin_files_) {
    if (!basin) continue;
    const std::vector<const H5File*> below = basin->files();
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

Status RtdcFile::unchanged() const {
  for (const H5File* file : files())
    if (Status s = file->unchanged(); !s.ok()) return s;
  return {};
}

// --- basins -------------------------------------------------------------------------------------

void RtdcFile::open_basin(size_t b, Opening& opening) {
  RtdcBasin& basin = basins_[b];
  if (!basin.problem.empty()) return;
  if (!basin.mapping.empty() && !h5_->exists("events/" + basin.mapping)) {
    basin.problem = "its mapping events/" + basin.mapping + " is missing";
    return;
  }
  if (basin.type == "internal") {
    if (h5_->kind(basin.paths[0]) != H5File::Kind::group)
      basin.problem = "the group " + basin.paths[0] + " is missing";
    return;
  }
  basin.found = find_basin_file(basin, path().parent_path());
  if (basin.found.empty()) {
    basin.problem = "no such file: " + basin.paths[0];
    return;
  }
  const fs::path real = fs::weakly_canonical(basin.found);
  if (std::find(opening.chain.begin(), opening.chain.end(), real) != opening.chain.end()) {
    basin.problem = "it leads back to " + real.filename().string();
    return;
  }
  if (opening.files >= kMostFiles || opening.chain.size() >= kMostNesting) {
    basin.problem = "the basins lead to too many files";
    return;
  }
  try {
    basin_files_[b] = open(basin.found, opening);
    basin.problem = identifier_problem(basin, *basin_files_[b]);
  } catch (const Error& error) {
    basin.problem = error.issues().front().what;
  }
}

// A stated identifier decides; without one, dclab's rule does: equal for the same events, and for
// mapped ones the referrer's begins with the basin's.
std::string RtdcFile::identifier_problem(const RtdcBasin& basin, const RtdcFile& other) const {
  const auto is_one = [&](const std::string& expected, bool beginning) {
    return std::any_of(other.identifiers_.begin(), other.identifiers_.end(),
                       [&](const std::string& actual) {
                         return beginning ? expected.starts_with(actual) : expected == actual;
                       });
  };
  const auto mismatch = [&](const std::string& expected) {
    return "its identifier is '" + other.measurement_identifier() + "', expected '" + expected +
           "'";
  };
  if (!basin.identifier.empty())
    return is_one(basin.identifier, false) ? "" : mismatch(basin.identifier);
  if (other.identifiers_.empty() || identifiers_.empty()) return "";
  const bool fits =
      std::any_of(identifiers_.begin(), identifiers_.end(),
                  [&](const std::string& own) { return is_one(own, !basin.mapping.empty()); });
  return fits ? "" : mismatch(measurement_identifier());
}

std::optional<FeaturePlace> RtdcFile::find(const std::string& feature) const {
  if (!is_name(feature)) return std::nullopt;
  if (h5_->exists("events/" + feature))
    return FeaturePlace{h5_, "events/" + feature, "", false, {}};
  for (size_t b = 0; b < basins_.size(); ++b)
    if (auto place = find_in_basin(b, feature)) return place;
  return std::nullopt;
}

bool RtdcFile::has(const std::string& feature) const {
  if (!is_name(feature)) return false;
  if (h5_->exists("events/" + feature)) return true;
  for (size_t b = 0; b < basins_.size(); ++b)
    if (basin_has(b, feature)) return true;
  return false;
}

bool RtdcFile::basin_has(size_t b, const std::string& feature) const {
  const RtdcBasin& basin = basins_[b];
  if (!basin.problem.empty() || !is_name(feature)) return false;
  if (feature.starts_with("basinmap")) return false;  // a file's own, never another's
  if (basin.features &&
      std::find(basin.features->begin(), basin.features->end(), feature) == basin.features->end())
    return false;
  return basin_files_[b] ? basin_files_[b]->has(feature)
                         : h5_->exists(basin.paths[0] + "/" + feature);
}

std::optional<FeaturePlace> RtdcFile::find_in_basin(size_t b, const std::string& feature) const {
  if (!basin_has(b, feature)) return std::nullopt;
  const RtdcBasin& basin = basins_[b];
  auto place = basin_files_[b] ? basin_files_[b]->find(feature)
                               : FeaturePlace{h5_, basin.paths[0] + "/" + feature, "", false, {}};
  if (!place) return std::nullopt;
  place->basin = basin.name;
  apply_mapping(basin, *place);
  return place;
}

void RtdcFile::apply_mapping(const RtdcBasin& basin, FeaturePlace& place) const {
  if (basin.mapping.empty()) return;
  std::vector<int64_t> map = read_integer_column(*h5_, "events/" + basin.mapping);
  const int64_t length =
      place.mapped ? static_cast<int64_t>(place.map.size()) : length_of(*place.file, place.dataset);
  for (int64_t& item : map) {
    if (item < 0 || item >= length)
      throw Error(ErrorCode::input_missing,
                  Issue{"the mapping of a basin leads nowhere",
                        h5_->where("events/" + basin.mapping), "item " + std::to_string(item),
                        "items 0.." + std::to_string(length - 1) + " of " + place.dataset,
                        "the basin was exchanged or is damaged: restore the original"});
    if (place.mapped) item = place.map[static_cast<size_t>(item)];
  }
  place.map = std::move(map);
  place.mapped = true;
}

FeaturePlace RtdcFile::place(const std::string& feature) const {
  if (auto found = find(feature)) return *std::move(found);
  const std::string problems = basin_problems();
  const std::vector<std::string> known = features();
  const std::vector<std::string> near = nearest_names(feature, known);
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "one of " : ", ") + name;
  throw Error(ErrorCode::input_missing,
              Issue{"the file has no feature '" + feature + "'", path().string(), problems, list,
                    !problems.empty() ? "put the basin's file where it is looked for"
                    : near.empty()    ? "name one of them, or take another file"
                                      : "did you mean '" + near[0] + "'?"});
}

std::string RtdcFile::basin_problems() const {
  std::string text;
  for (const RtdcBasin& basin : basins_)
    if (!basin.problem.empty())
      text +=
          (text.empty() ? "" : "; ") + std::string("basin '") + basin.name + "': " + basin.problem;
  return text;
}

// --- data ---------------------------------------------------------------------------------------

namespace {

template <class T>
std::vector<T> mapped(const FeaturePlace& place, std::vector<T> values) {
  if (!place.mapped) return values;
  std::vector<T> chosen;
  chosen.reserve(place.map.size());
  for (const int64_t item : place.map) chosen.push_back(values.at(static_cast<size_t>(item)));
  return chosen;
}

}  // namespace

std::vector<double> RtdcFile::scalar(const std::string& feature, DType* stored) const {
  const FeaturePlace at = place(feature);
  return mapped(at, read_number_column(*at.file, at.dataset, stored));
}

std::vector<int64_t> RtdcFile::integers(const std::string& feature) const {
  const FeaturePlace at = place(feature);
  return mapped(at, read_integer_column(*at.file, at.dataset));
}

std::vector<std::string> RtdcFile::features() const {
  std::set<std::string> names;
  for (std::string& name : h5_->members("events")) names.insert(std::move(name));
  for (size_t b = 0; b < basins_.size(); ++b) {
    if (!basins_[b].problem.empty()) continue;
    const std::vector<std::string> listed =
        basins_[b].features ? *basins_[b].features : basin_files_[b]->features();
    for (const std::string& name : listed)
      if (basin_has(b, name)) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> RtdcFile::log(const std::string& name) const {
  return read_strings(*h5_, "logs/" + name);
}

}  // namespace parfocal
