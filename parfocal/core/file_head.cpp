#include "parfocal/core/file_head.h"

#include <fstream>

namespace parfocal {

std::string file_head(const std::filesystem::path& path) {
  std::string head(4, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), std::ssize(head));
  return head;
}

bool has_head_of_tiff(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  const std::string head = file_head(path);
  return head == "II*\0"sv || head == "II+\0"sv || head == "MM\0*"sv || head == "MM\0+"sv;
}

bool has_head_of_hdf5(const std::filesystem::path& path) { return file_head(path) == "\x89HDF"; }
bool has_head_of_png(const std::filesystem::path& path) { return file_head(path) == "\x89PNG"; }

}  // namespace parfocal
