// libFuzzer: any bytes as metadata of Zarr or OME-NGFF give metadata with the bounds promised, or
// an Error.
//   zarr_fuzz -max_total_time=120 -max_len=4096 tests/fuzz/corpus/zarr

#include "tests/fuzz/zarr_fuzz-inl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return parfocal::fuzz::fuzz_zarr(data, size);
}
