#include "parfocal/report/frame_table.h"

#include <algorithm>
#include <cmath>

#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostReasons = 20, kMostText = 300, kMostPointValues = 2048;
constexpr size_t kMostPointsOfPlot = 1200;

/// Columns of frames.csv by what they are for.
struct FrameColumns {
  int file = -1, page = -1, status = -1, reason = -1;
  std::vector<size_t> coordinates, numbers;
  explicit FrameColumns(const CsvFile& csv)
      : file(csv.find("file")),
        page(csv.find("page")),
        status(csv.find("status")),
        reason(csv.find("reason")) {
    for (size_t i = 0; i < csv.columns().size(); ++i) {
      const std::string& name = csv.columns()[i];
      const bool label = name.ends_with("_label") || name == "dataset";
      if (static_cast<int>(i) < file && !label) coordinates.push_back(i);
      if (static_cast<int>(i) > reason) numbers.push_back(i);
    }
  }
  bool whole() const { return file >= 0 && page >= 0 && status >= 0 && reason >= 0; }
};

std::string short_text(const CsvFile& csv, int column) {
  return shortened(csv.text(static_cast<size_t>(column)), kMostText);
}

std::string place_of(const CsvFile& csv, const FrameColumns& at) {
  std::string place;
  if (const int dataset = csv.find("dataset"); dataset >= 0) place = short_text(csv, dataset);
  for (const size_t i : at.coordinates)
    place += (place.empty() ? "" : ", ") + csv.columns()[i] + "=" + shortened(csv.text(i), 20);
  return shortened(place, kMostText);
}

/// First reading: what is there, and the middle of each column.
class Counting {
 public:
  Counting(CsvFile& csv, FrameTable& table)
      : csv_(csv), table_(table), at_(csv), groups_(csv), samples_(at_.numbers) {}
  void run() {
    while (csv_.next()) {
      const int group = groups_.of(csv_);
      if (group >= 0) {
        rows_.resize(groups_.names().size());
        ++rows_[static_cast<size_t>(group)];
      }
      if (csv_.text(static_cast<size_t>(at_.status)) != "ok") add_missing();
      samples_.add(csv_, group, groups_.grouped());
    }
    table_.rows = csv_.rows();
    table_.groups = groups_.names();
    table_.by_dataset = groups_.by_dataset();
    table_.too_many_groups = groups_.too_many();
    table_.left_out = samples_.left_out();
    for (SampledColumn& column : samples_.columns())
      table_.columns.push_back({std::move(column), {}});
  }
  const std::vector<int64_t>& rows() const { return rows_; }

 private:
  // "broken: cannot read ..." is one of those that are broken.
  void add_missing() {
    ++table_.missing;
    const std::string text = short_text(csv_, at_.reason);
    std::string reason = shortened(text.substr(0, text.find(':')), 40);
    auto& reasons = table_.reasons;
    if (reasons.size() >= kMostReasons) reason = reasons.back().reason;
    auto found = std::find_if(reasons.begin(), reasons.end(),
                              [&](const MissingFrames& m) { return m.reason == reason; });
    if (found == reasons.end()) {
      const bool last = reasons.size() + 1 == kMostReasons;
      reasons.push_back({last ? "other reasons" : reason, 0, place_of(csv_, at_),
                         short_text(csv_, at_.file), short_text(csv_, at_.page), text});
      found = reasons.end() - 1;
    }
    ++found->frames;
  }

  CsvFile& csv_;
  FrameTable& table_;
  FrameColumns at_;
  RowGroups groups_;
  ColumnSamples samples_;
  std::vector<int64_t> rows_;  // of each group
};

