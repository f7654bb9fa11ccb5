#include "parfocal/formats/hdf5/online_gates.h"

#include <algorithm>
#include <string_view>

namespace parfocal {
namespace {

constexpr std::string_view kSection = "online_filter:";

const AttributeValue* find(const Attributes& attributes, const std::string& name) {
  const auto at = std::find_if(attributes.begin(), attributes.end(),
                               [&](const auto& attribute) { return attribute.first == name; });
  return at == attributes.end() ? nullptr : &at->second;
}

[[noreturn]] void fail(const std::string& what, const std::string& where, const std::string& given,
                       const std::string& needed) {
  throw Error(ErrorCode::input_missing,
              Issue{what, where, given, needed,
                    "leave online_gates out, and write gates: [...] with what is meant"});
}

double number(const AttributeValue& value, const std::string& name, const std::string& where) {
  if (const auto number = number_of(value)) return *number;
  fail("the gate '" + name + "' is no number", where, text_of(value), "a number");
}

// As Python takes a value for true: a text is, unless it is empty.
bool is_true(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  return number_of(value) != 0.0;
}

bool is_hard(const Attributes& attributes, const std::string& feature) {
  const AttributeValue* soft = find(attributes, std::string(kSection) + feature + " soft limit");
  return soft != nullptr && !is_true(*soft);
}

OnlineGate& gate_of(std::vector<OnlineGate>& gates, const std::string& feature) {
  for (OnlineGate& gate : gates)
    if (gate.feature == feature) return gate;
  gates.push_back({feature});
  return gates.back();
}

}  // namespace

OnlineGates read_online_gates(const Attributes& attributes, const std::string& where) {
  OnlineGates found;
  OnlineGate pixels{"pixels"};
  const std::string least = "online_contour:bin area min";
  if (const AttributeValue* area = find(attributes, least))
    if (const double stated = number(*area, least, where); stated != 0) pixels.least = stated;
  found.gates.push_back(pixels);
  for (const auto& [name, value] : attributes) {
    if (!name.starts_with(kSection)) continue;
    const std::string key = name.substr(kSection.size());
    if (key.ends_with("polygon points"))
      fail("polygon gates are not supported", where, name, "gates of one feature each");
    if (key.ends_with("soft limit") || key.starts_with("target")) continue;
    const size_t space = key.rfind(' ');
    const std::string side = space == std::string::npos ? "" : key.substr(space + 1);
    if (side != "min" && side != "max") {
      found.notices.push_back("The attribute '" + name +
                              "' is no gate that is known; it is left out.");
      continue;
    }
    const std::string feature = key.substr(0, space);
    if (!is_hard(attributes, feature)) continue;
    OnlineGate& gate = gate_of(found.gates, feature);
    (side == "min" ? gate.least : gate.most) = number(value, name, where);
  }
  return found;
}

}  // namespace parfocal
