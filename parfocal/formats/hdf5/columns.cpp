#include "parfocal/formats/hdf5/columns.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pieces.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

constexpr int64_t kMostBytes = int64_t{8} << 30;

int64_t length_of(const H5File& file, const std::string& name, int64_t dataset) {
  const Handle space(H5Dget_space(dataset));
  hsize_t length = 0;
  const auto fail = [&](const std::string& what, const std::string& given) {
    throw Error(ErrorCode::input_missing, Issue{what, file.where(name), given,
                                                "one number per event", "copy the file again"});
  };
  const int rank = space ? H5Sget_simple_extent_ndims(space.id()) : -1;
  if (rank != 1) fail("the feature is no column", std::to_string(rank) + " axes");
  H5Sget_simple_extent_dims(space.id(), &length, nullptr);
  const auto most = static_cast<hsize_t>(std::min(plausible_bytes(dataset), kMostBytes));
  if (length > most / sizeof(double))
    fail("the column is absurdly long", std::to_string(length) + " rows in " +
                                            std::to_string(H5Dget_storage_size(dataset)) +
                                            " bytes");
  return static_cast<int64_t>(length);
}

DType number_type_of(const H5File& file, const std::string& name, int64_t dataset) {
  const Handle type(H5Dget_type(dataset));
  const auto numbers = type ? file_type(type.id()) : std::nullopt;
  if (!numbers || numbers->dtype == DType::boolean)
    throw Error(ErrorCode::input_missing,
                Issue{"the feature holds no numbers", file.where(name), "", "", ""});
  return numbers->dtype;
}

template <class T>
std::vector<T> read_column(const H5File& file, const std::string& name, int64_t memory_type,
                           DType* stored) {
  const Handle dataset = file.dataset(name);
  const DType numbers = number_type_of(file, name, dataset.id());
  if (stored != nullptr) *stored = numbers;
  std::vector<T> values(static_cast<size_t>(length_of(file, name, dataset.id())));
  if (!values.empty() &&
      H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw_hdf5(ErrorCode::input_missing, "the feature cannot be read", file.where(name),
               "copy the file again");
  return values;
}

}  // namespace

std::vector<double> read_number_column(const H5File& file, const std::string& dataset,
                                       DType* stored) {
  const Hdf5Lock lock;
  return read_column<double>(file, dataset, H5T_NATIVE_DOUBLE, stored);
}

std::vector<int64_t> read_integer_column(const H5File& file, const std::string& dataset) {
  const Hdf5Lock lock;
  return read_column<int64_t>(file, dataset, H5T_NATIVE_INT64, nullptr);
}

IntegerColumn::IntegerColumn(const H5File& file, const std::string& name)
    : where_(file.where(name)), dataset_(open_for_pieces(file, name)) {
  const Hdf5Lock lock;
  number_type_of(file, name, dataset_.id());
  size_ = length_of(file, name, dataset_.id());
}

void IntegerColumn::read(int64_t first, std::span<int64_t> to) const {
  if (to.empty()) return;
  const Hdf5Lock lock;
  const Box box{{static_cast<uint64_t>(first)}, {to.size()}};
  if (!read_box(dataset_.id(), H5T_NATIVE_INT64, box, to.data()))
    throw_hdf5(ErrorCode::input_missing, "the feature cannot be read", where_,
               "copy the file again");
}

int64_t IntegerColumn::reading_bytes() const {
  const Hdf5Lock lock;
  return piece_reading_bytes(dataset_.id());
}

}  // namespace parfocal
