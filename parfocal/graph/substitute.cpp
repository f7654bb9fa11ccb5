#include "parfocal/graph/substitute.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/yaml_reader.h"

namespace parfocal {
namespace {

// Names multiply: what substitution may add is bounded like the file itself.
constexpr size_t kMaxSubstitutedBytes = kMaxPipelineBytes;

std::string word_at(const RawValue& step, const std::string& key) {
  const RawValue* value = step.find(key);
  return value && value->kind == RawValue::Kind::scalar ? value->text : "";
}

std::string cure_for(const std::string& word, const std::vector<std::string>& known,
                     const std::string& otherwise) {
  const auto near = nearest_names(word, known);
  if (!near.empty()) return "did you mean '" + near[0] + "'?";
  return otherwise;
}

RawValue* find_entry(RawValue& map, const std::string& key) {
  for (auto& [name, value] : map.entries)
    if (name == key) return &value;
  return nullptr;
}

void set_entry(RawValue& map, const std::string& key, RawValue value) {
  map.kind = RawValue::Kind::map;
  const Location place = value.place;
  if (RawValue* old = find_entry(map, key)) {
    *old = std::move(value);
    return;
  }
  map.key_places.resize(map.entries.size(), map.place);
  map.entries.emplace_back(key, std::move(value));
  map.key_places.push_back(place);
}

void move_to(RawValue& value, const Location& place) {
  value.place = place;
  for (Location& key : value.key_places) key = place;
  for (RawValue& item : value.items) move_to(item, place);
  for (auto& [key, entry] : value.entries) move_to(entry, place);
}

std::vector<std::string> keys_of(const RawValue& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map.entries) keys.push_back(key);
  return keys;
}

// 0.sigma=1 by the id of the step
std::string step_set(const RawValue& document, const std::string& set) {
  const auto ids = step_ids(document);
  const std::string first = set.substr(0, set.find('.'));
  const bool number =
      !first.empty() && first.size() < 4 && first.find_first_not_of("0123456789") == first.npos;
  if (!number || set.size() == first.size()) return set;
  const auto at = static_cast<size_t>(std::stoi(first));
  return at < ids.size() ? ids[at] + set.substr(first.size()) : set;
}

// `set` by the step or source that was meant: steps.smooth.sigma=1; gaussian.sigma=1, by the name
// of an operator; sigma=1, which one step alone can be told; glob=*.tif. "" where it may be
// several.
std::string meant_set(const RawValue& document, const std::string& set) {
  if (set.starts_with("steps.")) return step_set(document, set.substr(6));
  const std::string key = set.substr(0, set.find_first_of(".="));
  const bool alone = set[key.size()] == '=';
  const auto ids = step_ids(document);
  std::vector<std::string> owners;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string op = word_at(document.find("steps")->items[i], "op");
    const OperatorInfo* info = operators().find(op);
    if (alone ? info && info->params.find(key) : op == key) owners.push_back(ids[i]);
  }
  if (owners.size() == 1) return owners[0] + (alone ? "." + set : set.substr(key.size()));
  const RawValue* source = document.find("source");
  const SourceInfo* info = source ? sources().find(word_at(*source, "type")) : nullptr;
  return owners.empty() && alone && info && info->params.find(key) ? "source." + set : "";
}

// The map that the first word of a --set names, or nullptr with an issue.
RawValue* set_target(RawValue& document, const std::string& word, const std::string& set,
                     const Location& place, std::vector<Issue>& issues) {
  if (word == "source" || word == "vars") {
    if (!find_entry(document, word)) set_entry(document, word, RawValue::map());
    return find_entry(document, word);
  }
  const auto ids = step_ids(document);
  const auto it = std::find(ids.begin(), ids.end(), word);
  if (it != ids.end())
    return &find_entry(document, "steps")->items[static_cast<size_t>(it - ids.begin())];
  std::vector<std::string> known = ids;
  known.insert(known.end(), {"source", "vars", "memory", "on_error"});
  std::string list;
  for (const std::string& name : known)
    if (!name.empty()) list += (list.empty() ? "" : ", ") + name;
  const std::string meant = meant_set(document, set);
  issues.push_back({"--set names an unknown step '" + word + "'", place.str(), word,
                    "one of " + list,
                    meant.empty() ? cure_for(word, known, "give the id of a step")
                                  : "write --set '" + meant + "'"});
  return nullptr;
}

