#include "parfocal/formats/hdf5/attributes.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

// Attributes as other writers make them.
class Attribute : public testing::Test {
 protected:
  template <class T>
  void write(const char* name, hid_t stored, hid_t memory, const std::vector<T>& values) {
    const Hdf5Lock lock;
    const hsize_t count = values.size();
    const Handle space(H5Screate_simple(1, &count, nullptr));
    const Handle attribute(
        H5Acreate2(file_.id(), name, stored, space.id(), H5P_DEFAULT, H5P_DEFAULT));
    ASSERT_GE(H5Awrite(attribute.id(), memory, values.data()), 0);
  }
  std::optional<AttributeValue> read(const char* name) const {
    return read_attribute(file_.id(), name);
  }
  const test::TempDir dir_;
  H5File file_ = H5File::create(dir_ / "a.h5");
};

TEST_F(Attribute, IntegersOfAnyWidthKeepTheirValue) {
  write<int8_t>("small", H5T_STD_I8BE, H5T_NATIVE_INT8, {-3});
  write<uint8_t>("byte", H5T_STD_U8LE, H5T_NATIVE_UINT8, {200});
  write<uint64_t>("most", H5T_STD_U64LE, H5T_NATIVE_UINT64, {uint64_t{INT64_MAX}});
  write<uint64_t>("more", H5T_STD_U64LE, H5T_NATIVE_UINT64, {uint64_t{1} << 63});
  EXPECT_EQ(read("small"), AttributeValue(int64_t{-3}));
  EXPECT_EQ(read("byte"), AttributeValue(int64_t{200}));
  EXPECT_EQ(read("most"), AttributeValue(int64_t{INT64_MAX}));
  EXPECT_EQ(read("more"), AttributeValue(9223372036854775808.0));
}

TEST_F(Attribute, WordsOfAnEnumAreTheirNumbers) {
  const Hdf5Lock lock;
  const Handle type(H5Tcreate(H5T_ENUM, 1));
  for (const auto& [word, value] : {std::pair("FALSE", int8_t{0}), {"TRUE", 1}, {"NONE", -1}})
    H5Tenum_insert(type.id(), word, &value);
  for (const auto& [name, value] : {std::pair("no", int8_t{0}), {"yes", 1}, {"none", -1}}) {
    write<int8_t>(name, type.id(), type.id(), {value});
    EXPECT_EQ(read(name), AttributeValue(int64_t{value}));
  }
}

TEST_F(Attribute, TextsMayFillTheirSize) {
  const Hdf5Lock lock;
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), 5);
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  const hsize_t one = 1;
  const Handle space(H5Screate_simple(1, &one, nullptr));
  for (const auto& [name, text] : {std::pair("whole", "whole"), {"short", "ab\0\0\0"}}) {
    const Handle attribute(
        H5Acreate2(file_.id(), name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
    ASSERT_GE(H5Awrite(attribute.id(), type.id(), text), 0);
    EXPECT_EQ(read(name), AttributeValue(std::string(text)));
    EXPECT_TRUE(is_fixed_text(file_.id(), name));
  }
}

TEST_F(Attribute, ListsHaveNoValue) {
  write<int64_t>("two", H5T_STD_I64LE, H5T_NATIVE_INT64, {1, 2});
  write<int64_t>("one", H5T_STD_I64LE, H5T_NATIVE_INT64, {1});
  EXPECT_EQ(read("two"), std::nullopt);
  EXPECT_EQ(read("one"), AttributeValue(int64_t{1}));
}

}  // namespace
}  // namespace parfocal