/// Second reading: points of lines, and the frame that stands out.
class Drawing {
 public:
  Drawing(CsvFile& csv, FrameTable& table, const std::vector<int64_t>& rows)
      : csv_(csv),
        table_(table),
        at_(csv),
        groups_(csv),
        lines_(std::min(rows.size(), kMostLines)) {
    const size_t most =
        std::min(kMostPoints, kMostPointsOfPlot / std::max<size_t>(1, lines_.size()));
    for (size_t g = 0; g < lines_.size(); ++g)
      lines_[g].width = (rows[g] + static_cast<int64_t>(most) - 1) / static_cast<int64_t>(most);
    for (FrameColumn& column : table_.columns) {
      medians_.push_back({column.values.all.quantile(0.5), column.values.all.mad()});
      for (size_t g = 0; g < lines_.size(); ++g)
        column.lines.push_back({table_.groups[g], line_class(table_.groups[g], g), {}});
    }
    for (Line& line : lines_)
      line.open.resize(table_.columns.size(), ValueSample(kMostPointValues));
    for (const size_t i : at_.coordinates)
      if (static_cast<int>(i) != groups_.column())
        x_column_ = x_column_ < 0 ? static_cast<int>(i) : -2;
    table_.x_label = x_column_ >= 0
                         ? "frame, index along " + csv.columns()[static_cast<size_t>(x_column_)]
                         : "frame, in the order of frames.csv";
  }
  void run() {
    while (csv_.rows() < table_.rows && csv_.next()) {
      const int group = groups_.of(csv_);
      flag();
      if (group >= 0 && static_cast<size_t>(group) < lines_.size()) add(static_cast<size_t>(group));
    }
    for (size_t g = 0; g < lines_.size(); ++g) close(g);
  }

 private:
  struct Line {
    int64_t width = 1, rows = 0, in_point = 0;  // rows: that came before
    double first = 0, last = 0;
    std::vector<ValueSample> open;  // of the point that is made, by column
  };
  struct Middle {
    double median, distance;
  };

  void add(size_t g) {
    Line& line = lines_[g];
    const auto x = x_column_ >= 0 ? csv_.number(static_cast<size_t>(x_column_)) : std::nullopt;
    line.last = x.value_or(static_cast<double>(line.rows));
    if (line.in_point == 0) line.first = line.last;
    for (size_t k = 0; k < table_.columns.size(); ++k)
      if (const auto value = csv_.number(table_.columns[k].values.index)) line.open[k].add(*value);
    ++line.rows;
    if (++line.in_point == line.width) close(g);
  }
  void close(size_t g) {
    Line& line = lines_[g];
    if (line.in_point == 0) return;
    for (size_t k = 0; k < table_.columns.size(); ++k) {
      ValueSample& values = line.open[k];
      PlotPoint point{line.first, line.last, 0, 0, 0, values.count()};
      if (point.values > 0) {
        point.low = values.min();
        point.middle = values.quantile(0.5);
        point.high = values.max();
      }
      table_.columns[k].lines[g].points.push_back(point);
      values.clear();
    }
    line.in_point = 0;
  }
  void flag() {
    for (size_t k = 0; k < table_.columns.size(); ++k) {
      const auto value = csv_.number(table_.columns[k].values.index);
      if (!value || !(medians_[k].distance > 0)) continue;
      const double distance = std::abs(*value - medians_[k].median) / medians_[k].distance;
      if (!(distance > table_.flagged.distance)) continue;
      table_.flagged = {csv_.rows() - 1,     table_.columns[k].values.name,
                        place_of(csv_, at_), *value,
                        medians_[k].median,  distance};
    }
  }

  CsvFile& csv_;
  FrameTable& table_;
  FrameColumns at_;
  RowGroups groups_;
  std::vector<Line> lines_;
  std::vector<Middle> medians_;  // by column
  int x_column_ = -1;            // -1 none, -2 several
};

}  // namespace

FrameTable read_frame_table(const std::filesystem::path& file) {
  FrameTable table;
  CsvFile csv, again;
  if (const Status s = csv.open(file); !s.ok()) {
    table.problem = s.issue().what;
    return table;
  }
  const FrameColumns at(csv);
  if (!at.whole()) {
    table.problem = file.filename().string() + " has no columns file, page, status and reason";
    return table;
  }
  table.found = true;
  for (const size_t i : at.coordinates) table.coordinates.push_back(csv.columns()[i]);
  Counting counting(csv, table);
  counting.run();
  if (!csv.status().ok()) table.problem = csv.status().issue().what;
  if (const Status s = again.open(file); !s.ok() || again.columns() != csv.columns()) {
    table.problem = file.filename().string() + " changed while it was read";
    return table;
  }
  Drawing(again, table, counting.rows()).run();
  return table;
}

}  // namespace parfocal::report
