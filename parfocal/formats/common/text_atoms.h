#pragma once
/// Simple patterns of text without back-tracking: a row of sets of bytes, each with how often it
/// stands there.

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

struct TextAtom {
  std::bitset<256> bytes;
  size_t least = 1, most = 1;  ///< kAnyNumber = no limit
  bool folders = false;        ///< any number of whole folder names with their slash, none included
};
inline constexpr size_t kAnyNumber = size_t(-1);

class TextAtoms {
 public:
  /// Of a pattern of files, as a shell has them; `**/` for any folders. `error`: what is wrong.
  static TextAtoms of_files(std::string_view pattern, std::string& error);
  /// Of an expression without brackets (GroupPattern says which). `error`: what is wrong.
  static TextAtoms of_expression(std::string_view text, std::string& error);

  /// Places in a text, one behind its last byte included.
  using Places = std::vector<char>;
  /// Where these atoms can end that begin at one of `from`.
  Places ends(std::string_view text, Places from) const;
  /// Where these atoms can begin that end at one of `to`.
  Places begins(std::string_view text, Places to) const;

 private:
  std::vector<TextAtom> atoms_;
};

}  // namespace parfocal
