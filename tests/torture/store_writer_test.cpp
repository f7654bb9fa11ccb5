#include "parfocal/formats/zarr/writer/store_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/array_writer.h"

namespace parfocal {
namespace {

class StoreWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::temp_directory_path() /
            ("parfocal-store-" + std::to_string(::getpid()) + info->name());
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // What frame `frame` shows: nothing else has these pixels.
  static std::vector<uint16_t> pixels(int64_t frame, int64_t count) {
    std::vector<uint16_t> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<uint16_t>(1 + frame * 37 + static_cast<int64_t>(i) * 7);
    return values;
  }

  static Axis axis(const char* name, int64_t size) { return {name, size, 1, "", {}}; }

  static StoreSpec spec_of(std::vector<Axis> axes, std::vector<int64_t> chunk,
                           std::vector<int64_t> shard, const std::string& codec = "none") {
    ImageSpec image;
    image.name = "test";
    image.axes = std::move(axes);
    image.chunk = std::move(chunk);
    image.shard = std::move(shard);
    CodecSpec compressor;
    compressor.kind = codec == "zstd" ? CodecKind::zstd : CodecKind::blosc;
    compressor.typesize = 2;
    if (codec != "none") image.compressors = {compressor};
    StoreSpec spec;
    spec.images = {image};
    return spec;
  }

  std::vector<uint16_t> read(const std::string& path, std::vector<int64_t>& shape) {
    const auto store = std::make_shared<LocalStore>(root_);
    std::string text;
    bool found = false;
    EXPECT_TRUE(read_text_object(*store, path + "/zarr.json", 1 << 20, text, found).ok());
    if (!found) {
      EXPECT_TRUE(read_text_object(*store, path + "/.zarray", 1 << 20, text, found).ok());
      EXPECT_TRUE(found);
    }
    const ZarrArray array =
        text.find("codecs") != text.npos ? parse_zarr_array(text) : parse_zarr_v2_array(text);
    shape = array.shape;
    const ArrayReader reader(store, path, array);
    Region whole;
    whole.rank = static_cast<int>(shape.size());
    for (size_t a = 0; a < shape.size(); ++a) whole.shape[a] = shape[a];
    std::vector<uint16_t> values(static_cast<size_t>(whole.count()));
    const Status s =
        reader.read(packed_view(reinterpret_cast<std::byte*>(values.data()), DType::u16, whole));
    EXPECT_TRUE(s.ok()) << s.issue().what;
    return values;
  }

  void write_all(const StoreSpec& spec, const StoreOptions& options, std::vector<int64_t> order) {
    const auto writer = StoreWriter::create(root_, spec, options);
    const size_t y = spec.images[0].stream_rank();
    const int64_t height = spec.images[0].axes[y].size, width = spec.images[0].axes[y + 1].size;
    std::vector<int64_t> tickets;
    for (const int64_t frame : order) {
      const std::vector<uint16_t> plane = pixels(frame, height * width);
      const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                    Region::whole({height, width}));
      const Status s = writer->append(0, frame, view, {}, tickets.emplace_back());
      ASSERT_TRUE(s.ok()) << s.issue().what;
    }
    for (const int64_t ticket : tickets) EXPECT_TRUE(writer->wait(ticket).ok());
    const Status s = writer->close(true, "");
    ASSERT_TRUE(s.ok()) << s.issue().what << s.issue().where;
  }

  void expect_frames(const StoreSpec& spec, int64_t frames) {
    const size_t y = spec.images[0].stream_rank();
    const int64_t count = spec.images[0].axes[y].size * spec.images[0].axes[y + 1].size;
    std::vector<int64_t> shape;
    const std::vector<uint16_t> stored = read("0", shape);
    ASSERT_EQ(static_cast<int64_t>(stored.size()), frames * count);
    for (int64_t frame = 0; frame < frames; ++frame) {
      const std::vector<uint16_t> wanted = pixels(frame, count);
      ASSERT_EQ(std::memcmp(stored.data() + frame * count, wanted.data(), wanted.size() * 2), 0)
          << "frame " << frame;
    }
    EXPECT_FALSE(std::filesystem::exists(work_folder(root_) / "journal"));
    for (const auto& entry : std::filesystem::directory_iterator(work_folder(root_)))
      EXPECT_EQ(entry.path().filename(), "store.json");
  }

  std::filesystem::path root_;
};

