// One write of a file fails, each in turn: what run.json counts as received is what the file has
// afterwards, frame by frame.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "probe_run.h"
#include "test_places.h"

#ifdef PARFOCAL_COMMAND
namespace parfocal::crash {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFrames = 150;

struct Written {
  std::string type, name, more, reader, key;
};

class FailingWrite : public testing::TestWithParam<Written> {
 protected:
  void SetUp() override {
    if (PARFOCAL_SANITIZED) GTEST_SKIP() << "the shim has to come before the sanitizer";
    if (!sinks().find(GetParam().type)) GTEST_SKIP() << "not built";
    std::ofstream(path("p.yaml"))
        << "parfocal: 1\nsource: {type: generator, kind: sequence, size: {t: " << kFrames
        << ", y: 160, x: 200}, dtype: uint8}\nsinks: [{type: " << GetParam().type
        << ", from: source, path: " << GetParam().name << GetParam().more << "}]\n";
  }
  fs::path path(const std::string& name) const { return scratch_.path() / name; }
  fs::path file() const { return path("o") / GetParam().name; }
  int run(int64_t failing) const {
    fs::remove_all(path("o"));
    return run_command({PARFOCAL_COMMAND, "run", path("p.yaml").string(), "--out",
                        path("o").string(), "--threads", "2"},
                       {{"LD_PRELOAD", PARFOCAL_IO_SHIM},
                        {"SHIM_ROOT", file().string()},
                        {"SHIM_EIO_WRITE", std::to_string(failing)}});
  }
  // Of the edge to the file.
  int64_t received() const {
    std::ifstream in(path("o/run.json"));
    const auto record = nlohmann::json::parse(in, nullptr, false);
    if (!record.is_object() || !record.contains("edges")) return -1;
    const auto& edge = record["edges"][0];
    EXPECT_EQ(edge["received"].get<int64_t>() + edge["missing"].get<int64_t>(),
              edge["expected"].get<int64_t>());
    return edge["received"].get<int64_t>();
  }
  // Frames that the file has, each at its place.
  int64_t stored() const {
    if (!fs::exists(file()) &&
        (!fs::exists(file().string() + ".part") ||
         run_command({PARFOCAL_COMMAND, "recover", file().string() + ".part"}, {}) != 0))
      return 0;
    std::unique_ptr<Source> source;
    try {
      source =
          test::open_source(GetParam().reader, test::raw_map({{GetParam().key, file().string()}}));
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("it is empty"), std::string::npos) << error.what();
      return 0;
    }
    const FrameSet missing = source->missing();
    int64_t count = 0;
    for (int64_t k = 0; k < source->layout().stream_count(); ++k) {
      if (missing.has(k)) continue;
      ++count;
      EXPECT_EQ(test::read_all(*source, k).view().as<uint8_t>()[7], k) << "frame " << k;
    }
    return count;
  }

  const Scratch scratch_{true};
};

TEST_P(FailingWrite, CountsWhatTheFileHas) {
  int failures = 0, counts = 0;
  int64_t last = -1;
  for (int64_t n = 1, code = 1; code != 0; n += n < 40 ? 1 : 11) {
    SCOPED_TRACE("write " + std::to_string(n) + " fails");
    code = run(n);
    ASSERT_TRUE(code == 0 || code == 1) << code;
    const int64_t told = received();
    if (told < 0) continue;  // the file could not even be made
    // What only recover brings back may be more: the last checkpoint that is known was before it.
    const bool published = fs::exists(file());
    const int64_t there = stored();
    EXPECT_LE(told, there);
    EXPECT_TRUE(told == there || !published) << told << " of " << there;
    failures += code;
    counts += std::exchange(last, told) != told;
    if (HasFailure()) return;
  }
  EXPECT_EQ(last, kFrames);
  EXPECT_GE(failures, 5);
  EXPECT_GE(counts, 4) << "of many lengths";
}

INSTANTIATE_TEST_SUITE_P(
    Sinks, FailingWrite,
    testing::Values(Written{"rtdc", "a.rtdc", "", "rtdc", "path"},
                    Written{"rtdc", "b.rtdc", ", zstd_level: 0", "rtdc", "path"},
                    Written{"ome_tiff", "a.ome.tif", "", "files", "glob"},
                    Written{"ome_tiff", "b.ome.tif", ", compression: deflate", "files", "glob"}),
    [](const auto& test) { return test.param.type + "_" + test.param.name.substr(0, 1); });

}  // namespace
}  // namespace parfocal::crash
#endif
