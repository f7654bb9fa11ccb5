#pragma once
/// Reads .rtdc files (deformability cytometry, HDF5): attributes, features in the file or in its
/// basins, logs and tables.
/// \source https://dclab.readthedocs.io/en/stable/sec_av_file_formats.html and dcnum's reader

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/chunk_reader.h"
#include "parfocal/formats/hdf5/rtdc_basin.h"

namespace parfocal {

/// Where the data of a feature lie: a dataset of this file or of a basin's, and which of its items
/// belongs to which event.
struct FeaturePlace {
  std::shared_ptr<const H5File> file;
  std::string dataset;       ///< "events/image", "basin_events/image_bg"
  std::string basin;         ///< name of the basin, "" = the file's own events
  bool mapped = false;       ///< event i is item map[i]; else item i
  std::vector<int64_t> map;  ///< checked against the length of `dataset`
};

/// For `info`.
struct FeatureFacts {
  std::string name;
  std::string basin;
  bool mapped = false;
  bool is_group = false;  ///< trace, contour: `members` parts
  size_t members = 0;
  std::string dtype;           ///< "" for a group and for what is no number
  std::vector<int64_t> shape;  ///< of the dataset, before the mapping
  std::vector<int64_t> chunk;  ///< empty: not chunked
  std::string compression;     ///< "zstd 5, fletcher32", "none"
  std::string problem;         ///< why it cannot be read, "" = it can
};

struct RtdcTable {
  std::string name;
  int64_t rows = 0;
  std::vector<std::string> columns;  ///< empty: a plain array
  std::vector<int64_t> shape;
};

/// Immutable after opening; thread-safe.
class RtdcFile {
 public:
  /// \throws Error(input_missing): no such file, truncated, no HDF5, no group `events`
  static std::shared_ptr<const RtdcFile> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return h5_->path(); }
  const std::shared_ptr<const H5File>& h5() const { return h5_; }
  const Attributes& attributes() const { return attributes_; }
  std::optional<AttributeValue> attribute(const std::string& name) const;
  /// `experiment:event count`, else the length of a feature of the file; 0 if there is none.
  int64_t events() const { return events_; }
  /// measurement_identifier.h; "" = unknown.
  std::string measurement_identifier() const;
  /// This file, then those of its basins, some of them more than once.
  std::vector<const H5File*> files() const;
  /// Whether this file and those of its basins still are what was opened. Names the one that is
  /// not.
  Status unchanged() const;

  /// Where a feature lies: the file's events first, then internal basins, then the others by name,
  /// which may lead on to basins of their own. nullopt if it is nowhere.
  /// \throws Error(input_missing) if a mapping is damaged
  std::optional<FeaturePlace> find(const std::string& feature) const;
  /// Whether find() would find it; reads no mapping.
  bool has(const std::string& feature) const;
  /// As find(). \throws Error(input_missing) naming the basins that could not be used
  FeaturePlace place(const std::string& feature) const;
  /// A scalar feature, one number per event. `stored` becomes its type in the file.
  /// \throws Error(input_missing)
  std::vector<double> scalar(const std::string& feature, DType* stored = nullptr) const;
  std::vector<int64_t> integers(const std::string& feature) const;

  const std::vector<RtdcBasin>& basins() const { return basins_; }
  /// Names of all features that can be found, sorted.
  std::vector<std::string> features() const;
  FeatureFacts facts(const std::string& feature) const;

  std::vector<std::string> logs() const { return h5_->members("logs"); }
  /// Lines of fixed or variable length. \throws Error(input_missing)
  std::vector<std::string> log(const std::string& name) const;
  std::vector<RtdcTable> tables() const;

 private:
  struct Opening;
  explicit RtdcFile(std::shared_ptr<const H5File> h5) : h5_(std::move(h5)) {}
  static std::shared_ptr<const RtdcFile> open(const std::filesystem::path& path, Opening& opening);
  int64_t count_events() const;
  void open_basin(size_t basin, Opening& opening);
  std::string identifier_problem(const RtdcBasin& basin, const RtdcFile& other) const;
  bool basin_has(size_t basin, const std::string& feature) const;
  std::optional<FeaturePlace> find_in_basin(size_t basin, const std::string& feature) const;
  void apply_mapping(const RtdcBasin& basin, FeaturePlace& place) const;
  std::string basin_problems() const;

  std::shared_ptr<const H5File> h5_;
  Attributes attributes_;
  std::vector<std::string> identifiers_;
  int64_t events_ = 0;
  std::vector<RtdcBasin> basins_;
  std::vector<std::shared_ptr<const RtdcFile>> basin_files_;  // one per basin, null: internal
};

/// The numbers of a 1-D dataset. \throws Error(input_missing) if it is none, or absurdly long
std::vector<double> read_number_column(const H5File& file, const std::string& dataset,
                                       DType* stored = nullptr);
std::vector<int64_t> read_integer_column(const H5File& file, const std::string& dataset);

}  // namespace parfocal
