#include "parfocal/graph/label_inputs.h"

#include <algorithm>

#include "parfocal/core/rules.h"
#include "parfocal/graph/input_cures.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

// A source that reads a label image by its name has labels.
bool names_labels(const SourceSpec& source) { return source.params.find("labels") != nullptr; }

// Whether the pixels are those of the source, whatever part of them, or of a step that gives other
// numbers than it gets: a mask as integers has one object, whatever it shows.
bool may_be_no_labels(const Pipeline& pipeline, const PortRef& ref) {
  const StepSpec* by = maker_of(pipeline, ref.step);
  const OperatorInfo* info = by ? operators().find(by->op) : nullptr;
  if (!info) return !by;
  return info->family == "filter" || info->family == "pointwise" || info->family == "threshold";
}

Issue note(const Pipeline& pipeline, const StepSpec& step, const std::string& port,
           const PortRef& ref) {
  const std::string owner = "step '" + step.id + "'";
  const std::string key = port == "in" || port.empty() ? "from" : port;
  return {
      owner + " (" + step.op + ") takes each different value of '" + ref.step + "' for an object",
      where_of(step.place, owner), key + ": " + port_ref_text(ref),
      "a label image; where it is one, all is well",
      "where it is an image, " +
          label_cure(pipeline, {key, port_ref_text(ref), port_ref_text(step.inputs[0].second)})};
}

}  // namespace

std::vector<Issue> doubtful_labels(const Pipeline& pipeline) {
  std::vector<Issue> notes;
  if (names_labels(pipeline.source)) return notes;
  for (const StepSpec& step : pipeline.steps) {
    const RuleSet* facts = rule_sets().find("operators " + step.op);
    if (!facts) continue;
    for (const auto& [port, ref] : step.inputs)
      if (std::find(facts->label_inputs.begin(), facts->label_inputs.end(), port) !=
              facts->label_inputs.end() &&
          may_be_no_labels(pipeline, ref))
        notes.push_back(note(pipeline, step, step.inputs[0].first == port ? "" : port, ref));
  }
  return notes;
}

}  // namespace parfocal
