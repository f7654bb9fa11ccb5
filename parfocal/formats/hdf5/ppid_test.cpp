#include "parfocal/formats/hdf5/ppid.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

using testing::ElementsAre;

std::vector<std::string> prefixes(const std::vector<std::string>& names) {
  return unique_prefixes(names);
}

TEST(Ppid, CutsNamesToTheirShortestUniquePrefix) {
  EXPECT_THAT(prefixes({"camera", "campus"}), ElementsAre("came", "camp"));
  EXPECT_THAT(prefixes({"cole", "coleman"}), ElementsAre("cole", "colem"));
  EXPECT_THAT(prefixes({"coleman", "cole", "colemine"}), ElementsAre("colema", "cole", "colemi"));
  EXPECT_THAT(prefixes({"cole", "cundis", "coleman"}), ElementsAre("cole", "cu", "colem"));
  EXPECT_THAT(prefixes({"an", "and", "anderson", "andersrum", "ant"}),
              ElementsAre("an", "and", "anderso", "andersr", "ant"));
  EXPECT_THAT(prefixes({"alone"}), ElementsAre("a"));
}

TEST(Ppid, WritesNumbersAsPythonDoes) {
  EXPECT_EQ(ppid_number(90), "90");
  EXPECT_EQ(ppid_number(-6), "-6");
  EXPECT_EQ(ppid_number(-0.0), "0");
  EXPECT_EQ(ppid_number(10.1), "10.1");
  EXPECT_EQ(ppid_number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(ppid_number(0.0001), "0.0001");
  EXPECT_EQ(ppid_number(0.00001), "1e-05");
  EXPECT_EQ(ppid_number(1.5e-7), "1.5e-07");
  EXPECT_EQ(ppid_number(123456.75), "123456.75");
  EXPECT_EQ(ppid_number(1e17), "100000000000000000");
}

TEST(Ppid, NamesTheDefaultSteps) {
  EXPECT_EQ(ppid_sparse_median(200, 1, 0, 0.8, true), "sparsemed:k=200^s=1^t=0^f=0.8^o=1");
  EXPECT_EQ(ppid_sparse_median(10, 0.02, 0, 0.8, true), "sparsemed:k=10^s=0.02^t=0^f=0.8^o=1");
  EXPECT_EQ(ppid_rolling_median(100, 10000), "rollmed:k=100^b=10000");
  EXPECT_EQ(ppid_threshold(-6, true, true, 2), "thresh:t=-6:cle=1^f=1^clo=2");
  EXPECT_EQ(ppid_features(true, true, true), "legacy:b=1^h=1^v=1");
  EXPECT_EQ(ppid_gate(false, 10), "norm:o=0^s=10");
}

TEST(Ppid, CutsThePixelSizeAfterEightDecimals) {
  EXPECT_EQ(ppid_data(0.2645), "hdf:p=0.2645^i=0");
  EXPECT_EQ(ppid_data(0.34), "hdf:p=0.34^i=0");
  EXPECT_EQ(ppid_data(0.123456789), "hdf:p=0.12345679^i=0");
  EXPECT_EQ(ppid_data(1), "hdf:p=1.^i=0");
}

TEST(Ppid, ComputesWithThePixelSizeThatItNames) {
  EXPECT_EQ(ppid_pixel_size(0.123456789123), 0.12345679);
  EXPECT_EQ(ppid_pixel_size(static_cast<double>(0.34f)), 0.34);
  EXPECT_EQ(ppid_pixel_size(0.2645), 0.2645);
  EXPECT_EQ(ppid_pixel_size(0.000000015), 0.00000001);  // Python, too: below the half as a double
  EXPECT_EQ(ppid_pixel_size(1e-9), 0);
}

TEST(Ppid, HashesTheWholePipeline) {
  PipelineIds ids{"7",
                  "hdf:p=0.34^i=0",
                  ppid_sparse_median(200, 1, 0, 0.8, true),
                  ppid_threshold(-3, true, true, 2),
                  ppid_features(true, false, true),
                  ppid_gate(false, 11)};
  EXPECT_EQ(ids.text(),
            "7|hdf:p=0.34^i=0|sparsemed:k=200^s=1^t=0^f=0.8^o=1|thresh:t=-3:cle=1^f=1^clo=2|"
            "legacy:b=1^h=0^v=1|norm:o=0^s=11");
  EXPECT_EQ(ids.hash(), "4f3a850410b9801393ab5738afe69e9a");
}

TEST(Ppid, GivesTheHashOfTheDefaultJobWithoutTexture) {
  const PipelineIds ids{kPpidGeneration,
                        ppid_data(0.2645),
                        ppid_sparse_median(200, 1, 0, 0.8, true),
                        ppid_threshold(-6, true, true, 2),
                        ppid_features(true, false, true),
                        ppid_gate(false, 10)};
  EXPECT_EQ(ids.hash(), "f44c9a9ad0e5c1e8d4daa211c70916e7");
}

}  // namespace
}  // namespace parfocal
