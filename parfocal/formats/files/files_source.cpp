/// Source `files`: what kind the files are is told by their first bytes, not by their endings.

#include "parfocal/core/io.h"
#include "parfocal/core/meant_axes.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/files/files_params.h"
#include "parfocal/formats/picture/picture_source.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

bool is_readable_tiff(const std::filesystem::path& path) {
  Fd fd;
  TiffFile file;
  TiffPage page;
  return open_tiff(path, fd, file).ok() && read_tiff_page(file, file.first_directory, page).ok();
}

bool has_head_of_picture(const std::filesystem::path& path) {
  Fd fd;
  int64_t size = 0;
  return open_for_reading(path, fd, size).ok() && picture_kind(fd.get());
}

// The first picture, if the first file that can be read is one; -1: TIFF. Where none can be read
// that of the first one counts, which then tells why.
int64_t first_picture(const FileList& files) {
  for (int64_t k = 0; k < files.size(); ++k) {
    OpenPicture picture;
    if (open_picture(files.path(k), picture).ok()) return k;
    if (is_readable_tiff(files.path(k))) return -1;
  }
  return has_head_of_picture(files.path(0)) ? 0 : -1;
}

std::unique_ptr<Source> open_files(const FilesParams& params, const SourceContext& context) {
  FileList files = params.find(context.base_dir);
  if (const int64_t first = first_picture(files); first >= 0)
    return std::make_unique<PictureSource>(params, std::move(files), first);
  return std::make_unique<TiffSource>(params, std::move(files));
}

}  // namespace

PARFOCAL_SOURCE(files) {
  using P = FilesParams;
  return {
      "files",
      "image files (TIFF, PNG, JPEG) as one stream of frames; colours are axis c",
      Parameters<P>()
          .add("glob", &P::glob,
               "path pattern relative to the pipeline file, or a list of them, e.g. "
               "\"movie/*.tif\"")
          .add("files", &P::files,
               "in place of glob: the files themselves, in their order, e.g. [a.png, sub/b.png]")
          .add("exclude", &P::exclude,
               "pattern of files that glob matches and that are left out, or a list of them, e.g. "
               "\"*_mask.png\"; with a /, of the whole path")
          .add("axes", &P::axes,
               "names of the axes in the order of the images, the last two y x; auto: axes, sizes, "
               "scales and channels of OME-TIFF and ImageJ files")
          .read_as(with_joined_axes)
          .defaults("tyx")
          .add("scale", &P::scale, "size of one step along axes, e.g. {y: 0.65 um, x: 0.65 um}")
          .read_as(with_axis_letters)
          .add("sizes", &P::sizes, "sizes of stream axes after the first, e.g. {z: 5}")
          .read_as(with_axis_letters)
          .add("order", &P::order, "order of the files: numbers by value, by bytes, or by time")
          .choices({"natural", "lexical", "time"})
          .defaults("natural")
          .add("image", &P::image,
               "with axes: auto, which image of an OME-TIFF of several, from 0; -1: all, as axis p")
          .at_least(-1)
          .defaults("-1"),
      "{type: files, glob: \"movie/*.tif\", axes: tyx, scale: {t: 30 s, y: 0.65 um, x: 0.65 um}}",
      [](const std::any& params, const SourceContext& context) {
        return open_files(std::any_cast<const P&>(params), context);
      },
      nullptr,
      false};
}

}  // namespace parfocal
