#include "parfocal/formats/zarr/writer/common_length.h"

#include <algorithm>
#include <map>

namespace parfocal {

void take_common_length(const StoreSpec& spec, std::vector<int64_t>& steps) {
  std::map<std::pair<std::string, int64_t>, int64_t> most;  // of images with this first axis
  const auto most_of = [&](const ImageSpec& image) -> int64_t& {
    return most[{image.axes[0].name, image.axes[0].size}];
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    int64_t& all = most_of(spec.images[i]);
    all = std::max(all, steps[i]);
  }
  for (size_t i = 0; i < steps.size(); ++i)
    if (spec.images[i].stream_rank() > 0) steps[i] = most_of(spec.images[i]);
}

}  // namespace parfocal
