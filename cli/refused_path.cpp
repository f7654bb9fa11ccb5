#include "refused_path.h"

namespace parfocal::cli {

Error refused_path(const std::filesystem::filesystem_error& problem) {
  const std::error_code code = problem.code();
  const bool looked = problem.path2().empty() && !problem.path1().empty();
  if (!looked || (code != std::errc::permission_denied && code != std::errc::filename_too_long &&
                  code != std::errc::too_many_symbolic_link_levels))
    return {ErrorCode::run_failed, {problem.what(), "", "", "", ""}};
  const bool denied = code == std::errc::permission_denied;
  return {ErrorCode::input_missing,
          {"it cannot be looked at: " + code.message(), problem.path1().string(), "", "",
           denied ? "check the permissions of the file and of the folders on the way to it"
                  : "check the name, and the links on the way"}};
}

}  // namespace parfocal::cli
