#pragma once
/// Words of the command line that no command or option is called by.

#include <string>
#include <vector>

namespace parfocal::cli {

/// `words[1]` is a command, or one of `options`. \throws Error(bad_command) with the nearest one
void require_known_command(const std::vector<std::string>& words,
                           const std::vector<std::string>& options);
/// Those behind the command are among its `options`. \throws Error(bad_command) with the nearest
/// one, or the line that is meant
void require_known_options(const std::vector<std::string>& words,
                           const std::vector<std::string>& options);
/// The near one where a word is none of the choices of an option, of which `problem` tells the
/// list; "" if it does not.
std::string nearest_choice(const std::string& problem);

}  // namespace parfocal::cli
