#include "parfocal/formats/zarr/codec_metadata-inl.h"

#include <algorithm>

namespace parfocal {
namespace {

using namespace zarr_json;

constexpr int kMostNesting = 3;  // shards within shards
constexpr const char* kSupported = "transpose, bytes, sharding_indexed, blosc, zstd, gzip, crc32c";
constexpr const char* kSupportedV2 = "blosc, zstd, gzip, zlib";

std::string checked_cname(const Json& settings) {
  const std::string cname = text_at(settings, "cname");
  for (const char* known : {"lz4", "lz4hc", "blosclz", "zstd", "zlib", "snappy"})
    if (cname == known) return cname;
  bad("codec blosc has an unknown compressor", brief(at(settings, "cname")),
      "lz4, lz4hc, blosclz, zstd, zlib or snappy");
}

Shuffle shuffle_of(const Json& settings) {
  const std::string name = text_at(settings, "shuffle");
  if (name == "noshuffle") return Shuffle::none;
  if (name == "shuffle") return Shuffle::byte;
  if (name == "bitshuffle") return Shuffle::bit;
  bad("codec blosc has an unknown shuffle", brief(at(settings, "shuffle")),
      "noshuffle, shuffle or bitshuffle");
}

void read_blosc(const Json& settings, CodecSpec& codec, DType dtype) {
  codec.kind = CodecKind::blosc;
  codec.cname = checked_cname(settings);
  codec.level = static_cast<int>(whole_at(settings, "clevel", 0, 9, 5));
  codec.blocksize = whole_at(settings, "blocksize", 0, int64_t{1} << 31, 0);
  codec.typesize = static_cast<int>(
      whole_at(settings, "typesize", 0, 65535, static_cast<int64_t>(dtype_size(dtype))));
  if (codec.typesize < 1 || codec.typesize > 255) codec.typesize = 1;  // as c-blosc takes it
}

void read_compressor(const std::string& name, const Json& settings, CodecSpec& codec) {
  if (name == "zstd") {
    codec.kind = CodecKind::zstd;
    codec.level = static_cast<int>(whole_at(settings, "level", -131072, 22, 3));
    codec.checksum = at(settings, "checksum") == true;
  } else {
    codec.kind = name == "gzip" ? CodecKind::gzip : CodecKind::zlib;
    codec.level = static_cast<int>(whole_at(settings, "level", -1, 9, 5));
  }
}

void read_bytes(const Json& settings, CodecSpec& codec, DType dtype) {
  const Json& endian = at(settings, "endian");
  if (endian.is_null() && dtype_size(dtype) > 1) bad("codec bytes does not name its endian");
  if (!endian.is_null() && endian != "little" && endian != "big")
    bad("codec bytes has an unknown endian", brief(endian), "little or big");
  codec.kind = CodecKind::bytes;
  codec.big_endian = endian == "big";
}

void read_transpose(const Json& settings, CodecSpec& codec) {
  codec.kind = CodecKind::transpose;
  const Json& order = at(settings, "order");
  if (!order.is_array() || order.size() > 6) bad("codec transpose needs an order", brief(order));
  for (const Json& axis : order) {
    if (!axis.is_number_integer() || axis < 0 || axis > 5)
      bad("codec transpose has an order that is no permutation of the axes", brief(order));
    codec.order.push_back(axis.get<int>());
  }
}

std::vector<CodecSpec> codec_list(const Json& codecs, DType dtype, int nesting);

void read_sharding(const Json& settings, CodecSpec& codec, DType dtype, int nesting) {
  if (nesting >= kMostNesting) bad("shards are nested more than 3 deep");
  ShardSpec shard;
  shard.chunk = sizes(at(settings, "chunk_shape"), "chunk_shape of the shards", 1);
  shard.codecs = codec_list(at(settings, "codecs"), dtype, nesting + 1);
  shard.index_codecs = codec_list(at(settings, "index_codecs"), DType::u64, kMostNesting);
  const Json& place = at(settings, "index_location");
  if (!place.is_null() && place != "end" && place != "start")
    bad("index_location is unknown", brief(place), "start or end");
  shard.index_at_end = place != "start";
  codec.kind = CodecKind::sharding;
  codec.shard = std::make_shared<ShardSpec>(std::move(shard));
}

CodecSpec one_codec(const Json& json, DType dtype, int nesting) {
  const std::string name = extension_name(json);
  const Json& settings = at(json, "configuration");
  CodecSpec codec;
  if (name == "transpose") {
    read_transpose(settings, codec);
  } else if (name == "bytes") {
    read_bytes(settings, codec, dtype);
  } else if (name == "sharding_indexed") {
    read_sharding(settings, codec, dtype, nesting);
  } else if (name == "blosc") {
    read_blosc(settings, codec, dtype);
    codec.shuffle = shuffle_of(settings);
  } else if (name == "zstd" || name == "gzip") {
    read_compressor(name, settings, codec);
  } else if (name == "crc32c") {
    codec.kind = CodecKind::crc32c;
  } else {
    bad("codec '" + name.substr(0, 60) + "' is not supported", brief(json), kSupported,
        "rewrite the array with other codecs");
  }
  return codec;
}

std::vector<CodecSpec> codec_list(const Json& codecs, DType dtype, int nesting) {
  if (!codecs.is_array() || codecs.empty() || codecs.size() > 16)
    bad("the array has no list of codecs", brief(codecs), "a list of 1 to 16");
  std::vector<CodecSpec> list;
  for (const Json& codec : codecs) list.push_back(one_codec(codec, dtype, nesting));
  return list;
}

CodecSpec v2_compressor(const Json& json, DType dtype) {
  const std::string id = text_at(json, "id");
  CodecSpec codec;
  if (id == "blosc") {
    read_blosc(json, codec, dtype);
    const int64_t shuffle = whole_at(json, "shuffle", -1, 2, 1);
    codec.shuffle = shuffle >= 0             ? static_cast<Shuffle>(shuffle)
                    : dtype_size(dtype) == 1 ? Shuffle::bit
                                             : Shuffle::byte;
  } else if (id == "zstd" || id == "gzip" || id == "zlib") {
    read_compressor(id, json, codec);
  } else {
    bad("compressor '" + id.substr(0, 60) + "' is not supported", brief(json), kSupportedV2,
        "rewrite the array with another compressor");
  }
  return codec;
}

}  // namespace

std::vector<CodecSpec> parse_codecs(const Json& codecs, DType dtype) {
  return codec_list(codecs, dtype, 0);
}

std::vector<CodecSpec> parse_v2_codecs(const Json& array, size_t axes, bool big_endian,
                                       DType dtype) {
  std::vector<CodecSpec> codecs;
  const Json& filters = at(array, "filters");
  if (!filters.is_null() && !(filters.is_array() && filters.empty()))
    bad("filters are not supported", brief(filters), "null", "rewrite the array without filters");
  const Json& order = at(array, "order");
  if (order != "C" && order != "F") bad("order is unknown", brief(order), "C or F");
  if (order == "F" && axes > 1) {
    CodecSpec transpose;
    transpose.kind = CodecKind::transpose;
    for (size_t i = axes; i-- > 0;) transpose.order.push_back(static_cast<int>(i));
    codecs.push_back(transpose);
  }
  codecs.push_back(bytes_codec(big_endian));
  const Json& compressor = at(array, "compressor");
  if (!compressor.is_null()) codecs.push_back(v2_compressor(compressor, dtype));
  return codecs;
}

}  // namespace parfocal
