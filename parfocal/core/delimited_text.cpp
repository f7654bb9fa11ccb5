#include "parfocal/core/delimited_text.h"

#include <algorithm>

namespace parfocal {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();

}  // namespace

std::string DelimitedRow::Field::value() const {
  if (!raw.starts_with('"')) return raw;
  std::string value;
  for (size_t i = 1; i + 1 < raw.size(); ++i) {
    value += raw[i];
    if (raw[i] == '"') ++i;  // a quote is written twice
  }
  return value;
}

bool DelimitedReader::fail(const std::string& what, const std::string& cure) {
  status_ = Status::fail(Issue{what, "", "", "", cure});
  return false;
}

bool DelimitedReader::next(DelimitedRow& row) {
  row.fields.clear();
  bytes_ = 0;
  column_ = 1;
  if (!status_.ok() || text_.sgetc() == kEnd) return false;
  for (bool ends_row = false; !ends_row;)
    if (!read_field(row, ends_row)) return false;
  return true;
}

bool DelimitedReader::read_field(DelimitedRow& row, bool& ends_row) {
  if (row.fields.size() == kMostFields)
    return fail("a row has more than 16384 fields", "look whether it is a table");
  row.fields.push_back({"", line_, column_});
  std::string& raw = row.fields.back().raw;
  if (text_.sgetc() == '"' && !read_quoted(raw)) return false;
  const bool quoted = !raw.empty();
  for (;;) {
    int c = text_.sbumpc();
    if (c == '\r' && text_.sgetc() == '\n') c = text_.sbumpc();
    ++column_;
    if (c == '\n' || c == kEnd) {
      line_ += c == '\n';
      ends_row = true;
      return true;
    }
    if (c == separator_) return true;
    if (quoted)
      return fail("text stands behind a closing quote",
                  "write a quote in quoted text twice (\"\"), and close the text before the comma");
    raw += static_cast<char>(c);
    if (++bytes_ > kMostRowBytes)
      return fail("a row is longer than 1 MiB", "look for a missing end of line");
  }
}

bool DelimitedReader::read_quoted(std::string& raw) {
  raw += static_cast<char>(text_.sbumpc());
  ++column_;
  for (;;) {
    const int c = text_.sbumpc();
    if (c == kEnd)
      return fail("a quote is never closed", "close it, or write it twice (\"\") in quoted text");
    raw += static_cast<char>(c);
    column_ = c == '\n' ? 1 : column_ + 1;
    line_ += c == '\n';
    if (++bytes_ > kMostRowBytes)
      return fail("a row is longer than 1 MiB", "look for a quote that is not closed");
    if (c != '"') continue;
    if (text_.sgetc() != '"') return true;
    raw += static_cast<char>(text_.sbumpc());
    ++column_;
  }
}

char separator_of(const std::string& first_line) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char separator : {',', ';', '\t'}) {
    std::ptrdiff_t count = 0;
    bool quoted = false;
    for (const char c : first_line) {
      quoted ^= c == '"';
      count += c == separator && !quoted;
    }
    if (count > most) best = separator;
    most = std::max(most, count);
  }
  return best;
}

std::string comma_field(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == value.npos) return value;
  std::string quoted = "\"";
  for (const char c : value) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace parfocal
