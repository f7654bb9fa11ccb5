#pragma once
/// Series of frames for tests of backgrounds, run through an operator as an engine would.

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "parfocal/operators/background/background_params.h"
#include "parfocal/operators/conformance/pixels.h"

namespace parfocal::background {

template <class T>
struct TestSeries {
  int64_t height = 0, width = 0;
  std::vector<std::vector<T>> images;
  std::vector<double> times;     ///< NaN or empty: unknown
  std::vector<uint8_t> missing;  ///< empty: none
  int64_t frames() const { return static_cast<int64_t>(images.size()); }
};

template <class T>
PortLayout port_of(const TestSeries<T>& series, bool bounded = true) {
  PortLayout port =
      conformance::image_of(dtype_of<T>(), {{"t", bounded ? series.frames() : kUnbounded}},
                            {{"y", series.height}, {"x", series.width}});
  if (series.times.size() > 1 && std::isfinite(series.times.back())) {
    double latest = 0;  // where times fall it is not the last one
    for (const double time : series.times) latest = time > latest ? time : latest;
    port.layout.stream[0].scale = latest / static_cast<double>(series.frames() - 1);
    port.layout.stream[0].unit = "s";
  }
  return port;
}

/// Collects what a stream tells, besides what it gives.
struct Told {
  std::vector<std::string> notices;
  bool has(const std::string& part) const {
    for (const std::string& text : notices)
      if (text.find(part) != std::string::npos) return true;
    return false;
  }
};

template <class T>
conformance::Item frame_of(const TestSeries<T>& series, int64_t j) {
  const auto k = static_cast<size_t>(j);
  conformance::Item item = conformance::item_of(series.images[k]);
  item.header.sequence = j;
  item.header.coordinates[0] = j;
  if (!series.times.empty()) item.header.time_s = series.times[k];
  if (!series.missing.empty() && series.missing[k]) {
    item.missing = true;
    item.gap = {GapReason::dropped, "lost"};
  }
  return item;
}

/// All that `step` gives on `series`; a failure is in Outcome::failure, where the run stops.
template <class T>
conformance::Outcome run_on(const std::string& step, const TestSeries<T>& series,
                            bool bounded = true, Told* told = nullptr,
                            const PortLayout* port = nullptr) {
  const auto op = conformance::bind_step(step, {port ? *port : port_of(series, bounded)});
  const auto& stream = dynamic_cast<const StreamOperator&>(*op);
  conformance::StreamRun run(stream, conformance::whole_output(stream), 0xB7);
  if (told) run.listen(&told->notices);
  for (int64_t j = 0; j < series.frames(); ++j) {
    run.push({frame_of(series, j)});
    if (run.failed()) break;
  }
  return run.finish();
}

/// One column of a table item.
template <class T>
std::vector<T> column_of(const conformance::Item& item, const TableSchema& schema, int c) {
  const TableView table{&schema, item.bytes.data(), item.rows};
  return {table.column<T>(c), table.column<T>(c) + item.rows};
}

/// What background_series gave, unpacked.
template <class T>
struct SeriesResult {
  explicit SeriesResult(const conformance::Outcome& outcome) : failure(outcome.failure) {
    if (!failure.empty() || outcome.ports[0].size() != 1 || outcome.ports[0][0].missing) return;
    const auto& steps = outcome.ports[1][0];
    const auto& frames = outcome.ports[2][0];
    const auto columns = [](const conformance::Item& item, int count, const TableSchema& like) {
      TableSchema schema = like;
      schema.max_rows = static_cast<int64_t>(item.bytes.size()) / 8 / count;
      return schema;
    };
    const TableSchema s = columns(steps, steps_column::count, steps_schema(0));
    const TableSchema f = columns(frames, frames_column::count, frames_schema(0));
    backgrounds = conformance::pixels_of<T>(outcome.ports[0][0]);
    step = column_of<int64_t>(steps, s, steps_column::step);
    time_s = column_of<double>(steps, s, steps_column::time_s);
    first = column_of<int64_t>(steps, s, steps_column::first_frame);
    end = column_of<int64_t>(steps, s, steps_column::end_frame);
    top = column_of<double>(steps, s, steps_column::top_mean);
    corrected = column_of<int64_t>(steps, s, steps_column::corrected);
    index = column_of<int64_t>(frames, f, frames_column::index);
    offset = column_of<double>(frames, f, frames_column::offset);
  }
  std::string failure;
  std::vector<T> backgrounds;  ///< with the zeros behind the last one
  std::vector<int64_t> step, first, end, corrected, index;
  std::vector<double> time_s, top, offset;
};

}  // namespace parfocal::background
