/// What the parameters of source `files` forbid, whatever the files are.

#include "parfocal/core/listed.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/files/files_params.h"

namespace parfocal {
namespace {

// What the description says of axes: none where the files say it, or where it says no axes.
std::optional<Layout> stated_layout(const FilesParams& p) {
  if (p.takes_axes_of_files()) return std::nullopt;
  try {
    return layout_of_axes(p.axes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_axes(const FilesParams& p, const Connections&) {
  if (!p.takes_axes_of_files()) (void)layout_of_axes(p.axes);
}
void check_scale(const FilesParams& p, const Connections&) {
  if (auto layout = stated_layout(p)) apply_scales(p.scale, *layout);
}
void check_sizes(const FilesParams& p, const Connections&) {
  if (p.takes_axes_of_files() && !p.sizes.entries.empty())
    fail_layout("axes: auto takes the sizes from the files", "sizes", "no sizes",
                "remove sizes, or state the axes, e.g. axes: tzyx");
  if (const auto layout = stated_layout(p)) check_sizes_of(p.sizes, *layout);
}
void check_image(const FilesParams& p, const Connections&) {
  if (p.image >= 0 && !p.takes_axes_of_files())
    fail_layout("source.image chooses an image of OME-XML, but the axes are stated",
                "axes: " + p.axes, "axes: auto", "write axes: auto, or remove image");
}
void check_names(const FilesParams& p, const Connections&) {
  if (p.glob.empty() && p.files.empty())
    fail_layout("source files needs 'glob' or 'files'", "none of them", "a pattern, or names",
                "write e.g. glob: \"movie/*.tif\", or files: [a.png, b.png]");
  if (!p.glob.empty() && !p.files.empty())
    fail_layout("glob and files both name the files", listed(p.named()), "one of them",
                "remove glob, or files");
}
void check_exclude(const FilesParams& p, const Connections&) {
  if (!p.exclude.empty() && !p.files.empty())
    fail_layout("exclude leaves files of a glob out, and files names each", listed(p.exclude),
                "no exclude beside files", "remove exclude, and from files what it names");
}
void check_order(const FilesParams& p, const Connections&) {
  if (!p.files.empty() && p.order != "natural")
    fail_layout("order sorts the files of a glob, and files are taken as they are listed",
                "order: " + p.order, "no order beside files", "remove order");
}

}  // namespace

PARFOCAL_RULES(sources, files) {
  return Rules<FilesParams>()
      .add({"glob", "files"}, check_names)
      .add({"exclude", "files"}, check_exclude)
      .add({"order", "files"}, check_order)
      .add({"axes"}, check_axes)
      .add({"scale", "axes"}, check_scale)
      .add({"sizes", "axes"}, check_sizes)
      .add({"image", "axes"}, check_image);
}

}  // namespace parfocal