std::vector<int64_t> in_order(int64_t n) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < n; ++i) order.push_back(i);
  return order;
}

TEST_F(StoreWriterTest, FramesInAnyOrderComeBack_InEveryLayoutAndLevelOfSafety) {
  struct Case {
    std::vector<int64_t> chunk, shard;
    std::string codec;
    int zarr_format = 3;
  };
  const std::vector<Case> cases = {
      {{1, 1, 20, 33}, {1, 1, 20, 33}, "none"},
      {{1, 1, 16, 16}, {4, 2, 32, 48}, "none"},
      {{1, 1, 16, 16}, {4, 1, 32, 32}, "lz4"},
      {{1, 1, 64, 64}, {8, 2, 64, 64}, "zstd"},
      {{4, 1, 16, 16}, {8, 2, 32, 32}, "lz4"},
      {{3, 2, 20, 33}, {3, 2, 20, 33}, "none"},
      {{1, 1, 16, 16}, {}, "none"},
      {{5, 1, 20, 20}, {}, "zstd"},
      {{1, 1, 20, 33}, {}, "none", 2},
      {{2, 2, 16, 16}, {}, "lz4", 2},
  };
  std::mt19937 random(3);
  for (const Case& c : cases)
    for (const Ack ack : {Ack::kernel, Ack::durable}) {
      std::filesystem::remove_all(root_);
      StoreSpec spec = spec_of({axis("t", kUnbounded), axis("c", 3), axis("y", 40), axis("x", 50)},
                               c.chunk, c.shard, c.codec);
      spec.zarr_format = c.zarr_format;
      StoreOptions options;
      options.ack = ack;
      std::vector<int64_t> order = in_order(3 * 5);
      if (ack != Ack::kernel) std::shuffle(order.begin(), order.end(), random);
      write_all(spec, options, order);
      if (HasFatalFailure()) return;
      expect_frames(spec, 3 * 5);
    }
}

TEST_F(StoreWriterTest, ImagesWithoutStreamAxesAreOneFrame) {
  const StoreSpec spec = spec_of({axis("y", 40), axis("x", 50)}, {16, 16}, {32, 32});
  write_all(spec, {}, {0});
  expect_frames(spec, 1);
}

TEST_F(StoreWriterTest, SmallerLevelsAreMeans) {
  StoreSpec spec = spec_of({axis("t", kUnbounded), axis("z", 5), axis("y", 41), axis("x", 50)},
                           {1, 1, 16, 16}, {2, 5, 32, 32}, "lz4");
  spec.images[0].levels = 3;
  for (const bool pool_z : {false, true}) {
    std::filesystem::remove_all(root_);
    spec.images[0].pool_z = pool_z;
    write_all(spec, {}, in_order(20));
    std::vector<int64_t> shape;
    const std::vector<uint16_t> base = read("0", shape), half = read("1", shape);
    EXPECT_EQ(shape, (std::vector<int64_t>{4, pool_z ? 3 : 5, 21, 25}));
    const auto at = [&](int64_t frame, int64_t y, int64_t x) {
      return int{base[static_cast<size_t>((frame * 41 + y) * 50 + x)]};
    };
    int sum = 0;  // t = 1, z = 2 (and 3)
    for (const int64_t frame : {7, 8})
      if (frame == 7 || pool_z)
        sum += at(frame, 2, 4) + at(frame, 2, 5) + at(frame, 3, 4) + at(frame, 3, 5);
    const int64_t plane = pool_z ? 1 * 3 + 1 : 1 * 5 + 2;
    EXPECT_NEAR(half[static_cast<size_t>((plane * 21 + 1) * 25 + 2)], sum / (pool_z ? 8.0 : 4.0),
                0.5);
    read("2", shape);
    EXPECT_EQ(shape, (std::vector<int64_t>{4, pool_z ? 2 : 5, 11, 13}));
  }
}

