#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/table/coordinate_columns.h"

namespace parfocal {
namespace {

struct TableParams {
  std::string path;
};

/// Sink `table`: rows of a table port, or one scalar per frame, as CSV. A gap has no rows.
class TableSink final : public Sink {
 public:
  TableSink(const TableParams& params, const SinkInput& input, const SinkContext& context)
      : path_(output_path(context.out_dir, params.path, "table")),
        input_(input),
        coordinates_(input.layout.layout.stream) {
    const Layout& layout = input.layout.layout;
    if (input.layout.kind != PortKind::image || layout.item.empty()) return;
    const bool row = layout.item.size() == 1;
    fail_layout(row ? "sink table cannot write rows of collected numbers"
                    : "sink table cannot write images",
                input.step + (row ? " gives rows: " : " gives images: ") + layout.str(),
                "a table, or one number per frame",
                row ? "save the input of " + input.step + ", whose items are numbers"
                    : "measure the image first (op: measure), or write it with type: ome_zarr");
  }
  int64_t resident_bytes() const override { return CsvWriter::kResidentBytes; }
  int64_t disk_bytes() const override { return -1; }
  void open() override {
    csv_.open(path_, [this](std::string_view row) { return coordinates_.item_of(row); });
    coordinates_.write_names(csv_);
    if (is_table())
      for (const Column& column : input_.layout.table.columns) csv_.text(column.name);
    else
      csv_.text(input_.port.empty() || input_.port == "out" ? input_.step : input_.port);
    csv_.end_row();
  }
  Status write(std::span<const Input> in) override {
    if (!in[0].gap) is_table() ? write_rows(in[0]) : write_scalar(in[0]);
    csv_.end_item();
    return csv_.status();
  }
  int64_t stored_items() const override { return csv_.stored_items(); }
  Status close(const Outcome& outcome) override { return csv_.close(outcome.valid_items); }
  std::vector<std::filesystem::path> paths() const override { return {path_}; }

 private:
  bool is_table() const { return input_.layout.kind == PortKind::table; }
  void write_scalar(const Input& item) {
    coordinates_.write(csv_, *item.header);
    csv_.scalar(item.image);
    csv_.end_row();
  }
  void write_rows(const Input& item) {
    const TableSchema& schema = *item.table.schema;
    for (int64_t row = 0; row < item.table.rows; ++row) {
      coordinates_.write(csv_, *item.header);
      for (size_t c = 0; c < schema.columns.size(); ++c)
        schema.columns[c].type == Column::Type::integer
            ? csv_.integer(item.table.column<int64_t>(static_cast<int>(c))[row])
            : csv_.real(item.table.column<double>(static_cast<int>(c))[row]);
      csv_.end_row();
    }
  }

  std::filesystem::path path_;
  SinkInput input_;
  CoordinateColumns coordinates_;
  CsvWriter csv_;
};

}  // namespace

PARFOCAL_SINK(table) {
  using P = TableParams;
  return {"table",
          "rows of a table, or one number per frame, as a CSV file",
          {PortKind::table, PortKind::image},
          false,
          Parameters<P>()
              .add("path", &P::path, "file below the output folder, e.g. objects.csv")
              .required(),
          "{type: table, from: objects, path: objects.csv}",
          [](const std::any& params, std::span<const SinkInput> inputs,
             const SinkContext& context) -> std::unique_ptr<Sink> {
            return std::make_unique<TableSink>(std::any_cast<const P&>(params), inputs[0], context);
          },
          false};
}

PARFOCAL_RULES(sinks, table) {
  return Rules<TableParams>().endings({".csv"}).takes_numbers("from");
}

}  // namespace parfocal
