#include "parfocal/report/value_table.h"

#include <algorithm>

namespace parfocal::report {

ValueTable read_value_table(const std::filesystem::path& file,
                            const std::vector<std::string>& coordinates) {
  ValueTable table;
  CsvFile csv;
  if (const Status s = csv.open(file); !s.ok()) {
    table.problem = s.issue().what;
    return table;
  }
  std::vector<size_t> candidates;
  for (size_t i = 0; i < csv.columns().size(); ++i) {
    const std::string& name = csv.columns()[i];
    const bool place = name == "label" || name == "dataset" || name == "c" ||
                       name.ends_with("_label") ||
                       std::find(coordinates.begin(), coordinates.end(), name) != coordinates.end();
    if (!place) candidates.push_back(i);
  }
  RowGroups groups(csv);
  ColumnSamples samples(std::move(candidates));
  while (csv.next()) {
    const int group = groups.of(csv);
    samples.add(csv, group, groups.grouped());
  }
  if (!csv.status().ok()) table.problem = csv.status().issue().what;
  table.rows = csv.rows();
  table.columns = std::move(samples.columns());
  table.groups = groups.names();
  table.left_out = samples.left_out();
  table.by_dataset = groups.by_dataset();
  table.too_many_groups = groups.too_many();
  return table;
}

}  // namespace parfocal::report
