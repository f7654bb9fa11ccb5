// libFuzzer: any journal of the streaming store is read up to its first record that is not whole.
//   journal_fuzz -max_total_time=600 -max_len=4096 WORK tests/fuzz/corpus/journal

#include "tests/fuzz/store_fuzz-inl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return parfocal::fuzz::fuzz_journal(data, size);
}
