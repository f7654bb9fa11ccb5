#include "parfocal/formats/tiff/rewriting.h"

#include <unistd.h>

#include <algorithm>

namespace parfocal {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+,@%").find(c) != std::string_view::npos;
}

// Wildcards stay wildcards.
std::string for_the_shell(const std::string& pattern) {
  std::string text;
  for (const char c : pattern) {
    const bool wild = c == '*' || c == '?' || c == '[' || c == ']';
    text += is_plain(c) || wild || static_cast<unsigned char>(c) >= 0x80 ? std::string(1, c)
            : c == '\n'                                                  ? "$'\\n'"
                                                                         : std::string{'\\', c};
  }
  return text;
}

// `script` writes the files that sys.argv names into the folder.
std::string cure_with(const std::string& folder, const std::string& modules,
                      const std::string& script, const std::vector<std::string>& patterns) {
  std::string line = "python3 -c \"import " + modules + "; os.makedirs('" + folder +
                     "', exist_ok=True); " + script + "\"";
  for (const std::string& pattern : patterns) line += " " + for_the_shell(pattern);
  return "write them into the folder " + folder +
         " with Python (pip install tifffile imagecodecs), and read those" +
         (folder == "channels" ? " with axes: auto" : "") + ":\n          " + line;
}

constexpr const char* kPictureModules = "os, sys, imagecodecs, numpy, tifffile";

// Of a page `p`, the size of whose pixels is kept where its tags state one. Without 'minisblack'
// three or four images are taken for the colours of one.
constexpr const char* kKept =
    "photometric='minisblack', **({'resolution': p.resolution, 'resolutionunit': "
    "p.resolutionunit} if 282 in p.tags else {})";

// Samples of a pixel become channels, in pages.
std::string cure_of_colour(const std::vector<std::string>& patterns) {
  return cure_with("channels", kPictureModules,
                   std::string("[tifffile.imwrite(os.path.join('channels', os.path.basename(f)), "
                               "numpy.moveaxis(s.asarray(), s.axes.index('S'), -3) if 'S' in "
                               "s.axes else s.asarray(), metadata={'axes': s.axes.replace('S', "
                               "'').replace('I', 'T').replace('Q', 'T')[:-2] + 'C' * ('S' in "
                               "s.axes) + 'YX'}, ") +
                       kKept +
                       ") for f in sys.argv[1:] for s in tifffile.TiffFile(f).series[:1] for p in "
                       "[s.keyframe]]",
                   patterns) +
         "\n          (lengths that only a description states are not in these: --set "
         "'source.scale.x=0.65 um')";
}
std::string cure_of_picture(const std::vector<std::string>& patterns) {
  return cure_with("channels", kPictureModules,
                   "[tifffile.imwrite(os.path.join('channels', os.path.splitext("
                   "os.path.basename(f))[0] + '.tif'), a if a.ndim == 2 else "
                   "numpy.moveaxis(a, -1, 0), photometric='minisblack', "
                   "metadata={'axes': 'YX' if a.ndim == 2 else 'CYX'}) for f in sys.argv[1:] "
                   "for a in [imagecodecs.imread(f)]]",
                   patterns);
}

// A byte that is added makes bytes of bits, and leaves all other types.
std::string cure_of_pixels(const TiffLink& page, const std::vector<std::string>& patterns) {
  const std::string folder = page.is_float16 ? "float32" : "plain";
  return cure_with(folder, "os, sys, numpy, tifffile",
                   "[tifffile.imwrite(os.path.join('" + folder +
                       "', os.path.basename(f.filename)), f.asarray(key=slice(None))" +
                       (page.is_float16 ? ".astype('float32')" : " + numpy.uint8(0)") +
                       ", description=p.description.encode(), metadata=None, " + kKept +
                       ") for f in map(tifffile.TiffFile, sys.argv[1:]) for p in f.pages[:1]]",
                   patterns);
}

// PNG or JPEG.
bool is_picture(const TiffFile& file) {
  unsigned char head[4] = {};
  if (::pread(file.fd, head, sizeof head, 0) != sizeof head) return false;
  const bool png = head[0] == 0x89 && head[1] == 'P' && head[2] == 'N' && head[3] == 'G';
  return png || (head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff);
}

}  // namespace

std::string rewriting_cure(const TiffFile& first, const std::vector<std::string>& patterns) {
  if (is_picture(first)) return cure_of_picture(patterns);
  TiffLink page;
  if (!read_tiff_link(first, first.first_directory, page).ok()) return "";
  if (page.is_colour) return cure_of_colour(patterns);
  if (!page.is_float16 && !page.is_unread_compression) return "";
  return cure_of_pixels(page, patterns);
}

}  // namespace parfocal
