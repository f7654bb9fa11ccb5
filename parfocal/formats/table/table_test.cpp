#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/table/csv_recover.h"
#include "parfocal/formats/table/csv_writer.h"

namespace parfocal {
namespace {

using test::make_layout;
using test::make_sink;
using test::raw_map;
using test::read_text;
using test::TempDir;

const TableSchema kSchema{
    {{"label", "", Column::Type::integer}, {"area", "px", Column::Type::real}}, 4};

// Feeds items of a table port with `rows` rows each.
struct TableFeed {
  Layout layout = make_layout(DType::u8, {{"t", 100}, {"c", 2}}, {});
  std::vector<int64_t> buffer = std::vector<int64_t>(8);
  Status feed(Sink& sink, int64_t sequence, int64_t rows, const Gap* gap = nullptr) {
    MutableTable table{&kSchema, reinterpret_cast<std::byte*>(buffer.data()), rows};
    for (int64_t r = 0; r < rows; ++r) {
      table.column<int64_t>(0)[r] = r + 1;
      table.column<double>(1)[r] = r == 1 ? NAN : 0.1 * static_cast<double>(sequence + 1);
    }
    const FrameHeader header = test::header_of(layout, sequence);
    const Input input{&header, gap, {}, table};
    return sink.write(std::span(&input, 1));
  }
  std::vector<SinkInput> inputs() {
    return {{"from", "objects", "out", {PortKind::table, layout, kSchema}}};
  }
};

TEST(TableSink, WritesCoordinatesThenColumns) {
  TempDir dir;
  TableFeed f;
  f.layout.stream[1].labels = {"GFP", "a \"b\", c"};
  const auto sink =
      make_sink("table", raw_map({{"path", "sub/o.csv"}}), f.inputs(), {dir.path(), "", {}});
  sink->open();
  const Gap gap{GapReason::broken, "x"};
  ASSERT_TRUE(f.feed(*sink, 0, 2).ok());
  ASSERT_TRUE(f.feed(*sink, 1, 1).ok());
  ASSERT_TRUE(f.feed(*sink, 2, 2, &gap).ok());
  ASSERT_TRUE(f.feed(*sink, 3, 0).ok());
  ASSERT_TRUE(f.feed(*sink, 4, 1).ok());
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_text(dir / "sub/o.csv"),
            "t,c,c_label,label,area\n"
            "0,0,GFP,1,0.1\n"
            "0,0,GFP,2,\n"
            "0,1,\"a \"\"b\"\", c\",1,0.2\n"
            "2,0,GFP,1,0.5\n");
}

TEST(TableSink, CutsBackToTheValidItems) {
  for (const int64_t valid : {0, 1, 3, 5, 9}) {
    TempDir dir;
    TableFeed f;
    const auto sink =
        make_sink("table", raw_map({{"path", "o.csv"}}), f.inputs(), {dir.path(), "", {}});
    sink->open();
    for (int64_t k = 0; k < 5; ++k) ASSERT_TRUE(f.feed(*sink, k, 1).ok());
    ASSERT_TRUE(sink->close({false, "stopped", valid}).ok());
    const std::string text = read_text(dir / "o.csv");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + std::min<int64_t>(valid, 5));
  }
}

TEST(TableSink, CutsBackWithinTheLastItemsOfALongStream) {
  TempDir dir;
  TableFeed f;
  const auto sink =
      make_sink("table", raw_map({{"path", "o.csv"}}), f.inputs(), {dir.path(), "", {}});
  sink->open();
  for (int64_t k = 0; k < 20000; ++k) ASSERT_TRUE(f.feed(*sink, k, 3).ok());
  ASSERT_TRUE(sink->close({false, "stopped", 16000}).ok());
  const std::string text = read_text(dir / "o.csv");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 3 * 16000);
  EXPECT_EQ(text.back(), '\n');
}

