#pragma once
/// Everything registered, in one shape for the list, the pages and JSON.

#include <string>
#include <vector>

#include "parfocal/core/parameters.h"

namespace parfocal::cli {

struct Port {
  std::string name;
  std::string what;  ///< kind, dtypes and a sentence
  bool optional = false;
};

/// What is registered under one name; lives as long as the registries.
struct Entry {
  std::string name, role, family, kind, summary;  ///< role: operator, source, sink, observer
  std::vector<Port> inputs, outputs;
  const std::vector<ParamInfo>* params = nullptr;
  std::string tolerance, example, reference;
};

/// Operators, sources, sinks, observers; without those that exist for tests or recipes only.
std::vector<Entry> catalogue();

}  // namespace parfocal::cli
