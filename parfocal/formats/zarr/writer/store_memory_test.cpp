// A process per layout: what it has touched at most can only be asked of a fresh one.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "parfocal/formats/zarr/writer/journal.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

// Stacks and heaps of the threads, and pages of code that are touched for the first time.
constexpr int64_t kSmallThings = int64_t{4} << 20;

int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) << 10;
  return -1;
}

double mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

struct Layout {
  std::string name;
  int64_t t, c, z, side;
  std::vector<int64_t> chunk, shard;  // t c z y x
  bool lz4 = false;
  int levels = 1;
  bool pool_z = false;
  std::string order = "tcz";  // with p: positions
  int64_t positions = 1;
  int64_t any_order_steps = 0;
};

StoreSpec spec_of(const Layout& layout) {
  ImageSpec image;
  image.name = "memory";
  const int64_t t = layout.order.front() == 't' ? kUnbounded : layout.t;
  image.axes = {{"t", t, 1, "", {}},
                {"c", layout.c, 1, "", {}},
                {"z", layout.z, 1, "", {}},
                {"y", layout.side, 1, "", {}},
                {"x", layout.side, 1, "", {}}};
  image.chunk = layout.chunk;
  image.shard = layout.shard;
  image.levels = layout.levels;
  image.pool_z = layout.pool_z;
  CodecSpec blosc;
  blosc.kind = CodecKind::blosc;
  blosc.typesize = 2;
  if (layout.lz4) image.compressors = {blosc};
  StoreSpec spec;
  for (int64_t p = 0; p < layout.positions; ++p) {
    image.path = std::to_string(p);
    spec.images.push_back(image);
  }
  return spec;
}

StoreOptions options_of(const Layout& layout) {
  StoreOptions options;
  options.order = layout.order;
  options.any_order_steps = layout.any_order_steps;
  return options;
}

// Calls f(image, frame) in the layout's order.
template <class F>
void for_each_frame(const Layout& layout, F&& f) {
  std::string order = layout.order;
  if (order.find('p') == order.npos) order += 'p';
  const auto size = [&](char axis) {
    return axis == 't'   ? layout.t
           : axis == 'c' ? layout.c
           : axis == 'z' ? layout.z
                         : layout.positions;
  };
  for (int64_t i = 0; i < layout.t * layout.c * layout.z * layout.positions; ++i) {
    int64_t index[128] = {};
    for (size_t a = order.size(), n = static_cast<size_t>(i); a-- > 0;) {
      const auto steps = static_cast<size_t>(size(order[a]));
      index[static_cast<size_t>(order[a])] = static_cast<int64_t>(n % steps);
      n /= steps;
    }
    f(static_cast<size_t>(index['p']),
      (index['t'] * layout.c + index['c']) * layout.z + index['z']);
  }
}

// Writes everything and returns 0 if memory and the log stayed below what was stated.
int write_in(const fs::path& root, const Layout& layout) {
  const StoreSpec spec = spec_of(layout);
  const StoreOptions options = options_of(layout);
  std::vector<uint16_t> plane(static_cast<size_t>(layout.side * layout.side));
  for (size_t i = 0; i < plane.size(); ++i) plane[i] = static_cast<uint16_t>(i * 2654435761u >> 7);
  const int64_t stated = StoreWriter::resident_bytes(spec, options) + kSmallThings;
  const int64_t stated_log = StoreWriter::log_bytes(spec, options);
  const int64_t before = peak_bytes();
  const auto writer = StoreWriter::create(root, spec, options);
  Status status;
  for_each_frame(layout, [&](size_t image, int64_t frame) {
    plane[0] = static_cast<uint16_t>(frame);
    int64_t ticket = 0;
    const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                  Region::whole({layout.side, layout.side}));
    if (status.ok()) status = writer->append(image, frame, view, {}, ticket);
  });
  int64_t log = 0;
  for (const auto& entry : fs::directory_iterator(root / "__parfocal"))
    if (entry.path().extension() == ".log") log += static_cast<int64_t>(entry.file_size());
  if (status.ok()) status = writer->close(true, "");
  const int64_t used = peak_bytes() - before;
  std::fprintf(stderr, "%s: %.1f of %.1f MiB stated, log %.1f of %.1f\n", layout.name.c_str(),
               mib(used), mib(stated), mib(log), mib(stated_log));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.issue().str().c_str());
  return !status.ok() ? 3 : used <= stated && log <= stated_log ? 0 : 1;
}

template <class F>
void expect_zero_in_child(const std::string& name, F&& f) {
  const bool in_memory = ::access("/dev/shm", W_OK) == 0;  // files there are no memory of ours
  const auto root = (in_memory ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                    ("parfocal-memory-" + std::to_string(::getpid()));
  fs::remove_all(root);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f(root));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  fs::remove_all(root);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << name << ": exit " << WEXITSTATUS(status);
}

void expect_below_stated(const std::vector<Layout>& layouts) {
  for (const Layout& layout : layouts)
    expect_zero_in_child(layout.name, [&](const fs::path& root) { return write_in(root, layout); });
}

class StoreMemory : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
  }
};

