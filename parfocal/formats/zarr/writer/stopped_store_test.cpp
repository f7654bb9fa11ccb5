/// What is told of a store that did not come to its end, or is written now.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_columns-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

using test::make_layout;
using test::random_image;
using test::raw_map;
using test::TempDir;

constexpr int64_t kSide = 8;

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(test::read_text(path), nullptr, false);
}
std::unique_ptr<Sink> image_sink(const TempDir& dir, const Layout& layout, RawValue params) {
  params.set("path", RawValue::scalar("a.zarr"));
  return test::make_sink("ome_zarr", params, {{"from", "s", "out", {PortKind::image, layout, {}}}},
                         {dir.path(), "", {}});
}
Status write_image(Sink& sink, const Layout& layout, int64_t sequence, const View& view) {
  const FrameHeader header = test::header_of(layout, sequence);
  const Input input{&header, nullptr, view, {}};
  return sink.write(std::span(&input, 1));
}
Status append(StoreWriter& writer, int64_t frame, const std::vector<uint16_t>& pixels) {
  int64_t ticket = 0;
  Status s = writer.append(0, frame,
                           packed_view(reinterpret_cast<const std::byte*>(pixels.data()),
                                       DType::u16, Region::whole({kSide, kSide})),
                           {}, ticket);
  return s.ok() ? writer.wait(ticket) : std::move(s);
}

// Each has a name and a colour, whether its frame came or not.
TEST(StoppedStore, HasAllChannels) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"c", 3}}, {{"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout, RawValue::map());
  sink->open();
  ASSERT_TRUE(
      write_image(*sink, layout, 0, random_image(DType::u8, layout.whole_item(), 1).view()).ok());
  ASSERT_TRUE(sink->close({false, "stopped", 1}).ok());
  EXPECT_EQ(read_json(dir / "a.zarr/0/zarr.json")["shape"], nlohmann::json::parse("[3, 3, 4]"));
  const auto source = test::open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
  EXPECT_EQ(source->missing().count(), 2);
}

// A disk that is full: what the sink says is stored is what can be had of it.
TEST(StoppedStore, CountsTheFramesThatAreSafe) {
  TempDir dir;
  const Layout layout = make_layout(DType::u16, {{"t", 80}}, {{"y", 256}, {"x", 256}});
  auto sink = image_sink(dir, layout, raw_map({{"codec", "lz4"}}));
  sink->open();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{4'000'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  Status s;
  for (int64_t k = 0; k < 80 && s.ok(); ++k)
    s = write_image(*sink, layout, k,
                    random_image(DType::u16, layout.whole_item(), static_cast<uint32_t>(k)).view());
  const Status closed = sink->close({false, "full", -1});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(closed.ok());
  const int64_t stored = sink->stored_items();
  sink.reset();  // which holds the store
  RecoverReport report;
  ASSERT_TRUE(recover_store(dir / "a.zarr", report).ok());
  ASSERT_EQ(report.images.size(), 1u);
  EXPECT_GT(report.images[0].frames, 5);
  EXPECT_EQ(stored, report.images[0].frames);
}

// Frames that were there before it was gone on with belong to the image, too.
TEST(StoppedStore, KeepsItsContrastWhenItIsGoneOnWith) {
  TempDir dir;
  StoreSpec spec = test::make_store({test::make_image("", "tyx", {6, kSide, kSide}, DType::u16)});
  spec.origin = "camera 1";
  const std::vector<uint16_t> bright(kSide * kSide, 60000), dark(kSide * kSide, 10);
  auto writer = StoreWriter::create(dir / "a.zarr", spec, {});
  for (int64_t f = 0; f < 3; ++f) ASSERT_TRUE(append(*writer, f, bright).ok());
  writer.reset();
  writer = StoreWriter::resume(dir / "a.zarr", spec, {});
  for (int64_t f = 3; f < 6; ++f) ASSERT_TRUE(append(*writer, f, dark).ok());
  ASSERT_TRUE(writer->close(true, "").ok());
  const auto window =
      read_json(dir / "a.zarr/zarr.json")["attributes"]["ome"]["omero"]["channels"][0]["window"];
  EXPECT_EQ(window["start"], 10);
  EXPECT_EQ(window["end"], 60000);
}

// A shape that is published covers rows that say that the frames are there.
TEST(StoppedStore, RowsAreThereBeforeTheShapeThatShowsThem) {
  TempDir dir;
  const StoreSpec spec =
      test::make_store({test::make_image("", "tyx", {kUnbounded, kSide, kSide}, DType::u16)});
  StoreOptions options;
  options.threads = 1;
  options.publish_ms = 1;
  const auto writer = StoreWriter::create(dir / "a.zarr", spec, options);
  for (int64_t t = 0; t < 5; ++t) {
    ASSERT_TRUE(append(*writer, t, test::plane_of(t, kSide)).ok());
    const auto outer = [&] { return read_json(dir / "a.zarr/0/zarr.json")["shape"][0]; };
    while (outer() <= t) usleep(1000);
    const auto valid = test::read_array<uint8_t>(dir / "a.zarr", "frames/valid");
    ASSERT_GT(std::ssize(valid), t);
    EXPECT_EQ(valid[static_cast<size_t>(t)], 1) << t;
  }
}

}  // namespace
}  // namespace parfocal
