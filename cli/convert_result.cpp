#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <fstream>
#include <regex>

#include "convert_input.h"
#include "convert_parts.h"
#include "info_parts.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "parfocal/formats/tiff/tiff_description.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/planner/binding.h"
#include "print.h"
#include "record_fields.h"
#include "recover_parts.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// Where a file, or the description of a store, tells of its making: its end.
std::string told_by(const fs::path& out) {
  constexpr std::streamoff kTail = 4 << 20;
  std::string text;
  for (const fs::path& file : fs::is_directory(out)
                                  ? std::vector<fs::path>{out / "zarr.json", out / ".zattrs"}
                                  : std::vector{out}) {
    std::error_code unknown;
    if (!fs::is_regular_file(file, unknown)) continue;  // reading a pipe would wait
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) continue;
    in.seekg(std::max<std::streamoff>(0, in.tellg() - kTail));
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text;
}

/// Whether parfocal has written it, or was killed in that: only then it may be replaced.
bool is_own(const fs::path& out) {
  if (wants_recovery(out)) return true;
  const char* mark = fs::is_directory(out) ? "\"parfocal\"" : "parfocal.record/1";
  return told_by(out).find(mark) != std::string::npos;
}

/// What a result tells of its making.
struct Made {
  bool partial = false;  ///< its writer did not come to its end
  nlohmann::ordered_json provenance;
};
Made made_of_store(const fs::path& out) {
  Made made;
  for (const auto& [name, value] : zarr_facts(out.string())) {
    if (name == "complete") made.partial = value == false;
    if (name == "provenance") made.provenance = value;
  }
  return made;
}
Made made_of_file(const fs::path& out) {
  constexpr std::string_view kPartial = "<M K=\"complete\">false</M>";
  Made made;
  made.partial = told_by(out).find(kPartial) != std::string::npos;
  made.provenance = nlohmann::ordered_json::parse(described_provenance(out), nullptr, false);
  return made;
}

/// "304 frames", "" where that cannot be read.
std::string frames_in(const fs::path& out) try {
  const OpenSource opened = open_source(convert_source({out.string()}), fs::current_path());
  const int64_t gaps = opened.random->missing().count();
  return counted(opened.layout().stream_count() - gaps, "frame");
} catch (const Error& error) {
  return error.issues()[0].what == "the image has no frames" ? "0 frames" : "";
}

// Options that say how it runs.
constexpr std::array kFlags = {"resume", "overwrite", "json"};
constexpr std::array kSettings = {"threads", "memory", "progress", "on-error"};

/// A recorded line as making_words() has it, without the command's own name.
std::string said(const std::string& line) {
  static const std::regex others(fmt::format(" --({})| --({})[ =]('[^']*'|[^ ]+)",
                                             fmt::join(kFlags, "|"), fmt::join(kSettings, "|")));
  const std::string words = std::regex_replace(line, others, "");
  return words.substr(std::min(words.find(' '), words.size()));
}

/// Whether a result was made of the same input by the same words. Names that are no UTF-8 are
/// recorded in another form, so what this command would record is compared.
bool is_made_alike(const Plan& plan, const fs::path& out, const nlohmann::ordered_json& made) {
  const OpenSource source = open_source(plan.pipeline.source, plan.pipeline.base_dir);
  if (is_streamed_store(out) && read_store_spec(out).origin != engine::origin_of(plan, source))
    return false;
  const auto now = nlohmann::ordered_json::parse(engine::provenance_of(plan, source));
  return text_in(made, "input") == text_in(now, "input") &&
         !text_in(made, "pipeline_text").empty() &&
         said(text_in(made, "pipeline_text")) == said(text_in(now, "pipeline_text"));
}

