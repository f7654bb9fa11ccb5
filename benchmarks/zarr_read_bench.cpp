// Reading Zarr: the checksum, each codec on one core, and frames of 2048 x 2048 uint16 from shards
// beside the same bytes read plainly. Data as a camera's: Poisson noise on an offset.
//   zarr_read_bench [--benchmark_filter=...]; frames go to TMPDIR
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/crc32c.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSide = 2048, kFrames = 16, kFrameBytes = kSide * kSide * 2;

std::vector<std::byte> camera(int64_t pixels) {
  std::mt19937 random(1);
  std::poisson_distribution<int> photons(40);
  std::vector<uint16_t> values(static_cast<size_t>(pixels));
  for (uint16_t& v : values) v = static_cast<uint16_t>(100 + photons(random));
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

CodecSpec compressor(CodecKind kind, int level, const char* cname = "lz4",
                     Shuffle shuffle = Shuffle::byte) {
  CodecSpec codec;
  codec.kind = kind;
  codec.level = level;
  codec.cname = cname;
  codec.shuffle = shuffle;
  codec.typesize = 2;
  return codec;
}

void count_bytes(benchmark::State& state, int64_t bytes) {
  state.SetBytesProcessed(state.iterations() * bytes);
}

void checksum(benchmark::State& state, bool by_tables) {
  const auto bytes = camera(state.range(0) / 2);
  for (auto _ : state)
    benchmark::DoNotOptimize(by_tables ? crc32c_by_tables(bytes) : crc32c(bytes));
  count_bytes(state, state.range(0));
}
BENCHMARK_CAPTURE(checksum, instruction, false)->Arg(4096)->Arg(131072)->Arg(4 << 20);
BENCHMARK_CAPTURE(checksum, tables, true)->Arg(131072);

CodecChain chain_of(const std::vector<CodecSpec>& codecs) {
  return CodecChain(codecs, DType::u16, {256, 256}, std::vector<std::byte>(2));
}

void codec(benchmark::State& state, const CodecSpec& last, bool decode) {
  const CodecChain chain = chain_of({bytes_codec(), last});
  CodecScratch scratch;
  std::vector<std::byte> pixels = camera(256 * 256);
  std::vector<std::byte> encoded(static_cast<size_t>(chain.encoded_bound()));
  size_t n = 0;
  Status s = chain.encode(pixels, encoded, scratch, n);
  for (auto _ : state) {
    s = decode ? chain.decode(std::span(encoded).first(n), pixels, scratch)
               : chain.encode(pixels, encoded, scratch, n);
    if (!s.ok()) return state.SkipWithError(s.issue().what.c_str());
  }
  count_bytes(state, chain.decoded_bytes());
  state.counters["ratio"] = static_cast<double>(chain.decoded_bytes()) / static_cast<double>(n);
}

// A store with one array of kFrames frames; each shard is one frame of chunks of 256 x 256.
struct Frames {
  fs::path folder;
  std::unique_ptr<ArrayReader> reader;

  explicit Frames(const std::vector<CodecSpec>& codecs) {
    folder = fs::temp_directory_path() / ("zarr-bench-" + std::to_string(::getpid()));
    CodecSpec shard;
    shard.kind = CodecKind::sharding;
    shard.shard = std::make_shared<ShardSpec>(
        ShardSpec{{1, 256, 256}, codecs, {bytes_codec(), crc32c_codec()}, true});
    ZarrArray array;
    array.dtype = DType::u16;
    array.shape = {kFrames, kSide, kSide};
    array.chunk = {1, kSide, kSide};
    array.codecs = {shard};
    array.fill = std::vector<std::byte>(2);
    const CodecChain chain(array.codecs, array.dtype, array.chunk, array.fill);
    CodecScratch scratch;
    std::vector<std::byte> encoded(static_cast<size_t>(chain.encoded_bound()));
    const auto pixels = camera(kSide * kSide);
    const auto store = std::make_shared<LocalStore>(folder);
    for (int64_t t = 0; t < kFrames; ++t) {
      size_t n = 0;
      const int64_t index[] = {t, 0, 0};
      if (!chain.encode(pixels, encoded, scratch, n).ok() ||
          !store->put("a/" + array.chunk_key(index), std::span(encoded).first(n), false).ok())
        return;
    }
    reader = std::make_unique<ArrayReader>(store, "a", array);
  }
  ~Frames() { fs::remove_all(folder); }
};

void read_shards(benchmark::State& state, const std::vector<CodecSpec>& codecs) {
  const Frames frames(codecs);
  if (!frames.reader) return state.SkipWithError("cannot write the frames");
  std::vector<std::byte> pixels(kFrameBytes);
  Region region = Region::whole({1, kSide, kSide});
  for (auto _ : state) {
    region.origin[0] = (region.origin[0] + 1) % kFrames;
    const Status s = frames.reader->read(packed_view(pixels.data(), DType::u16, region));
    if (!s.ok()) return state.SkipWithError(s.issue().what.c_str());
  }
  count_bytes(state, kFrameBytes);
}

// The yardstick: pread of the same files, which hold the same number of bytes when uncompressed.
void read_plainly(benchmark::State& state) {
  const Frames frames({bytes_codec()});
  std::vector<std::byte> pixels(kFrameBytes);
  int64_t t = 0;
  for (auto _ : state) {
    t = (t + 1) % kFrames;
    Fd fd(::open((frames.folder / "a/c" / std::to_string(t) / "0/0").c_str(), O_RDONLY));
    if (read_at(fd.get(), pixels.data(), kFrameBytes, 0) != kFrameBytes)
      return state.SkipWithError("cannot read");
  }
  count_bytes(state, kFrameBytes);
}
BENCHMARK(read_plainly)->Unit(benchmark::kMillisecond);

const bool registered = [] {
  const std::pair<const char*, CodecSpec> codecs[] = {
      {"blosc_lz4_shuffle", compressor(CodecKind::blosc, 1)},
      {"blosc_lz4_bitshuffle", compressor(CodecKind::blosc, 1, "lz4", Shuffle::bit)},
      {"blosc_zstd_shuffle", compressor(CodecKind::blosc, 1, "zstd")},
      {"blosc_blosclz_shuffle", compressor(CodecKind::blosc, 1, "blosclz")},
      {"zstd", compressor(CodecKind::zstd, 1)},
      {"gzip", compressor(CodecKind::gzip, 1)},
      {"crc32c", crc32c_codec()}};
  for (const auto& [name, spec] : codecs) {
    benchmark::RegisterBenchmark((std::string("decode/") + name).c_str(), codec, spec, true);
    benchmark::RegisterBenchmark((std::string("encode/") + name).c_str(), codec, spec, false);
  }
  const std::pair<const char*, std::vector<CodecSpec>> chains[] = {
      {"read_shards/uncompressed", {bytes_codec()}},
      {"read_shards/crc32c", {bytes_codec(), crc32c_codec()}},
      {"read_shards/blosc_lz4", {bytes_codec(), compressor(CodecKind::blosc, 1)}},
      {"read_shards/zstd", {bytes_codec(), compressor(CodecKind::zstd, 1)}}};
  for (const auto& [name, chain] : chains)
    benchmark::RegisterBenchmark(name, read_shards, chain)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace parfocal

BENCHMARK_MAIN();
