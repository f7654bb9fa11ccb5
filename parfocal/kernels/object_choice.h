#pragma once

#include <cstdint>

#include "parfocal/kernels/plane.h"

/// Which objects of a label plane stay, and what they are called then. `table` has a place for each
/// label 0..count; the functions touch nothing else and are thread-safe.
namespace parfocal::kernels {

/// table[label] = its number of pixels.
void object_sizes(Plane<const uint32_t> labels, uint32_t count, uint32_t* table) noexcept;

/// table[label] = 1 for labels that occur, and not in the outermost rows and columns; else 0.
void inner_objects(Plane<const uint32_t> labels, uint32_t count, uint32_t* table) noexcept;

/// Turns a table of what stays (nonzero) into new numbers: 0 for what goes, 1, 2, ... in the order
/// of the labels for what stays; 0 for label 0. Returns how many stay.
uint32_t number_those_that_stay(uint32_t count, uint32_t* table) noexcept;

}  // namespace parfocal::kernels
