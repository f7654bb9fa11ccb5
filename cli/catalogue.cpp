#include "catalogue.h"

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"

namespace parfocal::cli {
namespace {

std::string what_of(PortKind kind, const std::string& doc) {
  const std::string name = kind == PortKind::image ? "image" : "table";
  return doc.empty() ? name : name + ": " + doc;
}

std::string dtypes_text(const std::vector<DType>& dtypes) {
  std::string text;
  for (const DType dtype : dtypes)
    text += (text.empty() ? " (" : ", ") + std::string(dtype_name(dtype));
  return text.empty() ? "" : text + ")";
}

Entry entry_of(const OperatorInfo& op) {
  Entry entry;
  entry.role = "operator";
  entry.family = op.family;
  entry.kind = op.kind;
  entry.tolerance = op.tolerance;
  entry.example = op.example;
  entry.reference = op.reference;
  for (const InputPort& port : op.inputs)
    entry.inputs.push_back(
        {port.name, what_of(port.kind, port.doc) + dtypes_text(port.dtypes), port.optional});
  for (const OutputPort& port : op.outputs)
    entry.outputs.push_back({port.name, what_of(port.kind, port.doc), false});
  return entry;
}

Entry entry_of(const SourceInfo& source) {
  Entry entry;
  entry.role = "source";
  entry.kind = source.open_live ? "live" : "random access";
  entry.example = source.example;
  for (const SourcePort& port : source.ports) entry.outputs.push_back({port.name, port.doc, false});
  return entry;
}

Entry entry_of(const SinkInfo& sink) {
  Entry entry;
  entry.role = "sink";
  entry.example = sink.example;
  std::string kinds;
  for (const PortKind kind : sink.accepts)
    kinds += (kinds.empty() ? "" : " or ") + what_of(kind, "");
  entry.inputs.push_back({"from", kinds, false});
  if (sink.takes_labels)
    entry.inputs.push_back({"labels", "map of a name to a step with labels", true});
  for (const SinkPort& port : sink.inputs)
    entry.inputs.push_back({port.name, what_of(port.kind, port.doc), port.optional});
  return entry;
}

Entry entry_of(const ObserverInfo&) {
  Entry entry;
  entry.role = "observer";
  return entry;
}

template <class Info>
void append(const Registry<Info>& registry, std::vector<Entry>& entries) {
  for (const std::string& name : registry.names()) {
    const Info& info = *registry.find(name);
    if constexpr (requires { info.recipe_only; })
      if (info.recipe_only) continue;
    if (info.test_only) continue;
    Entry& entry = entries.emplace_back(entry_of(info));
    entry.name = info.name;
    entry.summary = info.summary;
    entry.params = &info.params.infos();
  }
}

}  // namespace

std::vector<Entry> catalogue() {
  std::vector<Entry> entries;
  append(operators(), entries);
  append(sources(), entries);
  append(sinks(), entries);
  append(observers(), entries);
  return entries;
}

}  // namespace parfocal::cli