TEST(TableSink, CutsBackToAnyItemOfALongStream) {
  for (const int64_t valid : {0, 1, 2, 99, 5000, 15904, 15905}) {
    TempDir dir;
    TableFeed f;
    const auto sink =
        make_sink("table", raw_map({{"path", "o.csv"}}), f.inputs(), {dir.path(), "", {}});
    sink->open();
    std::string expected;
    for (int64_t k = 0; k < 20000; ++k) {
      if (k == valid) {
        TempDir other;
        const auto whole =
            make_sink("table", raw_map({{"path", "o.csv"}}), f.inputs(), {other.path(), "", {}});
        whole->open();
        for (int64_t i = 0; i < valid; ++i) ASSERT_TRUE(f.feed(*whole, i, i % 3).ok());
        ASSERT_TRUE(whole->close({}).ok());
        expected = read_text(other / "o.csv");
      }
      ASSERT_TRUE(f.feed(*sink, k, k % 3).ok());
    }
    ASSERT_TRUE(sink->close({false, "stopped", valid}).ok());
    EXPECT_TRUE(read_text(dir / "o.csv") == expected) << valid;
  }
}

TEST(TableSink, WritesOneNumberPerFrameUnderTheStepsName) {
  TempDir dir;
  const Layout layout = make_layout(DType::f32, {{"t", 3}}, {});
  const auto sink =
      make_sink("table", raw_map({{"path", "o.csv"}}),
                {{"from", "level", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  float value = 0.1f;
  for (int64_t k = 0; k < 3; ++k, value = k == 1 ? NAN : 1e30f) {
    const FrameHeader header = test::header_of(layout, k);
    const Input input{
        &header,
        nullptr,
        packed_view<const std::byte>(reinterpret_cast<std::byte*>(&value), DType::f32, {}),
        {}};
    ASSERT_TRUE(sink->write(std::span(&input, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_text(dir / "o.csv"), "t,level\n0,0.1\n1,\n2,1e+30\n");
}

TEST(TableSink, RefusesImagesAndPathsOutside) {
  TempDir dir;
  const Layout image = make_layout(DType::u8, {{"t", 3}}, {{"y", 2}, {"x", 2}});
  EXPECT_THROW(
      make_sink("table", raw_map({{"path", "o.csv"}}),
                {{"from", "a", "out", {PortKind::image, image, {}}}}, {dir.path(), "", {}}),
      Error);
  for (const char* path : {"../o.csv", "/tmp/o.csv", "", "a/../../o.csv", ".", "a/.."})
    EXPECT_THROW(
        make_sink("table", raw_map({{"path", path}}), TableFeed().inputs(), {dir.path(), "", {}}),
        Error)
        << path;
}

TEST(TableSink, RefusesToReplaceAFile) {
  TempDir dir;
  test::write_text(dir / "o.csv", "mine");
  const auto sink =
      make_sink("table", raw_map({{"path", "o.csv"}}), TableFeed().inputs(), {dir.path(), "", {}});
  try {
    sink->open();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::output_exists);
  }
  EXPECT_EQ(read_text(dir / "o.csv"), "mine");
}

TEST(CsvWriter, RoundTripsNumbersAndLongTexts) {
  TempDir dir;
  CsvWriter csv;
  csv.open(dir / "a.csv", {});
  const std::string big(700'000, 'x');
  csv.natural(std::numeric_limits<uint64_t>::max());
  csv.integer(std::numeric_limits<int64_t>::min());
  csv.real(0.1 + 0.2);
  csv.real(std::numeric_limits<double>::infinity());
  csv.text(big);
  csv.text("a\nb");
  csv.text("a\rb");
  csv.end_row();
  ASSERT_TRUE(csv.close(-1).ok());
  EXPECT_EQ(read_text(dir / "a.csv"),
            "18446744073709551615,-9223372036854775808,0.30000000000000004,inf," + big +
                ",\"a\nb\",\"a\rb\"\n");
}

// Also of what leaves the buffer because it is full.
TEST(CsvWriter, HandsOnWholeItemsOnly) {
  TempDir dir;
  CsvWriter csv;
  csv.open(dir / "a.csv", {});
  csv.text("t");
  csv.text("row");
  csv.end_row();
  int64_t seen = 0;
  for (int64_t k = 0; k < 60'000; ++k) {
    for (int64_t row = 0; row < 2; ++row) {
      csv.integer(k);
      csv.integer(row);
      csv.end_row();
    }
    if (const auto bytes = static_cast<int64_t>(std::filesystem::file_size(dir / "a.csv"));
        bytes != seen) {
      seen = bytes;
      const std::string text = read_text(dir / "a.csv");
      const std::string rows = text.substr(0, text.find('\0'));  // room that was taken ahead
      ASSERT_TRUE(rows.empty() || rows.ends_with("t,row\n") || rows.ends_with(",1\n")) << k;
    }
    csv.end_item();
  }
  ASSERT_TRUE(csv.close(-1).ok());
}

// Whoever ends the process: what was written a moment ago is in the file, and no part of a row.
TEST(CsvWriter, HandsOnWholeItemsThoughNothingMoreComes) {
  TempDir dir;
  CsvWriter csv;
  csv.open(dir / "a.csv", {});
  csv.text("t");
  csv.text("name");
  csv.end_row();
  csv.integer(0);
  csv.text("one");
  csv.end_row();
  csv.end_item();
  csv.integer(1);  // an item that is not complete
  csv.text("two");
  csv.end_row();
  for (int k = 0; k < 2000 && read_text(dir / "a.csv") != "t,name\n0,one\n"; ++k) ::usleep(10'000);
  EXPECT_EQ(read_text(dir / "a.csv"), "t,name\n0,one\n");
  csv.end_item();
  ASSERT_TRUE(csv.close(-1).ok());
  EXPECT_EQ(read_text(dir / "a.csv"), "t,name\n0,one\n1,two\n");
}

TEST(CsvWriter, OnAFullDiskItKeepsTheItemsThatItTook) {
  TempDir dir;
  CsvWriter csv;
  csv.open(dir / "a.csv", {});
  csv.text("t");
  csv.end_row();
  const test::FileLimit limit(100'000);
  int64_t taken = 0;
  for (; taken < 100'000; ++taken) {
    csv.integer(taken);
    csv.end_row();
    csv.end_item();
    if (!csv.status().ok()) break;
  }
  EXPECT_FALSE(csv.close(-1).ok());
  std::string expected = "t\n";
  for (int64_t k = 0; k < taken; ++k) expected += std::to_string(k) + "\n";
  EXPECT_GT(expected.size(), 99'000u);
  EXPECT_TRUE(read_text(dir / "a.csv") == expected);
}

TEST(CsvWriter, OnAFullDiskItKeepsNoPartOfALongItem) {
  TempDir dir;
  CsvWriter csv;
  csv.open(dir / "a.csv", {});
  csv.text("t");
  csv.end_row();
  csv.integer(0);
  csv.end_row();
  csv.end_item();
  const test::FileLimit limit(600'000);
  for (int64_t row = 0; row < 300'000; ++row) {
    csv.integer(1);
    csv.end_row();
    csv.integer(row);
    csv.end_row();
  }
  csv.end_item();
  EXPECT_EQ(csv.stored_items(), 1);
  EXPECT_FALSE(csv.close(-1).ok());
  EXPECT_EQ(read_text(dir / "a.csv"), "t\n0\n");
}

TEST(RecoverCsv, CutsATornRow) {
  TempDir dir;
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"t,a", ""},
      {"t,a\n", "t,a\n"},
      {"t,a\n0,1\n1,2", "t,a\n0,1\n"},
      {"t,a\n0,\"x\ny\"\n", "t,a\n0,\"x\ny\"\n"},
      {"t,a\n0,\"x\"\"\ny", "t,a\n"},
      {"t,a\n" + std::string(200'000, '1') + ",2\n3",
       "t,a\n" + std::string(200'000, '1') + ",2\n"}};
  for (const auto& [torn, whole] : cases) {
    test::write_text(dir / "a.csv", torn);
    CsvRecovery recovery;
    ASSERT_TRUE(recover_csv(dir / "a.csv", recovery).ok());
    EXPECT_TRUE(read_text(dir / "a.csv") == whole) << torn.substr(0, 40);
    EXPECT_EQ(recovery.dropped_bytes, static_cast<int64_t>(torn.size() - whole.size()));
  }
  test::write_text(dir / "a.csv", "t,a\n0,1\n1,\"x\ny\"\n2");
  CsvRecovery recovery;
  ASSERT_TRUE(recover_csv(dir / "a.csv", recovery).ok());
  EXPECT_EQ(recovery.rows, 2) << "without the names of the columns";
}

TEST(FramesSink, HasOneRowPerExpectedFrame) {
  TempDir dir;
  const Layout frames = make_layout(DType::u8, {{"t", 3}}, {{"y", 2}, {"x", 2}});
  const Layout scalar = make_layout(DType::u16, {{"t", 3}}, {});
  const auto sink =
      make_sink("frames", RawValue::map(),
                {{"witness.0", "source", "out", {PortKind::image, frames, {}}},
                 {"column.threshold", "seg", "threshold", {PortKind::image, scalar, {}}}},
                {dir.path(), "", [](int64_t k) {
                   return SourceRow{"img" + std::to_string(k) + ".tif", k == 0 ? 4 : -1, ""};
                 }});
  sink->open();
  const Gap broken{GapReason::broken, "strip 3 offset, beyond file"}, failed{GapReason::failed, ""};
  for (int64_t k = 0; k < 3; ++k) {
    uint16_t value = static_cast<uint16_t>(40 + k);
    FrameHeader header = test::header_of(frames, k);
    if (k == 2) header.host_time_ns = 1'700'000'000'123'000'000;
    const View number =
        packed_view<const std::byte>(reinterpret_cast<std::byte*>(&value), DType::u16, {});
    const Input in[2] = {{&header, k == 1 ? &broken : nullptr, {}, {}},
                         {&header,
                          k == 1   ? &broken
                          : k == 2 ? &failed
                                   : nullptr,
                          number,
                          {}}};
    ASSERT_TRUE(sink->write(in).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(read_text(dir / "frames.csv"),
            "t,file,page,time,status,reason,threshold\n"
            "0,img0.tif,4,,ok,,40\n"
            "1,img1.tif,,,gap,\"broken: strip 3 offset, beyond file\",\n"
            "2,img2.tif,,2023-11-14T22:13:20.123Z,gap,failed,\n");
}

// Of a run that was cut: other sinks may have far fewer frames.
TEST(FramesSink, TakesRowsOfAnyNumberOfFramesBack) {
  TempDir dir;
  const Layout frames = make_layout(DType::u8, {{"t", 20000}}, {});
  const auto sink = make_sink("frames", RawValue::map(),
                              {{"witness.0", "source", "out", {PortKind::image, frames, {}}}},
                              {dir.path(), "", {}});
  sink->open();
  const Gap broken{GapReason::broken, "two\nlines, \"quoted\""}, stopped{GapReason::stopped, ""};
  const auto write = [&](int64_t k, const Gap* gap) {
    const FrameHeader header = test::header_of(frames, k);
    const Input in{&header, gap, {}, {}};
    return sink->write(std::span(&in, 1)).ok();
  };
  for (int64_t k = 0; k < 20000; ++k) ASSERT_TRUE(write(k, k % 5 ? nullptr : &broken));
  ASSERT_TRUE(sink->keep_first(7003).ok());
  for (int64_t k = 7003; k < 20000; ++k) ASSERT_TRUE(write(k, &stopped));
  ASSERT_TRUE(sink->close({}).ok());
  std::string expected = "t,file,page,time,status,reason\n";
  for (int64_t k = 0; k < 20000; ++k)
    expected += std::to_string(k) + (k >= 7003 ? ",,,,gap,stopped\n"
                                     : k % 5   ? ",,,,ok,\n"
                                             : ",,,,gap,\"broken: two\nlines, \"\"quoted\"\"\"\n");
  EXPECT_TRUE(read_text(dir / "frames.csv") == expected);
}

}  // namespace
}  // namespace parfocal
