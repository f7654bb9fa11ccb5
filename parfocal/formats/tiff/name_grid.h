#pragma once
/// What the names of files count.

#include <cstdint>
#include <string>
#include <vector>

namespace parfocal {

/// How many steps each number or word has along which names run as a full grid, outermost first:
/// {2, 3} of t0_z0, t0_z1, t0_z2, t1_z0...; empty where there are fewer than two of them.
std::vector<int64_t> name_grid(const std::vector<std::string>& names);

}  // namespace parfocal
