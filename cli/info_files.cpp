#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "info_parts.h"
#include "near_file.h"
#include "parfocal/core/io.h"
#include "parfocal/core/patterns.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/picture/picture_source.h"
#include "recover_parts.h"

namespace parfocal::cli {
namespace {

std::string block_text(const Region& block) {
  std::string text;
  for (int a = 0; a < block.rank; ++a)
    text += (a == 0 ? "" : " x ") + std::to_string(block.shape[a]);
  return text;
}

/// What an axis with names has: channels, positions.
std::string name_of_labels(const Axis& axis) {
  return axis.name == "c" ? "channels" : axis.name == "p" ? "positions" : "names of " + axis.name;
}

std::string format_of(const Source& files) {
  const auto* pictures = dynamic_cast<const PictureSource*>(&files);
  if (!pictures) return "TIFF";
  return pictures->kind() == PictureKind::png ? "PNG" : "JPEG";
}

}  // namespace

Facts table_facts(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string header, line;
  if (!std::getline(in, header))
    throw Error(ErrorCode::input_missing, {"the table is empty: it has no line of names", path, "",
                                           "", "wait, or run again"});
  if (header.ends_with('\r')) header.pop_back();
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  std::istringstream columns(header);
  while (std::getline(columns, line, ',')) names.push_back(line);
  const bool torn = wants_recovery(path);
  int64_t rows = 0;
  bool quoted = false;  // a quoted text may have lines of its own
  while (std::getline(in, line)) {
    quoted ^= std::count(line.begin(), line.end(), '"') % 2 != 0;
    rows += !quoted && !line.empty() && !(torn && in.eof());
  }
  return {{"path", path}, {"format", "table (CSV)"}, {"rows", rows}, {"columns", names}};
}

Facts files_facts(const std::string& pattern) {
  const bool exists = std::filesystem::exists(pattern);
  if (!exists && !has_wildcard(pattern)) {
    const std::filesystem::path near = near_file(pattern);
    throw Error(
        ErrorCode::input_missing,
        {"no such file or folder", pattern, "", "images, an OME-Zarr, an .rtdc file, a pipeline",
         near.empty() ? "check the path" : "did you mean '" + near.string() + "'?"});
  }
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
                 {"format", format_of(*source)},
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
      facts.emplace_back(name_of_labels(axis), fmt::format("{}", fmt::join(axis.labels, ", ")));
  if (const int64_t missing = source->missing().count(); missing > 0)
    facts.emplace_back("missing", missing);
  if (const auto notes = source->notices(); !notes.empty()) facts.emplace_back("notes", notes);
  return facts;
}

}  // namespace parfocal::cli
