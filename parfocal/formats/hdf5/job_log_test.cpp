#include "parfocal/formats/hdf5/job_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace parfocal {
namespace {

TEST(JobLog, LinesAreShortAndOneJsonTextTogether) {
  std::string accents, control(300, '\x01');
  for (int i = 0; i < 100; ++i) accents += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  nlohmann::ordered_json job;
  job["software"] = "short";
  job["steps"].push_back({{"id", "a"}, {"params", std::string(1000, 'x')}});
  job["provenance"] = {
      {"pipeline_text", "parfocal: 1\nsource: {type: " + std::string(90, 'r') + "}\nsinks: []\n"},
      {"input", accents},
      {"other", control}};
  std::string text;
  for (const std::string& line : job_lines(job)) {
    EXPECT_LE(line.size(), 100u) << line;
    text += line + "\n";
  }
  const auto read = nlohmann::ordered_json::parse(text);
  const auto joined = [](const nlohmann::ordered_json& parts) {
    std::string whole;
    for (const auto& part : parts) whole += part.get<std::string>();
    return whole;
  };
  EXPECT_EQ(read["software"], "short");
  EXPECT_EQ(joined(read["steps"][0]["params"]), std::string(1000, 'x'));
  EXPECT_EQ(joined(read["provenance"]["pipeline_text"]), job["provenance"]["pipeline_text"]);
  EXPECT_EQ(read["provenance"]["pipeline_text"][0], "parfocal: 1\n");
  EXPECT_EQ(joined(read["provenance"]["input"]), accents);
  EXPECT_EQ(joined(read["provenance"]["other"]), control);
}

TEST(JobLog, TakesBytesThatAreNoText) {
  nlohmann::ordered_json job;
  job["input"] = std::string(200, '\xff') + "\xc3";
  for (const std::string& line : job_lines(job)) EXPECT_LE(line.size(), 100u);
}

}  // namespace
}  // namespace parfocal
