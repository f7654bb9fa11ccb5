#pragma once
/// Groups and arrays of a Zarr hierarchy of either version, with or without consolidated metadata.

#include <memory>
#include <string>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/ngff_metadata.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// The metadata of one group or array, as text.
struct ZarrNode {
  int format = 0;  ///< 2 or 3; 0: there is nothing
  bool is_array = false;
  std::string text;        ///< zarr.json, .zarray or .zgroup
  std::string attributes;  ///< .zattrs of version 2, "{}" where there is none
  std::string where;       ///< the file, for messages
};

/// Reads metadata where it lies: in each node's own file, else in the root's consolidated metadata
/// (which may be older, and is read once). Thread-safe.
class ZarrHierarchy {
 public:
  explicit ZarrHierarchy(std::shared_ptr<const Store> store);
  const std::shared_ptr<const Store>& store() const { return store_; }

  /// The node at a path ("" = the root); format 0 if there is none.
  /// \throws Error(input_missing) if its metadata cannot be read
  ZarrNode find(const std::string& path) const;
  /// As find(), but \throws Error(input_missing) also if there is none.
  ZarrNode node(const std::string& path) const;
  /// \throws Error(input_missing) naming the file: no array there, or one that cannot be read
  ZarrArray array(const std::string& path) const;
  NgffGroup group(const std::string& path) const;

 private:
  struct Consolidated;

  std::string text_of(const std::string& key, bool& found) const;
  ZarrNode own_node(const std::string& path) const;
  ZarrNode consolidated_node(const std::string& path) const;
  std::shared_ptr<const Store> store_;
  std::shared_ptr<Consolidated> consolidated_;
};

/// The array, or the group, that a node describes. \throws Error(input_missing) naming node.where
ZarrArray array_of(const ZarrNode& node);
NgffGroup group_of(const ZarrNode& node);

}  // namespace parfocal
