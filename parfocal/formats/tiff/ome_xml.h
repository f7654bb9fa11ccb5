#pragma once
/// The OME-XML of an OME-TIFF (schema 2016-06, docs.openmicroscopy.org/ome-model), as ASCII.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal {

/// The axes of the file: stream axes, then item axes, outermost first. \throws
/// Error(invalid_pipeline) unless they are different ones of t c z, in any order, then y x inside
/// the frame, none of them empty, and the pixels have a type of OME (no 64-bit integers).
std::vector<Axis> ome_axes(const Layout& layout, const std::string& step);

/// The pixel types that an OME-TIFF can have.
std::vector<DType> ome_dtypes();

/// For the user: scales of `axes` that OME-XML has no place for, one sentence each.
std::vector<std::string> ome_losses(const std::vector<Axis>& axes);

struct OmeImage {
  std::string name;
  std::vector<Axis> axes;  ///< of ome_axes(); sizes known, but for the growing one
  DType dtype = DType::u8;
  int64_t planes = -1;  ///< y x planes in the file; -1 = all that are linked
  /// Keys and values for the annotation `parfocal.record/1` of the image.
  std::vector<std::pair<std::string, std::string>> record = {};
};
struct OmeXml {
  std::string text;
  size_t size_at = 0;     ///< where the size of the first axis stands, 0 = it has no place
  std::string size_name;  ///< "SizeT"
};
/// Sizes are taken as they are, an unbounded one as 1.
OmeXml ome_xml(const OmeImage& image);

/// What the text of a file that is not closed says.
struct LiveOme {
  int64_t planes_per_step = 1;  ///< of the first axis
  int64_t fixed_steps = -1;     ///< its size where it does not grow
  size_t size_at = 0;
  std::string size_name;
};
/// \return false if ome_xml() did not write it, or the file is closed
bool read_live_ome(std::string_view text, LiveOme& live);
/// `text` with the size of the first axis, the number of planes and the annotation of an end.
std::string ended_ome(std::string text, const LiveOme& live, int64_t steps,
                      const std::vector<std::pair<std::string, std::string>>& record);

/// `SizeT="7"` filled with spaces to one length for any size, so that it can be overwritten in
/// place.
std::string ome_size(const std::string& name, int64_t size);

}  // namespace parfocal
