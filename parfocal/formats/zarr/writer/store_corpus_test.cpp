// Gives the store's fuzzers a short corpus in every build and under every sanitizer: what was kept
// of long runs, and by hand what they would take long to find.

#include <gtest/gtest.h>

#include "test_places.h"
#include "tests/fuzz/store_fuzz-inl.h"

namespace parfocal {
namespace {

void replay(const std::string& name, int (*entry)(const uint8_t*, size_t)) {
  const std::filesystem::path folder =
      std::filesystem::path(PARFOCAL_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  int inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(file.path().filename().string());
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(entry(reinterpret_cast<const uint8_t*>(text.data()), text.size()), 0);
    ++inputs;
  }
  EXPECT_GE(inputs, 10);
}

TEST(StoreCorpus, JournalsAreReadUpToTheFirstRecordThatIsNotWhole) {
  replay("journal", fuzz::fuzz_journal);
}
TEST(StoreCorpus, DescriptionsAreRefusedOrStandInEveryNumber) {
  replay("store_spec", fuzz::fuzz_store_spec);
}
TEST(StoreCorpus, DamagedStoresAreRecoveredOrRefused) { replay("recovery", fuzz::fuzz_recovery); }

}  // namespace
}  // namespace parfocal
