#include "parfocal/operators/conformance/golden.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace parfocal::conformance {

double golden_number(const std::string& image, const std::vector<std::string>& path) {
  static const nlohmann::json images =
      nlohmann::json::parse(std::ifstream(kGolden + "golden.json")).at("images");
  nlohmann::json at = images.at(image);
  for (const std::string& key : path) at = nlohmann::json(at.at(key));
  return at.get<double>();
}

TEST(Golden, NumbersAreFoundByName) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  EXPECT_EQ(golden_number("blobs", {"thresholds", "otsu"}), 120);
}

}  // namespace parfocal::conformance