TEST_F(StoreMemory, StaysBelowWhatWasStated) {
  expect_below_stated({
      {"frames of shards of 16", 32, 1, 1, 1024, {1, 1, 1, 256, 256}, {16, 1, 1, 1024, 1024}},
      {"1024 planes, chunks over t", 8, 1, 1024, 64, {4, 1, 1, 64, 64}, {8, 1, 1, 64, 64}},
      {"1024 planes, chunks over z",
       2,
       1,
       1024,
       128,
       {1, 1, 64, 128, 128},
       {2, 1, 256, 128, 128},
       true},
      {"1024 planes, t faster",
       8,
       1,
       1024,
       64,
       {4, 1, 16, 64, 64},
       {8, 1, 64, 64, 64},
       true,
       1,
       false,
       "zct"},
      {"compressed pyramid", 24, 1, 2, 1024, {1, 1, 1, 256, 256}, {4, 1, 2, 1024, 1024}, true, 4},
      {"plain files", 16, 1, 1, 512, {1, 1, 1, 128, 128}, {}, true},
  });
}

// Small tiles, so that what is kept of open shards is what counts.
TEST_F(StoreMemory, StaysBelowWhatWasStated_InEveryOrderOfAxesAndPositions) {
  std::string order = "cptz";
  std::vector<Layout> layouts;
  do {
    const int64_t n = layouts.size() % 2 == 0 ? 1 : 2;
    Layout layout{order, 8, 2, 16, 64, {n, 1, n, 4, 4}, {4, 1, 4, 64, 64}};
    layout.name += n == 2 ? ", chunks of 4" : "";
    layout.levels = 2;
    layout.pool_z = true;
    layout.order = order;
    layout.positions = 2;
    layouts.push_back(layout);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(layouts.size(), 24u);
  expect_below_stated(layouts);
}

// The index of one of these shards is 1 MiB: nothing is left over for shards out of order.
Layout large_indexes() { return {"", 64, 1, 4, 256, {1, 1, 1, 1, 1}, {1, 1, 1, 256, 256}}; }

TEST_F(StoreMemory, AFrameOutOfOrderIsRefused_AndTheOthersAreKept) {
  Layout layout = large_indexes();
  layout.shard[0] = 2;  // shards over t: one for each z is open
  const auto root = fs::temp_directory_path() / ("parfocal-order-" + std::to_string(::getpid()));
  fs::remove_all(root);
  const auto writer = StoreWriter::create(root, spec_of(layout), options_of(layout));
  const std::vector<uint16_t> plane(256 * 256, 7);
  const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                Region::whole({256, 256}));
  int64_t ticket = 0, taken = 0;
  Status refused;
  for (int64_t t = 0; t < layout.t && refused.ok(); t += 2)  // never the second of a shard
    refused = writer->append(0, t * layout.z, view, {}, ticket), taken += refused.ok();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.issue().what.find("order"), std::string::npos);
  EXPECT_LT(taken, layout.t / 2);
  EXPECT_TRUE(writer->wait(ticket).ok()) << "nothing else has failed";
  for (const int64_t t : {1, 3, 5, 7, 9})
    EXPECT_TRUE(writer->append(0, t * layout.z, view, {}, ticket).ok());
  EXPECT_TRUE(writer->append_gap(0, 30 * layout.z, 200, GapReason::dropped, "").ok())
      << "gaps make room as they go";
  EXPECT_TRUE(writer->close(true, "").ok());
  fs::remove_all(root);
}

// A journal of some 100 MB, of a writer that was killed.
TEST_F(StoreMemory, RecoveryDoesNotGrowWithTheRecording) {
  Layout layout{"recovery", 24000, 1, 1, 64, {1, 1, 1, 4, 4}, {16, 1, 1, 64, 64}};
  expect_zero_in_child(layout.name, [&](const fs::path& root) {
    const pid_t writing = ::fork();
    if (writing == 0) {
      const auto writer = StoreWriter::create(root, spec_of(layout), {});
      const std::vector<uint16_t> plane(64 * 64, 7);
      int64_t ticket = 0;
      for (int64_t frame = 0; frame < layout.t; ++frame)
        if (!writer
                 ->append(0, frame,
                          packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                      Region::whole({64, 64})),
                          {}, ticket)
                 .ok())
          ::_exit(1);
      for (ticket = 0; ticket < layout.t; ++ticket)  // they are acknowledged in any order
        if (!writer->wait(ticket).ok()) ::_exit(1);
      ::_exit(0);
    }
    int status = 0;
    if (::waitpid(writing, &status, 0) != writing || status != 0) return 2;
    const auto journal = static_cast<int64_t>(fs::file_size(root / "__parfocal/journal"));
    const int64_t before = peak_bytes();
    RecoverReport report;
    const Status recovered = recover_store(root, report);
    const int64_t used = peak_bytes() - before;
    std::fprintf(stderr, "recovery: %.1f MiB for a journal of %.1f MiB\n", mib(used), mib(journal));
    if (!recovered.ok() || report.images.at(0).frames != layout.t) return 3;
    return journal > 90 << 20 && used < 8 << 20 ? 0 : 1;
  });
}

}  // namespace
}  // namespace parfocal
