// libFuzzer: any bytes as a TIFF file give pixels or a Status, within the memory announced.
//   tiff_fuzz -max_total_time=120 -max_len=8192 <folder with small .tif files>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/page_chain.h"
#include "parfocal/formats/tiff/tiff_description.h"
#include "parfocal/formats/tiff/tiff_reader.h"

using namespace parfocal;

static constexpr int64_t kMostPixelBytes = 1 << 20;

static void read_page(const TiffFile& file, const TiffPage& page) {
  const int64_t bytes = page.channel_bytes() * page.channels();
  if (bytes > kMostPixelBytes || tiff_read_bytes(page) > (16 << 20)) return;
  std::vector<std::byte> pixels(static_cast<size_t>(bytes));
  Region region = Region::whole({page.height, page.width});
  const ChannelRange all{0, page.channels()}, last{page.channels() - 1, 1};
  Status whole = read_tiff_region(file, page, all, packed_view(pixels.data(), page.dtype, region));
  region.origin = {page.height / 3, page.width / 3};
  region.shape = {page.height - 2 * region.origin[0], page.width - 2 * region.origin[1]};
  Status part = read_tiff_region(file, page, last, packed_view(pixels.data(), page.dtype, region));
  if (whole.ok() && !part.ok()) __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Fd fd(::memfd_create("fuzz", 0));
  if (!write_at(fd.get(), data, static_cast<int64_t>(size), 0)) return 0;
  TiffFile file;
  file.fd = fd.get();
  file.size = static_cast<int64_t>(size);
  if (!read_tiff_header(file).ok()) return 0;
  if (follow_pages(file, true).pages > static_cast<int64_t>(size)) __builtin_trap();
  uint64_t position = file.first_directory;
  for (int k = 0; k < 4 && position != 0; ++k) {
    TiffPage page;
    if (read_tiff_page(file, position, page).ok()) read_page(file, page);
    const auto found = describe_tiff(file, page);
    if (found && found->page_count() < 1) __builtin_trap();
    TiffLink link;
    if (!read_tiff_link(file, position, link).ok()) break;
    position = link.next;
  }
  return 0;
}
