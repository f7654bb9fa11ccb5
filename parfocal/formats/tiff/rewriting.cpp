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

}  // namespace

std::string rewriting_cure(const TiffFile& first, const std::vector<std::string>& patterns) {
  TiffLink page;
  if (!read_tiff_link(first, first.first_directory, page).ok()) return "";
  if (!page.is_float16 && !page.is_unread_compression) return "";
  const std::string folder = page.is_float16 ? "float32" : "plain";
  std::string line = "python3 -c \"import os, sys, tifffile; os.makedirs('" + folder +
                     "', exist_ok=True); [tifffile.imwrite(os.path.join('" + folder +
                     "', os.path.basename(f.filename)), f.asarray(key=slice(None))" +
                     (page.is_float16 ? ".astype('float32')" : "") +
                     ", description=f.pages[0].description.encode(), metadata=None) for f in "
                     "map(tifffile.TiffFile, sys.argv[1:])]\"";
  for (const std::string& pattern : patterns) line += " " + for_the_shell(pattern);
  return "write them into the folder " + folder +
         " with Python (pip install tifffile imagecodecs), and read those:\n          " + line;
}

}  // namespace parfocal
