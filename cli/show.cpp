#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/core/own_picture.h"
#include "parfocal/engine/run.h"
#include "parfocal/formats/picture/picture_panels.h"
#include "parfocal/formats/picture/png_writer.h"
#include "parfocal/graph/yaml.h"
#include "pipeline_file.h"
#include "planning.h"
#include "print.h"
#include "show_pipeline.h"
#include "signals.h"

extern char** environ;

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

/// A folder for what is made on the way; gone with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / ("parfocal-show-" + std::string(6, 'X')));
    if (!::mkdtemp(pattern.data()))
      throw Error(ErrorCode::run_failed,
                  {"cannot make a folder for temporary files", pattern, "", "",
                   "name one that can be written in the variable TMPDIR"});
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path picture_file(const ShowArguments& arguments, const ShownPipeline& shown) {
  if (!arguments.out.empty()) return arguments.out;
  std::string name = shown.pipeline.name;
  for (const std::string& step : shown.steps) name += "-" + step;
  return name + shown.item + ".png";
}

void require_free(const fs::path& out, const ShowArguments& arguments) {
  if (out.extension() != ".png")
    throw Error(ErrorCode::bad_command,
                {"pictures are written as PNG", out.string(), out.extension().string(),
                 "a name that ends in .png",
                 "write --out " + shell_line({fs::path(out).replace_extension(".png").string()})});
  std::error_code unknown;
  if (fs::symlink_status(out, unknown).type() == fs::file_type::not_found || is_own_picture(out))
    return;
  auto words = without_option(arguments.pipeline.words, "--out");
  words.insert(words.end(),
               {"--out", (out.parent_path() / (out.stem().string() + "-2.png")).string()});
  throw Error(ErrorCode::output_exists, {"the file is there and no picture that parfocal has made",
                                         out.string(), "", "a new name", run_text(words)});
}

/// The one picture of a folder that the sink wrote.
fs::path only_file(const fs::path& folder) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) return entry.path();
  throw Error(ErrorCode::run_failed, {"no picture was made", folder.string(), "", "", ""});
}

std::string provenance_of(const ShowArguments& arguments, const ShownPipeline& shown) {
  return ascii_json(json_text({{"schema", "parfocal.picture/1"},
                               {"version", PARFOCAL_VERSION},
                               {"command", shell_line(arguments.pipeline.words)},
                               {"pipeline_text", shown.pipeline.text}}));
}

bool wants_opened(const ShowArguments& arguments) {
  if (arguments.open || arguments.no_open) return arguments.open;
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value;
  };
  return ::isatty(STDOUT_FILENO) && (set("DISPLAY") || set("WAYLAND_DISPLAY"));
}

/// Starts the program of the desktop for pictures and goes on.
void open_picture(const fs::path& file) {
  const std::string path = fs::absolute(file).string();
  std::string program = "xdg-open", argument = path;
  char* words[] = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  pid_t process = 0;
  if (::posix_spawnp(&process, program.c_str(), &files, nullptr, words, environ) != 0)
    message("note: xdg-open cannot be started: open " + path + " yourself");
  posix_spawn_file_actions_destroy(&files);
}

/// One step: beside the source; the source: the last step; several: the run of it all.
std::vector<std::string> next_words(const ShowArguments& arguments, const ShownPipeline& shown) {
  const bool one = shown.steps.size() == 1, source = one && shown.steps[0] == "source";
  std::vector<std::string> words = {"parfocal", one ? "show" : "run",
                                    arguments.pipeline.file.string()};
  if (one && !source) {
    words.insert(words.end(), {"--steps", "source," + shown.steps[0]});
    for (const std::string& at : arguments.at) words.insert(words.end(), {"--at", at});
  }
  for (const std::string& set : arguments.pipeline.sets) words.insert(words.end(), {"--set", set});
  return words;
}

void tell(const ShowArguments& arguments, const ShownPipeline& shown, const fs::path& out,
          const RunRecord& record) {
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.show/1"},
                      {"path", out.string()},
                      {"steps", shown.steps},
                      {"exit_code", record.exit_code}}));
    return;
  }
  result(out.string());
  print_next(next_words(arguments, shown));
}

/// Of the run that made the pictures; false: there are none.
bool tell_run(const RunRecord& record) {
  for (const std::string& text : record.notices)
    if (!text.starts_with("picture ")) message("note: " + text);
  const bool complete = record.status == RunStatus::complete;
  (complete ? print_warnings : print_errors)(record.issues);
  return complete;
}

RunRecord run_quietly(const Planned& planned, SignalStop& signals) {
  RunOptions options;
  options.stop = signals.stop();
  options.abort = signals.abort();
  options.stopped_code = [&] { return signals.exit_code() != 0 ? signals.exit_code() : 130; };
  signals.outputs_exist(planned.plan.live);
  return run_plan(planned.plan, options);
}

std::vector<Panel> panels_in(const fs::path& folder, const ShownPipeline& shown) {
  std::vector<Panel> panels;
  for (size_t i = 0; i < shown.steps.size(); ++i)
    panels.push_back({shown.steps[i], only_file(folder / std::to_string(i))});
  return panels;
}

}  // namespace

int show(const ShowArguments& arguments) {
  SignalStop signals;
  const ItemWords item = item_words(arguments.at);
  require_pipeline_file(arguments.pipeline.file);
  const Pipeline whole = pipeline_in(arguments.pipeline.file, arguments.pipeline.sets);
  const TemporaryFolder folder;
  const ShownPipeline shown = shown_pipeline(whole, arguments.steps, item, folder.path() / "run");
  const fs::path out = picture_file(arguments, shown);
  require_free(out, arguments);
  PipelineArguments plan = arguments.pipeline;
  plan.out_dir = folder.path() / "run";
  const RunRecord record = run_quietly(plan_for(shown.pipeline, plan), signals);
  if (!tell_run(record)) return record.exit_code;
  const Status written =
      write_panels(out, panels_in(plan.out_dir, shown), provenance_of(arguments, shown));
  if (!written.ok()) throw Error(ErrorCode::run_failed, written.issue());
  tell(arguments, shown, out, record);
  if (wants_opened(arguments)) open_picture(out);
  return record.exit_code;
}

}  // namespace parfocal::cli
