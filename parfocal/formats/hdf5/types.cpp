#include "parfocal/formats/hdf5/types.h"

#include <hdf5.h>

namespace parfocal {
namespace {

Handle boolean_type() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8));
  const int8_t no = 0, yes = 1;
  H5Tenum_insert(type.id(), "FALSE", &no);
  H5Tenum_insert(type.id(), "TRUE", &yes);
  return type;
}

hid_t predefined(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return H5T_NATIVE_UINT8;
    case DType::u16:
      return H5T_NATIVE_UINT16;
    case DType::u32:
      return H5T_NATIVE_UINT32;
    case DType::u64:
      return H5T_NATIVE_UINT64;
    case DType::i8:
      return H5T_NATIVE_INT8;
    case DType::i16:
      return H5T_NATIVE_INT16;
    case DType::i32:
      return H5T_NATIVE_INT32;
    case DType::i64:
      return H5T_NATIVE_INT64;
    case DType::f32:
      return H5T_NATIVE_FLOAT;
    default:
      return H5T_NATIVE_DOUBLE;
  }
}

std::optional<DType> number_type(H5T_class_t kind, size_t bytes, bool is_signed) {
  const bool is_float = kind == H5T_FLOAT;
  if (kind == H5T_ENUM && bytes == 1) return DType::boolean;
  if (kind != H5T_INTEGER && !is_float) return std::nullopt;
  switch (bytes) {
    case 1:
      if (is_float) return std::nullopt;
      return is_signed ? DType::i8 : DType::u8;
    case 2:
      if (is_float) return std::nullopt;
      return is_signed ? DType::i16 : DType::u16;
    case 4:
      return is_float ? DType::f32 : is_signed ? DType::i32 : DType::u32;
    case 8:
      return is_float ? DType::f64 : is_signed ? DType::i64 : DType::u64;
    default:
      return std::nullopt;
  }
}

}  // namespace

Handle native_type(DType dtype) {
  return dtype == DType::boolean ? boolean_type() : Handle(H5Tcopy(predefined(dtype)));
}

std::optional<FileType> file_type(int64_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  const bool is_signed = kind == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
  const auto dtype = number_type(kind, H5Tget_size(type), is_signed);
  if (!dtype) return std::nullopt;
  FileType found{*dtype, false, true};
  if (*dtype == DType::boolean) return found;
  const Handle native = native_type(*dtype), other = native_type(*dtype);
  H5Tset_order(other.id(), H5Tget_order(native.id()) == H5T_ORDER_LE ? H5T_ORDER_BE : H5T_ORDER_LE);
  found.swapped = dtype_size(*dtype) > 1 && H5Tequal(type, other.id()) > 0;
  found.plain = found.swapped || H5Tequal(type, native.id()) > 0;
  // One byte has no order, but HDF5 tells the two apart.
  if (dtype_size(*dtype) == 1) found.plain = H5Tget_precision(type) == 8;
  return found;
}

}  // namespace parfocal