class Substitution {
 public:
  Substitution(const RawValue& vars, std::vector<Issue>& issues) : vars_(vars), issues_(issues) {}

  void apply(RawValue& value) {
    for (RawValue& item : value.items) apply(item);
    for (auto& [key, entry] : value.entries) apply(entry);
    if (value.kind == RawValue::Kind::scalar && value.text.find("${") != std::string::npos)
      replace(value);
  }

 private:
  void replace(RawValue& value) {
    if (grown_ > kMaxSubstitutedBytes) return;
    std::string result;
    size_t at = 0;
    for (size_t open; (open = value.text.find("${", at)) != std::string::npos;) {
      const size_t close = value.text.find('}', open);
      if (close == std::string::npos) {
        issues_.push_back({"'${' is never closed", value.place.str(), value.text.substr(open),
                           "${name}", "add '}' after the name"});
        return;
      }
      const std::string name = value.text.substr(open + 2, close - open - 2);
      const RawValue* var = lookup(name, value.place);
      if (!var) return;
      if (var->kind != RawValue::Kind::scalar) {
        if (open != 0 || close + 1 != value.text.size()) return not_scalar(name, value.place);
        if (!grow(var->str().size(), value.place)) return;
        const Location place = value.place;
        value = *var;
        return move_to(value, place);
      }
      result.append(value.text, at, open - at).append(var->text);
      if (!grow(var->text.size(), value.place)) return;
      at = close + 1;
    }
    value.text = result.append(value.text, at);
  }
  const RawValue* lookup(const std::string& name, const Location& place) {
    if (const RawValue* var = vars_.find(name)) return var;
    issues_.push_back(
        {"unknown variable '" + name + "'", place.str(), "${" + name + "}",
         "a name from vars:", cure_for(name, keys_of(vars_), "add '" + name + ": ...' to vars")});
    return nullptr;
  }
  void not_scalar(const std::string& name, const Location& place) {
    issues_.push_back({"variable '" + name + "' cannot stand inside a text", place.str(),
                       "${" + name + "}", "a number or text",
                       "write one value for '" + name + "' in vars"});
  }
  bool grow(size_t bytes, const Location& place) {
    const bool fitted = grown_ <= kMaxSubstitutedBytes;
    grown_ += bytes;
    if (grown_ <= kMaxSubstitutedBytes) return true;
    if (fitted)
      issues_.push_back({"variables make the description larger than 1 MiB", place.str(), "",
                         "at most 1 MiB", "use shorter values in vars"});
    return false;
  }

  const RawValue& vars_;
  std::vector<Issue>& issues_;
  size_t grown_ = 0;
};

}  // namespace

std::vector<std::string> step_ids(const RawValue& document) {
  const RawValue* steps = document.find("steps");
  if (!steps) return {};
  std::unordered_set<std::string> used;
  for (const RawValue& step : steps->items) used.insert(word_at(step, "id"));
  std::vector<std::string> ids;
  std::unordered_map<std::string, int64_t> next;
  for (const RawValue& step : steps->items) {
    std::string name = word_at(step, "id");
    if (name.empty()) {
      const std::string op = word_at(step, "op");
      name = op.empty() ? "step" : op;
      if (!used.insert(name).second) {
        int64_t& number = next.try_emplace(name, 2).first->second;
        while (!used.insert(name + "_" + std::to_string(number)).second) ++number;
        name += "_" + std::to_string(number);
      }
    }
    ids.push_back(name);
  }
  return ids;
}

