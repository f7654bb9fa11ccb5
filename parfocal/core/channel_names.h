#pragma once
/// Names of the channels (axis c) of colour images, and which channel a word means.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

/// Names of the samples of a pixel, in their order in the file: none of 1, {"grey", "a"} of 2,
/// {"r", "g", "b"} of 3, {"r", "g", "b", "a"} of 4; of more their numbers "0", "1", ...
std::vector<std::string> sample_names(int64_t samples);

/// The channel that `word` means, of `size` channels named `labels` (none: they have no names); -1
/// if it means none. In this order: the name itself, the name without regard to case ("dapi" of
/// DAPI) where only one has it, a colour and its letter ("red", "R" of r and the other way round),
/// a number from 0.
int64_t channel_index(std::string_view word, const std::vector<std::string>& labels, int64_t size);

}  // namespace parfocal
