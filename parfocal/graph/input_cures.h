#pragma once
/// What to write in place of an input whose items a step or sink does not take, by ids and ports,
/// so that what is pasted is read by it.

#include <string>
#include <vector>

#include "parfocal/core/item_facts.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// `key`: of the step's input, "from" or a port; `from`: what it names now; `main`: what the step's
/// first input names, which is the step above where nothing was written.
struct WrongInput {
  std::string key;
  std::string from;
  std::string main;
  ItemFacts given = {};
};

/// The step that made what `step` is a part, or another type, of; null: the source did.
const StepSpec* maker_of(const Pipeline& pipeline, const std::string& step);

/// Of step `user`: names a step above it that makes what is needed of the same pixels, or adds one.
std::string input_cure(const Pipeline& pipeline, const std::string& user, const WrongInput& input,
                       const ItemFacts& needed);
/// Of an image where labels belong: adds the steps that number its objects.
std::string label_cure(const Pipeline& pipeline, const WrongInput& input);
/// What input_cure() would say, for a cure that an operator gives: "add a step before: {op: cast,
/// dtype: float32}".
std::string connected_cure(const Pipeline& pipeline, const WrongInput& input,
                           const std::string& cure);

/// Of a sink: `key` is one of `sink.inputs`.
std::string sink_input_cure(const Pipeline& pipeline, const SinkSpec& sink, const WrongInput& input,
                            const ItemFacts& needed);

}  // namespace parfocal
