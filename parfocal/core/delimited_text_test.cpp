#include "parfocal/core/delimited_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace parfocal {
namespace {

using Values = std::vector<std::vector<std::string>>;

Values values_of(const std::string& text, char separator = ',') {
  std::istringstream stream(text);
  DelimitedReader reader(stream, separator);
  Values values;
  for (DelimitedRow row; reader.next(row);) {
    values.emplace_back();
    for (const auto& field : row.fields) values.back().push_back(field.value());
  }
  EXPECT_TRUE(reader.status().ok());
  return values;
}

std::string failure_of(const std::string& text) {
  std::istringstream stream(text);
  DelimitedReader reader(stream, ',');
  for (DelimitedRow row; reader.next(row);) continue;
  return reader.status().ok() ? "" : reader.status().issue().what;
}

TEST(DelimitedText, ReadsRowsAsRfc4180Says) {
  EXPECT_EQ(values_of("a,b\n1,\"x, \"\"y\"\"\"\r\n,\n"),
            (Values{{"a", "b"}, {"1", "x, \"y\""}, {"", ""}}));
  EXPECT_EQ(values_of("a;b\n\"1\n2\";3", ';'), (Values{{"a", "b"}, {"1\n2", "3"}}));
  EXPECT_EQ(values_of("\"\",b"), (Values{{"", "b"}}));
  EXPECT_EQ(values_of(""), Values{});
}

TEST(DelimitedText, KnowsWhereAFieldStands) {
  std::istringstream stream("a,b\n\"1\n2\",ccc,d\n");
  DelimitedReader reader(stream, ',');
  DelimitedRow row;
  ASSERT_TRUE(reader.next(row) && reader.next(row));
  EXPECT_EQ(row.fields[0].line, 2);
  EXPECT_EQ(row.fields[0].raw, "\"1\n2\"");
  EXPECT_EQ(row.fields[2].line, 3);
  EXPECT_EQ(row.fields[2].column, 8);
}

TEST(DelimitedText, RefusesWhatItCannotRead) {
  EXPECT_EQ(failure_of("a,\"b\n"), "a quote is never closed");
  EXPECT_EQ(failure_of("\"a\"b,c\n"), "text stands behind a closing quote");
  EXPECT_EQ(failure_of(std::string(DelimitedReader::kMostRowBytes + 1, 'x')),
            "a row is longer than 1 MiB");
}

TEST(DelimitedText, FindsTheSeparator) {
  EXPECT_EQ(separator_of("dataset,glob"), ',');
  EXPECT_EQ(separator_of("dataset;\"a,b,c\";glob"), ';');
  EXPECT_EQ(separator_of("dataset\tglob"), '\t');
  EXPECT_EQ(separator_of("dataset"), ',');
}

TEST(DelimitedText, WritesFieldsThatReadBack) {
  for (const std::string text : {"plain", "a,b", "say \"a\"", "two\nlines", ""})
    EXPECT_EQ(values_of(comma_field(text) + ",end"), (Values{{text, "end"}}));
}

TEST(DelimitedText, ARowOfCommasAloneEnds) {
  std::istringstream text(std::string(1 << 20, ','));
  DelimitedReader reader(text, ',');
  DelimitedRow row;
  EXPECT_FALSE(reader.next(row));
  EXPECT_FALSE(reader.status().ok());
  EXPECT_EQ(row.fields.size(), DelimitedReader::kMostFields);
}

}  // namespace
}  // namespace parfocal
