/// What the parameters of source `files` forbid, whatever the files are.

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

// What the description says of axes: none where the files say it, or where it says no axes.
std::optional<Layout> stated_layout(const TiffSourceParams& p) {
  if (p.takes_axes_of_files()) return std::nullopt;
  try {
    return layout_of_axes(p.axes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_axes(const TiffSourceParams& p, const Connections&) {
  if (!p.takes_axes_of_files()) (void)layout_of_axes(p.axes);
}
void check_scale(const TiffSourceParams& p, const Connections&) {
  if (auto layout = stated_layout(p)) apply_scales(p.scale, *layout);
}
void check_sizes(const TiffSourceParams& p, const Connections&) {
  if (p.takes_axes_of_files() && !p.sizes.entries.empty())
    fail_layout("axes: auto takes the sizes from the files", "sizes", "no sizes",
                "remove sizes, or state the axes, e.g. axes: tzyx");
  if (const auto layout = stated_layout(p)) check_sizes_of(p.sizes, *layout);
}
void check_image(const TiffSourceParams& p, const Connections&) {
  if (p.image >= 0 && !p.takes_axes_of_files())
    fail_layout("source.image chooses an image of OME-XML, but the axes are stated",
                "axes: " + p.axes, "axes: auto", "write axes: auto, or remove image");
}
void check_glob(const TiffSourceParams& p, const Connections&) {
  if (p.glob.empty())
    fail_layout("glob names no files", "an empty list", "a pattern, or several",
                "write e.g. glob: \"movie/*.tif\"");
}

}  // namespace

PARFOCAL_RULES(sources, files) {
  return Rules<TiffSourceParams>()
      .add({"glob"}, check_glob)
      .add({"axes"}, check_axes)
      .add({"scale", "axes"}, check_scale)
      .add({"sizes", "axes"}, check_sizes)
      .add({"image", "axes"}, check_image);
}

}  // namespace parfocal
