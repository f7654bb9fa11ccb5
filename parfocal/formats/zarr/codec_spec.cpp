#include "parfocal/formats/zarr/codec_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace parfocal {

std::string CodecSpec::text() const {
  constexpr const char* shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};
  switch (kind) {
    case CodecKind::transpose:
      return fmt::format("transpose({})", fmt::join(order, " "));
    case CodecKind::bytes:
      return big_endian ? "bytes(big)" : "bytes";
    case CodecKind::sharding:
      return fmt::format("sharding_indexed({}, index at the {})", codecs_text(shard->codecs),
                         shard->index_at_end ? "end" : "start");
    case CodecKind::blosc:
      return fmt::format("blosc({} {}, {})", cname, level, shuffles[static_cast<int>(shuffle)]);
    case CodecKind::zstd:
      return fmt::format("zstd({})", level);
    case CodecKind::gzip:
      return fmt::format("gzip({})", level);
    case CodecKind::zlib:
      return fmt::format("zlib({})", level);
    case CodecKind::crc32c:
      break;
  }
  return "crc32c";
}

std::string codecs_text(const std::vector<CodecSpec>& codecs) {
  std::string text;
  for (const CodecSpec& codec : codecs) text += (text.empty() ? "" : ", ") + codec.text();
  return text;
}

CodecSpec bytes_codec(bool big_endian) {
  CodecSpec codec;
  codec.big_endian = big_endian;
  return codec;
}

CodecSpec crc32c_codec() {
  CodecSpec codec;
  codec.kind = CodecKind::crc32c;
  return codec;
}

}  // namespace parfocal
