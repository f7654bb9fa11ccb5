#include "foreign_words.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "parfocal/graph/other_names.h"
#include "parfocal/graph/word_lists.h"
#include "print.h"

namespace parfocal::cli {
namespace {

using Words = std::vector<std::string>;

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct OptionRow {
  std::string_view names;
  std::string_view own;    // the option of ours, which the command has to have
  std::string_view value;  // $: what was given, in place of what ours needs; else that
};
constexpr OptionRow kOptions[] = {
    {"-j --jobs --cores -t --workers --cpus --n-jobs --n_jobs --nthreads --processes -p",
     "--threads", "$"},
    {"-m --max-memory --memory-limit --memory_limit --ram --mem-limit", "--memory", "$"},
    {"-q --quiet --silent --no-progress", "--progress", "none"},
    {"-f --force -y --yes --clobber --replace", "--overwrite", ""},
    {"-k --keep-going --skip-errors --ignore-errors --continue-on-error", "--on-error", "skip"},
    {"-i --input --in --images --inputs --source", "--set", "source.glob=$"},
    {"-s -D -e --param --var --override", "--set", "$"},
    {"--continue --restart --append", "--resume", ""}};

struct CommandRow {
  std::string_view names, own;
};
constexpr CommandRow kCommands[] = {
    {"validate lint verify test", "check"},
    {"list operators op steps sources sinks help-ops", "ops"},
    {"open view describe inspect ls head stat identify tiffinfo status", "info"},
    {"exec execute start process go", "run"},
    {"dry_run dryrun explain estimate", "plan"},
    {"repair fix restore", "recover"},
    {"new init create example template tutorial", "demo cells"},
    {"version", "--version"}};

// Where an option and its value end.
size_t end_of(const Words& words, size_t at, bool takes_value) {
  const bool joined = words[at].find('=') != std::string::npos;
  return at + 1 + (takes_value && !joined && at + 1 < words.size() ? 1 : 0);
}

std::string value_of(const Words& words, size_t at) {
  const size_t equals = words[at].find('=');
  if (equals != std::string::npos && words[at].starts_with("--"))
    return words[at].substr(equals + 1);
  return at + 1 < words.size() ? words[at + 1] : "";
}

// `words` without [begin, end), with `put` there.
Words replaced(const Words& words, size_t begin, size_t end, const Words& put) {
  Words line(words.begin(), words.begin() + static_cast<long>(begin));
  line.insert(line.end(), put.begin(), put.end());
  line.insert(line.end(), words.begin() + static_cast<long>(end), words.end());
  return line;
}

// --smooth.sigma=2
std::string named_set(const Words& words, size_t at) {
  const std::string& word = words[at];
  const size_t dot = word.find('.'), equals = word.find('=');
  if (!word.starts_with("--") || dot == word.npos || equals == word.npos || dot > equals) return "";
  return run_text(replaced(words, at, at + 1, {"--set", word.substr(2)}));
}

Words put_for(const OptionRow& row, const Words& words, size_t at) {
  if (row.value.empty()) return {std::string(row.own)};
  std::string value(row.value);
  if (const size_t mark = value.find('$'); mark != value.npos)
    value.replace(mark, 1, value_of(words, at));
  return {std::string(row.own), value};
}

}  // namespace

std::string cure_of_option(const Words& words, size_t at, const Words& options) {
  const std::string name = words[at].substr(0, words[at].find('='));
  if (has(options, "--set"))
    if (const std::string line = named_set(words, at); !line.empty()) return line;
  if (lists("--dry-run --dryrun -n --simulate", " ", name) && words[1] == "run")
    return run_text(replaced(replaced(words, at, at + 1, {}), 1, 2, {"plan"}));
  if (lists("-v -vv --verbose --debug --log-level", " ", name))
    return "leave it out: messages are all there; parfocal plan --explain tells how a run goes";
  for (const OptionRow& row : kOptions) {
    if (!lists(row.names, " ", name) || !has(options, std::string(row.own))) continue;
    const bool takes_value = row.value.find('$') != row.value.npos;
    if (takes_value && value_of(words, at).empty()) continue;
    return run_text(replaced(words, at, end_of(words, at, takes_value), put_for(row, words, at)));
  }
  return "";
}

std::string cure_of_command(const Words& words, const Words& commands) {
  for (size_t i = 2; i < words.size() && words[1].starts_with('-'); ++i) {
    if (!has(commands, words[i])) continue;  // parfocal --memory 1GiB run p.yaml
    Words line = {words[0], words[i]};
    line.insert(line.end(), words.begin() + static_cast<long>(i) + 1, words.end());
    line.insert(line.end(), words.begin() + 1, words.begin() + static_cast<long>(i));
    return run_text(line);
  }
  if (words[1] == "-V" || words[1] == "-v") return run_text({"parfocal", "--version"});
  for (const CommandRow& row : kCommands) {
    if (!lists(row.names, " ", plain_name(words[1]))) continue;
    Words line = {"parfocal", std::string(row.own)};
    if (const size_t blank = line[1].find(' '); blank != std::string::npos)
      return run_text({"parfocal", line[1].substr(0, blank), line[1].substr(blank + 1)});
    if (!row.own.starts_with("--")) line.insert(line.end(), words.begin() + 2, words.end());
    return run_text(line);
  }
  std::error_code unknown;
  if (words.size() == 2 && std::filesystem::exists(words[1], unknown))
    return run_text({"parfocal", "info", words[1]});
  return "";
}

std::string cure_of_choice(const std::string& problem, const Words& words) {
  const size_t colon = problem.find(": "), in = problem.find(" not in ");
  if (colon == problem.npos || in == problem.npos || in < colon) return "";
  const std::string option = problem.substr(0, colon);
  const std::string given = problem.substr(colon + 2, in - colon - 2);
  if (option == "method" && words.size() > 1) {  // parfocal background IN OUT
    const bool median = lists("median rolling roll rollmed", " ", given);
    const std::string own = median ? "rolling-median" : "sparse-median";
    const bool file = given.find('.') != given.npos;
    if (!file && !median && given != "sparse") return "";
    const auto at = std::find(words.begin(), words.end(), given) - words.begin();
    const auto place = static_cast<size_t>(at);
    return run_text(replaced(words, place, place + (file ? 0 : 1), {own}));
  }
  if (option == "--on-error") {
    const std::string cure = other_value("pipeline", "on_error", given);
    return cure.empty() ? "" : "write --on-error " + cure.substr(cure.rfind(' ') + 1);
  }
  if (option == "--progress" && lists("bar rich tty color", " ", given))
    return "write --progress auto";
  if (option == "--progress" && lists("off no false quiet", " ", given))
    return "write --progress none";
  return "";
}

}  // namespace parfocal::cli
