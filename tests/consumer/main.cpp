// Lists what the installed library has registered. Arguments: the least number of operators, then
// names that must be among them.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "all_of_core.h"
#include "parfocal/core/operator_info.h"

int main(int argc, char** argv) {
  const auto names = parfocal::operators().names();
  for (const auto& name : names) std::cout << name << '\n';

  int missing = 0;
  for (int i = 2; i < argc; ++i) {
    if (std::find(names.begin(), names.end(), argv[i]) != names.end()) continue;
    std::cerr << "not registered: " << argv[i] << '\n';
    ++missing;
  }
  const size_t least = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  if (names.size() < least) {
    std::cerr << names.size() << " operators registered, the sources have " << least << '\n';
    ++missing;
  }
  return missing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
