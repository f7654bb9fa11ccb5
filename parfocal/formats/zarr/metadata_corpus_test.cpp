// Gives the fuzzer of metadata a corpus in every build and under every sanitizer: small files that
// are kept, and large ones that are made here. What took time that grows faster than its input
// would take hours with these.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "test_places.h"
#include "tests/fuzz/zarr_fuzz-inl.h"

namespace parfocal {
namespace {

int try_text(const std::string& text) {
  return fuzz::fuzz_zarr(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// "[a0,a1,a2...]" of n entries.
std::string list_of(int n, const std::function<std::string(int)>& entry) {
  std::string text = "[";
  for (int i = 0; i < n; ++i) text += (i > 0 ? "," : "") + entry(i);
  return text + "]";
}
std::string nested(int depth, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}
// As metadata of a group of either version.
void try_members(const std::string& members) {
  EXPECT_EQ(try_text("{" + members + "}"), 0);
  EXPECT_EQ(
      try_text(R"({"zarr_format":3,"node_type":"group","attributes":{"ome":{"version":"0.5",)" +
               members + "}}}"),
      0);
}

TEST(MetadataCorpus, KeptInputsAreReadOrRefused) {
  int inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(PARFOCAL_SOURCE_DIR) / "tests/fuzz/corpus/zarr")) {
    SCOPED_TRACE(file.path().filename().string());
    std::ifstream stream(file.path(), std::ios::binary);
    EXPECT_EQ(try_text(std::string{std::istreambuf_iterator<char>(stream), {}}), 0);
    ++inputs;
  }
  EXPECT_GE(inputs, 10);
}

TEST(MetadataCorpus, DeepTextsAreRefused) {
  for (const int depth : {33, 1000, 20000, 100000}) {
    try_members("\"a\":" + nested(depth, "[", "]"));
    try_members("\"a\":" + nested(depth, R"({"a":)", "}"));
    EXPECT_EQ(try_text(nested(depth, R"([{"a":)", "}]")), 0);
    for (const char* key : {"multiscales", "plate", "well", "labels", "omero", "image-label"})
      try_members("\"" + std::string(key) + "\":" + nested(depth, "[", "]"));
    const std::string deep =
        nested(depth, R"({"name":"sharding_indexed","configuration":{"codecs":[)", "]}}");
    EXPECT_EQ(try_text(R"({"zarr_format":3,"node_type":"array","codecs":[)" + deep + "]}"), 0);
  }
}

TEST(MetadataCorpus, WideTextsTakeTheTimeOfTheirSize) {
  constexpr int kMany = 20000;
  const auto number = [](int i) { return std::to_string(i); };
  const auto object = [](int) { return std::string("{}"); };
  try_members("\"a\":" + list_of(kMany, object));
  try_members("\"a\":" + list_of(kMany, [](int) { return std::string("[[]]"); }));
  try_members(R"("multiscales":)" + list_of(kMany, object));
  try_members(R"("multiscales":[{"axes":)" + list_of(kMany, object) + "}]");
  const auto dataset = [&](int i) { return R"({"path":")" + number(i) + R"("})"; };
  try_members(R"("multiscales":[{"axes":["y","x"],"datasets":)" + list_of(kMany, dataset) + "}]");
  try_members(R"("labels":)" + list_of(kMany, [&](int i) { return '"' + number(i) + '"'; }));
  const auto named = [&](int i) { return R"({"name":")" + number(i) + R"("})"; };
  const auto well = [&](int i) {
    return R"({"path":"0/)" + number(i) + R"(","rowIndex":0,"columnIndex":)" + number(i) + "}";
  };
  try_members(R"("plate":{"version":"0.4","rows":[{"name":"0"}],"columns":)" +
              list_of(kMany, named) + R"(,"wells":)" + list_of(kMany, well) + "}");
  try_members(R"("well":{"images":)" + list_of(kMany, dataset) + "}");
  try_members(R"("omero":{"channels":)" + list_of(kMany, object) + "}");
  const auto colour = [&](int i) {
    return R"({"label-value":)" + number(i) + R"(,"rgba":[0,0,0,0]})";
  };
  try_members(R"("image-label":{"colors":)" + list_of(kMany, colour) + "}");
  try_members(R"("multiscales":[{"axes":["y","x"],"coordinateTransformations":)" +
              list_of(kMany, [](int) { return std::string(R"({"type":"scale","scale":[1,1]})"); }) +
              R"(,"datasets":[{"path":"0"}]}])");
}

}  // namespace
}  // namespace parfocal
