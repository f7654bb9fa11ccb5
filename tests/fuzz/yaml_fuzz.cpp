// libFuzzer: any bytes as a pipeline file give a Pipeline or an Error.
//   yaml_fuzz -max_total_time=60 -max_len=4096 examples/

#include <cstdint>

#include "parfocal/graph/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    parfocal::parse_pipeline(std::string(reinterpret_cast<const char*>(data), size), ".", "fuzz");
  } catch (const parfocal::Error& error) {
    for (const parfocal::Issue& issue : error.issues())
      if (issue.what.empty() || issue.where.empty()) __builtin_trap();
  }
  return 0;
}
