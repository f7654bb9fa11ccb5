// Replays small files of every kind, whole and damaged, through the entry of the fuzzer, so that
// every build and sanitizer sees what it would be given first.

#include <gmock/gmock.h>
#include <hdf5.h>

#include <fstream>
#include <random>

#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/test_rtdc-inl.h"
#include "parfocal/formats/hdf5/types.h"
#include "tests/fuzz/rtdc_fuzz.cpp"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

class RtdcCorpus : public RtdcTest {
 protected:
  std::string bytes_of(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void replay(const std::string& bytes) {
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
              0);
  }

  /// Everything that an .rtdc file can have: basins, mappings, logs, split chunks.
  std::string write_full() const {
    const H5File file = create("full.rtdc", 6);
    write_images(file, "events/image", 6, {2, 4, 5});
    write_images(file, "basin_events/image_bg", 2);
    write_column(file, "events/basinmap0", std::vector<int64_t>{0, 0, 1, 1, 1, 0});
    write_column(file, "events/time", std::vector<double>{0, 1, 2, 3, 4, 5});
    write_basin(file, "a",
                R"({"name": "bg", "type": "internal", "format": "h5dataset",
                    "paths": ["basin_events"], "features": ["image_bg"],
                    "mapping": "basinmap0"})");
    write_basin(file, "b",
                R"({"name": "raw", "type": "file", "format": "hdf5", "paths": ["nowhere.rtdc"]})");
    write_strings(file, "logs/one", {"a line", "another"});
    write_attribute(file.id(), "setup:medium", std::string("CellCarrierB"), "full.rtdc");
    return "full.rtdc";
  }
  /// As old writers made it: symbol tables, B-trees of the first version, chunked or not.
  std::string write_old(const std::string& name, bool chunked) const {
    const Hdf5Lock lock;
    const std::string path = (folder_ / name).string();
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT));
    const Handle events(H5Gcreate2(file.id(), "events", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const hsize_t shape[3] = {6, kHeight, kWidth}, chunk[3] = {2, 3, kWidth};
    const Handle space(H5Screate_simple(3, shape, nullptr)), list(H5Pcreate(H5P_DATASET_CREATE));
    if (chunked) {
      H5Pset_chunk(list.id(), 3, chunk);
      H5Pset_shuffle(list.id());
      H5Pset_deflate(list.id(), 4);
    }
    const Handle type = native_type(DType::u8);
    const Handle image(H5Dcreate2(events.id(), "image", type.id(), space.id(), H5P_DEFAULT,
                                  list.id(), H5P_DEFAULT));
    EXPECT_GE(H5Dwrite(image.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, frames(6).data()), 0);
    return name;
  }
  std::vector<std::string> seeds() const {
    std::vector<std::string> all;
    for (const std::string& name : {write_movie("movie.rtdc", 10), write_full(),
                                    write_old("old.rtdc", true), write_old("plain.rtdc", false)})
      all.push_back(bytes_of(name));
    return all;
  }
};

TEST_F(RtdcCorpus, OfWholeFilesIsRead) {
  for (const std::string& seed : seeds()) replay(seed);
  replay("");
  replay("\x89HDF\r\n\x1a\n");
}

TEST_F(RtdcCorpus, OfCutFilesIsReadOrRefused) {
  for (const std::string& seed : seeds())
    for (size_t length = 1; length < seed.size(); length += 1 + seed.size() / 60)
      replay(seed.substr(0, length));
}

TEST_F(RtdcCorpus, OfDamagedPixelsIsReadOrRefused) {
  std::mt19937 random(11);
  for (const std::string& seed : seeds())
    for (size_t at = 0; (at = seed.find("\x28\xb5\x2f\xfd", at)) != std::string::npos; ++at)
      for (int i = 0; i < 20; ++i) {
        std::string bytes = seed;
        bytes[at + random() % 40] ^= static_cast<char>(1 + random() % 255);
        replay(bytes);
      }
}

}  // namespace
}  // namespace parfocal
