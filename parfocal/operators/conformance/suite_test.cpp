// The suite itself. A test source, because it reads examples as YAML.

#include <map>
#include <set>

#include "parfocal/core/port_facts.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/conformance/bind.h"
#include "parfocal/operators/conformance/conformance.h"
#include "parfocal/operators/conformance/fold_checks.h"
#include "parfocal/operators/conformance/stream_checks.h"

namespace parfocal::conformance {
namespace {

struct Shape {
  int64_t t, y, x;
  bool thorough;  // all contents and threads, or random pixels only
};
// More than two nodes of 64 items; several tiles each way; odd; one row; one pixel.
constexpr Shape kShapes[] = {
    {150, 5, 7, true}, {5, 40, 70, true}, {3, 19, 37, false}, {3, 1, 37, false}, {3, 1, 1, false}};

// The kinds of layout that an operator may want as its first input.
std::vector<PortLayout> candidates(DType dtype, const Shape& s) {
  std::vector<PortLayout> all{image_of(dtype, {{"t", s.t}, {"z", 2}}, {{"y", s.y}, {"x", s.x}}),
                              image_of(dtype, {{"t", s.t}}, {{"z", 2}, {"y", s.y}, {"x", s.x}}),
                              image_of(dtype, {{"t", s.t}, {"c", 3}}, {{"y", s.y}, {"x", s.x}}),
                              image_of(dtype, {{"t", s.t}}, {{"y", s.y}, {"x", s.x}, {"c", 3}}),
                              image_of(dtype, {{"p", 2}, {"t", s.t}}, {{"y", s.y}, {"x", s.x}})};
  for (PortLayout& port : all)
    for (auto* axes : {&port.layout.stream, &port.layout.item})
      for (Axis& axis : *axes)
        if (axis.name == "c") axis.labels = {"r", "g", "b"};
  return all;
}
PortLayout table_like(const PortLayout& image) {
  PortLayout port{PortKind::table, image.layout, {}};
  port.layout.item.clear();
  port.table.columns = {{"label", "", Column::Type::integer},
                        {"area", "px2", Column::Type::real},
                        {"centroid_y", "px", Column::Type::real},
                        {"centroid_x", "px", Column::Type::real},
                        {"intensity_mean", "", Column::Type::real}};
  port.table.max_rows = 12;
  return port;
}
bool accepts(const InputPort& port, DType dtype) {
  return port.dtypes.empty() ||
         std::find(port.dtypes.begin(), port.dtypes.end(), dtype) != port.dtypes.end();
}

// Gates that hold for the whole stream.
PortLayout gates_port() {
  PortLayout port = image_of(DType::f64, {}, {{"gate", 2}, {"limit", 2}});
  port.layout.item[0].labels = {"pixels", "area_um"};
  return port;
}

// Smallest and largest pixel of the whole stream.
PortLayout range_port() { return image_of(DType::f64, {}, {{"range", 2}}); }

// One further input: of the shape of the first, or a number for each item; some have their own.
PortLayout further_input(const InputPort& port, const PortLayout& first, bool scalar) {
  if (port.name == "online_gates") return gates_port();
  if (port.name == "range") return range_port();
  PortLayout next = port.kind == PortKind::table ? table_like(first) : first;
  if (!accepts(port, first.layout.dtype)) next.layout.dtype = port.dtypes[0];
  if (scalar) next.layout.item.clear();
  return next;
}

// Bit i: the i-th optional port is left out.
using LeftOut = unsigned;

struct InputSet {
  std::vector<PortLayout> ports;
  LeftOut left_out = 0;
};

size_t count_optional(const OperatorInfo& info) {
  return static_cast<size_t>(std::count_if(info.inputs.begin(), info.inputs.end(),
                                           [](const InputPort& port) { return port.optional; }));
}
std::string names_of(const OperatorInfo& info, LeftOut left_out) {
  std::string names;
  LeftOut bit = 1;
  for (const InputPort& port : info.inputs) {
    if (!port.optional) continue;
    if (left_out & bit) names += (names.empty() ? "" : ", ") + port.name;
    bit <<= 1;
  }
  return names.empty() ? "nothing" : names;
}

// One mix of shapes: bit i of `scalars` makes port i + 1 a number for each item.
InputSet input_set(const OperatorInfo& info, const PortLayout& first, LeftOut left_out,
                   unsigned scalars) {
  InputSet set{{first}, left_out};
  LeftOut bit = 1;
  for (size_t i = 1; i < info.inputs.size(); ++i) {
    const bool out = info.inputs[i].optional && (left_out & bit) != 0;
    if (info.inputs[i].optional) bit <<= 1;
    const bool scalar = (scalars >> (i - 1) & 1) != 0;
    set.ports.push_back(out ? no_port() : further_input(info.inputs[i], first, scalar));
  }
  return set;
}

// The inputs to try for one first input: the optional ones there or not, in every combination;
// every mix of shapes of the others.
std::vector<InputSet> input_sets(const OperatorInfo& info, const PortLayout& first) {
  std::vector<InputSet> sets;
  for (LeftOut left_out = 0; left_out < 1U << count_optional(info); ++left_out)
    for (unsigned scalars = 0; scalars < 1U << (info.inputs.size() - 1); ++scalars) {
      InputSet set = input_set(info, first, left_out, scalars);
      const bool known = std::any_of(sets.begin(), sets.end(),
                                     [&](const InputSet& s) { return s.ports == set.ports; });
      if (!known) sets.push_back(std::move(set));
    }
  return sets;
}

// What the rules of `info` tell of output `port`; nullopt where they are silent.
std::optional<ItemFacts> told_of(const OperatorInfo& info, const std::string& port,
                                 const std::any& params, const PortLayout& first) {
  const RuleSet* rules = rule_sets().find("operators " + info.name);
  for (const MadeItems& made : rules ? rules->makes : std::vector<MadeItems>{})
    if (made.port == port) return made.of(params, facts_of(first));
  return std::nullopt;
}

class Suite {
 public:
  explicit Suite(const OperatorInfo& info) : info_(info) {}