TEST_F(StoreWriterTest, AFrameThatComesTwiceIsRefused) {
  const StoreSpec spec =
      spec_of({axis("t", kUnbounded), axis("y", 4), axis("x", 4)}, {1, 4, 4}, {2, 4, 4});
  const auto writer = StoreWriter::create(root_, spec, {});
  const std::vector<uint16_t> plane = pixels(0, 16);
  const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                Region::whole({4, 4}));
  int64_t ticket = 0;
  for (const int64_t frame : {0, 1, 2})
    EXPECT_TRUE(writer->append(0, frame, view, {}, ticket).ok());
  for (const int64_t frame : {0, 2, -1})
    EXPECT_FALSE(writer->append(0, frame, view, {}, ticket).ok());
  EXPECT_TRUE(writer->append_gap(0, 3, 1, GapReason::dropped, "").ok());
  EXPECT_FALSE(writer->append(0, 3, view, {}, ticket).ok());
  EXPECT_TRUE(writer->close(true, "").ok());
}

TEST_F(StoreWriterTest, FramesThatNeverCameAreGaps) {
  const StoreSpec spec =
      spec_of({axis("t", 9), axis("y", 4), axis("x", 4)}, {1, 4, 4}, {4, 4, 4}, "lz4");
  write_all(spec, {}, {0, 1, 3, 5});
  std::vector<int64_t> shape;
  const std::vector<uint16_t> stored = read("0", shape);
  EXPECT_EQ(shape[0], 9);
  for (int64_t frame = 0; frame < 9; ++frame) {
    const bool there = frame == 0 || frame == 1 || frame == 3 || frame == 5;
    EXPECT_EQ(stored[static_cast<size_t>(frame * 16)], there ? pixels(frame, 16)[0] : 0);
  }
  std::ifstream file(root_ / "zarr.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("\"first\": 2"), text.npos) << text;
}

TEST_F(StoreWriterTest, FramesThatAreTakenBackReadAsMissing) {
  struct Case {
    std::vector<int64_t> chunk, shard;
    std::string codec;
  };
  for (const Case& c :
       {Case{{1, 4, 4}, {4, 4, 4}, "none"}, Case{{1, 4, 4}, {1, 4, 4}, "lz4"},
        Case{{3, 4, 4}, {6, 4, 4}, "lz4"}, Case{{1, 4, 4}, {}, "lz4"}, Case{{3, 4, 4}, {}, "none"}})
    for (const int64_t keep : {0, 4, 7})
      for (const int64_t size : {kUnbounded, int64_t{11}}) {
        std::filesystem::remove_all(root_);
        const StoreSpec spec =
            spec_of({axis("t", size), axis("y", 4), axis("x", 4)}, c.chunk, c.shard, c.codec);
        const auto writer = StoreWriter::create(root_, spec, {});
        for (int64_t frame = 0; frame < 10; ++frame) {
          const std::vector<uint16_t> plane = pixels(frame, 16);
          int64_t ticket = 0;
          ASSERT_TRUE(writer
                          ->append(0, frame,
                                   packed_view(reinterpret_cast<const std::byte*>(plane.data()),
                                               DType::u16, Region::whole({4, 4})),
                                   {}, ticket)
                          .ok());
        }
        const Status s = writer->close(false, "stopped", std::array{keep});
        ASSERT_TRUE(s.ok()) << s.issue().what;
        std::vector<int64_t> shape;
        const std::vector<uint16_t> stored = read("0", shape);
        EXPECT_EQ(shape[0], keep);
        for (int64_t frame = 0; frame < shape[0]; ++frame)
          EXPECT_EQ(stored[static_cast<size_t>(frame * 16 + 5)],
                    frame < keep ? pixels(frame, 16)[5] : 0)
              << frame << " of " << keep;
      }
}

TEST_F(StoreWriterTest, ReadersSeeAGrowingArrayOfWholeFrames) {
  const StoreSpec spec = spec_of({axis("t", kUnbounded), axis("y", 32), axis("x", 32)}, {1, 16, 16},
                                 {4, 32, 32}, "lz4");
  StoreOptions options;
  options.publish_ms = 1;
  std::jthread follower([&](const std::stop_token& stop) {
    while (!std::filesystem::exists(root_ / "zarr.json")) std::this_thread::yield();
    int64_t last = 0;
    while (!stop.stop_requested()) {
      std::vector<int64_t> shape;
      const std::vector<uint16_t> stored = read("0", shape);
      EXPECT_GE(shape[0], last);
      last = shape[0];
      for (int64_t frame = 0; frame < last; ++frame)
        ASSERT_EQ(std::memcmp(stored.data() + frame * 1024, pixels(frame, 1024).data(), 2048), 0);
    }
  });
  write_all(spec, options, in_order(300));
}

