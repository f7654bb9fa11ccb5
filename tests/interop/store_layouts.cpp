// For tests: empty stores of all layouts that the streaming writer describes, with their columns of
// per-frame metadata. Other libraries judge them, fill them and read them.
//   store_layouts FOLDER
#include <array>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/frame_columns.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

using namespace parfocal;

namespace {

constexpr int64_t kOuter = 3, kRows = 20000;

void check(const Status& s) {
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

void put(const std::filesystem::path& root, const std::vector<MetadataObject>& objects) {
  for (const MetadataObject& object : objects)
    check(write_file_atomically(root / object.key, object.text));
}

// Frame k: k / 2 in column time, missing where k is a multiple of 7.
void write_columns(const std::filesystem::path& root, const StoreSpec& spec) {
  FrameColumns columns(root, spec, 0);
  for (int64_t frame = 0; frame < kRows; ++frame) {
    const double time = 0.5 * static_cast<double>(frame);
    std::array<std::byte, 8> row;
    std::memcpy(row.data(), &time, row.size());
    check(frame % 7 == 0 ? columns.add_missing(frame) : columns.add(frame, row));
  }
  check(columns.flush());
  put(root, columns.objects(kRows));
}

void write_store(const std::filesystem::path& root, StoreSpec spec) {
  const GapRanges gaps;
  spec.columns = {{"time", DType::f64, "s"}};
  put(root, store_objects(spec, test::states_of(spec, kOuter, gaps)));
  write_columns(root, spec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    test::for_each_layout([&](const std::string& name, const StoreSpec& spec) {
      write_store(std::filesystem::path(argv[1]) / name, spec);
    });
  } catch (const Error& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  return 0;
}
