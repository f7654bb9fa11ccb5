// libFuzzer: any bytes as an .rtdc file give attributes, features, logs, tables and pixels, or an
// Error. Structures are parsed by the HDF5 library, which is not ours to repair: where a crash lies
// in libhdf5, it is a finding about the library.
//   python tests/fuzz/make_rtdc_corpus.py CORPUS
//   rtdc_fuzz -fork=1 -ignore_crashes=1 -malloc_limit_mb=8192 -max_total_time=600 CORPUS

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/rtdc_source.h"

using namespace parfocal;

static constexpr int64_t kMostBytes = 8 << 20;
static constexpr size_t kMostFeatures = 20;

static void read_pixels(const RtdcSource& source) {
  const Layout& layout = source.layout();
  if (source.read_bytes() > kMostBytes || layout.item_bytes() > kMostBytes) return;
  std::vector<std::byte> pixels(static_cast<size_t>(layout.item_bytes()));
  const MutableView all = packed_view(pixels.data(), layout.dtype, layout.whole_item());
  FrameHeader header;
  for (const int64_t t : {int64_t{0}, layout.stream[0].size - 1})
    if (const Status s = source.read(t, all, header); !s.ok() && s.issue().where.empty())
      __builtin_trap();
}

template <class F>
static void expect_error_or_nothing(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    for (const Issue& issue : error.issues())
      if (issue.what.empty()) __builtin_trap();
  }
}

static void read_rest(const RtdcFile& file) {
  const std::vector<std::string> names = file.features();
  for (size_t i = 0; i < std::min(names.size(), kMostFeatures); ++i) {
    (void)file.facts(names[i]);
    expect_error_or_nothing([&] { (void)file.scalar(names[i]); });
  }
  for (const std::string& name : file.logs())
    expect_error_or_nothing([&] { (void)file.log(name); });
  (void)file.tables();
  (void)file.measurement_identifier();
}

// HDF5 asks for the real path of a file, which an anonymous one has not: one file, written anew.
static const std::filesystem::path& scratch_file() {
  static const std::filesystem::path path = [] {
    const std::filesystem::path memory = "/dev/shm";
    const auto folder =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    return folder / ("parfocal-fuzz-" + std::to_string(::getpid()) + ".rtdc");
  }();
  return path;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = scratch_file().string();
  const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
  if (!write_at(fd.get(), data, static_cast<int64_t>(size), 0)) return 0;
  expect_error_or_nothing([&] { read_rest(*RtdcFile::open(path)); });
  for (const char* feature : {"image", "image_bg"})
    expect_error_or_nothing([&] { read_pixels(RtdcSource({path, feature, false}, "/")); });
  ::unlink(path.c_str());
  return 0;
}
