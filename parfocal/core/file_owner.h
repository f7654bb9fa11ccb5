#pragma once
/// Whose a file is that takes the place of another one.

#include <filesystem>

namespace parfocal {

/// Gives `made`, which is about to replace `replaced`, the owner and group of that, as far as this
/// process may: root that changes a file of somebody leaves it theirs. A folder with all that is in
/// it. Nothing happens where there is nothing to replace, or where both are the same already.
void keep_owner(const std::filesystem::path& replaced, const std::filesystem::path& made);

}  // namespace parfocal
