#include "parfocal/core/channel_names.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

using Names = std::vector<std::string>;

TEST(ChannelNames, OfSamplesAreColoursOrNumbers) {
  EXPECT_EQ(sample_names(1), Names{});
  EXPECT_EQ(sample_names(2), (Names{"grey", "a"}));
  EXPECT_EQ(sample_names(3), (Names{"r", "g", "b"}));
  EXPECT_EQ(sample_names(4), (Names{"r", "g", "b", "a"}));
  EXPECT_EQ(sample_names(5), (Names{"0", "1", "2", "3", "4"}));
}

TEST(ChannelNames, WordsMeanTheChannelOfThatNameLetterOrNumber) {
  const Names rgb = sample_names(3);
  for (const char* green : {"g", "G", "green", "Green", "1"})
    EXPECT_EQ(channel_index(green, rgb, 3), 1) << green;
  const Names dyes{"DAPI", "GFP", "Red"};
  EXPECT_EQ(channel_index("dapi", dyes, 3), 0);
  EXPECT_EQ(channel_index("r", dyes, 3), 2);
  EXPECT_EQ(channel_index("2", {}, 3), 2);
  EXPECT_EQ(channel_index("gray", sample_names(2), 2), 0);
  EXPECT_EQ(channel_index("alpha", sample_names(4), 4), 3);
}

TEST(ChannelNames, WordsOfNoneOrSeveralChannelsMeanNone) {
  for (const char* none : {"", "3", "-1", "1.0", "yellow", "99999999999999999999"})
    EXPECT_EQ(channel_index(none, sample_names(3), 3), -1) << none;
  EXPECT_EQ(channel_index("gfp", {"GFP", "Gfp"}, 2), -1);
  EXPECT_EQ(channel_index("GFP", {"GFP", "Gfp"}, 2), 0);
}

// A name beats a number: wavelengths are names.
TEST(ChannelNames, NamesBeatNumbers) {
  EXPECT_EQ(channel_index("1", {"1", "0"}, 2), 0);
  EXPECT_EQ(channel_index("561", {"488", "561"}, 2), 1);
}

}  // namespace
}  // namespace parfocal
