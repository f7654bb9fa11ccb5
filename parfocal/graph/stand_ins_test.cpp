// Stand-ins with the names, ports and parameters of real operators, sources and sinks, for tests of
// the description alone. Where the real one is linked in, it is used.

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

struct Values {
  Length sigma;
  double value = 0;
  std::string method = "otsu", text;
  std::vector<std::string> words;
};
constexpr auto kImage = PortKind::image;
constexpr auto kTable = PortKind::table;

Parameters<Values> any_of() { return {}; }

void stand_in(std::string name, std::vector<InputPort> inputs, std::vector<OutputPort> outputs,
              ParamSet params) {
  if (operators().find(name)) return;
  OperatorInfo info;
  info.name = std::move(name);
  info.inputs = std::move(inputs);
  info.outputs = std::move(outputs);
  info.params = std::move(params);
  operators().add(std::move(info));
}
void stand_in_sink(std::string name, std::vector<PortKind> accepts, bool takes_labels) {
  if (sinks().find(name)) return;
  SinkInfo info;
  info.name = std::move(name);
  info.accepts = std::move(accepts);
  info.takes_labels = takes_labels;
  info.params = any_of().add("path", &Values::text, "file to write").required();
  sinks().add(std::move(info));
}

bool register_all() {
  const OutputPort image{"out", kImage, "", false}, table{"table", kTable, "", false};
  stand_in("gaussian", {{}}, {image},
           any_of().add("sigma", &Values::sigma, "width").above(0).required());
  stand_in("threshold", {{}}, {{"mask", kImage, "", false}, {"threshold", kImage, "", true}},
           any_of()
               .add("method", &Values::method, "how")
               .choices({"otsu", "fixed"})
               .add("value", &Values::value, "limit"));
  stand_in("open", {{}}, {image}, any_of().add("footprint", &Values::text, "shape").required());
  stand_in("label", {{}}, {image}, {});
  stand_in("measure", {{}, {"intensity", kImage, {}, true, ""}}, {table},
           any_of().add("properties", &Values::words, "names"));
  stand_in("subtract", {{}, {"by", kImage, {}, true, ""}}, {image},
           any_of().add("constant", &Values::value, "number"));
  stand_in("t_split", {{}}, {{"low", kImage, "", false}, {"high", kImage, "", false}}, {});
  stand_in("t_pair", {{}, {"other", kImage, {}, false, "the second image"}}, {image}, {});
  stand_in_sink("ome_zarr", {kImage}, true);
  stand_in_sink("table", {kTable}, false);
  if (!sources().find("files")) {
    SourceInfo files;
    files.name = "files";
    files.params = any_of()
                       .add("glob", &Values::text, "which files")
                       .required()
                       .add("axes", &Values::text, "names of the axes");
    sources().add(std::move(files));
  }
  if (!observers().find("viewer")) {
    ObserverInfo viewer;
    viewer.name = "viewer";
    observers().add(std::move(viewer));
  }
  return true;
}
[[maybe_unused]] const bool kRegistered = register_all();

}  // namespace
}  // namespace parfocal
