// Lists the operators that the installed library has registered. Arguments: names that must be
// among them.
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
  for (int i = 1; i < argc; ++i) {
    if (std::find(names.begin(), names.end(), argv[i]) != names.end()) continue;
    std::cerr << "not registered: " << argv[i] << '\n';
    ++missing;
  }
  return missing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
