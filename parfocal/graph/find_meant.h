#pragma once
/// Operators, sources and sinks by what is meant: their own names, what they do, and the names that
/// scikit-image, SciPy, OpenCV, ImageJ, CellProfiler, dask and dcnum have for them.

#include <string>
#include <vector>

namespace parfocal {

struct FoundPart {
  std::string role;  ///< "operator", "source", "sink"
  std::string name;
  std::string summary;
};
struct FoundParts {
  std::vector<FoundPart> parts;  ///< what fits best comes first
  std::string cure;  ///< of a name of another program, "write op: measure"; "" = none was given
};

/// What fits `words`, as {"median", "filter"}, {"Analyze", "Particles..."} or
/// {"scipy.ndimage.label"}; only what people may write. Empty if nothing does. Thread-safe.
FoundParts find_meant(const std::vector<std::string>& words);
/// Names of ours and of others that look like `words`; at most three.
std::vector<std::string> near_parts(const std::vector<std::string>& words);

}  // namespace parfocal
