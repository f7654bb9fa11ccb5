#include "parfocal/formats/common/text_atoms.h"

#include <algorithm>
#include <charconv>

namespace parfocal {
namespace {

using Bytes = std::bitset<256>;
constexpr size_t kMostAtoms = 1000;

Bytes one(char c) { return Bytes().set(static_cast<unsigned char>(c)); }
Bytes range(unsigned char first, unsigned char last) {
  Bytes bytes;
  for (unsigned c = first; c <= last; ++c) bytes.set(c);
  return bytes;
}
Bytes any_in_name() { return ~one('/'); }

// \d, \w, \s and their opposites; else the sign itself.
Bytes escaped(char c) {
  const Bytes digits = range('0', '9');
  const Bytes words = digits | range('a', 'z') | range('A', 'Z') | one('_');
  const Bytes blanks = one(' ') | one('\t');
  switch (c) {
    case 'd':
      return digits;
    case 'w':
      return words;
    case 's':
      return blanks;
    case 'D':
      return ~digits & any_in_name();
    case 'W':
      return ~words & any_in_name();
    case 'S':
      return ~blanks & any_in_name();
    default:
      return one(c);
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// [A-H], [^_]; `at` stands behind "[" and moves behind "]".
Bytes read_class(std::string_view text, size_t& at, bool escapes, std::string& error) {
  Bytes bytes;
  const bool negated = at < text.size() && (text[at] == '^' || (!escapes && text[at] == '!'));
  at += negated;
  for (bool first = true;; first = false) {
    if (at >= text.size()) {
      error = "'[' is never closed";
      return {};
    }
    const char c = text[at++];
    if (c == ']' && !first) break;
    if (static_cast<unsigned char>(c) >= 0x80)
      error = "a class has letters other than those of ASCII";
    if (c == '\\' && escapes && at < text.size()) {
      bytes |= escaped(text[at++]);
    } else if (at + 1 < text.size() && text[at] == '-' && text[at + 1] != ']') {
      if (text[at + 1] < c) error = "a range of letters ends before it begins";
      bytes |= range(static_cast<unsigned char>(c), static_cast<unsigned char>(text[at + 1]));
      at += 2;
    } else {
      bytes |= one(c);
    }
  }
  return (negated ? ~bytes : bytes) & any_in_name();
}

bool read_number(std::string_view text, size_t& at, size_t& number) {
  const auto [end, failed] = std::from_chars(text.data() + at, text.data() + text.size(), number);
  const size_t begin = at;
  at = static_cast<size_t>(end - text.data());
  return failed == std::errc() && at > begin && number <= 255;
}

// How often: + * ? {2} {1,3} {2,} behind an atom.
void read_count(std::string_view text, size_t& at, TextAtom& atom, std::string& error) {
  if (at >= text.size()) return;
  const char c = text[at];
  if (c == '+' || c == '*' || c == '?') {
    ++at;
    atom.least = c == '+';
    atom.most = c == '?' ? 1 : kAnyNumber;
  } else if (c == '{') {
    bool good = read_number(text, ++at, atom.least);
    atom.most = atom.least;
    if (good && at < text.size() && text[at] == ',') {
      atom.most = kAnyNumber;
      if (++at < text.size() && text[at] != '}') good = read_number(text, at, atom.most);
    }
    if (!good || at >= text.size() || text[at] != '}' || atom.most < atom.least)
      error = "'{' needs one or two numbers up to 255, as {2} or {1,3}";
    ++at;
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '*' || text[at] == '?'))
    error = std::string("'") + text[at] + "' stands behind a number of times";
}

TextAtoms::Places step(std::string_view text, const TextAtom& atom, const TextAtoms::Places& from) {
  TextAtoms::Places to(text.size() + 1, 0);
  if (atom.folders) {
    for (size_t i = 0, begun = 0; i <= text.size(); ++i) {
      to[i] = from[i] || (begun && i > 0 && text[i - 1] == '/');
      begun = begun || from[i];
    }
    return to;
  }
  // One count of openings for every place: how many of `from` reach it.
  std::vector<int> change(text.size() + 2, 0);
  size_t run = 0;
  for (size_t i = text.size() + 1; i-- > 0;) {
    run = i < text.size() && atom.bytes[static_cast<unsigned char>(text[i])] ? run + 1 : 0;
    if (!from[i] || run < atom.least) continue;
    ++change[i + atom.least];
    --change[i + std::min(run, atom.most) + 1];
  }
  for (size_t i = 0, open = 0; i <= text.size(); ++i) {
    open += static_cast<size_t>(change[i]);
    to[i] = open > 0;
  }
  return to;
}

TextAtoms::Places step_back(std::string_view text, const TextAtom& atom,
                            const TextAtoms::Places& to) {
  TextAtoms::Places from(text.size() + 1, 0);
  if (atom.folders) {
    for (size_t i = text.size() + 1, ended = 0; i-- > 0;) {
      from[i] = to[i] || ended;
      ended = ended || (to[i] && i > 0 && text[i - 1] == '/');
    }
    return from;
  }
  std::vector<size_t> until(text.size() + 2, 0);  // how many of `to` lie before a place
  for (size_t i = 0; i <= text.size(); ++i) until[i + 1] = until[i] + (to[i] != 0);
  size_t run = 0;
  for (size_t i = text.size() + 1; i-- > 0;) {
    run = i < text.size() && atom.bytes[static_cast<unsigned char>(text[i])] ? run + 1 : 0;
    if (run >= atom.least)
      from[i] = until[i + std::min(run, atom.most) + 1] > until[i + atom.least];
  }
  return from;
}

}  // namespace

TextAtoms TextAtoms::of_files(std::string_view pattern, std::string& error) {
  TextAtoms atoms;
  for (size_t at = 0; at < pattern.size();) {
    const bool at_name = at == 0 || pattern[at - 1] == '/';
    if (at_name && pattern.substr(at).starts_with("**/")) {
      atoms.atoms_.push_back({{}, 0, 0, true});
      at += 3;
      continue;
    }
    if (at_name && pattern.substr(at) == "**") {
      atoms.atoms_.push_back({{}, 0, 0, true});
      ++at;
      continue;
    }
    const char c = pattern[at++];
    if (c == '*')
      atoms.atoms_.push_back({any_in_name(), 0, kAnyNumber});
    else if (c == '?')
      atoms.atoms_.push_back({any_in_name()});
    else if (c == '[')
      atoms.atoms_.push_back({read_class(pattern, at, false, error)});
    else
      atoms.atoms_.push_back({one(c)});
  }
  if (atoms.atoms_.size() > kMostAtoms) error = "it is too long";
  return atoms;
}

TextAtoms TextAtoms::of_expression(std::string_view text, std::string& error) {
  TextAtoms atoms;
  for (size_t at = 0; at < text.size() && error.empty();) {
    const char c = text[at++];
    TextAtom atom{one(c)};
    if (c == '.') {
      atom.bytes = any_in_name();
    } else if (c == '[') {
      atom.bytes = read_class(text, at, true, error);
    } else if (c == '\\') {
      const char sign = at < text.size() ? text[at++] : ' ';
      if (is_letter(sign) && std::string_view("dwsDWS").find(sign) == size_t(-1))
        error = std::string("'\\") + sign + "' is not known here";
      atom.bytes = escaped(sign);
    } else if (std::string_view("(){}+*?^$/").find(c) != size_t(-1)) {
      error = std::string("'") + c + "' has no meaning at this place of the group";
    }
    read_count(text, at, atom, error);
    atoms.atoms_.push_back(atom);
  }
  if (atoms.atoms_.size() > kMostAtoms) error = "it is too long";
  return atoms;
}

TextAtoms::Places TextAtoms::ends(std::string_view text, Places from) const {
  for (const TextAtom& atom : atoms_) from = step(text, atom, from);
  return from;
}

TextAtoms::Places TextAtoms::begins(std::string_view text, Places to) const {
  for (size_t i = atoms_.size(); i-- > 0;) to = step_back(text, atoms_[i], to);
  return to;
}

}  // namespace parfocal
