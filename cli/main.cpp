/// Parses the command line, calls one command, turns what it throws into an exit code. The only
/// file that knows CLI11.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <new>

#include "commands.h"
#include "extra_words.h"
#include "foreign_words.h"
#include "help.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/units.h"
#include "parfocal/graph/find_meant.h"
#include "parfocal/graph/vocabulary.h"
#include "print.h"
#include "refused_path.h"
#include "unknown_words.h"

namespace parfocal::cli {
namespace {

/// The commands of the program and what was asked of them.
struct Program {
  CLI::App app{"", "parfocal"};
  std::map<std::string, std::function<int()>> actions;
  std::string memory, on_error;
  CheckArguments check;
  PlanArguments plan;
  RunArguments run;
  ShowArguments show;
  InfoArguments info;
  OpsArguments ops;
  ReportArguments report;
  DemoArguments demo;
  BackgroundArguments background;
  RecoverArguments recover;
  ConvertArguments convert;
};

CLI::App& add_command(Program& program, const std::string& name, std::function<int()> action) {
  CLI::App& command = *program.app.add_subcommand(name);
  command.formatter_fn([name](const CLI::App* app, const std::string&, CLI::AppFormatMode mode) {
    const std::string options =
        CLI::Formatter().make_help(app, "parfocal " + name, CLI::AppFormatMode::Normal);
    if (mode == CLI::AppFormatMode::Sub) return options;
    return examples_of(name) + options.substr(options.find_first_not_of('\n'));
  });
  program.actions[name] = std::move(action);
  return command;
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "One JSON document on stdout, also for errors");
}

void add_progress(CLI::App& command, std::string& progress) {
  command.add_option("--progress", progress, "On stderr: auto, plain, json or none")
      ->check(CLI::IsMember({"auto", "plain", "json", "none"}))
      ->type_name("MODE");
}

void add_limit(CLI::App& command, PipelineArguments& arguments) {
  command
      .add_option_function<int64_t>(
          "--limit",
          [&arguments](int64_t steps) {
            arguments.sets.push_back("source.limit=" + std::to_string(steps));
          },
          "Read only the first N images (steps of the first axis)")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()))
      ->type_name("N");
}

void add_datasets(CLI::App& command, std::filesystem::path& datasets) {
  command
      .add_option("--datasets", datasets,
                  "Table with a row for each dataset, as datasets.csv; default: what the file says")
      ->type_name("TABLE");
}

