#pragma once
/// For tests: arrays read back by our reader.

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/test_array-inl.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal::test {

inline void put_objects(const std::filesystem::path& root,
                        const std::vector<MetadataObject>& objects) {
  for (const MetadataObject& object : objects) write_text(root / object.key, object.text);
}

/// All of an array; the test fails where it is of another type.
template <class T>
std::vector<T> read_array(const std::filesystem::path& root, const std::string& path) {
  const auto store = std::make_shared<LocalStore>(root);
  const ArrayReader reader(store, path, ZarrHierarchy(store).array(path));
  const Region whole = box_of(reader.array().shape);
  std::vector<T> values(static_cast<size_t>(whole.count()));
  EXPECT_EQ(reader.array().dtype, dtype_of<T>());
  const Status s = reader.read(
      packed_view(reinterpret_cast<std::byte*>(values.data()), reader.array().dtype, whole));
  EXPECT_TRUE(s.ok()) << s.issue().str();
  return values;
}

}  // namespace parfocal::test
