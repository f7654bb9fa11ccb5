#include "option_cures.h"

#include <algorithm>
#include <cctype>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"
#include "print.h"

namespace parfocal::cli {
namespace {

using Words = std::vector<std::string>;

/// In place of `cure`, which may have invented a value.
std::string line_for(const std::string& cure, const Words& words) {
  return cure.starts_with("write e.g. ") ? "run e.g.\n          " + shell_line(words)
                                         : run_text(words);
}

/// Whether `text` is a number with a unit of ours: "500 ms", not "4 in".
bool is_quantity(const std::string& text) {
  const auto quantity = parse_quantity(text);
  return quantity && unit_factor(quantity->unit, quantity->unit);
}

/// Reads "key: value, key: value"; a value is a word, a number with its unit, or what stands in
/// brackets or quotes.
class Written {
 public:
  explicit Written(std::string text) : text_(std::move(text)) {}

  std::string key() {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
      ++at_;
    if (text_.compare(at_, 2, ": ") != 0) return "";
    std::string name = text_.substr(start, at_ - start);
    at_ += 2;
    return name;
  }
  std::string value() {
    const std::string word = word_of_value();
    const size_t behind = at_;
    if (text_.compare(at_, 1, " ") != 0) return word;
    ++at_;
    const std::string both = word + " " + word_of_value();
    if (is_quantity(both)) return both;
    at_ = behind;
    return word;
  }
  bool next() {
    if (text_.compare(at_, 2, ", ") != 0) return false;
    at_ += 2;
    return true;
  }

 private:
  std::string word_of_value() {
    const size_t start = at_;
    int depth = 0;
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') quoted = !quoted;
      if (!quoted && (c == '{' || c == '[')) ++depth;
      if (!quoted && (c == '}' || c == ']')) --depth;
      if (!quoted && depth == 0 && (c == ' ' || c == ',' || c == ';')) break;
    }
    return text_.substr(start, at_ - start);
  }

  std::string text_;
  size_t at_ = 0;
};

/// The words without --set of this key or of a part of it.
Words without_set(const Words& words, const std::string& key) {
  const auto sets_it = [&](const std::string& set) {
    const std::string name = set.substr(0, set.find('='));
    return name == key || name.starts_with(key + ".");
  };
  Words kept;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string joined = "--set=";
    if (words[i] == "--set" && i + 1 < words.size() && sets_it(words[i + 1]))
      ++i;
    else if (!words[i].starts_with(joined) || !sets_it(words[i].substr(joined.size())))
      kept.push_back(words[i]);
  }
  return kept;
}

/// --set source.KEY=VALUE with another key; "" where the key is not among the words.
std::string renamed_line(Words words, const std::string& key, const std::string& meant) {
  bool found = false;
  for (std::string& word : words)
    for (const char* owner : {"source.", "sink."})
      if (const std::string old = owner + key + "="; word.starts_with(old)) {
        word = owner + meant + "=" + word.substr(old.size());
        found = true;
      }
  return found ? run_text(words) : "";
}

/// `set` with the owner of its key in front, which was left out.
template <class F>
std::string owned_line(Words words, const std::string& set, F&& full_key) {
  const auto word = std::find(words.begin(), words.end(), set);
  const std::string key = set.substr(0, set.find_first_of(".="));
  if (word == words.end() || full_key(key).empty()) return "";
  *word = full_key(key) + set.substr(key.size());
  return run_text(words);
}

bool has(const ParamSet* params, const std::string& key) { return params && params->find(key); }

/// "x" of "did you mean 'x'?" or "remove 'x'", else "".
std::string quoted_in(const std::string& cure, const std::string& begin) {
  if (!cure.starts_with(begin)) return "";
  const size_t end = cure.find('\'', begin.size());
  return cure.substr(begin.size(), end - begin.size());
}

