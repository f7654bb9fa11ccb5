#pragma once
/// Takes the background that a file has over into another one, without computing anything
/// (dcnum's BackgroundCopy).

#include <filesystem>

namespace parfocal {

/// Makes what `to` becomes, under the name `made`: a file that refers to `from` for everything but
/// the background: `image_bg` and `bg_off`, with their attributes, are copied. A series of
/// backgrounds in a basin becomes an internal one with its mapping. An existing `to` is not
/// touched; what it becomes keeps all but its background. \return false if `to` is `from`: nothing
/// is made \throws Error(input_missing) if there is no background, Error(run_failed)
bool copy_background(const std::filesystem::path& from, const std::filesystem::path& to,
                     const std::filesystem::path& made);

}  // namespace parfocal