/// A result that was recovered, or that its writer could not complete, is no end to rest on.
[[noreturn]] void fail_partial(const ConvertArguments& arguments, const Plan& plan,
                               const fs::path& out) {
  const int64_t expected =
      open_source(plan.pipeline.source, plan.pipeline.base_dir).layout().stream_count();
  const std::string there = frames_in(out);
  throw Error(
      ErrorCode::output_exists,
      {"the output is not whole: what made it did not come to its end", arguments.paths.back(),
       there.empty() ? "" : fmt::format("{} of {}", there, expected),
       "a new name, or leave to replace it: what has its name already is not gone on with",
       "to make it whole, " + run_text(starting_over(arguments.words))});
}

/// A shell makes names of `*.ome.tif`: the last one may have been meant as an input.
bool looks_like_an_input(const ConvertArguments& arguments) {
  const std::string kind = sink_of_ending(arguments.paths.back());
  return std::all_of(arguments.paths.begin(), arguments.paths.end(), [&](const std::string& path) {
    return sink_of_ending(path) == kind && fs::exists(path);
  });
}

[[noreturn]] void fail_last_name(const ConvertArguments& arguments, const fs::path& out) {
  const std::string& given = arguments.paths.back();
  const std::string there = frames_in(out);
  throw Error(
      ErrorCode::output_exists,
      {"the last name was taken as the result, and it exists already", given, there,
       "a new name last, or leave to replace " + given,
       "to make something new, " + run_text(with_new_result(arguments)) +
           "\n          to throw away " + given + (there.empty() ? "" : " (" + there + ")") + ", " +
           run_text(starting_over(arguments.words))});
}

}  // namespace

std::vector<std::string> making_words(std::vector<std::string> words) {
  words.at(0) = "parfocal";  // by whatever name it was called
  for (const char* flag : kFlags) std::erase(words, std::string("--") + flag);
  for (const char* setting : kSettings)
    words = without_option(std::move(words), std::string("--") + setting);
  return words;
}

std::vector<std::string> going_on(const ConvertArguments& arguments) {
  return with_flag(arguments.words, "--resume");
}

void require_free(const ConvertArguments& arguments, const fs::path& out) {
  const std::string& given = arguments.paths.back();
  if (!fs::exists(fs::symlink_status(out))) return;
  const bool own = is_own(out);
  if (arguments.resume && !arguments.overwrite && own) return;  // looked at when the plan is known
  const fs::path foreign = own ? engine::foreign_file_in(out) : fs::path();
  if (arguments.overwrite && own && foreign.empty()) return;
  if (own && foreign.empty() && looks_like_an_input(arguments)) fail_last_name(arguments, out);
  const std::string needed =
      !own              ? "a new name: parfocal has not written this, others are not replaced"
      : foreign.empty() ? "a new name, or leave to replace it"
                        : "a new name: there are other files in it, as " + foreign.string();
  const std::string cure = own && foreign.empty() ? run_text(starting_over(arguments.words))
                                                  : "choose another name, or move it away yourself";
  throw Error(ErrorCode::output_exists, {"the output exists already", given, "", needed, cure});
}

int tell_done(const ConvertArguments& arguments, const Plan& plan, const fs::path& out,
              Workplace& workplace) {
  const std::string& given = arguments.paths.back();
  const Made made = is_streamed_store(out) ? made_of_store(out) : made_of_file(out);
  if (wants_recovery(out) || made.partial) fail_partial(arguments, plan, out);
  if (!is_made_alike(plan, out, made.provenance))
    throw Error(ErrorCode::output_exists,
                {"the output is complete: there is nothing to go on with", given,
                 "made of another input or by another command, as far as it says",
                 "a new name, or leave to replace it",
                 "to make it again, " + run_text(starting_over(arguments.words))});
  message("note: " + given + " is complete already: nothing was left to do");
  if (fs::exists(workplace.folder()) && !is_streamed_store(workplace.unfinished()))
    workplace.take();  // to be removed
  RunRecord record;
  record.outputs = {given};
  result(arguments.json ? record.json() : given);
  return 0;
}

}  // namespace parfocal::cli
