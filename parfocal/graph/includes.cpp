#include "parfocal/graph/includes.h"

#include <algorithm>

#include "parfocal/core/folder_names.h"
#include "parfocal/core/text_input.h"
#include "parfocal/graph/mend_entries.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/graph/yaml_reader.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInclude = "include";
constexpr size_t kMaxIncludes = 256;  // empty files have no bytes that could be counted

/// A file whose steps are read: where it is, how messages name it, and how the record does.
// Pipes have none.
fs::path real_path(const fs::path& path) {
  std::error_code none;
  const fs::path real = fs::weakly_canonical(path, none);
  return none ? path : real;
}

struct OpenFile {
  fs::path path, shown, recorded;
};

class Includer {
 public:
  Includer(std::vector<IncludedText>& included, std::vector<Issue>& issues)
      : included_(included), issues_(issues) {}

  void expand(RawValue& steps, const OpenFile& file) {
    if (steps.kind != RawValue::Kind::list) return;
    open_.push_back(real_path(file.path));
    std::vector<RawValue> items;
    for (RawValue& item : steps.items) {
      const RawValue* name = item.find(kInclude);
      if (!name) {
        items.push_back(std::move(item));
        continue;
      }
      tell_keys_beside(item);
      RawValue inner = steps_of(*name, file);
      std::move(inner.items.begin(), inner.items.end(), std::back_inserter(items));
    }
    steps.items = std::move(items);
    open_.pop_back();
  }

 private:
  void issue(std::string what, const Location& place, std::string given, std::string needed,
             std::string cure) {
    issues_.push_back(
        {std::move(what), place.str(), std::move(given), std::move(needed), std::move(cure)});
  }

  void tell_keys_beside(const RawValue& item) {
    for (size_t k = 0; k < item.entries.size(); ++k)
      if (const std::string& key = item.entries[k].first; key != kInclude)
        issue("'" + key + "' stands beside include", key_place(item, k), key, "include alone",
              "remove '" + key + "', or change the steps of the included file by --set");
  }

  // An empty list where there is nothing to include.
  RawValue steps_of(const RawValue& name, const OpenFile& from) {
    if (name.kind != RawValue::Kind::scalar || name.text.empty()) {
      issue("'include' needs the name of a file", name.place, name.str(), "one name",
            "write - {include: preprocess.yaml}, and an entry of its own for each file");
      return RawValue::list({});
    }
    const OpenFile file{from.path.parent_path() / name.text,
                        (from.shown.parent_path() / name.text).lexically_normal(),
                        (from.recorded.parent_path() / name.text).lexically_normal()};
    if (!may_open(name, file)) return RawValue::list({});
    std::string text;
    if (const Status s = read_text_file(file.path, kMaxPipelineBytes, text); !s.ok()) {
      tell_unreadable(name, file, s.issue().what);
      return RawValue::list({});
    }
    if (!take_text(name, file, text)) return RawValue::list({});
    RawValue steps = steps_in(read_yaml(text, file.shown.string(), issues_), file);
    expand(steps, file);
    return steps;
  }

  bool may_open(const RawValue& name, const OpenFile& file) {
    const fs::path real = real_path(file.path);
    if (std::find(open_.begin(), open_.end(), real) != open_.end())
      issue("files include each other in a circle", name.place, name.text,
            "a file that does not lead back to itself", "remove this entry");
    else if (open_.size() > static_cast<size_t>(kMaxIncludeDepth))
      issue("included files lie too deep in each other", name.place, name.text,
            "at most " + std::to_string(kMaxIncludeDepth) + " files in each other",
            "move the steps of this file into the one that includes it");
    else if (++count_ > kMaxIncludes)
      issue("too many files are included", name.place, name.text,
            "at most " + std::to_string(kMaxIncludes), "put their steps into fewer files");
    else
      return true;
    return false;
  }

  void tell_unreadable(const RawValue& name, const OpenFile& file, const std::string& why) {
    const fs::path folder = file.path.parent_path();
    const std::string near =
        did_you_mean(file.path.filename().string(), names_in(folder), "check the path");
    issue("the included file cannot be read: " + why, name.place, name.text,
          "a file of steps, relative to the file that includes it", near);
  }

  bool take_text(const RawValue& name, const OpenFile& file, const std::string& text) {
    bytes_ += text.size();
    if (bytes_ > kMaxPipelineBytes) {
      issue("included files are larger than 1 MiB in all", name.place, name.text, "at most 1 MiB",
            "split the pipeline");
      return false;
    }
    IncludedText one{file.recorded.generic_string(), text};
    if (std::find(included_.begin(), included_.end(), one) == included_.end())
      included_.push_back(std::move(one));
    return true;
  }

  RawValue steps_in(RawValue document, const OpenFile& file) {
    if (document.kind == RawValue::Kind::list) return document;
    const Location place =
        document.place.str().empty() ? Location{file.shown.string(), 1, 1} : document.place;
    const RawValue* steps = document.find("steps");
    for (size_t k = 0; steps && k < document.entries.size(); ++k)
      if (const std::string& key = document.entries[k].first; key != "steps")
        issue("an included file holds steps alone", key_place(document, k), key, "steps",
              "remove '" + key + "': the file that includes it says that");
    if (steps && steps->kind == RawValue::Kind::list) return *steps;
    issue("an included file holds a list of steps", steps ? steps->place : place,
          (steps ? *steps : document).str().substr(0, 40), "a list of steps",
          "start every step with '- ': - {op: gaussian, sigma: 1 px}");
    return RawValue::list({});
  }

  std::vector<IncludedText>& included_;
  std::vector<Issue>& issues_;
  std::vector<fs::path> open_;  // in each other, that of the pipeline first
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace

void expand_includes(RawValue& document, const fs::path& base_dir, const std::string& file,
                     std::vector<IncludedText>& included, std::vector<Issue>& issues) {
  const fs::path name = fs::path(file).filename();
  for (auto& [key, value] : document.entries)
    if (key == "steps") Includer(included, issues).expand(value, {base_dir / name, file, name});
}

}  // namespace parfocal
