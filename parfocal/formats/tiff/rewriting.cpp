#include "parfocal/formats/tiff/rewriting.h"

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
         " with Python (pip install tifffile imagecodecs), and read those:\n          " + line;
}

// Of a page `p`, the samples of whose pixels stay such, and the size of whose pixels is kept where
// its tags state one. Without 'minisblack' three or four images are taken for the colours of one.
// Codecs that store YCbCr give RGB.
constexpr const char* kKept =
    "**({'photometric': 'rgb' if p.photometric == 6 else p.photometric, 'planarconfig': "
    "p.planarconfig} if p.samplesperpixel > 1 else {'photometric': 'minisblack'}), "
    "**({'resolution': p.resolution, 'resolutionunit': p.resolutionunit} if 282 in p.tags else {})";

// A byte that is added makes bytes of bits, and leaves all other types.
std::string cure_of_pixels(const TiffOddPixels& pixels, const std::vector<std::string>& patterns) {
  const std::string folder = pixels.are_float16 ? "float32" : "plain";
  return cure_with(folder, "os, sys, numpy, tifffile",
                   "[tifffile.imwrite(os.path.join('" + folder +
                       "', os.path.basename(f.filename)), f.asarray(key=slice(None))" +
                       (pixels.are_float16 ? ".astype('float32')" : " + numpy.uint8(0)") +
                       ", description=p.description.encode(), metadata=None, " + kKept +
                       ") for f in map(tifffile.TiffFile, sys.argv[1:]) for p in f.pages[:1]]",
                   patterns);
}

}  // namespace

std::string rewriting_cure(const TiffFile& first, const std::vector<std::string>& patterns) {
  TiffOddPixels pixels;
  if (!read_odd_pixels(first, first.first_directory, pixels).ok()) return "";
  if (!pixels.are_float16 && !pixels.are_packed) return "";
  return cure_of_pixels(pixels, patterns);
}

}  // namespace parfocal