std::string unquoted(const std::string& text) {
  const bool quoted = text.size() > 1 && text.starts_with('"') && text.ends_with('"');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string option_of(std::string param) {
  std::replace(param.begin(), param.end(), '_', '-');
  return "--" + param;
}

/// Whether `name` stands at `at` as a word: not as a part of the name of a file.
bool is_word_at(const std::string& text, size_t at, const std::string& name) {
  const auto parts_words = [&](size_t k) {
    return k >= text.size() || std::string(" ,;:'").find(text[k]) != std::string::npos;
  };
  return (at == 0 || parts_words(at - 1)) && parts_words(at + name.size());
}

/// Names of parameters as options; lines to copy have them already.
std::string with_option_names(std::string text, const ParamSet& params) {
  for (const ParamInfo& info : params.infos()) {
    const std::string& name = info.name;
    for (size_t at = 0; name.find('_') != name.npos && (at = text.find(name, at)) < text.find('\n');
         at += name.size())
      if (is_word_at(text, at, name)) text.replace(at, name.size(), option_of(name));
  }
  return text;
}

template <class F>
Error with_cures(const Error& error, F&& cure_of) {
  std::vector<Issue> issues = error.issues();
  for (Issue& issue : issues)
    if (std::string cure = cure_of(issue); !cure.empty()) issue.cure = std::move(cure);
  return {error.code(), std::move(issues)};
}

}  // namespace

KeyValues written_values(const std::string& cure,
                         const std::function<bool(const std::string&)>& known) {
  KeyValues values;
  for (const std::string begin : {"write e.g. ", "write ", "add "}) {
    if (!cure.starts_with(begin)) continue;
    Written text(cure.substr(begin.size()));
    for (bool more = true; more; more = text.next()) {
      const std::string key = text.key();
      if (key.empty() || !known(key)) break;
      values.emplace_back(key, text.value());
    }
    break;
  }
  return values;
}

Error with_sets(const Error& error, const ConvertArguments& arguments, const std::string& source,
                const std::string& sink) {
  const SourceInfo* of_source = sources().find(source);
  const SinkInfo* of_sink = sinks().find(sink);
  const auto full_key = [&](const std::string& key) {
    if (of_source && has(&of_source->params, key)) return "source." + key;
    return of_sink && has(&of_sink->params, key) ? "sink." + key : std::string();
  };
  return with_cures(error, [&](const Issue& issue) -> std::string {
    const KeyValues values = written_values(issue.cure, [&](const std::string& key) {
      return key != "glob" && key != "path" && !full_key(key).empty();
    });
    Words words = arguments.words;
    const std::string unknown = quoted_in(issue.what, "unknown key '");
    for (const char* owner : {"source.", "sink."})
      if (!values.empty() && !unknown.empty()) words = without_set(words, owner + unknown);
    for (const auto& [key, value] : values) words = without_set(words, full_key(key));
    for (const auto& [key, value] : values)
      words.insert(words.end(), {"--set", full_key(key) + "=" + value});
    if (!values.empty()) return line_for(issue.cure, words);
    const KeyValues glob =
        written_values(issue.cure, [](const std::string& key) { return key == "glob"; });
    const auto input = std::find(words.begin(), words.end(), arguments.paths.front());
    if (!glob.empty() && arguments.paths.size() == 2 && input != words.end()) {
      *input = unquoted(glob[0].second);
      return line_for(issue.cure, words);
    }
    if (issue.where.starts_with("--set "))
      if (const std::string line = owned_line(words, issue.where.substr(6), full_key);
          !line.empty())
        return line;
    const std::string meant = quoted_in(issue.cure, "did you mean '");
    if (!meant.empty()) return renamed_line(words, issue.given, meant);
    const std::string removed = quoted_in(issue.cure, "remove '");
    if (removed.empty()) return "";
    for (const char* owner : {"source.", "sink."}) words = without_set(words, owner + removed);
    return line_for(issue.cure, words);
  });
}

Error with_options(const Error& error, const BackgroundArguments& arguments) {
  const bool rolling = arguments.method == "rolling-median";
  const OperatorInfo* info =
      operators().find(rolling ? "background_rolling_median" : "background_sparse_median");
  if (!info) return error;
  return with_cures(error, [&](const Issue& issue) {
    const KeyValues values =
        written_values(issue.cure, [&](const std::string& key) { return has(&info->params, key); });
    if (values.empty()) return with_option_names(issue.cure, info->params);
    Words words = arguments.words;
    for (const auto& [key, value] : values) {
      words = without_option(std::move(words), option_of(key));
      words.insert(words.end(), {option_of(key), value});
    }
    return line_for(issue.cure, words);
  });
}

}  // namespace parfocal::cli
