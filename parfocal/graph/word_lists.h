#pragma once
/// Words in one text, as the tables of other programs' names hold them.

#include <string>
#include <string_view>

namespace parfocal {

/// Whether a list of words, parted by blanks or by ", ", has `word`.
bool lists(std::string_view words, std::string_view separator, const std::string& word);
/// "Gaussian Blur..." -> "gaussian_blur"
std::string plain_name(std::string name);
/// In quotes where YAML would read a sign in front, as that of "*.tif", as its own.
std::string as_yaml(const std::string& text);

}  // namespace parfocal
