#include "parfocal/graph/find_meant.h"

#include <algorithm>
#include <string_view>

#include "parfocal/core/lowercase.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kSmallWords =
    "a an the of on in to for with by as is it this that like image images op";
constexpr size_t kMostFound = 8;

// How well a word fits; the sum over the words ranks what has as many of them.
enum Fit {
  none = 0,
  in_summary = 4,
  in_name = 12,
  choice = 14,
  other_name_part = 6,
  other = 18,
  name = 20
};
constexpr int kWhole = 1000;  // all words together are one name

struct Part {
  FoundPart found;
  Words name_words, summary_words;
  Words choices;                        // of its parameters: "otsu"
  std::vector<const OtherNames*> rows;  // that tell to write it
  Words other_words;                    // of which the names in these consist
};
struct Ranked {
  const Part* part = nullptr;
  int64_t matched = 0;  // words that fit
  int fit = 0;
};

// "skimage.filters.gaussian" -> "gaussian"; dots at the end are those of menus.
std::string last_name(std::string word) {
  word = plain_name(word);
  if (const size_t open = word.find('('); open != word.npos) word.resize(open);
  const size_t dot = word.rfind('.');
  return dot == word.npos ? word : word.substr(dot + 1);
}

Words parts_of(std::string_view text, std::string_view separators) {
  Words words{""};
  for (const char c : text)
    if (separators.find(c) == separators.npos)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  if (words.back().empty()) words.pop_back();
  return words;
}

// In small letters, each by itself.
Words asked(const Words& given) {
  Words words;
  for (const std::string& word : given)
    for (std::string& part : parts_of(last_name(word), "_ ,;:/")) words.push_back(std::move(part));
  return words;
}

// Those that tell something, or all if none does.
Words telling(const Words& words) {
  Words left = words;
  std::erase_if(left, [](const std::string& word) { return lists(kSmallWords, " ", word); });
  return left.empty() ? words : left;
}

std::string without_marks(std::string text) {
  std::erase(text, '_');
  return text;
}

// "smooth" and "smoothing", but not "open" and "opencv", nor "region" and "regionprops".
bool same_stem(const std::string& a, const std::string& b) {
  constexpr size_t kLeast = 5, kMostEnding = 3;
  if (a == b) return true;
  const size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  const size_t length = std::max(kLeast, longer - std::min(longer, kMostEnding));
  return shorter >= length && a.compare(0, length, b, 0, length) == 0;
}

// The first of ours that a cure names: "write op: measure" -> "measure".
std::string first_named(const OtherNames& row) {
  const std::string_view key = row.kind == "op" ? "op: " : "type: ";
  const size_t at = row.cure.find(key);
  if (at == row.cure.npos) return "";
  const size_t begin = at + key.size();
  const size_t end = row.cure.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", begin);
  return std::string(row.cure.substr(begin, end == row.cure.npos ? end : end - begin));
}

std::string role_of(std::string_view kind) { return kind == "op" ? "operator" : std::string(kind); }

template <class Info>
void append(const Registry<Info>& registry, const std::string& role, std::vector<Part>& parts) {
  for (const std::string& name : offered_names(registry)) {
    const Info& info = *registry.find(name);
    Part& part = parts.emplace_back();
    part.found = {role, name, info.summary};
    part.name_words = parts_of(name, "_");
    part.summary_words = parts_of(lowercase(info.summary), " ,;:.()");
    for (const ParamInfo& param : info.params.infos())
      part.choices.insert(part.choices.end(), param.choices.begin(), param.choices.end());
    for (const OtherNames& row : all_other_names())
      if (role_of(row.kind) == role && first_named(row) == name) part.rows.push_back(&row);
    for (const OtherNames* row : part.rows)
      for (std::string& word : parts_of(row->names, " _"))
        part.other_words.push_back(std::move(word));
  }
}

// Registries are complete before main().
const std::vector<Part>& all_parts() {
  static const std::vector<Part> all = [] {
    std::vector<Part> parts;
    append(operators(), "operator", parts);
    append(sources(), "source", parts);
    append(sinks(), "sink", parts);
    return parts;
  }();
  return all;
}

bool has_like(const Words& words, const std::string& word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& one) { return same_stem(one, word); });
}

int fit_of(const Part& part, const std::string& word) {
  if (part.found.name == word) return Fit::name;
  for (const OtherNames* row : part.rows)
    if (row->has(word)) return Fit::other;
  if (std::find(part.choices.begin(), part.choices.end(), word) != part.choices.end())
    return Fit::choice;
  if (has_like(part.name_words, word)) return Fit::in_name;
  if (has_like(part.other_words, word)) return Fit::other_name_part;
  return has_like(part.summary_words, word) ? Fit::in_summary : Fit::none;
}

Ranked ranked(const Part& part, const Words& words, const std::string& whole) {
  Ranked rank{&part};
  if (without_marks(part.found.name) == whole) rank.fit += 2 * kWhole;
  for (const OtherNames* row : part.rows)
    if (row->has(whole)) rank.fit += kWhole;
  for (const std::string& word : words) {
    const int fit = fit_of(part, word);
    rank.matched += fit > 0;
    rank.fit += fit;
  }
  if (rank.fit >= kWhole) rank.matched = std::ssize(words);
  return rank;
}

// Of what this build has: it may lack formats.
std::string cure_for(const std::string& whole) {
  const std::vector<Part>& parts = all_parts();
  for (const char* kind : {"op", "source", "sink"})
    for (const OtherNames& row : all_other_names()) {
      if (row.kind != kind || !row.has(whole)) continue;
      const bool offered = std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
        return std::find(part.rows.begin(), part.rows.end(), &row) != part.rows.end();
      });
      if (offered || first_named(row).empty()) return other_name(kind, whole);
    }
  return "";
}

std::string joined_letters(const Words& words) {
  std::string whole;
  for (const std::string& word : words) whole += word;
  return whole;
}

}  // namespace

FoundParts find_meant(const Words& given) {
  const Words all = asked(given), words = telling(all);
  if (words.empty()) return {};
  const std::string whole = joined_letters(all);
  std::vector<Ranked> ranks;
  for (const Part& part : all_parts()) ranks.push_back(ranked(part, words, whole));
  std::stable_sort(ranks.begin(), ranks.end(), [](const Ranked& a, const Ranked& b) {
    return a.matched != b.matched ? a.matched > b.matched : a.fit > b.fit;
  });
  FoundParts found{{}, cure_for(whole)};
  const int64_t most = ranks.empty() ? 0 : ranks[0].matched;
  for (const Ranked& rank : ranks)
    if (2 * most >= std::ssize(words) && rank.matched == most && found.parts.size() < kMostFound)
      found.parts.push_back(rank.part->found);
  return found;
}

Words near_parts(const Words& given) {
  Words known;
  for (const Part& part : all_parts()) {
    known.push_back(part.found.name);
    for (const OtherNames* row : part.rows)
      for (std::string& name : parts_of(row->names, " ")) known.push_back(std::move(name));
  }
  std::string whole;
  for (const std::string& word : given) whole += (whole.empty() ? "" : "_") + last_name(word);
  return nearest_names(whole, known, 3);
}

}  // namespace parfocal
