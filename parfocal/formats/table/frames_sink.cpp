#include <algorithm>
#include <ctime>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/table/coordinate_columns.h"

namespace parfocal {
namespace {

struct FramesParams {
  std::string path = "frames.csv";
};

constexpr std::string_view kColumnKey = "column.";

// UTC with milliseconds, ISO 8601.
std::string iso_time(int64_t time_ns) {
  const std::time_t seconds = time_ns / 1'000'000'000;
  const int64_t ms = time_ns / 1'000'000 % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &utc);
  const std::string digits = std::to_string(1000 + ms).substr(1);
  return std::string(text, n) + digits + "Z";
}

const Layout& longest_stream(std::span<const SinkInput> inputs) {
  if (inputs.empty())
    fail_layout("sink frames has no input", "", "at least one port", "connect a step");
  return std::max_element(inputs.begin(), inputs.end(),
                          [](const SinkInput& a, const SinkInput& b) {
                            return a.layout.layout.stream.size() < b.layout.layout.stream.size();
                          })
      ->layout.layout;
}

/// Sink `frames`: one row per expected frame, whether it was seen or is a gap. The engine adds it
/// to every run; inputs "column.<name>" are scalars that become columns, all others are only
/// witnesses of gaps.
class FramesSink final : public Sink {
 public:
  FramesSink(const FramesParams& params, std::span<const SinkInput> inputs,
             const SinkContext& context)
      : path_(output_path(context.out_dir, params.path, "frames")),
        source_row_(context.source_row),
        coordinates_(longest_stream(inputs).stream) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].key.starts_with(kColumnKey)) continue;
      if (inputs[i].layout.kind != PortKind::image || !inputs[i].layout.layout.item.empty())
        fail_layout("a column of frames.csv needs one number per frame",
                    inputs[i].layout.layout.str(), "a scalar port", "connect another port");
      columns_.emplace_back(i, inputs[i].key.substr(kColumnKey.size()));
    }
  }
  int64_t resident_bytes() const override { return CsvWriter::kResidentBytes; }
  int64_t disk_bytes() const override {
    const int64_t rows = coordinates_.items();
    if (rows == kUnbounded) return -1;
    return file_room_bytes(room_product(rows, row_bytes())) + CsvWriter::kBufferBytes;
  }
  void open() override {
    csv_.open(path_, [this](std::string_view row) { return coordinates_.item_of(row); });
    coordinates_.write_names(csv_);
    for (const char* name : {"file", "page", "time", "status", "reason"}) csv_.text(name);
    for (const auto& [input, name] : columns_) csv_.text(name);
    csv_.end_row();
  }
  Status write(std::span<const Input> in) override {
    const FrameHeader& header = *in[0].header;
    const Gap* gap = nullptr;
    for (const Input& input : in)
      if (!gap) gap = input.gap;
    coordinates_.write(csv_, header);
    write_origin(header);
    csv_.text(gap ? "gap" : "ok");
    gap ? csv_.text(reason_text(*gap)) : csv_.missing();
    for (const auto& [input, name] : columns_)
      in[input].gap || !in[input].image.data ? csv_.missing() : csv_.scalar(in[input].image);
    csv_.end_row();
    csv_.end_item();
    return csv_.status();
  }
  Status keep_first(int64_t items) override { return csv_.keep_first(items); }
  int64_t stored_items() const override { return csv_.stored_items(); }
  Status close(const Outcome& outcome) override { return csv_.close(outcome.valid_items); }
  std::vector<std::filesystem::path> paths() const override { return {path_}; }

 private:
  // Most bytes of a row; names of files and reasons are longer than what is seen here by little.
  int64_t row_bytes() const {
    constexpr int64_t kNumberBytes = 25, kTimeBytes = 27, kStatusBytes = 48, kSamples = 64;
    const int64_t rows = coordinates_.items();
    size_t name = 0;
    for (int64_t i = 0; source_row_ && i < std::min(rows, kSamples); ++i)
      name = std::max(name, source_row_(rows - 1 - i * (rows / kSamples)).file.size());
    return coordinates_.row_bytes() + static_cast<int64_t>(name + columns_.size() * kNumberBytes) +
           kNumberBytes + kTimeBytes + kStatusBytes;
  }
  static std::string reason_text(const Gap& gap) {
    const std::string name(gap_reason_name(gap.reason));
    return gap.text.empty() ? name : name + ": " + gap.text;
  }
  void write_origin(const FrameHeader& header) {
    const SourceRow row = source_row_ ? source_row_(header.sequence) : SourceRow{};
    csv_.text(row.file);
    row.page >= 0 ? csv_.integer(row.page) : csv_.missing();
    if (row.time.empty() && header.host_time_ns >= 0)
      csv_.text(iso_time(header.host_time_ns));
    else
      csv_.text(row.time);
  }

  std::filesystem::path path_;
  std::function<SourceRow(int64_t)> source_row_;
  CoordinateColumns coordinates_;
  std::vector<std::pair<size_t, std::string>> columns_;  // input, name
  CsvWriter csv_;
};

}  // namespace

PARFOCAL_SINK(frames) {
  using P = FramesParams;
  return {
      "frames",
      "one row per expected frame: where it came from, whether it is there, what steps say",
      {PortKind::image, PortKind::table},
      false,
      Parameters<P>().add("path", &P::path, "file below the output folder").defaults("frames.csv"),
      "{type: frames, from: source, path: all-frames.csv}",
      [](const std::any& params, std::span<const SinkInput> inputs,
         const SinkContext& context) -> std::unique_ptr<Sink> {
        return std::make_unique<FramesSink>(std::any_cast<const P&>(params), inputs, context);
      },
      false};
}

}  // namespace parfocal
