#include "parfocal/graph/known_items.h"

#include <algorithm>

#include "parfocal/core/io.h"
#include "parfocal/core/rules.h"

namespace parfocal {
namespace {

// Empty where they cannot be read: that is told elsewhere.
std::any parsed_params(const StepSpec& step, const OperatorInfo& info) {
  std::vector<Issue> issues;
  std::any params = info.params.parse(step.params, step.id, issues);
  return issues.empty() ? params : std::any();
}

const PortRef* first_input(const StepSpec& step, const OperatorInfo& info) {
  for (const auto& [port, ref] : step.inputs)
    if (!info.inputs.empty() && port == info.inputs[0].name) return &ref;
  return nullptr;
}

// What of `given` the step accepts; of what is not known all that it does.
ItemFacts accepted(const ItemFacts& given, const ItemFacts& taken) {
  ItemFacts first = given.dtypes.empty() ? taken : given;
  std::erase_if(first.dtypes, [&](DType dtype) { return !taken.may_be(dtype); });
  first.shape = given.shape == ItemFacts::Shape::unknown ? taken.shape : given.shape;
  return first;
}

}  // namespace

ItemFacts taken_items(const OperatorInfo& info, const InputPort& port) {
  ItemFacts facts{port.dtypes};
  if (const RuleSet* rules = rule_sets().find("operators " + info.name))
    for (const TakenItems& taken : rules->takes)
      if (taken.input == port.name) facts.shape = taken.facts.shape;
  return facts;
}

KnownItems::KnownItems(const Pipeline& pipeline) {
  const SourceInfo* source = sources().find(pipeline.source.type);
  if (source && !source->test_only) ports_[{"source", ""}].shape = ItemFacts::Shape::image;
  for (const StepSpec& step : pipeline.steps)
    if (const OperatorInfo* info = operators().find(step.op)) add(step, *info);
}

void KnownItems::add(const StepSpec& step, const OperatorInfo& info) {
  const RuleSet* rules = rule_sets().find("operators " + info.name);
  const PortRef* from = first_input(step, info);
  if (!rules || !from || info.inputs[0].kind != PortKind::image) return;
  const ItemFacts given = of(*from), taken = taken_items(info, info.inputs[0]);
  if (!given.may_meet(taken)) return;  // what it would make of a wrong input says nothing
  const ItemFacts first = accepted(given, taken);
  const std::any params = parsed_params(step, info);
  for (const MadeItems& made : rules->makes) {
    const ItemFacts facts = made.of(params, first);
    ports_[{step.id, made.port}] = facts;
    if (!info.outputs.empty() && made.port == info.outputs[0].name) ports_[{step.id, ""}] = facts;
  }
}

ItemFacts KnownItems::of(const PortRef& ref) const {
  const auto it = ports_.find({ref.step, ref.port});
  return it == ports_.end() ? ItemFacts{} : it->second;
}

}  // namespace parfocal
