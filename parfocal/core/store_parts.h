#pragma once
/// Which files of an OME-Zarr store are those that its writer made, by what the store says itself.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace parfocal {

/// Arrays and groups are named by `__parfocal/store.json`; stores of versions that had none, and
/// tables and their columns, by the metadata that the writer marks with the attribute "parfocal".
/// What nothing names is somebody else's, as an array that a reader of Zarr was told to add.
class StoreParts {
 public:
  explicit StoreParts(std::filesystem::path root);
  /// Whether a file, by its path below the root, is one of them: the metadata of a group or array,
  /// or a chunk of an array.
  bool has(const std::filesystem::path& file) const;

 private:
  void add_described();
  void add_marked(const std::string& image);
  void add_image(const std::string& image, const std::vector<std::string>& levels, size_t rank);
  void add_columns(const std::string& group);
  void add_tables();
  void add_group(const std::string& group);
  bool is_metadata(const std::string& node, const std::string& name) const;
  bool is_table_being_begun(const std::string& node) const;
  bool is_chunk(const std::filesystem::path& file) const;

  std::filesystem::path root_;
  int format_ = 3;
  std::set<std::string> groups_;          // "" = the root
  std::map<std::string, size_t> arrays_;  // number of their axes
  std::vector<std::string> columns_;      // of every image's frames
};

}  // namespace parfocal
