// libFuzzer: any metadata with any bytes as chunks or shards are read, or fail with a message.
//   zarr_read_fuzz -max_total_time=120 -max_len=8192 <seeds: zarr.json or .zarray, a 0 byte, a
//   chunk>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "parfocal/formats/zarr/array_reader.h"

using namespace parfocal;

namespace {

constexpr int64_t kMostPixels = 1 << 16;

// Gives the same bytes for every key.
class OneObject final : public Store {
 public:
  explicit OneObject(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Status read(const std::string&, int64_t offset, std::span<std::byte> to,
              ObjectRead& result) const override {
    const size_t size = bytes_.size(), begin = std::min(static_cast<size_t>(offset), size);
    const size_t n = std::min(to.size(), size - begin);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), n, to.begin());
    result = {true, static_cast<int64_t>(size), static_cast<int64_t>(n)};
    return {};
  }
  Status read_end(const std::string& key, std::span<std::byte> to,
                  ObjectRead& result) const override {
    const size_t n = std::min(to.size(), bytes_.size());
    return read(key, static_cast<int64_t>(bytes_.size() - n), to.first(n), result);
  }
  Status list(const std::string&, size_t, std::vector<std::string>&) const override { return {}; }
  Status stamp(const std::string&, ObjectStamp&) const override { return {}; }
  Status put(const std::string&, std::span<const std::byte>, bool) override { return {}; }
  Status create_growing(const std::string&, std::unique_ptr<AppendObject>&) override { return {}; }
  std::string where(const std::string& key) const override { return key; }

 private:
  std::span<const std::byte> bytes_;
};

void read_all(const ZarrArray& array, std::span<const std::byte> bytes) {
  Region region;
  region.rank = static_cast<int>(array.shape.size());
  for (int a = 0; a < region.rank; ++a)
    region.shape[a] = std::min<int64_t>(array.shape[static_cast<size_t>(a)], 40);
  const ArrayReader reader(std::make_shared<OneObject>(bytes), "a", array,
                           {1 << 16, 0, 1 << 16, 0});
  if (region.count() > kMostPixels || reader.read_bytes() > 64 << 20) return;
  std::vector<std::byte> pixels(static_cast<size_t>(region.count()) * dtype_size(array.dtype));
  for (int pass = 0; pass < 2; ++pass) {
    const Status s = reader.read(packed_view(pixels.data(), array.dtype, region));
    if (!s.ok() && s.issue().what.empty()) __builtin_trap();
    for (int a = 0; a < region.rank; ++a) {  // then a part, from the cache
      region.origin[a] = region.shape[a] / 3;
      region.shape[a] -= region.origin[a];
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* const end = data + size;
  const uint8_t* const cut = std::find(data, end, uint8_t{0});
  if (cut == end) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), static_cast<size_t>(cut - data));
  const auto bytes = std::as_bytes(std::span(cut + 1, end));
  for (const auto parse : {parse_zarr_array, parse_zarr_v2_array}) {
    try {
      read_all(parse(text), bytes);
    } catch (const Error&) {
    }
  }
  return 0;
}
