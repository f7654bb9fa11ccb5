#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <regex>

#include "commands.h"
#include "convert_input.h"
#include "extra_words.h"
#include "info_parts.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "parfocal/formats/tiff/file_list.h"
#include "parfocal/formats/tiff/tiff_description.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/image_lookup.h"
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
constexpr size_t kMostNamed = 8;

/// Endings of results, each with the sink that makes what has it.
constexpr std::pair<std::string_view, const char*> kEndings[] = {{".ome.zarr", "ome_zarr"},
                                                                 {".zarr", "ome_zarr"},
                                                                 {".ome.tif", "ome_tiff"},
                                                                 {".ome.tiff", "ome_tiff"},
                                                                 {".ome.btf", "ome_tiff"}};

/// The sink that makes what has this ending, "" if none does.
std::string sink_of_ending(std::string out) {
  if (out.ends_with('/')) out.pop_back();
  for (const auto& [ending, sink] : kEndings)
    if (out.ends_with(ending)) return sink;
  return "";
}

std::string name_of(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return fs::path(path).filename().string();
}

/// Without the ending of an image, in letters of any case.
std::string stem_of(const std::string& path) {
  const std::string lower = lowercase(path);
  for (const auto& [ending, sink] : kEndings)
    if (lower.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  const fs::path stem = fs::path(path).replace_extension();
  return stem.filename().string().find_first_of("*?[") == std::string::npos ? stem.string()
                                                                            : "images";
}

/// `first`: an input, whose name a result in a folder may have.
std::string sink_type(const std::string& out, const std::string& first = "images") {
  if (std::string type = sink_of_ending(out); !type.empty()) return type;
  const std::string stem = stem_of(out.ends_with('/') ? out + name_of(first) : out);
  throw Error(
      ErrorCode::bad_command,
      {"the ending of the result does not say what to make", out, "", "*.ome.zarr or *.ome.tif",
       fmt::format("write e.g. {0}.ome.zarr or {0}.ome.tif", stem)});
}

/// `convert IN...`, with no result: the last word is an input too.
void require_result(const ConvertArguments& arguments) {
  const std::string& last = arguments.paths.back();
  const bool image =
      is_tiff_name(last) && fs::is_regular_file(last) && sink_of_ending(last).empty();
  if (arguments.paths.size() > 1 && !image) return;
  if (!fs::exists(last) && !sink_of_ending(last).empty())
    throw Error(ErrorCode::bad_command, {"the input is not named", last, "", "IN... OUT",
                                         "name the images before the result"});
  const std::string ending = is_zarr(last) ? ".ome.tif" : ".ome.zarr";
  auto words = arguments.words;
  for (const std::string& path : arguments.paths) std::erase(words, path);
  const auto inputs = as_pattern(arguments.paths);
  const std::string folder = name_of(fs::absolute(last).parent_path().string());
  const bool one = inputs.size() == 1 && inputs[0] == last;
  words.insert(words.end(), inputs.begin(), inputs.end());
  words.push_back((one || folder.empty() ? stem_of(name_of(last)) : folder) + ending);
  throw Error(ErrorCode::bad_command, {"the result is not named: every name given is an input",
                                       last, "", "IN... OUT, with OUT *.ome.zarr or *.ome.tif last",
                                       "run\n          " + shell_line(words)});
}

/// The folder or file itself, without a slash behind it.
fs::path clean_path(const std::string& text) {
  fs::path path = fs::absolute(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

bool same_or_inside(const fs::path& inner, const fs::path& outer) {
  const fs::path a = fs::weakly_canonical(inner), b = fs::weakly_canonical(outer);
  return std::mismatch(b.begin(), b.end(), a.begin(), a.end()).first == b.end();
}

/// Whether parfocal has written it: only then it may be replaced.
bool is_own(const fs::path& out) {
  constexpr std::streamoff kTail = 4 << 20;
  const bool folder = fs::is_directory(out);
  std::string text;
  for (const fs::path& file :
       folder ? std::vector<fs::path>{out / "zarr.json", out / ".zattrs"} : std::vector{out}) {
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) continue;
    in.seekg(std::max<std::streamoff>(0, in.tellg() - kTail));
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text.find(folder ? "\"parfocal\"" : "parfocal.record/1") != text.npos;
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

void require_free(const ConvertArguments& arguments, const fs::path& out) {
  const std::string& given = arguments.paths.back();
  if (!fs::exists(fs::symlink_status(out))) return;
  const bool own = is_own(out);
  if (arguments.resume && !arguments.overwrite && own) return;  // looked at when the plan is known
  const fs::path foreign = own ? engine::foreign_file_in(out) : fs::path();
  if (arguments.overwrite && own && foreign.empty()) return;
  const std::string needed =
      !own              ? "a new name: parfocal has not written this, others are not replaced"
      : foreign.empty() ? "a new name, or leave to replace it"
                        : "a new name: there are other files in it, as " + foreign.string();
  const std::string cure = own && foreign.empty()
                               ? "run\n          " + shell_line(starting_over(arguments.words))
                               : "choose another name, or move it away yourself";
  throw Error(ErrorCode::output_exists, {"the output exists already", given, "", needed, cure});
}

/// `convert OUT IN`, with the result first.
void require_order(const ConvertArguments& arguments) {
  const std::string &first = arguments.paths.front(), &last = arguments.paths.back();
  if (arguments.paths.size() != 2 || fs::exists(first) || !fs::exists(last)) return;
  if (sink_of_ending(first).empty()) return;
  auto words = arguments.words;
  const auto of_first = std::find(words.begin(), words.end(), first);
  const auto of_last = std::find(words.begin(), words.end(), last);
  if (of_first != words.end() && of_last != words.end()) std::iter_swap(of_first, of_last);
  throw Error(ErrorCode::bad_command,
              {"the input does not exist, the result does", first + " " + last, "",
               "first what is there, last what is to be made",
               "if they are the wrong way round, run\n          " + shell_line(words)});
}

/// The words that go on with what is unfinished.
std::vector<std::string> going_on(const ConvertArguments& arguments) {
  return with_flag(arguments.words, "--resume");
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
                   "run\n          " + shell_line(going_on(arguments)) + "\n          " +
                       shell_line(starting_over(arguments.words))});
  } else if (arguments.resume) {
    message(left ? "note: what is unfinished cannot be gone on with (only an OME-Zarr can): "
                   "starting over"
                 : "note: there is nothing unfinished: starting at the first frame");
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

/// The words that say what is made: without those that say how it runs.
std::string said(const std::string& line) {
  static const std::regex others(
      " --(resume|overwrite|json)| --(threads|memory|progress|on-error)[ =]('[^']*'|[^ ]+)");
  const std::string words = std::regex_replace(line, others, "");
  return words.substr(std::min(words.find(' '), words.size()));
}

/// What a result tells of the run that made it; of a file only if that came to its end.
nlohmann::ordered_json provenance_in(const fs::path& out) {
  if (!is_streamed_store(out))
    return nlohmann::ordered_json::parse(described_provenance(out), nullptr, false);
  for (const auto& [name, value] : zarr_facts(out.string()))
    if (name == "provenance") return value;
  return {};
}

/// Whether a result was made of the same input by the same words.
bool is_made_alike(const Pipeline& pipeline, const Plan& plan, const fs::path& out) {
  const OpenSource source = open_source(plan.pipeline.source, plan.pipeline.base_dir);
  if (is_streamed_store(out) && read_store_spec(out).origin != engine::origin_of(plan, source))
    return false;
  const nlohmann::ordered_json made = provenance_in(out);
  return text_in(made, "input") == source.identity() && !text_in(made, "pipeline_text").empty() &&
         said(text_in(made, "pipeline_text")) == said(pipeline.text);
}

/// `--resume` of a conversion that came to its end. One that was killed just then has left its
/// working folder, with nothing in it that could be gone on with.
int tell_done(const ConvertArguments& arguments, const Pipeline& pipeline, const Plan& plan,
              const fs::path& out, Workplace& workplace) {
  const std::string& given = arguments.paths.back();
  if (!is_made_alike(pipeline, plan, out))
    throw Error(ErrorCode::output_exists,
                {"the output is complete: there is nothing to go on with", given,
                 "made of another input or by another command, as far as it says",
                 "a new name, or leave to replace it",
                 "to make it again, run\n          " + shell_line(starting_over(arguments.words))});
  message("note: " + given + " is complete already: nothing was left to do");
  if (fs::exists(workplace.folder()) && !is_streamed_store(workplace.unfinished()))
    workplace.take();  // to be removed
  RunRecord record;
  record.outputs = {given};
  result(arguments.json ? record.json() : given);
  return 0;
}

/// Of a plate or series all images are taken where the result can hold them, else one must be
/// chosen; labels are images of their own.
void check_choice(const ConvertArguments& arguments, SourceSpec& source) {
  const ZarrHierarchy store(std::make_shared<LocalStore>(source.params.find("path")->text));
  const RawValue* position = source.params.find("position");
  const std::string image = position ? position->text : "";
  if (image == "all") return;
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
    throw Error(
        ErrorCode::input_missing,
        {"the input holds several images", source.params.find("path")->text,
         fmt::format("{}{}",
                     fmt::join(paths.begin(),
                               paths.begin() + std::min<long>(kMostNamed, paths.size()), ", "),
                     paths.size() > kMostNamed ? "..." : ""),
         "one of them", "run\n          " + shell_line(words)});
  }
  const ZarrNode labels = store.find(joined_key(paths.empty() ? image : paths[0], "labels"));
  if (labels.format == 0 || source.params.find("labels")) return;
  const auto names = group_of(labels).labels;
  if (names.empty()) return;
  words.insert(words.end(), {"--set", "source.labels=" + names[0]});
  message(fmt::format(
      "note: the image alone is converted. Its labels ({}{}) one by one, as\n  {}",
      fmt::join(names.begin(), names.begin() + std::min<long>(kMostNamed, names.size()), ", "),
      names.size() > kMostNamed ? "..." : "", shell_line(words)));
}

Pipeline pipeline_of(const ConvertArguments& arguments, SourceSpec source, RawValue sink_params,
                     const fs::path& out) {
  Pipeline p;
  p.name = "convert";
  p.base_dir = fs::current_path();
  p.text = shell_line(arguments.words);
  if (p.text.size() > kMostTextBytes) p.text = p.text.substr(0, kMostTextBytes) + " ...";
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

}  // namespace

int convert(const ConvertArguments& arguments) {
  SignalStop signals;
  const std::vector<std::string> inputs(arguments.paths.begin(), arguments.paths.end() - 1);
  const fs::path out = clean_path(arguments.paths.back());
  require_order(arguments);
  require_result(arguments);
  sink_type(arguments.paths.back(), arguments.paths.front());  // before the inputs are looked at
  SourceSpec source = convert_source(inputs);
  RawValue sink = RawValue::map();
  apply_convert_sets(arguments.sets, source.params, sink);
  if (source.type == "ome_zarr") check_choice(arguments, source);
  Workplace workplace(out);
  require_apart(inputs, source, out);
  require_free(arguments, out);
  const Pipeline pipeline = pipeline_of(arguments, std::move(source), std::move(sink), out);
  require_valid(pipeline);

  RunArguments run = run_arguments(arguments, workplace.folder());
  run.overwrite = true;  // of the workplace; whether OUT may be replaced was checked before
  const Planned planned = plan_for(pipeline, run.pipeline);
  if (arguments.resume && !arguments.overwrite && fs::exists(out))
    return tell_done(arguments, pipeline, planned.plan, out, workplace);
  workplace.keep(fs::exists(workplace.folder()));  // whatever keeps it from being gone on with
  run.resume = take_over(arguments, workplace);
  workplace.keep(run.resume);
  require_free(arguments, out);  // nobody else makes it from now on
  Ran ran = execute(planned, run, signals);
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
  if (arguments.json) {
    result(ran.record.json());
    return ran.exit_code;
  }
  if (unfinished) run.pipeline.words = going_on(arguments);
  print_record(ran.record, run);
  if (unfinished) tell_unfinished(arguments, ran.record);
  if (!complete) message("nothing was written to " + arguments.paths.back());
  for (const fs::path& path : ran.record.outputs) result(path.string());
  return ran.exit_code;
}

}  // namespace parfocal::cli
