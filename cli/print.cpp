#include "print.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

namespace parfocal::cli {
namespace {

int lost_results = 0;  // errno of the first result that could not be written

bool coloured() {
  const char* no_color = std::getenv("NO_COLOR");
  return stderr_is_terminal() && (no_color == nullptr || *no_color == '\0');
}

std::string painted(const char* code, const std::string& text) {
  return coloured() ? std::string(code) + text + "\x1b[0m" : text;
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

std::string red(const std::string& text) { return painted("\x1b[1;31m", text); }
std::string yellow(const std::string& text) { return painted("\x1b[1;33m", text); }

void result(const std::string& text) {
  const std::string line = text.ends_with('\n') ? text : text + "\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() && lost_results == 0)
    lost_results = errno;
}

std::string finish_results() {
  if (std::fflush(stdout) != 0 && lost_results == 0) lost_results = errno;
  return lost_results == 0 || lost_results == EPIPE ? "" : std::strerror(lost_results);
}

void message(const std::string& text) {
  const std::string line = text.ends_with('\n') ? text : text + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_errors(const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) message(red("error: ") + issue.str());
}

void print_warnings(const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) message(yellow("warning: ") + issue.str());
}

std::string error_json(int exit_code, const std::vector<Issue>& issues) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Issue& i : issues)
    list.push_back({{"what", i.what},
                    {"where", i.where},
                    {"given", i.given},
                    {"needed", i.needed},
                    {"cure", i.cure}});
  const nlohmann::ordered_json document = {
      {"schema", "parfocal.error/1"}, {"code", exit_code}, {"issues", list}};
  return json_text(document);
}

std::string json_text(const nlohmann::ordered_json& document, int indent) {
  return document.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

std::string run_text(const std::vector<std::string>& words) {
  return "run\n          " + shell_line(words);
}

std::vector<std::string> without_option(std::vector<std::string> words, const std::string& name) {
  for (size_t i = 0; i < words.size();) {
    const bool joined = words[i].starts_with(name + "=");
    if (words[i] != name && !joined) {
      ++i;
      continue;
    }
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(i);
    words.erase(first, joined || first + 1 == words.end() ? first + 1 : first + 2);
  }
  return words;
}

std::vector<std::string> with_flag(std::vector<std::string> words, const std::string& name) {
  if (std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
  return words;
}

std::vector<std::string> starting_over(std::vector<std::string> words) {
  std::erase(words, "--resume");
  return with_flag(std::move(words), "--overwrite");
}

void print_next(const std::vector<std::string>& words) { message("next: " + shell_line(words)); }

std::string counted(int64_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

}  // namespace parfocal::cli