void add_pipeline_options(CLI::App& command, Program& program, PipelineArguments& arguments,
                          const char* file) {
  command.add_option("pipeline", arguments.file, file)->required()->type_name("FILE");
  command.add_option("--memory", program.memory, "Budget of the process, as 256MiB or '2 GiB'")
      ->type_name("BYTES");
  command.add_option("--threads", arguments.threads, "Worker threads; default: all allowed")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command.add_option("--set", arguments.sets, "Change a value, as mask.factor=1.2; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  add_limit(command, arguments);
  command.add_option("--out", arguments.out_dir, "Folder of the outputs; default: ./NAME-out")
      ->type_name("DIR");
  command
      .add_option("--on-error", program.on_error,
                  "An item that fails: stop, or skip it as a missing frame")
      ->check(CLI::IsMember({"stop", "skip"}))
      ->type_name("WHAT");
}

void add_reading_commands(Program& program) {
  CLI::App& check_app = add_command(program, "check", [&] { return check(program.check); });
  check_app.add_option("pipeline", program.check.file, "Pipeline file (YAML)")
      ->required()
      ->type_name("FILE");
  check_app
      .add_option("--set", program.check.sets, "Change a value, as mask.factor=1.2; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  add_datasets(check_app, program.check.datasets);
  add_json(check_app, program.check.json);

  CLI::App& info_app = add_command(program, "info", [&] { return info(program.info); });
  info_app
      .add_option("paths", program.info.paths, "Images, a quoted glob, an OME-Zarr, a pipeline")
      ->required()
      ->type_name("PATH");
  info_app.add_flag(
      "--validate", program.info.validate,
      "Check an OME-Zarr by the rules of OME-NGFF 0.4 or 0.5; exit 4 if it breaks one");
  add_json(info_app, program.info.json);

  CLI::App& recover_app = add_command(program, "recover", [&] { return recover(program.recover); });
  recover_app
      .add_option("path", program.recover.path,
                  "Output whose writer did not finish, or the folder of a run")
      ->required()
      ->type_name("PATH");
  add_json(recover_app, program.recover.json);

  CLI::App& report_app = add_command(program, "report", [&] { return report(program.report); });
  report_app.add_option("folder", program.report.folder, "Folder that a run wrote")
      ->required()
      ->type_name("DIR");
  report_app
      .add_option("--out", program.report.out, "The page; default: report.html in the folder")
      ->type_name("FILE.html");
  add_json(report_app, program.report.json);

  CLI::App& ops_app = add_command(program, "ops", [&] { return ops(program.ops); });
  ops_app
      .add_option("name", program.ops.words,
                  "One operator, source or sink, or words for what it does")
      ->type_name("NAME");
  ops_app.add_flag("--schema", program.ops.schema, "JSON Schema (draft 7) of pipeline files");
  add_json(ops_app, program.ops.json);
}

void add_running_commands(Program& program) {
  CLI::App& demo_app = add_command(program, "demo", [&] { return demo(program.demo); });
  demo_app
      .add_option("name", program.demo.name, "Which demo: cells (a movie), lesson (colour images)")
      ->check(CLI::IsMember(demo_names()))
      ->type_name("NAME");
  demo_app
      .add_option("--dir", program.demo.dir,
                  "New folder; default: ./parfocal-demo or ./parfocal-lesson")
      ->type_name("DIR");
  demo_app.add_option("--seed", program.demo.seed, "Of the synthetic images")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  add_progress(demo_app, program.demo.progress);
  add_json(demo_app, program.demo.json);

  CLI::App& plan_app = add_command(program, "plan", [&] { return plan(program.plan); });
  add_pipeline_options(plan_app, program, program.plan.pipeline, "Pipeline file (YAML)");
  add_datasets(plan_app, program.plan.pipeline.datasets);
  plan_app.add_flag("--explain", program.plan.explain,
                    "Also every step, every holder of bytes, every decision");
  plan_app
      .add_option("--graph", program.plan.graph,
                  "Draw steps and the bytes between them: FILE.svg, or FILE.mmd for Mermaid")
      ->type_name("FILE");
  add_json(plan_app, program.plan.json);

  CLI::App& run_app = add_command(program, "run", [&] { return run(program.run); });
  add_pipeline_options(run_app, program, program.run.pipeline, "Pipeline file, or plan.json");
  add_datasets(run_app, program.run.pipeline.datasets);
  run_app.add_flag("--resume", program.run.resume,
                   "Several datasets: leave those that are complete and unchanged");
  run_app.add_flag("--overwrite", program.run.overwrite, "Replace outputs of an earlier run");
  run_app.add_flag("--strict", program.run.strict, "Live sources: a lost frame ends the run");
  add_progress(run_app, program.run.progress);
  add_json(run_app, program.run.json);
}

void add_show_command(Program& program) {
  ShowArguments& arguments = program.show;
  CLI::App& app = add_command(program, "show", [&] { return show(arguments); });
  app.add_option("pipeline", arguments.pipeline.file, "Pipeline file (YAML)")
      ->required()
      ->type_name("FILE");
  app.add_option("--step,--steps", arguments.steps,
                 "Steps side by side, as source,mask,cells; default: the last that makes an image")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("STEP");
  app.add_option("--at", arguments.at, "Which item, as t=3 or t=3,c=red; default: the first")
      ->allow_extra_args(false)
      ->type_name("ITEM");
  app.add_option("--set", arguments.pipeline.sets, "Change a value, as mask.factor=1.2; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  add_limit(app, arguments.pipeline);
  app.add_option("--memory", program.memory, "Budget of the process, as 256MiB or '2 GiB'")
      ->type_name("BYTES");
  app.add_option("--threads", arguments.pipeline.threads, "Worker threads; default: all allowed")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--out", arguments.out, "The picture; default: ./PIPELINE-STEP-t3.png")
      ->type_name("FILE.png");
  app.add_flag("--open", arguments.open, "Open it; default: on the terminal of a desktop");
  app.add_flag("--no-open", arguments.no_open, "Do not");
  add_json(app, arguments.json);
}

void add_convert_command(Program& program) {
  ConvertArguments& arguments = program.convert;
  CLI::App& app = add_command(program, "convert", [&] {
    const int code = convert(arguments);
    if (code == 0 && !arguments.json) print_next({"parfocal", "info", arguments.paths.back()});
    return code;
  });
  app.add_option(
         "paths", arguments.paths,
         "Images (TIFF, PNG, JPEG, a folder or a quoted glob of them, an OME-Zarr, an .rtdc), "
         "then the result: *.ome.zarr or *.ome.tif")
      ->required()
      ->expected(1, -1)
      ->type_name("IN... OUT");
  app.add_option("--set", arguments.sets,
                 "A parameter of the source or of the sink, as source.axes=zyx; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  app.add_option("--memory", program.memory, "Budget of the process, as 256MiB or '2 GiB'")
      ->type_name("BYTES");
  app.add_option("--threads", arguments.threads, "Worker threads; default: all allowed")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--on-error", program.on_error,
                 "A frame that fails: stop, or skip it as a missing frame")
      ->check(CLI::IsMember({"stop", "skip"}))
      ->type_name("WHAT");
  app.add_flag("--overwrite", arguments.overwrite, "Replace a result of parfocal");
  app.add_flag("--resume", arguments.resume,
               "Go on with a conversion that did not come to its end");
  add_progress(app, arguments.progress);
  add_json(app, arguments.json);
}

/// Options of `background` that are parameters of its operators, and which methods have them.
struct MethodOption {
  const char *flag, *param, *doc, *type;
  bool rolling;
};
constexpr MethodOption kMethodOptions[] = {
    {"--kernel-size", "kernel_size", "Frames of a median; default: 200, rolling 100", "N", true},
    {"--split-time", "split_time", "Seconds between backgrounds; default: 1", "S", false},
    {"--thresh-cleansing", "thresh_cleansing", "Larger removes more; default: 0, a fraction", "X",
     false},
    {"--frac-cleansing", "frac_cleansing", "Fraction to keep at least; default: 0.8", "F", false},
    {"--offset-correction", "offset_correction", "A brightness per frame; auto: if it flickers",
     "[auto]", false},
};

void add_background_command(Program& program) {
  BackgroundArguments& arguments = program.background;
  CLI::App& app = add_command(program, "background", [&] { return background(arguments); });
  app.add_option("method", arguments.method, "sparse-median, rolling-median or copy")
      ->required()
      ->check(CLI::IsMember({"sparse-median", "rolling-median", "copy"}))
      ->type_name("METHOD");
  app.add_option("paths", arguments.paths,
                 "A recording and the result, which may be the same file; with --out recordings")
      ->required()
      ->expected(1, -1)
      ->type_name("IN.rtdc OUT.rtdc");
  app.add_option(
         "--out", arguments.out_dir,
         "Folder for results of the names of the recordings; what is there is left as it is")
      ->type_name("DIR");
  for (const MethodOption& option : kMethodOptions) {
    const auto set = [&arguments, name = option.param](const CLI::results_t& words) {
      arguments.params.emplace_back(name, words.empty() || words[0].empty() ? "true" : words[0]);
      return true;
    };
    CLI::Option* added = app.add_option(option.flag, set, option.doc)->type_name(option.type);
    if (std::string(option.param) == "offset_correction") added->expected(0, 1);
  }
  app.add_flag_callback(
      "--no-offset-correction",
      [&arguments] { arguments.params.emplace_back("offset_correction", "false"); },
      "Frames do not flicker");
  app.add_flag("--compress,!--no-compress", arguments.compress, "zstd level 5; default");
  app.add_flag("--require-time", arguments.require_time, "Refuse a file without frame times");
  app.add_option("--threads", arguments.threads, "Worker threads; default: all allowed")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--memory", program.memory, "Budget of the process, as 256MiB or '2 GiB'")
      ->type_name("BYTES");
  app.add_option_function<std::string>(
         "--on-error",
         [&arguments](const std::string& word) { arguments.skip_errors = word == "skip"; },
         "A frame that cannot be read: stop, or skip it as a missing frame")
      ->check(CLI::IsMember({"stop", "skip"}))
      ->type_name("stop|skip");
  app.add_flag("--overwrite", arguments.overwrite, "Replace the background in an existing OUT");
  add_progress(app, arguments.progress);
  add_json(app, arguments.json);
}

/// \throws Error(bad_command) for options that the method does not have
void check_method_options(const BackgroundArguments& arguments) {
  for (const MethodOption& option : kMethodOptions)
    for (const auto& [name, value] : arguments.params)
      if (name == option.param && arguments.method != "sparse-median" &&
          (arguments.method == "copy" || !option.rolling))
        throw Error(ErrorCode::bad_command,
                    {"background " + arguments.method + " has no option " + option.flag, "", "", "",
                     "see `parfocal background --help`"});
}

/// What is not checked by CLI11. \throws Error(bad_command)
void finish_arguments(Program& program, const std::vector<std::string>& words) {
  for (PipelineArguments* arguments :
       {&program.plan.pipeline, &program.run.pipeline, &program.show.pipeline}) {
    arguments->words = words;
    if (!program.memory.empty()) {
      arguments->memory_bytes = parse_bytes(program.memory);
      const std::string meant = meant_bytes(program.memory);
      if (!arguments->memory_bytes)
        throw Error(ErrorCode::bad_command,
                    {"--memory is not a size", "", program.memory, "a number of bytes with a unit",
                     meant.empty() ? "write e.g. --memory 256MiB, or leave it out: half of what is "
                                     "available is taken then"
                                   : "write --memory " + meant});
    }
    if (!program.on_error.empty())
      arguments->on_error = program.on_error == "skip" ? OnError::skip : OnError::stop;
  }
  program.background.words = words;
  program.background.memory_bytes = program.run.pipeline.memory_bytes;
  program.convert.words = words;
  program.convert.memory_bytes = program.run.pipeline.memory_bytes;
  program.convert.skip_errors = program.on_error == "skip";
  check_method_options(program.background);
}

/// CLI11 calls unknown words "not expected"; here they get the nearest known one.
void require_known_words(const std::vector<std::string>& words, const CLI::App& app) {
  const auto known = [](const CLI::App& command) {
    std::vector<std::string> options;
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& word : option->get_lnames()) options.push_back("--" + word);
      for (const std::string& word : option->get_snames()) options.push_back("-" + word);
    }
    return options;
  };
  require_known_command(words, known(app));
  if (!words[1].starts_with('-'))
    require_known_options(words, known(*app.get_subcommand(words[1])));
}

int parse_and_act(Program& program, const std::vector<std::string>& words) {
  require_known_words(words, program.app);
  program.app.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
  finish_arguments(program, words);
  return program.actions.at(program.app.get_subcommands().at(0)->get_name())();
}

int report(const Error& error, bool json) {
  const int code = static_cast<int>(error.code());
  if (json)
    result(error_json(code, error.issues()));
  else
    print_errors(error.issues());
  return code;
}

int guarded(Program& program, const std::vector<std::string>& words) {
  const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
  try {
    return parse_and_act(program, words);
  } catch (const CLI::Success& asked) {  // --help and --version
    return program.app.exit(asked);
  } catch (const CLI::ExtrasError& problem) {
    return report(Error(ErrorCode::bad_command, too_many_words(words, program.app.remaining(true))),
                  json);
  } catch (const CLI::ParseError& problem) {
    const std::string near = nearest_choice(problem.what());
    const std::string cure = cure_of_choice(problem.what(), words);
    const std::string help =
        !cure.empty()  ? cure
        : near.empty() ? "see `parfocal" + (words.size() > 1 ? " " + words[1] : "") + " --help`"
                       : "did you mean '" + near + "'?";
    return report(Error(ErrorCode::bad_command, {problem.what(), "", "", "", help}), json);
  } catch (const Error& error) {
    return report(error, json);
  } catch (const std::filesystem::filesystem_error& problem) {
    return report(refused_path(problem), json);
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorCode::run_failed, {"the system gave no more memory", "", "", "",
                                                "run again with a smaller --memory"}),
                  json);
  } catch (const std::exception& problem) {
    return report(Error(ErrorCode::run_failed, {problem.what(), "", "", "", ""}), json);
  }
}

