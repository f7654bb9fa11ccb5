#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "background_parts.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/planner/machine.h"
#include "print.h"
#include "refused_path.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What became of one recording.
struct Made {
  std::string in;
  fs::path out;
  bool skipped = false;
  int exit_code = 0;
  Json record = nullptr;           ///< of the run
  std::vector<Issue> issues = {};  ///< why there is none
};

fs::path result_of(const BackgroundArguments& arguments, const std::string& in) {
  return arguments.out_dir / fs::path(in).filename();
}

void require_folder(const BackgroundArguments& arguments) {
  std::error_code unknown;
  const fs::path& dir = arguments.out_dir;
  if (!fs::exists(dir, unknown) || fs::is_directory(dir, unknown)) return;
  throw Error(ErrorCode::bad_command, {"--out is a file", dir.string(), "", "a folder for results",
                                       "choose another name for --out"});
}

void require_own_names(const BackgroundArguments& arguments) {
  std::map<fs::path, std::string> makers;
  for (const std::string& in : arguments.paths) {
    const fs::path out = result_of(arguments, in);
    const auto [other, is_new] = makers.emplace(out, in);
    if (!is_new)
      throw Error(ErrorCode::bad_command, {"two recordings of one name", out.string(),
                                           other->second + ", " + in, "results of different names",
                                           "give them one after the other, each with an --out"});
    std::error_code unknown;
    if (fs::equivalent(in, out, unknown))
      throw Error(ErrorCode::bad_command,
                  {"--out is the folder of the recordings", in, "", "another folder",
                   "choose another name for --out; into the file itself: parfocal background " +
                       arguments.method + " " + shell_line({in, in})});
  }
}

/// The line for this recording alone, of which cures are made.
std::vector<std::string> words_for(const BackgroundArguments& all, const BackgroundArguments& one) {
  std::vector<std::string> words = without_option(all.words, "--out");
  std::erase_if(words, [&](const std::string& word) {
    return std::find(all.paths.begin(), all.paths.end(), word) != all.paths.end();
  });
  words.insert(words.end(), {one.in.string(), one.out.string()});
  return words;
}

Made make(const BackgroundArguments& all, const std::string& in) {
  Made made{in, result_of(all, in)};
  BackgroundArguments one = all;
  one.in = made.in;
  one.out = made.out;
  one.words = words_for(all, one);
  engine::settle(made.out);
  made.skipped = !all.overwrite && fs::exists(made.out);
  if (made.skipped) return made;
  restart_peak_rss();  // else its plan would count what the recordings before it took
  const Ran ran = background_of_file(one);
  made.exit_code = ran.exit_code;
  made.issues = ran.record.issues;
  made.record = Json::parse(ran.record.json(), nullptr, false);
  return made;
}

/// The same, but what fails is told and is no end.
Made made_or_told(const BackgroundArguments& all, const std::string& in) {
  const auto failed = [&](const Error& error) {
    if (!all.json) print_errors(error.issues());
    return Made{in,      result_of(all, in), false, static_cast<int>(error.code()),
                nullptr, error.issues()};
  };
  try {
    return make(all, in);
  } catch (const Error& error) {
    return failed(error);
  } catch (const fs::filesystem_error& problem) {
    return failed(refused_path(problem));
  }
}

bool is_stopped(const Made& made) { return made.exit_code > 128; }
/// Frames that were left out as allowed (6) or lost (7) are no failure of the file.
bool has_failed(const Made& made) {
  return made.exit_code != 0 && made.exit_code != 6 && made.exit_code != 7;
}

int exit_code_of(const std::vector<Made>& all) {
  int worst = 0;
  size_t failed = 0;
  bool one_code = true;
  for (const Made& made : all) {
    if (is_stopped(made)) return made.exit_code;
    failed += has_failed(made);
    one_code = one_code && made.exit_code == all[0].exit_code;
    worst = std::max(worst, made.exit_code);
  }
  if (failed == 0) return worst;
  return failed < all.size() ? 6 : one_code ? worst : 1;
}

Json json_of(const Made& made) {
  const char* status = made.skipped ? "skipped" : has_failed(made) ? "failed" : "done";
  Json json{{"in", made.in},
            {"out", made.out.string()},
            {"status", status},
            {"exit_code", made.exit_code}};
  if (!made.issues.empty())
    json["issues"] = Json::parse(error_json(made.exit_code, made.issues))["issues"];
  if (!made.record.is_null()) json["run"] = made.record;
  return json;
}

void print(const std::vector<Made>& all, size_t asked) {
  size_t skipped = 0, failed = 0;
  const Made* last = nullptr;
  for (const Made& made : all) {
    skipped += made.skipped;
    failed += has_failed(made);
    if (has_failed(made)) continue;
    last = &made;
    if (!made.skipped) result(made.out.string());
  }
  message(fmt::format("{} of {} made, {} there already, {} failed", all.size() - skipped - failed,
                      counted(static_cast<int64_t>(asked), "recording"), skipped, failed));
  if (last) print_next({"parfocal", "info", last->out.string()});
}

}  // namespace

int background_of_files(const BackgroundArguments& arguments) {
  require_folder(arguments);
  require_own_names(arguments);
  std::vector<Made> all;
  for (const std::string& in : arguments.paths) {
    message(fmt::format("{} of {}: {}", all.size() + 1, arguments.paths.size(), in));
    const Made& made = all.emplace_back(made_or_told(arguments, in));
    if (made.skipped)
      message(made.out.string() + " is there already: left as it is (--overwrite makes it again)");
    if (is_stopped(made)) break;
  }
  const int code = exit_code_of(all);
  if (!arguments.json) {
    print(all, arguments.paths.size());
    return code;
  }
  Json results = Json::array();
  for (const Made& made : all) results.push_back(json_of(made));
  result(
      json_text({{"schema", "parfocal.background/1"}, {"exit_code", code}, {"results", results}}));
  return code;
}

}  // namespace parfocal::cli
