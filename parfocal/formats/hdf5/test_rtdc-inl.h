#pragma once
/// Small .rtdc files for tests.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {

class RtdcTest : public testing::Test {
 protected:
  static constexpr int64_t kHeight = 6, kWidth = 8;

  /// The pixel of frame t at (y, x).
  static uint8_t pixel(int64_t t, int64_t y, int64_t x) {
    return static_cast<uint8_t>(7 * y + x + 50 * t);
  }
  static std::vector<uint8_t> frames(int64_t count) {
    std::vector<uint8_t> pixels;
    for (int64_t t = 0; t < count; ++t)
      for (int64_t y = 0; y < kHeight; ++y)
        for (int64_t x = 0; x < kWidth; ++x) pixels.push_back(pixel(t, y, x));
    return pixels;
  }
  static void write_images(const H5File& file, const std::string& name, int64_t count,
                           std::vector<int64_t> chunk = {4, kHeight, kWidth}) {
    const Handle dataset = create_dataset(
        file, name, {DType::u8, {count, kHeight, kWidth}, std::move(chunk), 5, true});
    if (count > 0) write_dataset(dataset.id(), DType::u8, frames(count).data(), name);
  }
  /// A new file with an event count; close it or let it go out of scope before reading.
  H5File create(const std::string& name, int64_t events) const {
    H5File file = H5File::create(folder_ / name);
    file.require_group("events");
    write_attribute(file.id(), "experiment:event count", events, name);
    write_attribute(file.id(), "imaging:pixel size", 0.25, name);
    return file;
  }
  /// A file with `count` images and times 0, 0.5, 1...
  std::string write_movie(const std::string& name, int64_t count) const {
    const H5File file = create(name, count);
    write_images(file, "events/image", count);
    std::vector<double> times;
    for (int64_t t = 0; t < count; ++t) times.push_back(3 + 0.5 * static_cast<double>(t));
    write_column(file, "events/time", times);
    return name;
  }
  static void write_basin(const H5File& file, const std::string& key, const std::string& json) {
    write_strings(file, "basins/" + key, {json});
  }
  template <class F>
  static std::string message(ErrorCode code, F&& f) {
    try {
      f();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  const test::TempDir temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

}  // namespace parfocal
