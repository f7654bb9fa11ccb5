#include "parfocal/formats/zarr/writer/codec_json-inl.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

Json named(const char* name, Json configuration) {
  return {{"name", name}, {"configuration", std::move(configuration)}};
}

Json sharding_json(const ShardSpec& shard) {
  return named("sharding_indexed", {{"chunk_shape", shard.chunk},
                                    {"codecs", codecs_json(shard.codecs)},
                                    {"index_codecs", codecs_json(shard.index_codecs)},
                                    {"index_location", shard.index_at_end ? "end" : "start"}});
}

Json blosc_json(const CodecSpec& codec) {
  constexpr const char* shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};
  return named("blosc", {{"cname", codec.cname},
                         {"clevel", codec.level},
                         {"shuffle", shuffles[static_cast<size_t>(codec.shuffle)]},
                         {"typesize", codec.typesize},
                         {"blocksize", codec.blocksize}});
}

}  // namespace

Json codec_json(const CodecSpec& codec) {
  switch (codec.kind) {
    case CodecKind::transpose:
      return named("transpose", {{"order", codec.order}});
    case CodecKind::bytes:
      return named("bytes", {{"endian", codec.big_endian ? "big" : "little"}});
    case CodecKind::sharding:
      return sharding_json(*codec.shard);
    case CodecKind::blosc:
      return blosc_json(codec);
    case CodecKind::zstd:
      return named("zstd", {{"level", codec.level}, {"checksum", codec.checksum}});
    case CodecKind::gzip:
      return named("gzip", {{"level", codec.level}});
    case CodecKind::zlib:
      return named("zlib", {{"level", codec.level}});
    case CodecKind::crc32c:
      break;
  }
  return {{"name", "crc32c"}};
}

Json codecs_json(const std::vector<CodecSpec>& codecs) {
  Json list = Json::array();
  for (const CodecSpec& codec : codecs) list.push_back(codec_json(codec));
  return list;
}

Json v2_compressor_json(const CodecSpec& codec) {
  if (codec.kind == CodecKind::blosc)
    return {{"id", "blosc"},
            {"cname", codec.cname},
            {"clevel", codec.level},
            {"shuffle", static_cast<int>(codec.shuffle)},
            {"blocksize", codec.blocksize}};
  Json json = {{"id", codec.kind == CodecKind::zstd   ? "zstd"
                      : codec.kind == CodecKind::gzip ? "gzip"
                                                      : "zlib"},
               {"level", codec.level}};
  if (codec.kind == CodecKind::zstd && codec.checksum) json["checksum"] = true;
  return json;
}

}  // namespace parfocal
