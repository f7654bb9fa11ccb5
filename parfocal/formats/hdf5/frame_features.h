#pragma once
/// What all events of a frame share (time, frame number, temperature, the image): referred to in
/// the input file, or copied for each event.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

class FrameFeatures {
 public:
  /// `to` has "events/basinmap0": event -> frame of `from`. Basins are mapped also where event k is
  /// frame k: without a mapping dclab demands equal run identifiers, and events have their own.
  FrameFeatures(const H5File& from, const H5File& to) : from_(from), to_(to) {}

  /// Basins to `from` for the frame's numbers and for its image; where `from` has them in file
  /// basins itself, basins to those. `folder` is where `to` will stand. \throws Error
  void refer(const std::filesystem::path& folder) const;
  /// Copies the numbers for each event; the image is referred to unless `to` has it.
  void copy(int zstd_level, const std::filesystem::path& folder) const;

  static constexpr int64_t kResidentBytes = int64_t{2} << 20;

 private:
  std::vector<std::string> missing_of(const std::vector<std::string>& names) const;
  void refer_to_file(const std::vector<std::string>& features,
                     const std::filesystem::path& folder) const;
  void pass_on_basins() const;
  std::string composed_mapping(const std::string& mapping) const;
  void copy_column(const std::string& name, int zstd_level) const;

  const H5File& from_;
  const H5File& to_;
};

}  // namespace parfocal
