#pragma once
/// A block of rows that belongs to one item: typed columns in one flat buffer.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parfocal {

struct Column {
  enum class Type : uint8_t { integer, real };  ///< int64_t or double; NaN is written as missing
  std::string name;  ///< scikit-image's property names, vectors by axis: "centroid_y"
  std::string unit;  ///< "px", "um2"...; empty = none
  Type type = Type::real;
  bool operator==(const Column&) const = default;
};

/// Columns of a table and the most rows one item may have. Coordinates are not columns here: they
/// are the item's own and sinks write them first.
struct TableSchema {
  std::vector<Column> columns;
  int64_t max_rows = 0;
  int64_t bytes() const { return static_cast<int64_t>(columns.size()) * max_rows * 8; }
  int find(const std::string& name) const;  ///< index or -1
  bool operator==(const TableSchema&) const = default;
};

/// Rows in a borrowed buffer of schema.bytes(): column c starts at element c * max_rows, so memory
/// of rows never written is never touched.
template <class Byte>
struct BasicTable {
  const TableSchema* schema = nullptr;
  Byte* data = nullptr;
  int64_t rows = 0;
  template <class T>
  auto* column(int c) const {
    using P = std::conditional_t<std::is_const_v<Byte>, const T, T>;
    static_assert(sizeof(T) == 8);
    return reinterpret_cast<P*>(data) + c * schema->max_rows;
  }
  operator BasicTable<const Byte>() const { return {schema, data, rows}; }
};
using TableView = BasicTable<const std::byte>;
using MutableTable = BasicTable<std::byte>;

}  // namespace parfocal
