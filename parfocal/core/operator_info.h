#pragma once
/// The registration block of an operator, and the registry of operators.

#include <any>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/operator.h"
#include "parfocal/core/parameters.h"
#include "parfocal/core/registry.h"

namespace parfocal {

struct InputPort {
  std::string name = "in";  ///< the first is fed by `from:` (default: the previous step)
  PortKind kind = PortKind::image;
  std::vector<DType> dtypes = {};  ///< accepted; empty = all
  bool optional = false;           ///< may be left out; never the first
  std::string doc = {};
};
struct OutputPort {
  std::string name = "out";
  PortKind kind = PortKind::image;
  std::string doc = {};
  bool frame_column = false;  ///< a scalar per frame that frames.csv shows under this name
};

/// One node of a recipe's subgraph. `inputs` name, for each port in order, "$<port>" (the recipe's
/// own input; connects nothing where that was left out), "<id>" / "<id>.<port>" of an earlier node
/// of the same expansion, or "" (nothing). Ports at the end that are not named are left out.
struct RecipeNode {
  std::string id;
  std::string op;
  RawValue params = RawValue::map();
  std::vector<std::string> inputs;
};
struct Expansion {
  std::vector<RecipeNode> nodes;
  std::vector<std::string>
      outputs;  ///< for each output port of the recipe: "<id>" or "<id>.<port>"
};

struct OperatorInfo {
  std::string name;
  std::string summary = {};  ///< one sentence
  std::string family = {};   ///< pointwise, filter, threshold, morphology, objects, reduce, layout
  std::string kind = {};     ///< "map", "fold", "stream", "recipe"
  std::vector<InputPort> inputs = {};
  std::vector<OutputPort> outputs = {};
  ParamSet params = {};
  std::string tolerance = {};  ///< "exact", or relative to what
  std::string example = {};    ///< a step in YAML flow style: "{op: gaussian, sigma: 1 px}"
  std::string reference = {};
  bool test_only = false;    ///< not listed by `parfocal ops`, not offered in suggestions
  bool recipe_only = false;  ///< exists for recipes; not offered to users
  /// Binds parsed parameters to input layouts: one for each port, in order, of kind none where
  /// nothing is connected; a list may end early. \throws Error(invalid_pipeline) without `where`
  std::function<std::unique_ptr<Operator>(const std::any& params,
                                          std::span<const PortLayout> inputs)>
      make = {};
  /// Recipes only.
  std::function<Expansion(const std::any& params, std::span<const PortLayout> inputs)> expand = {};
};

Registry<OperatorInfo>& operators();

/// `make` for an operator class with a constructor (const P&, std::span<const PortLayout>).
template <class Op, class P>
auto make_operator() {
  return
      [](const std::any& params, std::span<const PortLayout> inputs) -> std::unique_ptr<Operator> {
        return std::make_unique<Op>(std::any_cast<const P&>(params), inputs);
      };
}
template <class P>
auto expand_recipe(Expansion (*expand)(const P&, std::span<const PortLayout>)) {
  return [expand](const std::any& params, std::span<const PortLayout> inputs) {
    return expand(std::any_cast<const P&>(params), inputs);
  };
}

/// Pixels along `axis` for a length; \throws Error naming `source.scale` if the axis has no scale.
double length_in_pixels(const Length& length, const Axis& axis);
/// What is connected to `port`; nullptr if nothing is.
inline const PortLayout* connected_to(std::span<const PortLayout> inputs, size_t port) {
  return port < inputs.size() && inputs[port].connected() ? &inputs[port] : nullptr;
}
/// Stands in the place of an input that was left out.
inline PortLayout no_port() { return {PortKind::none, {}, {}}; }
/// The PortLayout of an image port.
inline PortLayout image_port(Layout layout) { return {PortKind::image, std::move(layout), {}}; }
/// Throws Error(invalid_pipeline) with what, needed, cure.
[[noreturn]] void fail_layout(std::string what, std::string given, std::string needed,
                              std::string cure);

}  // namespace parfocal

/// The last lines of an operator's file: PARFOCAL_OPERATOR(gaussian) { return OperatorInfo{...}; }
#define PARFOCAL_OPERATOR(id)                                   \
  static ::parfocal::OperatorInfo parfocal_describe_##id();     \
  [[maybe_unused]] static const bool parfocal_registered_##id = \
      ::parfocal::operators().add(parfocal_describe_##id());    \
  static ::parfocal::OperatorInfo parfocal_describe_##id()
