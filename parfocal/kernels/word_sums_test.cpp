#include "parfocal/kernels/word_sums.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

using Bytes = std::vector<std::byte>;

WordSums plain_sums(const std::byte* data, size_t words) {
  WordSums sums;
  for (size_t i = 0; i < words; ++i) {
    uint16_t word;
    std::memcpy(&word, data + 2 * i, 2);
    sums.first = (sums.first + word) % 65535;
    sums.second = (sums.second + sums.first) % 65535;
  }
  return sums;
}

void expect_plain_sums(const std::byte* data, size_t words) {
  const WordSums plain = plain_sums(data, words);
  WordSums sums;
  add_words(data, words, sums);
  EXPECT_EQ(sums.first, plain.first) << words;
  EXPECT_EQ(sums.second, plain.second) << words;
}

TEST(WordSums, EqualTheirDefinitionAtEveryLengthAndAddressOnEveryTarget) {
  std::mt19937 random(5);
  Bytes bytes(100'003);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for_each_simd_target([&](const std::string& target) {
    SCOPED_TRACE(target);
    for (size_t words = 0; words < 150; ++words)
      for (size_t start = 0; start < 3; ++start) expect_plain_sums(bytes.data() + start, words);
    for (const size_t words : {5759, 5760, 5761, 11520, 23040, 50'000})
      expect_plain_sums(bytes.data() + 1, words);
  });
}

TEST(WordSums, OfTheLargestWordsDoNotOverflow) {
  const Bytes ones(400'000, std::byte{0xff});
  for_each_simd_target([&](const std::string& target) {
    SCOPED_TRACE(target);
    for (const size_t words : {size_t{5760}, size_t{11520}, ones.size() / 2})
      expect_plain_sums(ones.data(), words);
  });
}

TEST(WordSums, GoOnFromThoseOfTheWordsBefore) {
  std::mt19937 random(6);
  Bytes bytes(4000);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const WordSums whole = plain_sums(bytes.data(), 2000);
  WordSums parts;
  add_words(bytes.data(), 777, parts);
  add_words(bytes.data() + 2 * 777, 2000 - 777, parts);
  EXPECT_EQ(parts.first, whole.first);
  EXPECT_EQ(parts.second, whole.second);
}

}  // namespace
}  // namespace parfocal::kernels
