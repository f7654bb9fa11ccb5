#include <fmt/format.h>

#include "commands.h"
#include "convert_input.h"
#include "convert_parts.h"
#include "info_parts.h"
#include "option_cures.h"
#include "parfocal/core/fingerprint.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "parfocal/formats/common/file_list.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/graph/check.h"
#include "planning.h"
#include "print.h"
#include "running.h"
#include "workplace.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostTextBytes = 2000;  // of the command line, in the result's provenance

/// The folder or file itself, without a slash behind it.
fs::path clean_path(const std::string& text) {
  fs::path path = fs::absolute(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

/// By whatever name: the two may have one place by a link or a bind mount.
bool same_or_inside(const fs::path& inner, const fs::path& outer) {
  std::error_code unknown;
  const fs::path place = fs::weakly_canonical(outer);
  for (fs::path at = fs::weakly_canonical(inner);; at = at.parent_path()) {
    if (at == place || fs::equivalent(at, place, unknown)) return true;
    if (!at.has_relative_path()) return false;
  }
}

/// An input may not be replaced or lie in what is replaced; nothing is written into an input.
void require_apart(const std::vector<std::string>& inputs, const SourceSpec& source,
                   const fs::path& out) {
  const auto fail = [&](const std::string& input) {
    throw Error(ErrorCode::bad_command,
                {"the result is one of the inputs, or they lie in each other", out.string(), input,
                 "two places", "choose another name for the result"});
  };
  for (const std::string& input : inputs)
    if (fs::exists(input) &&
        (same_or_inside(input, out) || (is_zarr(input) && same_or_inside(out, input))))
      fail(input);
  const RawValue* glob = source.params.find("glob");
  if (!glob || !fs::exists(out)) return;
  std::vector<std::string> patterns;
  for (const RawValue& item : glob->items) patterns.push_back(item.text);
  const FileList files = FileList::find(fs::current_path(), patterns, FileOrder::natural);
  for (int64_t k = 0; k < files.size(); ++k)
    if (files.path(k).filename() == out.filename() && fs::equivalent(files.path(k), out))
      fail(files.name(k));
}

/// What an earlier conversion left is gone on with or cleared. Returns whether there is something
/// to go on with.
bool take_over(const ConvertArguments& arguments, Workplace& workplace) {
  const bool left = fs::exists(workplace.folder());
  workplace.take();
  if (is_streamed_store(workplace.unfinished())) {
    require_no_writer(workplace.unfinished());
    if (arguments.resume) {
      workplace.clear_beside();
      return true;
    }
    if (!arguments.overwrite)
      throw Error(ErrorCode::output_exists,
                  {"a conversion to this name is unfinished", arguments.paths.back(),
                   workplace.unfinished().string(), "to go on with it, or to start over",
                   run_text(going_on(arguments)) + "\n          " +
                       shell_line(starting_over(arguments.words))});
  } else if (arguments.resume) {
    message(left ? "note: what is unfinished cannot be gone on with (only an OME-Zarr can): "
                   "starting over"
                 : "note: there is nothing unfinished: starting at the first frame");
  } else if (fs::exists(workplace.unfinished())) {
    message(
        "note: an unfinished conversion to this name is thrown away (only an OME-Zarr can be gone "
        "on with): starting over");
  }
  workplace.clear();
  return false;
}

void tell_unfinished(const ConvertArguments& arguments, const RunRecord& record) {
  const int64_t expected = record.edges.empty() ? 0 : record.edges[0].expected;
  const int64_t received = record.edges.empty() ? 0 : record.edges[0].received;
  // An input that is mended is another one, which is not gone on with: the line that leaves the
  // item out was printed.
  const std::string line =
      failed_on_item(record) ? "" : "; to go on\n  " + shell_line(going_on(arguments));
  message(
      fmt::format("unfinished: {} of {} are safe{}", received, counted(expected, "frame"), line));
}

Pipeline pipeline_of(const ConvertArguments& arguments, SourceSpec source, RawValue sink_params,
                     const fs::path& out) {
  Pipeline p;
  p.name = "convert";
  p.base_dir = fs::current_path();
  p.text = shell_line(arguments.words);
  if (p.text.size() > kMostTextBytes)
    p.text = shortened(shell_line(making_words(arguments.words)), kMostTextBytes);
  p.source = std::move(source);
  if (arguments.skip_errors) p.on_error = OnError::skip;
  SinkSpec sink;
  sink.type = sink_type(out.string());
  sink.inputs = {{"from", {"source", "", {}}}};
  sink.params = std::move(sink_params);
  // Not of labels: a store of numbers that name objects would be one of their means.
  if (sink.type == "ome_zarr" && !sink.params.find("levels") && !p.source.params.find("labels"))
    sink.params.set("levels", RawValue::scalar("0"));
  sink.params.set("path", RawValue::scalar(out.filename().string()));
  p.sinks = {sink};
  return p;
}

Planned planned(const ConvertArguments& arguments, const Pipeline& pipeline,
                const RunArguments& run) try {
  return plan_for(pipeline, run.pipeline);
} catch (const Error& error) {
  throw without_steps(error, arguments, pipeline.source);
}

/// All that can be checked without reading images; where there are several one is chosen.
Pipeline checked_pipeline(const ConvertArguments& arguments, const std::vector<std::string>& inputs,
                          const fs::path& out) {
  require_whole_sets(arguments);
  require_order(arguments);
  require_result(arguments);
  sink_type(arguments.paths.back(), arguments.paths.front());  // before the inputs are looked at
  SourceSpec source = convert_source(inputs);
  RawValue sink = RawValue::map();
  apply_convert_sets(arguments.sets, source.params, sink);
  const bool zarr = source.type == "ome_zarr";
  if (zarr) check_keys_of_choice(arguments, source);
  Pipeline pipeline = pipeline_of(arguments, std::move(source), std::move(sink), out);
  require_valid(pipeline);  // keys, before any is advised
  if (zarr) check_choice(arguments, pipeline.source);
  return pipeline;
}

void tell(const ConvertArguments& arguments, const RunRecord& record, RunArguments run,
          bool unfinished) {
  if (arguments.json) {
    result(record.json());
    return;
  }
  if (unfinished) run.pipeline.words = going_on(arguments);
  print_record(record, run);
  if (unfinished) tell_unfinished(arguments, record);
  if (record.status != RunStatus::complete)
    message("nothing was written to " + arguments.paths.back());
  for (const fs::path& path : record.outputs) result(path.string());
}

int convert_images(const ConvertArguments& arguments) {
  SignalStop signals;
  const std::vector<std::string> inputs(arguments.paths.begin(), arguments.paths.end() - 1);
  const fs::path out = clean_path(arguments.paths.back());
  const Pipeline pipeline = checked_pipeline(arguments, inputs, out);
  Workplace workplace(out);
  require_apart(inputs, pipeline.source, out);
  require_free(arguments, out);

  RunArguments run = run_arguments(arguments, workplace.folder());
  run.overwrite = true;  // of the workplace; whether OUT may be replaced was checked before
  run.pipeline.disk_taken_bytes = workplace.taken_bytes();
  const Planned plan = planned(arguments, pipeline, run);
  if (arguments.resume && !arguments.overwrite && fs::exists(out))
    return tell_done(arguments, plan.plan, out, workplace);
  workplace.keep(fs::exists(workplace.folder()));  // whatever keeps it from being gone on with
  run.resume = take_over(arguments, workplace);
  workplace.keep(run.resume);
  require_free(arguments, out);  // nobody else makes it from now on
  Ran ran = execute(plan, run, signals);
  ran.record.outputs.clear();
  drop_frames_edge(ran.record);
  const bool complete = ran.record.status == RunStatus::complete;
  if (complete) {
    workplace.publish();
    ran.record.outputs = {arguments.paths.back()};
  }
  const bool unfinished =
      !complete && is_streamed_store(workplace.unfinished()) && ran.record.edges[0].received > 0;
  workplace.keep(unfinished);
  tell(arguments, ran.record, run, unfinished);
  return ran.exit_code;
}

}  // namespace

int convert(const ConvertArguments& arguments) try {
  return convert_images(arguments);
} catch (const Error& error) {
  const std::string& first = arguments.paths.front();
  const char* source = is_zarr(first) ? "ome_zarr" : is_flow_name(first) ? "rtdc" : "files";
  throw with_sets(error, arguments, source, sink_of_ending(arguments.paths.back()));
}

}  // namespace parfocal::cli
