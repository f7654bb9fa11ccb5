#pragma once
/// How files that are not read become some that are.

#include <string>
#include <vector>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// A cure with a line for the shell, which writes the files of `patterns` into a folder, with the
/// descriptions and resolutions that they have: pixels of float16 as float32, of 1 to 15 bits as
/// bytes or words, and what is compressed in a way that is not read without compression.
/// "": the first of them is nothing of these.
std::string rewriting_cure(const TiffFile& first, const std::vector<std::string>& patterns);

}  // namespace parfocal
