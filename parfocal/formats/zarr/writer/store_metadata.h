#pragma once
/// The metadata of a store that is being written: OME-NGFF 0.5 on Zarr v3, or 0.4 on Zarr v2.

#include <span>
#include <string>
#include <vector>

#include "parfocal/formats/common/gap_ranges.h"
#include "parfocal/formats/zarr/contrast.h"
#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// How far the writing of one image is.
struct ImageState {
  int64_t outer = 0;  ///< size of the first axis that readers may trust (level 0); without a
                      ///< stream axis of no effect on shapes
  bool complete = false;
  std::string reason;  ///< why it is not complete: "running", "stopped", a failure
  int64_t items = 0;   ///< frames expected, gaps included; as far as known
  bool recovered = false;
  const GapRanges* gaps = nullptr;      ///< \pre not null
  std::vector<ContrastWindow> windows;  ///< one per channel; empty for labels
};

/// One metadata object: a key below the root and its text.
struct MetadataObject {
  std::string key;
  std::string text;
};

/// All objects of the store in the order in which they have to be put: what is pointed to comes
/// before what points to it; the root is last. An image at the root is the root's image; images of
/// a plate are fields of its wells; others are a series (bioformats2raw.layout 3). Every folder
/// above an image is a group. The provenance is told by the root. `states`: one per image.
std::vector<MetadataObject> store_objects(const StoreSpec& spec,
                                          const std::vector<ImageState>& states);
/// Only the arrays of one image: what changes when its published shape grows. Larger levels last,
/// so that a reader that sees the new shape of level 0 finds all smaller levels as far.
std::vector<MetadataObject> array_objects(const StoreSpec& spec, size_t image, int64_t outer);

/// Puts objects in their order; see Store::put.
Status put_all(Store& store, std::span<const MetadataObject> objects, bool durable);

/// Shape of an array when the first axis of its image's level 0 has `outer` steps. (Where that axis
/// is halved, an odd `outer` counts the last step of the smaller level although half of it is
/// missing: publish even numbers until the end is known.)
std::vector<int64_t> shape_of(const StoreSpec& spec, const ArraySpec& array, int64_t outer);
/// Chunk or shard key below the array, "c/0/1/2" or "0/1/2".
std::string chunk_key(int zarr_format, const std::vector<int64_t>& index);
/// The codecs of an array as Zarr v3 names them: CodecChain takes them.
std::vector<CodecSpec> codecs_of(const ArraySpec& array);

}  // namespace parfocal
