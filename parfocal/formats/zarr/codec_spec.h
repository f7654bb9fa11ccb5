#pragma once
/// The codecs of Zarr arrays as metadata states them (zarr-specs: v3 codecs; numcodecs for v2).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parfocal {

enum class CodecKind : uint8_t { transpose, bytes, sharding, blosc, zstd, gzip, zlib, crc32c };
enum class Shuffle : uint8_t { none = 0, byte = 1, bit = 2 };  ///< the numbers of c-blosc

struct ShardSpec;

/// One codec; which members count depends on `kind`.
struct CodecSpec {
  CodecKind kind = CodecKind::bytes;
  std::vector<int> order;                  ///< transpose: axis i of the result is axis order[i]
  bool big_endian = false;                 ///< bytes
  std::string cname = "lz4";               ///< blosc: lz4 lz4hc blosclz zstd zlib snappy
  Shuffle shuffle = Shuffle::byte;         ///< blosc
  int typesize = 1;                        ///< blosc: bytes of one element, 1..255
  int64_t blocksize = 0;                   ///< blosc: 0 = chosen by the library
  int level = 1;                           ///< blosc and gzip 0..9, zstd -131072..22
  bool checksum = false;                   ///< zstd: appends its own checksum
  std::shared_ptr<const ShardSpec> shard;  ///< sharding

  /// "blosc(lz4 1, shuffle)", "zstd(3)", "bytes(big)", "bytes"...
  std::string text() const;
};

/// Codec sharding_indexed: a chunk that holds smaller chunks and an index of them.
struct ShardSpec {
  std::vector<int64_t> chunk;  ///< inner chunk shape; divides the outer one
  std::vector<CodecSpec> codecs, index_codecs;
  bool index_at_end = true;
};

/// The codecs of a chain, joined by ", "; those of inner chunks for a sharded one.
std::string codecs_text(const std::vector<CodecSpec>& codecs);

CodecSpec bytes_codec(bool big_endian = false);
CodecSpec crc32c_codec();

}  // namespace parfocal
