#include "show_pipeline.h"

#include <algorithm>
#include <set>

#include "parfocal/core/channel_names.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/picture/picture_params.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/planner/binding.h"
#include "print.h"

namespace parfocal::cli {
namespace {

constexpr int64_t kAnyMemory = int64_t{1} << 50;  // only layouts are asked for

bool makes_images(const StepSpec& step) {
  const OperatorInfo* info = operators().find(step.op);
  return info && !info->outputs.empty() && info->outputs[0].kind == PortKind::image &&
         !info->outputs[0].frame_column;
}

std::vector<std::string> image_steps(const Pipeline& pipeline) {
  std::vector<std::string> names = {"source"};
  for (const StepSpec& step : pipeline.steps)
    if (makes_images(step)) names.push_back(step.id);
  return names;
}

[[noreturn]] void fail_step(const std::string& what, const std::string& step,
                            const Pipeline& pipeline) {
  const std::vector<std::string> names = image_steps(pipeline);
  throw Error(ErrorCode::bad_command,
              {what, "", step, "a step that makes images: " + joined(names),
               did_you_mean(step, names, "write e.g. --step " + names.back())});
}

const OutputPort* port_of(const Pipeline& pipeline, const PortRef& ref) {
  const StepSpec* step = pipeline.find_step(ref.step);
  const OperatorInfo* info = step ? operators().find(step->op) : nullptr;
  if (!info) return nullptr;
  for (const OutputPort& port : info->outputs)
    if (ref.port.empty() || port.name == ref.port) return &port;
  return nullptr;
}

std::vector<PortRef> wanted_ports(const Pipeline& pipeline, const std::vector<std::string>& steps) {
  std::vector<PortRef> refs;
  for (const std::string& step : steps) {
    const PortRef ref = parse_port_ref(step, {});
    if (ref.step != "source" && !pipeline.find_step(ref.step))
      fail_step("there is no step '" + ref.step + "'", step, pipeline);
    const OutputPort* port = port_of(pipeline, ref);
    if (ref.step != "source" && !port)
      fail_step("step '" + ref.step + "' has no output '" + ref.port + "'", step, pipeline);
    if (port && port->kind != PortKind::image)
      fail_step("step '" + step + "' makes a table, not an image", step, pipeline);
    refs.push_back(ref);
  }
  if (refs.empty()) refs.push_back({image_steps(pipeline).back(), "", {}});
  return refs;
}

SinkSpec picture_of(const PortRef& ref, size_t number, const RawValue& at) {
  SinkSpec sink;
  sink.type = "picture";
  sink.inputs = {{"from", ref}};
  sink.params.set("path", RawValue::scalar(std::to_string(number)));
  sink.params.set("max", RawValue::scalar("1"));
  if (!at.entries.empty()) sink.params.set("at", at);
  return sink;
}

// Just what leads to the ports.
Pipeline reduced(const Pipeline& whole, const std::vector<PortRef>& refs) {
  Pipeline pipeline = whole;
  std::set<std::string> needed;
  for (const PortRef& ref : refs) needed.insert(ref.step);
  for (size_t s = whole.steps.size(); s-- > 0;)
    if (needed.contains(whole.steps[s].id))
      for (const auto& [port, ref] : whole.steps[s].inputs) needed.insert(ref.step);
  std::erase_if(pipeline.steps, [&](const StepSpec& step) { return !needed.contains(step.id); });
  pipeline.observers.clear();
  pipeline.sinks.clear();
  for (size_t i = 0; i < refs.size(); ++i)
    pipeline.sinks.push_back(picture_of(refs[i], i, RawValue::map()));
  return pipeline;
}

// Layouts, and what each step does with the axes.
Plan planned(const Pipeline& pipeline, const std::filesystem::path& folder,
             const Pipeline& whole) try {
  PlanOptions options;
  options.out_dir = folder;
  options.memory_bytes = kAnyMemory;
  options.threads = 1;
  return make_plan(pipeline, options);
} catch (const Error& error) {
  const Issue& issue = error.issues()[0];
  if (!issue.where.starts_with("sink picture")) throw;
  throw Error(ErrorCode::bad_command,
              {issue.what, "", issue.given,
               "a step that makes images: " + joined(image_steps(whole)), "name another --step"});
}

// Whether a node gives each step of `axis` by itself: what it makes of one, it makes of that alone.
bool keeps_apart(const NodePlan& node, const std::vector<NodePlan>& nodes,
                 const std::string& axis) {
  for (const PortId in : node.inputs) {
    const Layout& given =
        nodes[static_cast<size_t>(in.node)].outputs[static_cast<size_t>(in.port)].layout;
    const int from = given.find_stream(axis);
    if (from < 0) continue;
    for (const PortLayout& out : node.outputs) {
      const int to = out.layout.find_stream(axis);
      if (to < 0 || out.layout.clock != given.clock ||
          out.layout.stream[static_cast<size_t>(to)].size !=
              given.stream[static_cast<size_t>(from)].size)
        return false;
    }
  }
  if (node.kind != NodeKind::stream) return true;
  const auto bound = bind_operator(node, nodes);
  const auto over = dynamic_cast<const StreamOperator&>(*bound).over();
  return std::find(over.begin(), over.end(), axis) == over.end();
}

bool can_pick(const Plan& plan, const std::string& axis) {
  return std::all_of(plan.nodes.begin(), plan.nodes.end(), [&](const NodePlan& node) {
    const bool computes =
        node.kind == NodeKind::map || node.kind == NodeKind::fold || node.kind == NodeKind::stream;
    return !computes || keeps_apart(node, plan.nodes, axis);
  });
}

const std::string* word_of(const ItemWords& item, const std::string& axis) {
  for (const auto& [name, word] : item)
    if (name == axis) return &word;
  return nullptr;
}

[[noreturn]] void fail_axis(const std::string& name, const std::string& word,
                            const Layout& layout) {
  const std::string cure =
      layout.stream.empty() ? "leave --at out" : "write e.g. --at " + layout.stream[0].name + "=0";
  throw Error(ErrorCode::bad_command, {"there is no axis '" + name + "' to choose of", "--at",
                                       name + "=" + word, "a step of " + layout.str(), cure});
}

std::string step_names(const Axis& axis) {
  return axis.labels.empty() ? "0.." + std::to_string(axis.size - 1) : joined(axis.labels);
}

int64_t step_number(const Axis& axis, const std::string& word) {
  const int64_t step = channel_index(word, axis.labels, axis.size);
  if (step >= 0) return step;
  throw Error(ErrorCode::bad_command,
              {"axis " + axis.name + " has no step '" + word + "'", "--at", axis.name + "=" + word,
               step_names(axis),
               "write e.g. --at " + axis.name + "=" +
                   (axis.labels.empty() ? std::to_string(axis.size - 1) : axis.labels[0])});
}

const Layout& shown_layout(const Plan& plan, const NodePlan& sink) {
  const PortId in = sink.inputs[0];
  return plan.nodes[static_cast<size_t>(in.node)].outputs[static_cast<size_t>(in.port)].layout;
}

std::vector<const NodePlan*> picture_nodes(const Plan& plan) {
  std::vector<const NodePlan*> nodes;
  for (const NodePlan& node : plan.nodes)
    if (node.kind == NodeKind::sink && !node.internal) nodes.push_back(&node);
  return nodes;
}

bool has_axis(const Layout& layout, const std::string& name) {
  const int axis = layout.find_item(name);
  return layout.find_stream(name) >= 0 ||
         (axis >= 0 && static_cast<size_t>(axis) + 2 < layout.item.size());
}

bool a_picture_has(const Plan& plan, const std::string& axis) {
  const auto nodes = picture_nodes(plan);
  return std::any_of(nodes.begin(), nodes.end(), [&](const NodePlan* node) {
    return has_axis(shown_layout(plan, *node), axis);
  });
}

// What of the named steps the picture of a port has to choose itself.
RawValue choice_of(const Layout& layout, const ItemWords& item,
                   const std::vector<std::pair<std::string, int64_t>>& picked) {
  RawValue at = RawValue::map();
  for (const auto& [name, word] : item) {
    const bool one = std::any_of(picked.begin(), picked.end(),
                                 [&, axis = name](const auto& p) { return p.first == axis; });
    if (!one && has_axis(layout, name)) at.set(name, RawValue::scalar(word));
  }
  return at;
}

}  // namespace

ItemWords item_words(const std::vector<std::string>& texts) {
  ItemWords words;
  for (const std::string& text : texts)
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      const std::string one = text.substr(at, end - at);
      const size_t sign = one.find('=');
      if (sign == one.npos || sign == 0 || sign + 1 == one.size())
        throw Error(ErrorCode::bad_command, {"--at names no item", "", text, "axes and their steps",
                                             "write e.g. --at t=3"});
      words.emplace_back(lowercase(one.substr(0, sign)), one.substr(sign + 1));
      at = end + 1;
    }
  return words;
}