namespace {

// A pattern that matches this folder only.
std::string literal(const std::string& folder) {
  std::string pattern;
  for (const char c : folder)
    pattern += c == '*' || c == '?' || c == '[' ? std::string("[") + c + "]" : std::string(1, c);
  return pattern;
}

// `source.path`, `source.glob`, `source.files`, also of a source in a source.
bool names_input(const std::vector<std::string>& words) {
  return words.size() > 1 && words[0] == "source" &&
         (words.back() == "path" || words.back() == "glob" || words.back() == "files");
}

void place_input(RawValue& value, bool pattern, const std::filesystem::path& here) {
  for (RawValue& item : value.items) place_input(item, pattern, here);
  const bool named = value.kind == RawValue::Kind::scalar && !value.text.empty();
  if (!named || value.text.starts_with("${") || value.text[0] == '/') return;
  value.text = (pattern ? literal(here.string()) : here.string()) + "/" + value.text;
}

// mask.method=value,value=100: what each key with its value is; "" where there is one.
std::string several_sets(const std::string& set, size_t equals) {
  const std::string owner = set.substr(0, set.rfind('.', equals) + 1);
  std::string line = "write --set '";
  bool several = false;
  for (size_t at = 0, comma = 0; at < set.size(); at = comma + 1) {
    comma = std::min(set.find(',', at), set.size());
    const std::string part = set.substr(at, comma - at);
    const size_t equal = part.find('=');
    if (equal == part.npos || equal == 0 || part.find_first_of("{}[]\"") != part.npos) return "";
    const bool owned = part.substr(0, equal).find('.') != part.npos;
    line += (at == 0 ? "" : " --set '") + (owned ? "" : owner) + part + "'";
    several = several || at > 0;
  }
  return several ? line : "";
}

}  // namespace

void apply_set(RawValue& document, const std::string& set, const std::filesystem::path& base_dir,
               const std::filesystem::path& folder, std::vector<Issue>& issues) {
  const Location place{"--set " + set, 0, 0};
  const size_t equals = set.find('=');
  if (equals == std::string::npos || equals == 0) {
    const size_t colon = set.find(':');
    const bool colon_for_equal = equals == set.npos && colon != set.npos && colon > 0 &&
                                 set.find_first_not_of(' ', colon + 1) != set.npos;
    issues.push_back({"--set needs key=value", place.str(), set, "step.key=value",
                      colon_for_equal ? "write --set '" + set.substr(0, colon) + "=" +
                                            set.substr(set.find_first_not_of(' ', colon + 1)) + "'"
                                      : "write it as --set step.key=value"});
    return;
  }
  if (const std::string several = several_sets(set, equals); !several.empty()) {
    issues.push_back({"--set takes one key", place.str(), set, "a --set for each", several});
    return;
  }
  std::vector<std::string> words{""};
  for (const char c : set.substr(0, set.find_last_not_of(' ', equals - 1) + 1))
    if (c == '.')
      words.emplace_back();
    else
      words.back() += c;
  RawValue value = read_yaml(set.substr(equals + 1), place.file, issues);
  move_to(value, place);
  std::error_code unknown;
  const auto here = folder.empty() ? std::filesystem::current_path(unknown)
                                   : std::filesystem::absolute(folder, unknown);
  if (names_input(words) && !std::filesystem::equivalent(base_dir / ".", here, unknown))
    place_input(value, words.back() == "glob", here);
  if (words.size() == 1 && (words[0] == "memory" || words[0] == "on_error")) {
    set_entry(document, words[0], std::move(value));
    return;
  }
  if (words.size() == 1 && (words[0] == "source" || words[0] == "vars")) {
    issues.push_back({"--set needs a key after '" + words[0] + "'", place.str(), words[0],
                      words[0] + ".key=value", "write it as --set " + words[0] + ".key=value"});
    return;
  }
  RawValue* target = set_target(document, words[0], set, place, issues);
  if (!target) return;
  if (words.size() == 1 || words.size() > 8) {
    issues.push_back({"--set needs a key after '" + words[0] + "'", place.str(), words[0],
                      words[0] + ".key=value", "write it as --set " + words[0] + ".key=value"});
    return;
  }
  if (words[0] == "vars" && !target->find(words[1])) {
    issues.push_back({"unknown variable '" + words[1] + "'", place.str(), words[1],
                      "a name from vars:",
                      cure_for(words[1], keys_of(*target), "add it under vars: in the file")});
    return;
  }
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    RawValue* next = find_entry(*target, words[i]);
    if (!next || next->kind != RawValue::Kind::map) {
      RawValue map = RawValue::map();
      map.place = place;
      set_entry(*target, words[i], std::move(map));
      next = find_entry(*target, words[i]);
    }
    target = next;
  }
  set_entry(*target, words.back(), std::move(value));
}

void substitute_vars(RawValue& document, std::vector<Issue>& issues) {
  const RawValue* given = document.find("vars");
  const RawValue vars = given && given->kind == RawValue::Kind::map ? *given : RawValue::map();
  Substitution substitution(vars, issues);
  for (auto& [key, value] : document.entries)
    if (key != "vars") substitution.apply(value);
}

}  // namespace parfocal
