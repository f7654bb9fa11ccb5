#include "parfocal/formats/hdf5/measurement_identifier.h"

#include <gmock/gmock.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"

namespace parfocal {
namespace {

using testing::ElementsAre;

class MeasurementIdentifiers : public testing::Test {
 protected:
  // A file whose date is text of a fixed length, as numpy.bytes_ is stored, and the rest is not.
  H5File made(const std::string& date, bool fixed) {
    H5File file = H5File::create(folder_ / (std::to_string(count_++) + ".h5"));
    write_attribute(file.id(), "experiment:time", std::string("15:24:17"), "");
    write_attribute(file.id(), "setup:identifier", std::string("RC-1"), "");
    if (fixed)
      write_bytes_attribute(file.id(), "experiment:date", date, "");
    else
      write_attribute(file.id(), "experiment:date", date, "");
    return file;
  }
  const test::TempDir folder_;
  int count_ = 0;
};

// Python: uuid.UUID(hex=hashlib.md5(f"{time}_{date}_{setup}".encode()).hexdigest())
TEST_F(MeasurementIdentifiers, OfBytesAreThoseThatPythonPrints) {
  EXPECT_EQ(measurement_identifiers(made("2023-10-17", false)).size(), 1u);
  const auto both = measurement_identifiers(made("2023-10-17", true));
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1], measurement_identifiers(made("2023-10-17", false))[0]);
  EXPECT_EQ(both[0], measurement_identifiers(made("b'2023-10-17'", false))[0]);
  EXPECT_EQ(measurement_identifier(made("2023-10-17", true)), both[0]);
}

TEST_F(MeasurementIdentifiers, QuoteBytesAsPythonDoes) {
  const std::pair<std::string, std::string> cases[] = {
      {"it's", "b\"it's\""},
      {"\"it's\"", "b'\"it\\'s\"'"},
      {"a\\b", "b'a\\\\b'"},
      {"\t\n\r\x01\x7f\xc3", "b'\\t\\n\\r\\x01\\x7f\\xc3'"}};
  for (const auto& [bytes, printed] : cases)
    EXPECT_EQ(measurement_identifier(made(bytes, true)),
              measurement_identifier(made(printed, false)))
        << printed;
}

TEST_F(MeasurementIdentifiers, AreUnknownWhereOneIsMissing) {
  EXPECT_THAT(measurement_identifiers(made("", false)), ElementsAre());
  const H5File file = made("", false);
  write_attribute(file.id(), "experiment:run identifier", std::string("run"), "");
  EXPECT_THAT(measurement_identifiers(file), ElementsAre("run"));
}

}  // namespace
}  // namespace parfocal
