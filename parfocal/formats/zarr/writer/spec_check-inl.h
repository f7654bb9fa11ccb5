#pragma once
/// What the checks of a description share: each refuses by throwing Error(invalid_pipeline).

#include <string>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal::spec_check {

inline constexpr size_t kMostNames = 10000, kMostNameBytes = 200;

[[noreturn]] inline void refuse(const std::string& what, const std::string& given,
                                const std::string& needed, const std::string& cure = "") {
  throw Error(ErrorCode::invalid_pipeline, Issue{what, "", given, needed, cure});
}

/// A folder's name that no Zarr reader takes for metadata or reserved, in any file system.
bool plain_name(const std::string& name);
/// Axes, sizes, chunks, shards, codecs, levels of one image.
void check_image(const ImageSpec& image, int zarr_format);
/// Images in their order: no image inside another, nothing where levels, columns or labels lie,
/// labels that fit their image, fields that are in the plate.
void check_paths(const StoreSpec& spec);
/// Rows and columns of the plate, if there is one.
void check_plate(const StoreSpec& spec);
/// Calls f(image), with the image's place in what it throws.
template <class F>
void with_place(const ImageSpec& image, F&& f) {
  try {
    f(image);
  } catch (const Error& e) {
    Issue issue = e.issues()[0];
    issue.where = image.path.empty() ? "the image at the root" : "image " + image.path;
    throw Error(e.code(), issue);
  }
}

}  // namespace parfocal::spec_check
