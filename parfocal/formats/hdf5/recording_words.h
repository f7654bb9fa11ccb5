#pragma once

namespace parfocal {

/// What is needed where something else was given.
inline constexpr const char* kRecording = "a recording as .rtdc or HDF5 file";

}  // namespace parfocal
