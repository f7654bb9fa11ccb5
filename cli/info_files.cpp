#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "info_parts.h"
#include "parfocal/core/io.h"
#include "parfocal/core/units.h"

namespace parfocal::cli {
namespace {

std::string block_text(const Region& block) {
  std::string text;
  for (int a = 0; a < block.rank; ++a)
    text += (a == 0 ? "" : " x ") + std::to_string(block.shape[a]);
  return text;
}

}  // namespace

std::string literal_pattern(const std::string& name) {
  std::string pattern;
  for (const char c : name)
    pattern += c == '*' || c == '?' || c == '[' ? std::string("[") + c + "]" : std::string(1, c);
  return pattern;
}

Facts files_facts(const std::string& pattern) {
  const bool exists = std::filesystem::exists(pattern);
  if (!exists && pattern.find_first_of("*?[") == std::string::npos)
    throw Error(ErrorCode::input_missing, {"no such file or folder", pattern, "", "", ""});
  RawValue params = RawValue::map();
  params.set("glob", RawValue::scalar(exists ? literal_pattern(pattern) : pattern));
  params.set("axes", RawValue::scalar("auto"));
  const SourceInfo& files = *sources().find("files");
  std::vector<Issue> issues;
  const std::any parsed = files.params.parse(params, "info", issues);
  if (!issues.empty()) throw Error(ErrorCode::bad_command, issues);
  const auto source = files.open(parsed, {std::filesystem::current_path()});

  const Layout& layout = source->layout();
  std::vector<Axis> axes = layout.stream;
  axes.insert(axes.end(), layout.item.begin(), layout.item.end());
  Facts facts = {{"path", pattern},
                 {"format", "TIFF"},
                 {"layout", layout.str()},
                 {"axes", axes_text(axes)},
                 {"frames", layout.stream_count()},
                 {"dtype", std::string(dtype_name(layout.dtype))},
                 {"frame bytes", layout.item_bytes()},
                 {"pixels", format_bytes(layout.item_bytes() * layout.stream_count())},
                 {"chunks", block_text(source->block())},
                 {"identity", source->identity()}};
  for (const Axis& axis : layout.stream)
    if (!axis.labels.empty())
      facts.emplace_back("channels", fmt::format("{}", fmt::join(axis.labels, ", ")));
  if (const int64_t missing = source->missing().count(); missing > 0)
    facts.emplace_back("missing", missing);
  if (const auto notes = source->notices(); !notes.empty()) facts.emplace_back("notes", notes);
  return facts;
}

}  // namespace parfocal::cli
