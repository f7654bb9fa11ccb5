#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "background_parts.h"
#include "commands.h"
#include "convert_input.h"
#include "near_file.h"
#include "option_cures.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/formats/hdf5/recording_words.h"
#include "parfocal/graph/check.h"
#include "planning.h"
#include "print.h"
#include "running.h"
#include "workplace.h"
#if PARFOCAL_WITH_HDF5
#include "parfocal/formats/hdf5/background_copy.h"
#endif

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

fs::path whole_path(const fs::path& path) {
  std::error_code ignored;
  const fs::path real = fs::canonical(path, ignored);
  return ignored ? fs::absolute(path) : real;
}

RawValue text(std::string value) { return RawValue::scalar(std::move(value)); }

/// The step and the sink of a method; the sink's inputs besides `from`.
struct Method {
  std::string op, sink, from_port;
  std::vector<std::string> ports;
};
Method method_of(const std::string& name) {
  if (name == "rolling-median") return {"background_rolling_median", "rtdc_images", "", {}};
  return {"background_sparse_median", "rtdc_background", "series", {"steps", "frames"}};
}

Pipeline pipeline_of(const BackgroundArguments& arguments, const fs::path& in,
                     const fs::path& out) {
  const Method method = method_of(arguments.method);
  Pipeline p;
  p.name = "background";
  p.base_dir = fs::current_path();
  p.text = shell_line(arguments.words);
  p.source.type = "rtdc";
  p.source.params.set("path", text(in.string()));
  if (arguments.require_time) p.source.params.set("require_time", text("true"));
  StepSpec step;
  step.id = "background";
  step.op = method.op;
  step.inputs = {{"image", {"source", "", {}}}};
  for (const auto& [name, value] : arguments.params) step.params.set(name, text(value));
  if (arguments.skip_errors) p.on_error = step.on_error = OnError::skip;
  p.steps = {step};
  SinkSpec sink;
  sink.type = method.sink;
  sink.inputs = {{"from", {"background", method.from_port, {}}}};
  for (const std::string& port : method.ports)
    sink.inputs.emplace_back(port, PortRef{"background", port, {}});
  sink.params.set("path", text(out.filename().string()));
  sink.params.set("published", text(out.string()));
  sink.params.set("compress", text(arguments.compress ? "true" : "false"));
  if (fs::exists(out)) sink.params.set("change", text(out.string()));
  p.sinks = {sink};
  return p;
}

/// The result is HDF5 whatever its name: one that programs open as something else is a mistake.
void require_flow_name(const fs::path& out) {
  static const std::vector<std::string> others = {".tif",  ".tiff", ".btf", ".zarr", ".csv",
                                                  ".xlsx", ".png",  ".jpg", ".avi",  ".mp4"};
  const std::string ending = lowercase(out.extension().string());
  if (ending.empty())
    message("note: " + out.string() + " has no ending: programs know such files by .rtdc");
  if (std::find(others.begin(), others.end(), ending) == others.end()) return;
  throw Error(
      ErrorCode::bad_command,
      Issue{"background writes .rtdc files", out.string(), ending, "a name such as OUT.rtdc",
            "write " + fs::path(out).replace_extension(".rtdc").string()});
}

void require_new_or_same(const BackgroundArguments& arguments, const fs::path& in,
                         const fs::path& out) {
  if (!fs::exists(out) || in == out || arguments.overwrite) return;
  const auto words = with_flag(arguments.words, "--overwrite");
  throw Error(ErrorCode::output_exists,
              Issue{"the output exists already", arguments.out.string(), "",
                    "a new name, or leave to replace the background in it", run_text(words)});
}

/// A copy of nothing but the background computes nothing: no pipeline runs.
RunRecord copy_run(const fs::path& in, const fs::path& out, Workplace& workplace) {
#if PARFOCAL_WITH_HDF5
  if (copy_background(in, out, workplace.unfinished())) workplace.publish();
  return {};
#else
  throw Error(ErrorCode::bad_command, Issue{"this parfocal was built without HDF5", in.string(), "",
                                            "", "build it with -DPARFOCAL_WITH_HDF5=ON"});
  (void)out, (void)workplace;
#endif
}

