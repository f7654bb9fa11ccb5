#pragma once
/// Results go to stdout, everything else to stderr; escape codes only where a person looks.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::cli {

/// True if stderr is a terminal that redraws (TERM is not "dumb").
bool stderr_is_terminal();
/// `text` in bold red or yellow where stderr is a terminal and NO_COLOR is not set.
std::string red(const std::string& text);
std::string yellow(const std::string& text);

/// One result on stdout; a newline is added.
void result(const std::string& text);
/// Writes out what result() keeps back. Why results are lost, "" if they are not, or if only the
/// reader has gone (`parfocal ops | head`).
std::string finish_results();
/// One message on stderr; a newline is added.
void message(const std::string& text);
void print_errors(const std::vector<Issue>& issues);
void print_warnings(const std::vector<Issue>& issues);
/// The text of a document; file names in it need not be UTF-8, their other bytes are replaced.
std::string json_text(const nlohmann::ordered_json& document, int indent = 2);
/// {"schema": "parfocal.error/1", "code": ..., "issues": [...]}
std::string error_json(int exit_code, const std::vector<Issue>& issues);

/// The words as one line that a POSIX shell reads back as the same words.
std::string shell_line(const std::vector<std::string>& words);
/// "run", and below it the line of these words, as cures say it.
std::string run_text(const std::vector<std::string>& words);
/// `words` without the option `name` and its value.
std::vector<std::string> without_option(std::vector<std::string> words, const std::string& name);
/// `words` with the option `name`, which has no value, once.
std::vector<std::string> with_flag(std::vector<std::string> words, const std::string& name);
/// `words` that replace what an earlier command left instead of going on with it.
std::vector<std::string> starting_over(std::vector<std::string> words);

/// The line to try next, on stderr: the last one of every command that did what it was asked for,
/// but not with --json.
void print_next(const std::vector<std::string>& words);

/// "1 frame", "30 frames"
std::string counted(int64_t n, const std::string& noun);

}  // namespace parfocal::cli
