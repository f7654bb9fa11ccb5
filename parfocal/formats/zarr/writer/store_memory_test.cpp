// A process per layout: what it has touched at most can only be asked of a fresh one.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {
namespace {

int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) << 10;
  return -1;
}

struct Layout {
  const char* name;
  int64_t t, z, side;
  std::vector<int64_t> chunk, shard;
  bool lz4 = false;
  int levels = 1;
};

StoreSpec spec_of(const Layout& layout) {
  ImageSpec image;
  image.name = "memory";
  image.axes = {{"t", kUnbounded, 1, "", {}},
                {"z", layout.z, 1, "", {}},
                {"y", layout.side, 1, "", {}},
                {"x", layout.side, 1, "", {}}};
  image.chunk = layout.chunk;
  image.shard = layout.shard;
  image.levels = layout.levels;
  CodecSpec blosc;
  blosc.kind = CodecKind::blosc;
  blosc.typesize = 2;
  if (layout.lz4) image.compressors = {blosc};
  StoreSpec spec;
  spec.images = {image};
  return spec;
}

// Writes everything and returns 0 if memory stayed below what was stated.
int write_in(const std::filesystem::path& root, const Layout& layout) {
  const StoreSpec spec = spec_of(layout);
  const StoreOptions options;
  std::vector<uint16_t> plane(static_cast<size_t>(layout.side * layout.side));
  for (size_t i = 0; i < plane.size(); ++i) plane[i] = static_cast<uint16_t>(i * 2654435761u >> 7);
  // Stacks and heaps of the threads, and pages of code that are touched for the first time.
  const int64_t small_things = int64_t{4} << 20;
  const int64_t stated = StoreWriter::resident_bytes(spec, options) + small_things;
  const int64_t before = peak_bytes();
  const auto writer = StoreWriter::create(root, spec, options);
  for (int64_t frame = 0; frame < layout.t * layout.z; ++frame) {
    plane[0] = static_cast<uint16_t>(frame);
    int64_t ticket = 0;
    const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                  Region::whole({layout.side, layout.side}));
    if (!writer->append(0, frame, view, {}, ticket).ok()) return 2;
  }
  if (!writer->close(true, "").ok()) return 3;
  const int64_t used = peak_bytes() - before;
  std::fprintf(stderr, "%s: %.1f of %.1f MiB stated\n", layout.name,
               static_cast<double>(used) / (1 << 20), static_cast<double>(stated) / (1 << 20));
  return used <= stated ? 0 : 1;
}

TEST(StoreMemory, StaysBelowWhatWasStated) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
  const std::vector<Layout> layouts = {
      {"frames of shards of 16", 32, 1, 1024, {1, 1, 256, 256}, {16, 1, 1024, 1024}},
      {"1024 planes, chunks over t", 8, 1024, 64, {4, 1, 64, 64}, {8, 1, 64, 64}},
      {"1024 planes, chunks over z", 2, 1024, 128, {1, 64, 128, 128}, {2, 256, 128, 128}, true},
      {"compressed pyramid", 24, 2, 1024, {1, 1, 256, 256}, {4, 2, 1024, 1024}, true, 4},
      {"plain files", 16, 1, 512, {1, 1, 128, 128}, {}, true},
  };
  for (const Layout& layout : layouts) {
    const auto root =
        std::filesystem::temp_directory_path() / ("parfocal-memory-" + std::to_string(::getpid()));
    std::filesystem::remove_all(root);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(write_in(root, layout));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    std::filesystem::remove_all(root);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << layout.name << ": exit " << WEXITSTATUS(status);
  }
}

}  // namespace
}  // namespace parfocal
