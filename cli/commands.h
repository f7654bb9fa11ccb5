#pragma once
/// One struct of arguments and one function per command. The functions return the exit code, print
/// results on stdout and messages on stderr, and throw Error for what the user can cure.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal::cli {

/// What `plan` and `run` share: which pipeline, and what the command line changes in it.
struct PipelineArguments {
  std::filesystem::path file;
  std::vector<std::string> sets;   ///< "step.key=value"
  std::filesystem::path datasets;  ///< a table; "" = what the file says
  std::optional<int64_t> memory_bytes;
  std::optional<OnError> on_error;
  int threads = 0;  ///< 0 = what affinity and cgroup allow
  std::filesystem::path out_dir;
  int64_t disk_taken_bytes = 0;    ///< of the outputs that is there already, or makes way
  std::vector<std::string> words;  ///< the command line as given, for lines to copy
};
struct CheckArguments {
  std::filesystem::path file;
  std::vector<std::string> sets;
  std::filesystem::path datasets;  ///< a table; "" = what the file says
  bool json = false;
};
struct PlanArguments {
  PipelineArguments pipeline;
  std::filesystem::path graph;  ///< where to draw the plan, "" = nowhere
  bool explain = false, json = false;
};
struct RunArguments {
  PipelineArguments pipeline;
  bool overwrite = false, strict = false, json = false;
  bool resume = false;            ///< of commands that run a source into a sink, and of datasets
  std::string progress = "auto";  ///< auto, plain, json, none
};
/// `parfocal show`: a picture of steps for one item.
struct ShowArguments {
  PipelineArguments pipeline;
  std::vector<std::string> steps;  ///< none: the last one that makes an image
  std::vector<std::string> at;     ///< "t=3,c=red"
  std::filesystem::path out;       ///< "" = PIPELINE-STEP-t3.png in the current folder
  bool open = false, no_open = false, json = false;
};
struct InfoArguments {
  std::vector<std::string> paths;
  bool json = false, validate = false;
};
struct OpsArguments {
  std::vector<std::string> words;  ///< a name, or words that tell what is meant; none = all
  bool json = false, schema = false;
};
struct DemoArguments {
  std::string name = "cells";
  std::filesystem::path dir;
  int64_t seed = 1;
  bool json = false;
  std::string progress = "auto";
};

struct BackgroundArguments {
  std::string method;              ///< sparse-median, rolling-median, copy
  std::vector<std::string> paths;  ///< IN and OUT, or with `out_dir` recordings
  std::filesystem::path out_dir;   ///< "" = one recording into one file
  std::filesystem::path in, out;   ///< of the one that is made
  std::vector<std::pair<std::string, std::string>> params;  ///< of the operator, as given
  bool compress = true, require_time = false, overwrite = false, json = false;
  bool skip_errors = false;  ///< frames that cannot be read become gaps
  std::optional<int64_t> memory_bytes;
  int threads = 0;
  std::string progress = "auto";
  std::vector<std::string> words;  ///< the command line as given
};

struct ConvertArguments {
  std::vector<std::string> paths;  ///< inputs, then the output
  std::vector<std::string> sets;   ///< "source.key=value", "sink.key=value"
  bool overwrite = false, json = false;
  bool resume = false;       ///< go on with an unfinished conversion
  bool skip_errors = false;  ///< frames that cannot be read become gaps
  std::optional<int64_t> memory_bytes;
  int threads = 0;
  std::string progress = "auto";
  std::vector<std::string> words;  ///< the command line as given
};

/// `parfocal report`
struct ReportArguments {
  std::filesystem::path folder;  ///< of a run
  std::filesystem::path out;     ///< "" = report.html in it
  bool json = false;
};
/// `parfocal recover`
struct RecoverArguments {
  std::filesystem::path path;  ///< an output, or a folder of them
  bool json = false;
};

int check(const CheckArguments& arguments);
int plan(const PlanArguments& arguments);
int run(const RunArguments& arguments);
int show(const ShowArguments& arguments);
int info(const InfoArguments& arguments);
int report(const ReportArguments& arguments);
int ops(const OpsArguments& arguments);
int demo(const DemoArguments& arguments);
/// What DemoArguments::name may be.
std::vector<std::string> demo_names();
int background(const BackgroundArguments& arguments);
int recover(const RecoverArguments& arguments);
/// \throws Error(input_missing) where only an unfinished conversion has this name for its result:
/// says where it is and how to go on
void require_no_unfinished(const std::filesystem::path& path);
int convert(const ConvertArguments& arguments);

}  // namespace parfocal::cli
