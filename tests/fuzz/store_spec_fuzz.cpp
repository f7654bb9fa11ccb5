// libFuzzer: any text as the description of a store is refused, or stands in every number.
//   store_spec_fuzz -max_total_time=600 -max_len=4096 WORK tests/fuzz/corpus/store_spec

#include "tests/fuzz/store_fuzz-inl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return parfocal::fuzz::fuzz_store_spec(data, size);
}
