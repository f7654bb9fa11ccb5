// libFuzzer: a killed writer's store with any damage to its files is recovered or refused.
//   recovery_fuzz -max_total_time=600 -max_len=4096 WORK tests/fuzz/corpus/recovery

#include "tests/fuzz/store_fuzz-inl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return parfocal::fuzz::fuzz_recovery(data, size);
}
