#include <fmt/format.h>

#include <algorithm>

#include "convert_parts.h"
#include "parfocal/core/listed.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/image_lookup.h"
#include "print.h"

namespace parfocal::cli {
namespace {

constexpr size_t kMostNamed = 8;

/// The line that makes an image of its own of labels.
std::vector<std::string> to_another_out(std::vector<std::string> words, const std::string& out,
                                        const std::string& label) {
  std::erase(words, "--resume");
  std::erase(words, "--overwrite");
  const auto given = std::find(words.rbegin(), words.rend(), out);
  if (given != words.rend()) *given = named_beside(out, label);
  words.insert(words.end(), {"--set", "source.labels=" + label});
  return words;
}

std::string line_with_out(std::vector<std::string> words, const std::string& out,
                          const std::string& other) {
  const auto given = std::find(words.rbegin(), words.rend(), out);
  if (given != words.rend()) *given = other;
  return shell_line(words);
}

/// The lines that cast by a pipeline, which has steps.
std::string casting_lines(const SourceSpec& source, const std::string& out) {
  const std::string name = std::filesystem::path(out).filename().string();
  const std::string file = name.substr(0, name.find('.')) + ".yaml";
  const std::string params = source.params.str();
  return shell_line({"printf", "%s\\n", "parfocal: 1",
                     "source: {type: " + source.type + ", " + params.substr(1),
                     "steps: [{op: cast, dtype: float64}]",
                     "sinks: [{type: ome_tiff, path: " + name + "}]"}) +
         " > " + shell_line({file}) + "\n          " + shell_line({"parfocal", "run", file});
}

/// What to do instead of adding the step that a cure of pipelines names.
std::string cure_without_steps(const Issue& issue, const ConvertArguments& arguments,
                               const SourceSpec& source) {
  const std::string& out = arguments.paths.back();
  const std::string next = "\n          ", stem = out.substr(0, out.rfind(".ome."));
  const std::string zarr = line_with_out(arguments.words, out, stem + ".ome.zarr");
  if (issue.cure.find("op: cast") != std::string::npos)
    return "keep the pixels as they are in an OME-Zarr, or cast them:" + next + zarr + next +
           casting_lines(source, out);
  if (issue.what.find("axis 'p'") == std::string::npos)
    return "name the axes by --set source.axes=..., out of t c z y x";
  auto one = arguments.words;
  one.insert(one.end(), {"--set", source.type == "files" ? "source.image=0" : "source.position=0"});
  return "take one position (from 0), or all in an OME-Zarr:" + next + shell_line(one) + next +
         zarr;
}

}  // namespace

Error without_steps(const Error& error, const ConvertArguments& arguments,
                    const SourceSpec& source) {
  std::vector<Issue> issues = error.issues();
  for (Issue& issue : issues)
    if (issue.cure.find("op: ") != std::string::npos)
      issue.cure = cure_without_steps(issue, arguments, source);
  return {error.code(), issues};
}

void check_keys_of_choice(const ConvertArguments& arguments, const SourceSpec& source) {
  const ParamSet& known = sources().find(source.type)->params;
  for (const auto& [key, value] : source.params.entries) {
    if (known.find(key) || value.text.empty()) continue;
    const ZarrHierarchy store(std::make_shared<LocalStore>(source.params.find("path")->text));
    const auto paths = image_paths(store, "", group_of(store.node("")), kMostNamed);
    const auto meant =
        std::find_if(paths.begin(), paths.end(), [&, &text = value.text](auto& path) {
          return path == text || path.starts_with(text + "/");
        });
    if (meant == paths.end()) continue;
    auto words = arguments.words;
    for (std::string& word : words)
      if (word == "source." + key + "=" + value.text) word = "source.position=" + *meant;
    throw Error(ErrorCode::invalid_pipeline,
                {"unknown key '" + key + "' in source", "", key + "=" + value.text,
                 "source.position, which chooses one of the images", run_text(words)});
  }
}

void check_choice(const ConvertArguments& arguments, SourceSpec& source) {
  const ZarrHierarchy store(std::make_shared<LocalStore>(source.params.find("path")->text));
  const RawValue* position = source.params.find("position");
  const std::string image = position ? position->text : "";
  if (image == "all") return;
  require_position(store, image);
  const ZarrNode node = store.node(image);
  if (node.is_array) return;
  const auto paths = image_paths(store, image, group_of(node), kMostNamed + 1);
  auto words = arguments.words;
  if (paths.size() > 1 && sink_type(arguments.paths.back()) == "ome_zarr" && image.empty()) {
    message("note: all images of the input are taken, as positions (source.position chooses one)");
    source.params.set("position", RawValue::scalar("all"));
    return;
  }
  if (paths.size() > 1) {
    words.insert(words.end(), {"--set", "source.position=" + paths[0]});
    throw Error(ErrorCode::input_missing,
                {"the input holds several images", source.params.find("path")->text,
                 listed(paths, kMostNamed), "one of them", run_text(words)});
  }
  const ZarrNode labels = store.find(joined_key(paths.empty() ? image : paths[0], "labels"));
  if (labels.format == 0 || source.params.find("labels")) return;
  const auto names = group_of(labels).labels;
  if (names.empty()) return;
  words = to_another_out(std::move(words), arguments.paths.back(), names[0]);
  message(fmt::format("note: the image alone is converted. Its labels ({}) one by one, as\n  {}",
                      listed(names, kMostNamed), shell_line(words)));
}

}  // namespace parfocal::cli
