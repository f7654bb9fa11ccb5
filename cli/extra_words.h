#pragma once
/// What a user meant by more words than a command takes.

#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::cli {

/// `words` of the command line, `extra` those of them that the command has no use for.
Issue too_many_words(const std::vector<std::string>& words, const std::vector<std::string>& extra);
/// `--set memory=1 GiB` and `--set mask.factor 1.2`, of which a shell makes two words: the line
/// that is meant, "" if it is nothing of this. `value`: only where this is the second word.
std::string with_whole_set(const std::vector<std::string>& words, const std::string& value = "");
/// One pattern for images, if it matches them and no others; else themselves.
std::vector<std::string> as_pattern(const std::vector<std::string>& images);

}  // namespace parfocal::cli
