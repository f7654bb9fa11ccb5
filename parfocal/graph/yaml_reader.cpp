#include "parfocal/graph/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "parfocal/core/units.h"
#include "parfocal/core/utf8.h"
#include "parfocal/graph/unclosed.h"

namespace parfocal {
namespace {

[[noreturn]] void refuse(Issue issue) {
  throw Error(ErrorCode::invalid_pipeline, std::move(issue));
}

// A value of the command line is one line, and is shown whole.
Location place_in(const std::string& file, int line, int column) {
  return file.starts_with("--set ") ? Location{file, 0, 0} : Location{file, line + 1, column + 1};
}

const std::string kKeyIsOneWord = "a key must be one word, not a list or map";

// Builds the value from parser events, so that limits hold while the text is read and no tree of
// shared nodes (the alias bomb) ever exists.
class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& file, std::vector<Issue>& issues) : file_(file), issues_(issues) {}
  RawValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      refuse({"a pipeline file holds one document", place(mark).str(), "---", "one document",
              "remove this line where what follows belongs to it, else the rest of the file"});
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_marks(mark, "", anchor);
    if (wants_key())
      refuse(
          {"a key is missing", place(mark).str(), "null", "key: value", "write a word before ':'"});
    RawValue value;
    value.place = place(mark);
    put(std::move(value));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    special(mark, "aliases (*name) are not allowed", "*",
            "write the value out, or put it into vars and write ${name}");
    OnNull(mark, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_marks(mark, tag, anchor);
    if (wants_key()) {
      count(mark);
      open_.back().key = text;
      open_.back().key_place = place(mark);
      open_.back().has_key = true;
      return;
    }
    RawValue value = RawValue::scalar(text);
    value.place = place(mark);
    put(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, RawValue::list({}));
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, RawValue::map());
  }
  void OnMapEnd() override { finish(); }

 private:
  struct Frame {
    RawValue value;
    std::string key;
    Location key_place;
    bool has_key = false;
    std::unordered_set<std::string> keys;  // a linear search would be quadratic in hostile files
  };

  Location place(const YAML::Mark& mark) const { return place_in(file_, mark.line, mark.column); }
  bool wants_key() const {
    return !open_.empty() && open_.back().value.kind == RawValue::Kind::map &&
           !open_.back().has_key;
  }
  void special(const YAML::Mark& mark, std::string what, std::string given, std::string cure) {
    issues_.push_back(
        {std::move(what), place(mark).str(), std::move(given), "plain values", std::move(cure)});
  }
  void check_marks(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0)
      special(mark, "anchors (&name) are not allowed", "&",
              "remove the anchor; use ${name} with vars: for values used twice");
    if (!tag.empty() && tag != "?" && tag != "!")
      special(mark, "tag '" + tag + "' is not allowed", tag,
              "remove the tag; values are read as their parameter needs them");
  }
  void count(const YAML::Mark& mark) {
    if (++nodes_ > kMaxYamlNodes)
      refuse({"the file has too many values", place(mark).str(),
              "more than " + std::to_string(kMaxYamlNodes),
              "at most " + std::to_string(kMaxYamlNodes), "split the pipeline"});
  }
  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             RawValue value) {
    check_marks(mark, tag, anchor);
    count(mark);
    if (wants_key())
      refuse({kKeyIsOneWord, place(mark).str(),
              value.kind == RawValue::Kind::list ? "[...]" : "{...}", "key: value",
              "quote the text if it is meant as it stands, e.g. \"${name}\""});
    if (static_cast<int>(open_.size()) >= kMaxYamlDepth)
      refuse({"values are nested too deeply", place(mark).str(),
              std::to_string(open_.size() + 1) + " levels",
              "at most " + std::to_string(kMaxYamlDepth), "flatten the description"});
    value.place = place(mark);
    open_.emplace_back().value = std::move(value);
  }
  void finish() {
    RawValue value = std::move(open_.back().value);
    open_.pop_back();
    attach(std::move(value));
  }
  void put(RawValue value) {
    YAML::Mark mark;
    mark.line = value.place.line - 1;
    mark.column = value.place.column - 1;
    count(mark);
    attach(std::move(value));
  }
  void attach(RawValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& top = open_.back();
    if (top.value.kind == RawValue::Kind::list) {
      top.value.items.push_back(std::move(value));
      return;
    }
    top.has_key = false;
    // {y: 0,65 um, x: 0,65 um} has the key "65 um" twice, which is told as what it is.
    const bool cut_off =
        value.kind == RawValue::Kind::null && top.key[0] >= '0' && top.key[0] <= '9';
    if (!cut_off && !top.keys.insert(top.key).second) {
      issues_.push_back(
          {"key '" + top.key + "' is given twice", top.key_place.str(), top.key, "every key once",
           top.key == "id" || top.key == "op" || top.key == "type"
               ? "write '- ' before it where another entry begins, else remove one of "
                 "the two '" +
                     top.key + "'"
               : "remove one of the two '" + top.key + "'"});
      return;
    }
    // Suggestions compare every unknown key with every known one.
    if (top.value.entries.size() >= kMaxYamlKeys)
      refuse({"a map has too many keys", top.key_place.str(), top.key,
              "at most " + std::to_string(kMaxYamlKeys), "split the map"});
    top.value.entries.emplace_back(std::move(top.key), std::move(value));
    top.value.key_places.push_back(std::move(top.key_place));
  }

  const std::string& file_;
  std::vector<Issue>& issues_;
  std::vector<Frame> open_;
  RawValue root_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp ends at byte 4 and treats others as text: a file with control bytes would be read in
