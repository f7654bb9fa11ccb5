#pragma once

#include <cstdint>

namespace parfocal::kernels {

/// Takes `pixels` of `samples` values each apart: value s of pixel i becomes planes[s][i], for
/// every s whose planes[s] is not null. samples: 1 to 4, T: u8, u16. The planes overlap neither
/// each other nor the pixels. Same bytes on every target. Thread safe.
template <typename T>
void split_samples(const T* pixels, int64_t count, int64_t samples, T* const* planes) noexcept;

}  // namespace parfocal::kernels
