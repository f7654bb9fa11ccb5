#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/engine/output_place.h"
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

void print_one(const Recovered& one) {
  const std::string name = one.path.string();
  if (!one.found) {
    result(name + ": nothing to recover, its writer closed it");
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
    result(json.dump(2));
    return 0;
  }
  print_one(one);
  if (one.found) message("next: parfocal info " + shell_line({one.path.string()}));
  return 0;
}

int recover_folder(const RecoverArguments& arguments) {
  const Recovery recovery = recover_run(arguments.path);
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Recovered& one : recovery.outputs)
    arguments.json ? all.push_back(json_of(one)) : print_one(one);
  if (arguments.json)
    result(nlohmann::ordered_json{
        {"schema", "parfocal.recover/1"}, {"folder", arguments.path.string()}, {"outputs", all}}
               .dump(2));
  if (!recovery.failures.empty()) throw Error(ErrorCode::run_failed, recovery.failures);
  return 0;
}

}  // namespace

void require_no_unfinished(const std::filesystem::path& path) {
  const auto out = path.has_filename() ? path : path.parent_path();
  const auto store = Workplace::folder_of(out) / out.filename();
  if (const std::string maker = engine::maker_of(out);
      !maker.empty() && !std::filesystem::exists(out))
    throw Error(ErrorCode::input_missing, {maker + " is making this output now", out.string(), "",
                                           "the end of that command", "wait for it"});
  const bool resumable = is_streamed_store(store);
  if (std::filesystem::exists(out) || !(resumable || wants_recovery(store))) return;
  throw Error(ErrorCode::input_missing,
              {"a conversion to this name is unfinished: there is no such result yet", out.string(),
               store.string(), "",
               (resumable ? "run its command again with --resume, or keep what is there already:"
                          : "keep what is there already, or run its command again:") +
                   ("\n          " + shell_line({"parfocal", "recover", store.string()}))});
}

int recover(const RecoverArguments& arguments) {
  const fs::path& path = arguments.path;
  engine::settle(path);
  require_no_unfinished(path);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored) || is_streamed_store(path)) return recover_one(arguments);
  return outputs_of_run(path).empty() ? recover_one(arguments) : recover_folder(arguments);
}

}  // namespace parfocal::cli
