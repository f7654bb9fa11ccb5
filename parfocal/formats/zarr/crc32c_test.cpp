#include "parfocal/formats/zarr/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace parfocal {
namespace {

std::vector<std::byte> random_bytes(size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(n);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}
uint32_t of_text(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text.data(), text.size())));
}

// RFC 3720, appendix B.4.
TEST(Crc32c, EqualsThePublishedVectors) {
  EXPECT_EQ(of_text(""), 0u);
  EXPECT_EQ(of_text("123456789"), 0xe3069283u);
  std::vector<std::byte> bytes(32);
  EXPECT_EQ(crc32c(bytes), 0x8a9136aau);
  for (std::byte& b : bytes) b = std::byte{0xff};
  EXPECT_EQ(crc32c(bytes), 0x62a8ab43u);
  for (size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46dd794eu);
  for (size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(31 - i);
  EXPECT_EQ(crc32c(bytes), 0x113fdb5cu);
}

TEST(Crc32c, IsTheSameByInstructionAndByTablesAtEveryLengthAndAlignment) {
  const auto bytes = random_bytes(60000, 1);
  for (const size_t n :
       {0u, 1u, 7u, 8u, 9u, 63u, 1535u, 1536u, 1537u, 24575u, 24576u, 24577u, 50001u})
    for (size_t offset = 0; offset < 9; ++offset) {
      const auto part = std::span(bytes).subspan(offset, n);
      ASSERT_EQ(crc32c(part), crc32c_by_tables(part)) << n << " bytes at " << offset;
    }
}

TEST(Crc32c, ContinuesAndCombines) {
  const auto bytes = random_bytes(40000, 2);
  const uint32_t whole = crc32c(bytes);
  for (const size_t cut : {0u, 1u, 5u, 4096u, 39999u, 40000u}) {
    const auto a = std::span(bytes).first(cut), b = std::span(bytes).subspan(cut);
    EXPECT_EQ(crc32c(b, crc32c(a)), whole);
    EXPECT_EQ(crc32c_by_tables(b, crc32c_by_tables(a)), whole);
    EXPECT_EQ(crc32c_combined(crc32c(a), crc32c(b), b.size()), whole);
  }
}

TEST(Crc32c, SeesEverySingleBit) {
  auto bytes = random_bytes(300, 3);
  const uint32_t right = crc32c(bytes);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    ASSERT_NE(crc32c(bytes), right);
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
}

}  // namespace
}  // namespace parfocal