// part without a word.
void refuse_control_bytes(const std::string& text, const std::string& file) {
  int line = 1, column = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f)
      refuse({"the file holds a control character", Location{file, line, column}.str(),
              "byte " + std::to_string(byte), "UTF-8 text", "save the file as plain UTF-8 text"});
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n';
  }
}

// The record of a run is JSON: it could not name an output of other bytes, which then nobody would
// know again.
void refuse_other_than_utf8(const std::string& text, const std::string& file) {
  int line = 1;
  for (size_t at = 0; at < text.size();) {
    line += text[at] == '\n';
    if (!next_character(text, at))
      refuse({"the file is no UTF-8 text", Location{file, line, 1}.str(), "", "UTF-8 text",
              "save the file as plain UTF-8 text"});
  }
}

std::string syntax_cure(const std::string& text, int line) {
  std::istringstream lines(text);
  std::string content;
  for (int i = 0; i <= line && std::getline(lines, content); ++i) continue;
  if (content.find("${") != std::string::npos) return "quote it: \"${name}\"";
  if (content.find('\t') != std::string::npos) return "indent with spaces, not tabs";
  return "look for a missing ':', quote, bracket or indentation here or on the line above";
}

// In YAML a word that begins with * refers to another value; a pattern of files is meant.
std::string starred_word(const std::string& text, const YAML::Mark& mark) {
  size_t star = static_cast<size_t>(std::max(mark.pos, 0));
  star = star < text.size() && text[star] == '*' ? star : text.rfind('*', star);
  if (star == text.npos) return "";
  const size_t end = text.find_first_of(" \t\r\n,]}#", star);
  return text.substr(star, end == text.npos ? end : end - star);
}

// The text in double quotes around `mark`, as it is written.
std::string quoted_at(const std::string& text, const YAML::Mark& mark) {
  const size_t at = std::min(static_cast<size_t>(std::max(mark.pos, 0)), text.size());
  const size_t start = at == 0 ? text.npos : text.rfind('"', at - 1);
  const size_t end = text.find('"', at);
  return start == text.npos || end == text.npos ? "" : text.substr(start, end + 1 - start);
}

Issue syntax_issue(const YAML::Exception& e, const YAML::Mark& mark, const std::string& text,
                   const std::string& file) {
  const std::string where = place_in(file, mark.line, mark.column).str();
  const bool alias = e.msg.starts_with("the referenced anchor is not defined") ||
                     e.msg.starts_with("alias not found");
  const std::string word = alias ? starred_word(text, mark) : "";
  if (!word.empty())
    return {"a word that begins with * has to be quoted", where, word, "quoted text",
            "write it as \"" + word + "\""};
  // In double quotes \ begins a sign of its own: "C:\Users".
  if (e.msg.find("escape character") != std::string::npos ||
      e.msg.find("scanning hex number") != std::string::npos)
    return {"in double quotes \\ begins a special character", where, quoted_at(text, mark),
            "/ between folders, or text in single quotes", "write it with / in place of \\"};
  return {"this is not YAML: " + e.msg, where, "", "YAML or JSON", syntax_cure(text, mark.line)};
}

// What is missing where the text ends inside a list or map; nothing where it does not.
std::optional<Issue> unclosed_issue(const std::string& text, const std::string& file) {
  const auto open = find_unclosed(text);
  if (!open) return std::nullopt;
  const std::string bracket(1, open->bracket), closing = open->bracket == '[' ? "]" : "}";
  return Issue{"'" + bracket + "' is never closed", place_in(file, open->line, open->column).str(),
               bracket, "'" + closing + "' behind the last entry", "add the missing " + closing};
}

void read_events(const std::string& text, Builder& builder) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) continue;
}

}  // namespace

RawValue read_yaml(const std::string& text, const std::string& file, std::vector<Issue>& issues) {
  if (text.size() > kMaxPipelineBytes)
    refuse({"the pipeline file is too large", file, format_bytes(static_cast<int64_t>(text.size())),
            "at most 1 MiB", "a pipeline file describes steps; keep data in files of their own"});
  refuse_control_bytes(text, file);
  refuse_other_than_utf8(text, file);
  Builder builder(file, issues);
  try {
    read_events(text, builder);
  } catch (const Error& error) {
    const auto unclosed = unclosed_issue(text, file);
    if (unclosed && error.issues()[0].what == kKeyIsOneWord) refuse(*unclosed);
    throw;
  } catch (const YAML::Exception& e) {
    const YAML::Mark mark = e.mark.is_null() ? YAML::Mark() : e.mark;
    std::vector<Issue> all = issues;
    const auto unclosed = unclosed_issue(text, file);
    all.push_back(unclosed ? *unclosed : syntax_issue(e, mark, text, file));
    throw Error(ErrorCode::invalid_pipeline, std::move(all));
  }
  return builder.take();
}

}  // namespace parfocal