/// What is no recording is told before OUT is looked at.
void require_recording(const BackgroundArguments& arguments, const fs::path& in) {
  const std::string given = arguments.in.string();
  const auto fail = [&](const std::string& what, const std::string& cure) {
    throw Error(ErrorCode::input_missing, Issue{what, given, "", kRecording, cure});
  };
  const auto instead = [&](const fs::path& file) {
    auto words = arguments.words;
    std::replace(words.begin(), words.end(), given, file.string());
    return run_text(words);
  };
  if (std::error_code unknown; fs::status(in, unknown).type() == fs::file_type::not_found) {
    const fs::path near = near_file(given);
    fail("no such file", near.empty() ? "check the name" : instead(near));
  }
  if (std::error_code unknown; fs::is_directory(in, unknown)) {
    const fs::path first = first_recording(arguments.in);
    fail("this is a folder", first.empty() ? "name a file in it" : instead(first));
  }
  if (is_tiff_name(in))
    fail("this is a TIFF file",
         "backgrounds of images are steps of a pipeline: see `parfocal ops "
         "background_rolling_median`");
}

/// Runs beside OUT and renames what the sink has completed and flushed.
Ran pipeline_run(const BackgroundArguments& arguments, const fs::path& in, const fs::path& out,
                 Workplace& workplace, SignalStop& signals) {
  const RunArguments run = run_arguments(arguments, workplace.folder());
  const Pipeline pipeline = pipeline_of(arguments, in, out);
  require_valid(pipeline);
  Ran ran = execute(plan_for(pipeline, run.pipeline), run, signals);
  ran.record.outputs.clear();
  drop_frames_edge(ran.record);
  if (ran.record.status == RunStatus::complete) workplace.publish();
  return ran;
}

Ran make_background(const BackgroundArguments& arguments) {
  require_flow_name(arguments.out);
  const fs::path in = whole_path(arguments.in), out = whole_path(arguments.out);
  std::optional<SignalStop> signals;  // before anything is made; a copy ends at once
  if (arguments.method != "copy") signals.emplace();
  require_recording(arguments, in);
  Workplace workplace(out);
  require_new_or_same(arguments, in, out);
  workplace.take();
  require_new_or_same(arguments, in, out);  // nobody else makes it from now on
  workplace.clear();
  Ran ran;
  if (arguments.method == "copy")
    ran.record = copy_run(in, out, workplace);
  else
    ran = pipeline_run(arguments, in, out, workplace, *signals);
  if (ran.record.status == RunStatus::complete) ran.record.outputs = {arguments.out};
  if (!arguments.json && arguments.method != "copy")
    print_record(ran.record, run_arguments(arguments, {}));
  return ran;
}

/// IN and OUT. \throws Error(bad_command) if it is not these two
BackgroundArguments in_and_out(const BackgroundArguments& arguments) {
  if (arguments.paths.size() != 2) {
    auto words = arguments.words;
    words.insert(words.end(), {"--out", "backgrounds"});
    const std::string found = arguments.paths.size() == 1 ? "there is no name for the result"
                                                          : "several recordings need a folder";
    throw Error(ErrorCode::bad_command,
                {found, arguments.paths[0], "", "IN.rtdc OUT.rtdc, or IN.rtdc ... --out DIR",
                 "run e.g.\n          " + shell_line(words)});
  }
  BackgroundArguments one = arguments;
  one.in = arguments.paths[0];
  one.out = arguments.paths[1];
  return one;
}

}  // namespace

Ran background_of_file(const BackgroundArguments& arguments) try {
  return make_background(arguments);
} catch (const Error& error) {
  throw with_options(error, arguments);
}

int background(const BackgroundArguments& arguments) {
  if (!arguments.out_dir.empty()) return background_of_files(arguments);
  const BackgroundArguments one = in_and_out(arguments);
  const Ran ran = background_of_file(one);
  if (arguments.json) {
    result(ran.record.json());
    return ran.exit_code;
  }
  for (const fs::path& path : ran.record.outputs) result(path.string());
  if (!ran.record.outputs.empty()) print_next({"parfocal", "info", one.out.string()});
  return ran.exit_code;
}

}  // namespace parfocal::cli
