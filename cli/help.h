#pragma once
/// The texts of --help: examples first.

#include <string>
#include <vector>

namespace parfocal::cli {

struct CommandText {
  std::string name;
  std::string summary;
  std::vector<std::pair<std::string, std::string>> examples;  ///< line, what it does
};
/// All commands in the order of their use.
const std::vector<CommandText>& command_texts();
/// The page of a bare `parfocal` and of `parfocal --help`.
std::string overview();
/// The examples of one command, to be followed by its options.
std::string examples_of(const std::string& command);

}  // namespace parfocal::cli