  void run(const std::string& step) {
    bound_ = false;
    for (const Shape& shape : kShapes)
      for (int d = 0; d < kDTypeCount; ++d) {
        const auto dtype = static_cast<DType>(d);
        const bool table = info_.inputs[0].kind == PortKind::table;
        if (table ? d > 0 : !accepts(info_.inputs[0], dtype)) continue;
        try_layouts(step, shape, dtype);
      }
    // What exists for recipes only may want what only their other parts make: it is checked there.
    if (!bound_ && !info_.recipe_only) {
      report_.enter(step);
      report_.problem("binds to none of the layouts tried: " + refusal_);
    }
  }
  // After all steps: every combination of left-out inputs must have been run with one of them.
  void check_left_out() {
    report_.enter(info_.name);
    for (LeftOut left_out = 0; left_out < 1U << count_optional(info_); ++left_out)
      if (!left_out_.empty() && !left_out_.contains(left_out))
        report_.problem("never binds where what is left out is " + names_of(info_, left_out));
    if (!info_.inputs.empty() && info_.inputs[0].optional)
      report_.problem("its first input may not be optional");
  }
  const std::vector<std::string>& found() const { return report_.found(); }

 private:
  // The first layout that binds, and for the large shape the first two.
  void try_layouts(const std::string& step, const Shape& shape, DType dtype) {
    int left = shape.y == 40 ? 2 : 1;
    for (PortLayout& layout : candidates(dtype, shape)) {
      if (info_.inputs[0].kind == PortKind::table) layout = table_like(layout);
      bool bound = false;
      for (const InputSet& set : input_sets(info_, layout)) {
        report_.enter(info_.name + " " + step + " on " + layout.layout.str() + by_text(set));
        if (!try_inputs(step, shape, set.ports)) continue;
        left_out_.insert(set.left_out);
        bound = true;
      }
      bound_ = bound_ || bound;
      if (bound && --left == 0) return;
    }
  }
  std::string by_text(const InputSet& set) const {
    std::string text;
    for (size_t i = 1; i < set.ports.size(); ++i)
      if (set.ports[i].connected())
        text += ", " + info_.inputs[i].name + " " + set.ports[i].layout.str();
    return text;
  }
  bool try_inputs(const std::string& step, const Shape& shape,
                  const std::vector<PortLayout>& inputs) {
    try {
      const std::any params = parse_params(info_, step);
      if (info_.expand) {
        check_recipe(params, inputs, shape.thorough);
      } else {
        const auto op = info_.make(params, inputs);
        if (op->inputs() != inputs) report_.problem("does not keep a place for every port");
        check_facts(params, inputs[0], op->outputs());
        check(*op, shape.thorough);
      }
      return true;
    } catch (const Error& e) {
      refusal_ = e.what();
      return false;
    }
  }
  // Long streams are for folds: what is cut at multiples of 64 needs more than two nodes.
  void check(const Operator& op, bool thorough) {
    const std::vector<Axis>& axes = op.inputs()[0].layout.stream;
    if (op.kind() != OperatorKind::fold && !axes.empty() && axes[0].size > 100) return;
    if (const auto* map = dynamic_cast<const MapOperator*>(&op)) check_map(*map, thorough, report_);
    if (const auto* fold = dynamic_cast<const FoldOperator*>(&op))
      check_fold(*fold, thorough, report_);
    if (const auto* stream = dynamic_cast<const StreamOperator*>(&op))
      check_stream(*stream, thorough, report_);
  }