ShownPipeline shown_pipeline(const Pipeline& whole, const std::vector<std::string>& steps,
                             const ItemWords& item, const std::filesystem::path& folder) {
  const std::vector<PortRef> refs = wanted_ports(whole, steps);
  ShownPipeline shown{reduced(whole, refs), {}, ""};
  const Plan plan = planned(shown.pipeline, folder, whole);
  if (plan.live)
    throw Error(ErrorCode::bad_command,
                {"a live source gives each frame once: there is none to show", "source",
                 whole.source.type, "a source that can be read again",
                 "show what it has recorded, with a source that reads that"});
  for (const auto& [name, word] : item)
    if (!a_picture_has(plan, name))
      fail_axis(name, word, shown_layout(plan, *picture_nodes(plan)[0]));
  for (const Axis& axis : plan.nodes[0].outputs[0].layout.stream) {
    const std::string* word = word_of(item, axis.name);
    if (!word && axis.name == "c" && are_photo_colours(axis)) continue;  // one picture
    const int64_t step = word ? step_number(axis, *word) : 0;
    if (a_picture_has(plan, axis.name)) shown.item += "-" + axis.name + std::to_string(step);
    if (can_pick(plan, axis.name)) shown.pipeline.source.picked.emplace_back(axis.name, step);
  }
  const auto nodes = picture_nodes(plan);
  for (size_t i = 0; i < refs.size(); ++i) {
    shown.steps.push_back(port_ref_text(refs[i]));
    shown.pipeline.sinks[i] = picture_of(
        refs[i], i, choice_of(shown_layout(plan, *nodes[i]), item, shown.pipeline.source.picked));
  }
  return shown;
}

}  // namespace parfocal::cli
