#include "unknown_words.h"

#include <algorithm>

#include "extra_words.h"
#include "foreign_words.h"
#include "help.h"
#include "parfocal/core/error.h"
#include "print.h"

namespace parfocal::cli {
namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// `cure`: what the word is here, where it is one of another program.
[[noreturn]] void fail_unknown(const std::string& what, const std::string& word,
                               const std::vector<std::string>& known, const std::string& help,
                               const std::string& cure) {
  std::vector<std::string> offered = known;  // one letter is near to every other
  std::erase_if(offered, [](const std::string& name) { return name.size() < 3; });
  const auto near = nearest_names(word, offered);
  const std::string otherwise =
      near.empty() ? "see `" + help + "`" : "did you mean '" + near[0] + "'?";
  throw Error(ErrorCode::bad_command,
              {"unknown " + what + " '" + word + "'", "", "", "", cure.empty() ? otherwise : cure});
}

/// The option by which a command is told where to write; "" if its last word says that.
std::string option_of_result(const std::vector<std::string>& options) {
  for (const char* option : {"--out", "--dir"})
    if (has(options, option)) return option;
  return "";
}

/// Whether what -o gives is the name of a file: `background` takes a folder, too.
bool names_recording(const std::vector<std::string>& words, size_t at) {
  const bool apart = words[at] == "-o" && at + 1 < words.size();
  return (apart ? words[at + 1] : words[at]).ends_with(".rtdc");
}

/// `-o`, as with many programs.
[[noreturn]] void fail_short_out(const std::vector<std::string>& words, size_t at,
                                 const std::vector<std::string>& options) {
  std::vector<std::string> line = words;
  const std::string option = option_of_result(options), joined = words[at].substr(2);  // "=made"
  const auto place = line.begin() + static_cast<std::ptrdiff_t>(at);
  if (!option.empty()) {
    *place = option + joined;
  } else {
    const bool apart = joined.empty() && at + 1 < words.size();
    line.erase(place, place + (apart ? 2 : 1));
    if (apart) line.push_back(words[at + 1]);
    if (!joined.empty()) line.push_back(joined.substr(1));
  }
  throw Error(ErrorCode::bad_command, {"unknown option '-o'", "", "", "", run_text(line)});
}

/// `parfocal cells.yaml`: to run it is meant.
void fail_if_pipeline(const std::vector<std::string>& words) {
  const std::string& name = words[1];
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) return;
  std::vector<std::string> line = words;
  line[0] = "parfocal";
  line.insert(line.begin() + 1, "run");
  throw Error(ErrorCode::bad_command,
              {"'" + name + "' is no command", "", "", "a command first", run_text(line)});
}

}  // namespace

void require_known_command(const std::vector<std::string>& words,
                           const std::vector<std::string>& options) {
  const std::string& name = words[1];
  std::vector<std::string> names;
  for (const CommandText& text : command_texts()) names.push_back(text.name);
  if (name.starts_with('-')) {
    if (!has(options, name))
      fail_unknown("option", name, options, "parfocal --help", cure_of_command(words, names));
    return;
  }
  if (has(names, name)) return;
  fail_if_pipeline(words);
  fail_unknown("command", name, names, "parfocal --help", cure_of_command(words, names));
}

void require_known_options(const std::vector<std::string>& words,
                           const std::vector<std::string>& options) {
  const std::string& name = words[1];
  for (size_t i = 2; i < words.size() && words[i] != "--"; ++i) {
    const std::string word = words[i].substr(0, words[i].find('='));
    const bool into_file = name == "convert" || (name == "background" && names_recording(words, i));
    if (word == "-o" && (into_file || option_of_result(options) != ""))
      fail_short_out(words, i, into_file ? std::vector<std::string>() : options);
    if (word.size() > 1 && word[0] == '-' && !has(options, word))
      fail_unknown("option", word, options, "parfocal " + name + " --help",
                   cure_of_option(words, i, options));
  }
}

std::string nearest_choice(const std::string& problem) {
  const size_t in = problem.find(" not in {"), start = problem.find(": "), end = problem.find('}');
  if (in == problem.npos || start == problem.npos || start > in || end == problem.npos) return "";
  std::vector<std::string> known{""};
  for (size_t i = in + 9; i < end; ++i)
    if (problem[i] == ',')
      known.emplace_back();
    else
      known.back() += problem[i];
  const auto near = nearest_names(problem.substr(start + 2, in - start - 2), known);
  return near.empty() ? "" : near[0];
}

}  // namespace parfocal::cli