TEST_F(StoreWriterTest, AppendingGoesOnWhereTheStoreEnded_AlsoWhereItsWriterWasKilled) {
  struct Case {
    std::vector<int64_t> chunk, shard;
    std::string codec;
    int levels = 1;
  };
  const std::vector<Case> cases = {{{1, 1, 16, 16}, {4, 2, 32, 32}, "lz4", 2},
                                   {{1, 1, 20, 33}, {1, 1, 20, 33}, "none"},
                                   {{3, 1, 16, 16}, {6, 2, 32, 32}, "lz4"},
                                   {{1, 1, 16, 16}, {}, "zstd"},
                                   {{3, 2, 20, 33}, {}, "lz4"}};
  for (const Case& c : cases)
    for (const bool killed : {false, true}) {
      std::filesystem::remove_all(root_);
      StoreSpec spec = spec_of({axis("t", kUnbounded), axis("c", 2), axis("y", 40), axis("x", 50)},
                               c.chunk, c.shard, c.codec);
      spec.images[0].levels = c.levels;
      spec.columns = {{"number", DType::i64, ""}};
      int64_t next = 0;
      for (const int64_t steps : {5, 4, 0, 8}) {
        const auto writer =
            next == 0 ? StoreWriter::create(root_, spec, {}) : StoreWriter::append_to(root_, {});
        EXPECT_EQ(writer->frames(0), next);
        int64_t ticket = -1;
        for (const int64_t end = next + 2 * steps; next < end; ++next) {
          const std::vector<uint16_t> plane = pixels(next, 40 * 50);
          const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()),
                                        DType::u16, Region::whole({40, 50}));
          const Status s =
              next == 7 ? writer->append_gap(0, 7, 1, GapReason::dropped, "lost")
                        : writer->append(0, next, view, std::as_bytes(std::span(&next, 1)), ticket);
          ASSERT_TRUE(s.ok()) << s.issue().what;
        }
        if (killed && steps == 4) {
          EXPECT_TRUE(writer->wait(ticket).ok());
          continue;  // without close()
        }
        const Status s = writer->close(true, "");
        ASSERT_TRUE(s.ok()) << s.issue().what;
      }
      std::vector<int64_t> shape;
      const std::vector<uint16_t> stored = read("0", shape);
      ASSERT_EQ(shape[0], 17);
      for (int64_t frame = 0; frame < 34; ++frame)
        ASSERT_EQ(stored[static_cast<size_t>(frame * 2000 + 1234)],
                  frame == 7 ? 0 : pixels(frame, 2000)[1234])
            << frame << (killed ? " after a kill" : "");
      if (c.levels > 1) {
        const std::vector<uint16_t> half = read("1", shape);
        EXPECT_EQ(shape[0], 17);
        EXPECT_NE(half[static_cast<size_t>(20 * 500 + 77)], 0);
      }
      std::ifstream file(root_ / "zarr.json");
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      EXPECT_NE(text.find("\"dropped\""), text.npos) << text;
    }
}

TEST_F(StoreWriterTest, AFullDiskEndsAcknowledgingAndIsReported) {
  const StoreSpec spec = spec_of({axis("t", kUnbounded), axis("y", 512), axis("x", 512)},
                                 {1, 512, 512}, {4, 512, 512});
  const auto writer = StoreWriter::create(root_, spec, {});
  std::filesystem::permissions(work_folder(root_), std::filesystem::perms::owner_read);
  if (::access(work_folder(root_).c_str(), W_OK) == 0) {  // root may write anyway: take it away
    std::filesystem::remove_all(work_folder(root_));
  }
  const std::vector<uint16_t> plane = pixels(0, 512 * 512);
  const View view = packed_view(reinterpret_cast<const std::byte*>(plane.data()), DType::u16,
                                Region::whole({512, 512}));
  int64_t ticket = 0;
  EXPECT_TRUE(writer->append(0, 0, view, {}, ticket).ok());
  EXPECT_FALSE(writer->wait(ticket).ok());
  EXPECT_EQ(writer->acknowledged(), 0);
  EXPECT_FALSE(writer->append(0, 1, view, {}, ticket).ok());
  const Status closed = writer->close(true, "");
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.issue().given, "0 frames are safe: none of them is lost");
  EXPECT_NE(closed.issue().cure.find("parfocal recover"), std::string::npos);
}

}  // namespace
}  // namespace parfocal
