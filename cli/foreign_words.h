#pragma once
/// Options and commands of other programs, and what they are here.

#include <string>
#include <vector>

namespace parfocal::cli {

/// What to run in place of `words`, whose word `at` is an option that the command lacks; "" where
/// no other program's option is known. `options`: those that the command has.
std::string cure_of_option(const std::vector<std::string>& words, size_t at,
                           const std::vector<std::string>& options);
/// The same of an unknown command, words[1]; `commands`: those there are.
std::string cure_of_command(const std::vector<std::string>& words,
                            const std::vector<std::string>& commands);
/// What to write for the value of an option that has none of its choices, by the message of the
/// parser: "--on-error: continue not in {stop,skip}".
std::string cure_of_choice(const std::string& problem, const std::vector<std::string>& words);

}  // namespace parfocal::cli
