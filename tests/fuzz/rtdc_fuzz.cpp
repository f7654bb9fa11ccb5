// libFuzzer: any bytes as an .rtdc file give attributes, features, logs, tables and pixels, or an
// Error. Structures are parsed by the HDF5 library, which is not ours to repair: where a crash lies
// in libhdf5, it is a finding about the library.
//   rtdc_fuzz -max_total_time=120 -max_len=65536 <folder with small .rtdc files>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
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

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Fd fd(::memfd_create("fuzz", 0));
  if (!write_at(fd.get(), data, static_cast<int64_t>(size), 0)) return 0;
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  expect_error_or_nothing([&] { read_rest(*RtdcFile::open(path)); });
  for (const char* feature : {"image", "image_bg"})
    expect_error_or_nothing([&] { read_pixels(RtdcSource({path, feature, false}, "/")); });
  return 0;
}
