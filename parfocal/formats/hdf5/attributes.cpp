#include "parfocal/formats/hdf5/attributes.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <charconv>

#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

constexpr size_t kMostTextBytes = 1 << 24;  // of one attribute of a hostile file

std::optional<AttributeValue> read_text(hid_t attribute, hid_t type) {
  const Handle memory(H5Tcopy(H5T_C_S1));
  H5Tset_cset(memory.id(), H5Tget_cset(type));
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    H5Tset_size(memory.id(), H5T_VARIABLE);
    if (H5Aread(attribute, memory.id(), &text) < 0) return std::nullopt;
    std::string value(text != nullptr ? text : "");
    H5free_memory(text);
    return value;
  }
  const size_t size = H5Tget_size(type);
  if (size == 0 || size > kMostTextBytes) return std::nullopt;
  std::string value(size + 1, '\0');  // one more: the file's text may fill its size
  H5Tset_size(memory.id(), size + 1);
  if (H5Aread(attribute, memory.id(), value.data()) < 0) return std::nullopt;
  return value.substr(0, value.find('\0'));
}

std::optional<AttributeValue> read_integer(hid_t attribute, hid_t type) {
  uint64_t large = 0;  // above what int64 holds HDF5 would give its largest number
  if (H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE &&
      H5Aread(attribute, H5T_NATIVE_UINT64, &large) >= 0 && large > INT64_MAX)
    return static_cast<double>(large);
  const bool is_enum = H5Tget_class(type) == H5T_ENUM;  // h5py's booleans; HDF5 converts none
  const Handle native(is_enum ? H5Tget_native_type(type, H5T_DIR_ASCEND)
                              : H5Tcopy(H5T_NATIVE_INT64));
  int64_t value = 0;
  if (!native || H5Tget_size(native.id()) > sizeof value) return std::nullopt;
  if (H5Aread(attribute, native.id(), &value) < 0) return std::nullopt;
  if (is_enum && H5Tget_size(native.id()) == 1) value = static_cast<int8_t>(value);
  return value;
}

std::optional<AttributeValue> read_value(hid_t attribute) {
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  if (!type || !space || H5Sget_simple_extent_npoints(space.id()) != 1) return std::nullopt;
  double number = 0;
  switch (H5Tget_class(type.id())) {
    case H5T_STRING:
      return read_text(attribute, type.id());
    case H5T_INTEGER:
    case H5T_ENUM:
      return read_integer(attribute, type.id());
    case H5T_FLOAT:
      if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &number) < 0) return std::nullopt;
      return number;
    default:
      return std::nullopt;
  }
}

void write_value(int64_t id, const std::string& name, hid_t type, const void* data,
                 const std::string& where) {
  const Handle space(H5Screate(H5S_SCALAR));
  if (H5Aexists(id, name.c_str()) > 0) H5Adelete(id, name.c_str());
  const Handle attribute(H5Acreate2(id, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute || H5Awrite(attribute.id(), type, data) < 0)
    throw_hdf5(ErrorCode::run_failed, "the attribute '" + name + "' cannot be written", where);
}

}  // namespace

std::optional<AttributeValue> read_attribute(int64_t id, const std::string& name) {
  const Hdf5Lock lock;
  if (H5Aexists(id, name.c_str()) <= 0) return std::nullopt;
  const Handle attribute(H5Aopen(id, name.c_str(), H5P_DEFAULT));
  return attribute ? read_value(attribute.id()) : std::nullopt;
}

bool is_fixed_text(int64_t id, const std::string& name) {
  const Hdf5Lock lock;
  if (H5Aexists(id, name.c_str()) <= 0) return false;
  const Handle attribute(H5Aopen(id, name.c_str(), H5P_DEFAULT));
  if (!attribute) return false;
  const Handle type(H5Aget_type(attribute.id()));
  return type && H5Tget_class(type.id()) == H5T_STRING && H5Tis_variable_str(type.id()) == 0;
}

Attributes read_attributes(int64_t id, const std::string& where) {
  const Hdf5Lock lock;
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  if (H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, add, &names) < 0)
    throw_hdf5(ErrorCode::input_missing, "the attributes cannot be listed", where,
               "copy the file again");
  std::sort(names.begin(), names.end());
  Attributes found;
  for (const std::string& name : names)
    if (auto value = read_attribute(id, name)) found.emplace_back(name, *std::move(value));
  return found;
}

void write_attribute(int64_t id, const std::string& name, const AttributeValue& value,
                     const std::string& where) {
  const Hdf5Lock lock;
  if (const auto* integer = std::get_if<int64_t>(&value))
    return write_value(id, name, H5T_NATIVE_INT64, integer, where);
  if (const auto* number = std::get_if<double>(&value))
    return write_value(id, name, H5T_NATIVE_DOUBLE, number, where);
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  const char* text = std::get<std::string>(value).c_str();
  write_value(id, name, type.id(), &text, where);
}

void write_bytes_attribute(int64_t id, const std::string& name, const std::string& text,
                           const std::string& where) {
  const Hdf5Lock lock;
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), std::max<size_t>(1, text.size()));
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  write_value(id, name, type.id(), text.c_str(), where);
}

std::optional<double> number_of(const std::optional<AttributeValue>& value) {
  if (!value) return std::nullopt;
  if (const auto* integer = std::get_if<int64_t>(&*value)) return static_cast<double>(*integer);
  if (const auto* number = std::get_if<double>(&*value)) return *number;
  const std::string& text = std::get<std::string>(*value);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string text_of(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  return fmt::format("{}", std::get<double>(value));
}

}  // namespace parfocal
