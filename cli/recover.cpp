#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "info_parts.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "print.h"
#include "recover_parts.h"
#include "workplace.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

nlohmann::ordered_json json_of(const Recovered& one) {
  nlohmann::ordered_json json{{"path", one.path.string()}, {"kind", one.kind}};
  json["recovered"] = one.found;
  json.update(one.details);
  return json;
}

/// What was found of an output that needs nothing.
std::string state_of(const Recovered& one) {
  if (!one.state.empty()) return one.state;
  if (!is_of_killed_run(one.path)) return "its writer closed it";
  if (one.kind != "table") return "it is whole; its run was killed";
  return counted(one.details.value("rows", int64_t{0}), "row") +
         ", none torn; its run was killed, so rows of what it had not told yet are missing";
}

/// The lines that give a recovered result of a conversion its name, "" if it has it. The second
/// clears what is left of the making.
std::string naming_lines(const fs::path& made) {
  const fs::path whole = fs::absolute(made).lexically_normal();
  const fs::path out = whole.parent_path().parent_path() / whole.filename();
  if (Workplace::folder_of(out) != whole.parent_path() || fs::exists(out)) return "";
  const std::string name = (made.parent_path().parent_path() / out.filename()).string();
  return shell_line({"mv", made.string(), name}) + "\n  " + shell_line({"parfocal", "info", name});
}

void print_one(const Recovered& one) {
  const std::string name = one.path.string();
  if (!one.found) {
    result(name + ": nothing to recover, " + state_of(one));
    return;
  }
  result(name + ": recovered");
  for (const std::string& line : one.lines) result("  " + line);
}

int recover_one(const RecoverArguments& arguments) {
  const Recovered one = recover_output(arguments.path);
  if (arguments.json) {
    nlohmann::ordered_json json{{"schema", "parfocal.recover/1"}};
    json[one.kind == "store" ? "store" : "file"] = one.path.string();
    json["recovered"] = one.found;
    json.update(one.details);
    result(json_text(json));
    return 0;
  }
  print_one(one);
  if (const std::string lines = naming_lines(one.path); !lines.empty())
    message("to give it the name of the result:\n  " + lines);
  else
    print_next({"parfocal", "info", one.path.string()});
  return 0;
}

int recover_folder(const RecoverArguments& arguments, const std::vector<fs::path>& outputs) {
  const Recovery recovery = recover_all(outputs);
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Recovered& one : recovery.outputs)
    arguments.json ? all.push_back(json_of(one)) : print_one(one);
  if (arguments.json)
    result(json_text(
        {{"schema", "parfocal.recover/1"}, {"folder", arguments.path.string()}, {"outputs", all}}));
  if (!recovery.failures.empty()) throw Error(ErrorCode::run_failed, recovery.failures);
  if (!arguments.json) print_next({"parfocal", "info", arguments.path.string()});
  return 0;
}

}  // namespace

void require_no_unfinished(const std::filesystem::path& path) {
  const std::string kNewLine = "\n          ";
  const auto out = path.has_filename() ? path : path.parent_path();
  const auto store = Workplace::folder_of(out) / out.filename();
  if (const std::string maker = engine::maker_of(out);
      !maker.empty() && !std::filesystem::exists(out))
    throw Error(ErrorCode::input_missing, {maker + " is making this output now", out.string(), "",
                                           "the end of that command", "wait for it"});
  const bool resumable = is_streamed_store(store), torn = wants_recovery(store);
  if (std::filesystem::exists(out) || !(resumable || torn)) return;
  throw Error(ErrorCode::input_missing,
              {"a conversion to this name is unfinished: there is no such result yet", out.string(),
               store.string(), "",
               (resumable ? "run its command again with --resume, or keep what is there already:"
                          : "keep what is there already, or run its command again:") +
                   (torn ? kNewLine + shell_line({"parfocal", "recover", store.string()}) : "") +
                   kNewLine + shell_line({"mv", store.string(), out.string()})});
}

int recover(const RecoverArguments& arguments) {
  const fs::path& path = arguments.path;
  engine::settle(path);
  require_no_unfinished(path);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored) || is_streamed_store(path)) return recover_one(arguments);
  const std::vector<fs::path> outputs = outputs_of_run(path);
  return outputs.empty() ? recover_one(arguments) : recover_folder(arguments, outputs);
}

}  // namespace parfocal::cli