/// `parfocal help run` is `parfocal run --help`, `parfocal help median filter` looks for operators.
std::vector<std::string> line_for_help(const std::vector<std::string>& words) {
  const std::vector<std::string> asked(words.begin() + 2, words.end());
  const auto& texts = command_texts();
  const bool command = std::any_of(texts.begin(), texts.end(),
                                   [&](const CommandText& text) { return text.name == asked[0]; });
  if (command || find_meant(asked).parts.empty()) return {words[0], asked[0], "--help"};
  std::vector<std::string> line = {words[0], "ops"};
  line.insert(line.end(), asked.begin(), asked.end());
  return line;
}

int main_of(const std::vector<std::string>& words) {
  Program program;
  program.app.set_version_flag("--version", "parfocal " PARFOCAL_VERSION);
  program.app.formatter_fn(
      [](const CLI::App*, const std::string&, CLI::AppFormatMode) { return overview(); });
  add_running_commands(program);
  add_show_command(program);
  add_convert_command(program);
  add_background_command(program);
  add_reading_commands(program);
  const bool asks = words.size() >= 2 && words[1] == "help";
  if (words.size() < (asks ? 3 : 2)) {
    result(overview());
    return 0;
  }
  return guarded(program, asks ? line_for_help(words) : words);
}

/// Where a standard file is closed, the next file that is opened would take its number, and
/// messages would go into data.
void open_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      (void)open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}

/// A reader of messages that has gone is no reason to end a run, and a file that reaches the limit
/// of its size is a write that fails, as on a full disk.
void ignore_signals_of_writes() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace
}  // namespace parfocal::cli

int main(int argc, char** argv) {
  parfocal::cli::open_standard_files();
  parfocal::cli::ignore_signals_of_writes();
  parfocal::test_parts_allowed() = std::getenv("PARFOCAL_TEST_PARTS") != nullptr;
  const int code = parfocal::cli::main_of({argv, argv + argc});
  const std::string problem = parfocal::cli::finish_results();
  if (problem.empty()) return code;
  parfocal::cli::message("parfocal: stdout: " + problem);
  return code == 0 ? 1 : code;
}
