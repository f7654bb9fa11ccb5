#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/types.h"

namespace parfocal {
namespace {

// What compresses better than this is an attack, not a column.
constexpr int64_t kMostRatio = 1 << 15;
constexpr int64_t kAlwaysBytes = int64_t{64} << 20;
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
  const hsize_t stored = H5Dget_storage_size(dataset);
  const int64_t most = static_cast<int64_t>(std::min<hsize_t>(stored, kMostBytes / kMostRatio));
  if (length > static_cast<hsize_t>(std::max(kAlwaysBytes, most * kMostRatio)) / sizeof(double))
    fail("the column is absurdly long",
         std::to_string(length) + " rows in " + std::to_string(stored) + " bytes");
  return static_cast<int64_t>(length);
}

template <class T>
std::vector<T> read_column(const H5File& file, const std::string& name, int64_t memory_type,
                           DType* stored) {
  const Handle dataset = file.dataset(name), type(H5Dget_type(dataset.id()));
  const auto numbers = type ? file_type(type.id()) : std::nullopt;
  if (!numbers || numbers->dtype == DType::boolean)
    throw Error(ErrorCode::input_missing,
                Issue{"the feature holds no numbers", file.where(name), "", "", ""});
  if (stored != nullptr) *stored = numbers->dtype;
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

}  // namespace parfocal
