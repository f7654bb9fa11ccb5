// For tests: writes pixels of Zarr arrays to stdout: C order, this machine's byte order. Each line
// of stdin names an array of the folder, and a region of it where it is not the whole.
//   echo 'a 0:5 10:20' | zarr_dump FOLDER
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"

using namespace parfocal;

namespace {

Region region_of(const ZarrArray& array, std::istream& slices) {
  Region region;
  region.rank = static_cast<int>(array.shape.size());
  for (int a = 0; a < region.rank; ++a) {
    region.shape[a] = array.shape[static_cast<size_t>(a)];
    int64_t begin = 0, end = 0;
    char colon = 0;
    if (!(slices >> begin >> colon >> end)) continue;
    region.origin[a] = begin;
    region.shape[a] = end - begin;
  }
  return region;
}

void dump(const ZarrHierarchy& store, const std::string& line) {
  std::istringstream words(line);
  std::string path;
  words >> path;
  const ArrayReader reader(store.store(), path, store.array(path));
  const Region region = region_of(reader.array(), words);
  const DType dtype = reader.array().dtype;
  std::vector<std::byte> pixels(static_cast<size_t>(region.count()) * dtype_size(dtype));
  const Status s = reader.read(packed_view(pixels.data(), dtype, region));
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  std::cout.write(reinterpret_cast<const char*>(pixels.data()),
                  static_cast<std::streamsize>(pixels.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    const ZarrHierarchy store(std::make_shared<LocalStore>(argv[1]));
    for (std::string line; std::getline(std::cin, line);) dump(store, line);
  } catch (const Error& e) {
    std::cerr << e.what() << '\n';
    return 4;
  }
  return std::cout.flush() ? 0 : 1;
}