  // Every node of the expansion, on inputs of the layouts that it gets there.
  void check_recipe(const std::any& params, const std::vector<PortLayout>& inputs, bool thorough) {
    std::map<std::string, PortLayout> ports{{"", no_port()}};
    for (size_t i = 0; i < inputs.size(); ++i) ports["$" + info_.inputs[i].name] = inputs[i];
    const Expansion expansion = info_.expand(params, inputs);
    for (const RecipeNode& node : expansion.nodes) {
      const OperatorInfo* info = operators().find(node.op);
      if (!info) return report_.problem("expands to an operator that is not there: " + node.op);
      std::vector<Issue> issues;
      const std::any node_params = info->params.parse(node.params, node.op, issues);
      if (!issues.empty()) return report_.problem("expands to wrong parameters: " + issues[0].what);
      std::vector<PortLayout> node_inputs;
      for (const std::string& input : node.inputs) {
        if (!ports.contains(input)) return report_.problem("expands to an unknown input: " + input);
        node_inputs.push_back(ports[input]);
      }
      const auto op = info->make(node_params, all_ports(*info, node_inputs));
      check(*op, thorough);
      ports[node.id] = op->outputs()[0];
      for (size_t p = 0; p < op->outputs().size(); ++p)
        ports[node.id + "." + info->outputs[p].name] = op->outputs()[p];
    }
    std::vector<PortLayout> outputs;
    for (const std::string& output : expansion.outputs) outputs.push_back(ports[output]);
    check_facts(params, inputs[0], outputs);
  }

  // What `check` believes of the outputs is so; of what users may write it knows every image.
  void check_facts(const std::any& params, const PortLayout& first,
                   const std::vector<PortLayout>& outputs) {
    if (first.kind != PortKind::image) return;
    for (size_t p = 0; p < outputs.size(); ++p) {
      if (outputs[p].kind != PortKind::image) continue;
      const std::string& name = info_.outputs[p].name;
      const auto told = told_of(info_, name, params, first);
      if (!told && operators().find(info_.name) == &info_ && !info_.test_only && !info_.recipe_only)
        report_.problem("its rules do not tell the items of output '" + name + "'");
      if (told && !facts_of(outputs[p]).may_meet(*told))
        report_.problem("its rules tell wrong items of output '" + name + "'");
    }
  }

  const OperatorInfo& info_;
  Report report_;
  bool bound_ = false;
  std::set<LeftOut> left_out_;  // combinations that were bound
  std::string refusal_;
};

}  // namespace

std::vector<std::string> conformance_problems(const OperatorInfo& info,
                                              const std::vector<std::string>& more) {
  Suite suite(info);
  suite.run(info.example);
  for (const std::string& step : more) suite.run(step);
  suite.check_left_out();
  return suite.found();
}

}  // namespace parfocal::conformance
