#pragma once
/// Tables as text (CSV), field by field: quoted as RFC 4180 says, lines that end in LF or CR LF.

#include <cstdint>
#include <istream>
#include <streambuf>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

/// A row, and where it was found. Lines and columns count from 1, columns in bytes.
struct DelimitedRow {
  struct Field {
    std::string raw;  ///< as in the file, quotes included
    int line = 0, column = 0;
    std::string value() const;  ///< without its quotes
  };
  std::vector<Field> fields;
  bool is_blank() const { return fields.size() == 1 && fields[0].raw.empty(); }
};

/// Reads one row after the other; holds no more than one, of at most kMostRowBytes in kMostFields.
class DelimitedReader {
 public:
  static constexpr size_t kMostRowBytes = size_t{1} << 20, kMostFields = 16384;
  /// `text` is read from where it stands, and outlives this object.
  DelimitedReader(std::istream& text, char separator)
      : text_(*text.rdbuf()), separator_(separator) {}
  /// Reads the next row into `row`; false at the end of the text, and where status() has failed: a
  /// quote that is never closed, text behind a closing quote, a row too long or of too many fields.
  bool next(DelimitedRow& row);
  const Status& status() const { return status_; }
  int line() const { return line_; }  ///< of what is read next

 private:
  bool fail(const std::string& what, const std::string& cure);
  bool read_field(DelimitedRow& row, bool& ends_row);
  bool read_quoted(std::string& raw);

  std::streambuf& text_;  // a stream asks for its state at each character
  char separator_;
  int line_ = 1, column_ = 1;
  size_t bytes_ = 0;  // of the row that is read
  Status status_;
};

/// The separator of a table: the one of , ; and tab that its first line has most of, outside of
/// quotes; a comma where it has none.
char separator_of(const std::string& first_line);
/// In quotes where a comma, a quote or the end of a line is in it.
std::string comma_field(const std::string& value);

}  // namespace parfocal
