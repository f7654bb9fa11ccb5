#pragma once
/// What can be said of a step, source or sink by its parameters and by what is connected alone,
/// before any layout is known: rules that no field can tell, and facts that check() warns by.
/// A block beside the registration, under the same name.

#include <any>
#include <functional>
#include <string>
#include <vector>

#include "parfocal/core/item_facts.h"
#include "parfocal/core/parameters.h"
#include "parfocal/core/registry.h"

namespace parfocal {

/// What a description connects, by name; of a source nothing.
struct Connections {
  std::vector<std::string> inputs;   ///< of a step its ports, of a sink "from" and its other keys
  std::vector<std::string> outputs;  ///< ports of a step that others use
  bool has_input(const std::string& name) const;
  bool has_output(const std::string& name) const;
};

/// `keys`: the fields (and inputs) that it looks at; messages point at the first that is given.
struct Rule {
  std::vector<std::string> keys;
  /// \throws Error(invalid_pipeline). Opens nothing, and takes no memory that grows with sizes.
  std::function<void(const std::any& params, const Connections&)> require;
};

/// What output `port` of a step carries, told by what its first input does (its pixels are of a
/// type that the step takes). `params` is empty where they cannot be read.
struct MadeItems {
  std::string port;
  std::function<ItemFacts(const std::any& params, const ItemFacts& first)> of;
};
/// What `input` takes beside InputPort::dtypes; "labels." means all of `labels`.
struct TakenItems {
  std::string input;
  ItemFacts facts;
};
/// Two inputs that are never meant to be the same image.
struct Apart {
  std::string input, other;
};

struct RuleSet {
  std::string name;  ///< "operators threshold", "sources files", "sinks table"
  std::vector<Rule> rules = {};
  std::vector<std::string> label_inputs = {};  ///< each value that occurs in them is an object
  std::vector<std::string> path_endings = {};  ///< of `path`: what others say is not written
  std::vector<MadeItems> makes = {};           ///< of each image output; else nothing is known
  std::vector<TakenItems> takes = {};
  std::vector<Apart> apart = {};
};
Registry<RuleSet>& rule_sets();

/// What the rules refuse of `parsed`, which `fields` made of `values`. A rule that looks at a field
/// that cannot be read is left out: that was told.
std::vector<Issue> broken_rules(const RuleSet& set, const ParamSet& fields, const RawValue& values,
                                const std::any& parsed, const Connections& connections);

/// Typed builder: `Rules<ThresholdParams>().add({"value", "method"}, check_value)`. What is made of
/// the parameters calls the same function.
template <class P>
class Rules : public RuleSet {
 public:
  Rules& add(std::vector<std::string> keys,
             std::function<void(const P&, const Connections&)> require) {
    rules.push_back({std::move(keys), [require = std::move(require)](const std::any& params,
                                                                     const Connections& given) {
                       require(std::any_cast<const P&>(params), given);
                     }});
    return *this;
  }
  Rules& labels(std::string input) {
    label_inputs.push_back(std::move(input));
    return *this;
  }
  Rules& endings(std::vector<std::string> endings) {
    path_endings = std::move(endings);
    return *this;
  }
  /// Items like those of the first input.
  Rules& like_first(std::string port) {
    makes.push_back(
        {std::move(port), [](const std::any&, const ItemFacts& first) { return first; }});
    return *this;
  }
  /// Items of the shape of the first input's, in one of `dtypes`.
  Rules& makes_pixels(std::string port, std::vector<DType> dtypes) {
    makes.push_back({std::move(port), [=](const std::any&, const ItemFacts& first) {
                       return ItemFacts{dtypes, first.shape};
                     }});
    return *this;
  }
  Rules& makes_number(std::string port, DType dtype) {
    makes.push_back({std::move(port), [=](const std::any&, const ItemFacts&) {
                       return ItemFacts{{dtype}, ItemFacts::Shape::number};
                     }});
    return *this;
  }
  Rules& makes_by(std::string port,
                  std::function<ItemFacts(const P&, const ItemFacts& first)> facts) {
    makes.push_back({std::move(port),
                     [facts = std::move(facts)](const std::any& params, const ItemFacts& first) {
                       return params.has_value() ? facts(std::any_cast<const P&>(params), first)
                                                 : ItemFacts{};
                     }});
    return *this;
  }
  Rules& takes_images(std::string input, std::vector<DType> dtypes = {}) {
    takes.push_back({std::move(input), {std::move(dtypes), ItemFacts::Shape::image}});
    return *this;
  }
  Rules& takes_numbers(std::string input) {
    takes.push_back({std::move(input), {{}, ItemFacts::Shape::number}});
    return *this;
  }
  Rules& never_same(std::string input, std::string other) {
    apart.push_back({std::move(input), std::move(other)});
    return *this;
  }
};

inline bool add_rules(std::string name, RuleSet set) {
  set.name = std::move(name);
  return rule_sets().add(std::move(set));
}

}  // namespace parfocal

/// PARFOCAL_RULES(operators, threshold) { return Rules<ThresholdParams>().add(...); }
#define PARFOCAL_RULES(registry, id)                                                   \
  static ::parfocal::RuleSet parfocal_rules_of_##registry##_##id();                    \
  [[maybe_unused]] static const bool parfocal_has_rules_of_##registry##_##id =         \
      ::parfocal::add_rules(#registry " " #id, parfocal_rules_of_##registry##_##id()); \
  static ::parfocal::RuleSet parfocal_rules_of_##registry##_##id()
