#pragma once
/// Parameters as parsed structs: an operator lists its fields once; parsing, checks, defaults, the
/// command line, the reference page and the JSON Schema follow from that list.

#include <any>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/core/error.h"
#include "parfocal/core/raw_value.h"
#include "parfocal/core/units.h"

namespace parfocal {

/// How a field type is read. Specialise for own types (a footprint, a list of ranges) with
/// `type_name()`, `parse(raw, out) -> optional problem text ("needs ...")`.
template <class T>
struct ParamTraits;

template <>
struct ParamTraits<double> {
  static std::string type_name() { return "number"; }
  static std::optional<std::string> parse(const RawValue& raw, double& out);
};
template <>
struct ParamTraits<int64_t> {
  static std::string type_name() { return "integer"; }
  static std::optional<std::string> parse(const RawValue& raw, int64_t& out);
};
template <>
struct ParamTraits<bool> {
  static std::string type_name() { return "boolean"; }
  static std::optional<std::string> parse(const RawValue& raw, bool& out);
};
template <>
struct ParamTraits<std::string> {
  static std::string type_name() { return "text"; }
  static std::optional<std::string> parse(const RawValue& raw, std::string& out);
};
template <>
struct ParamTraits<Length> {  // "1.5 um", "2 px", "2" (pixels)
  static std::string type_name() { return "length"; }
  static std::optional<std::string> parse(const RawValue& raw, Length& out);
};
template <>
struct ParamTraits<DType> {
  static std::string type_name() { return "dtype"; }
  static std::optional<std::string> parse(const RawValue& raw, DType& out);
};
template <class T>
struct ParamTraits<std::vector<T>> {  // a list, or one element
  static std::string type_name() { return "list of " + ParamTraits<T>::type_name(); }
  static std::optional<std::string> parse(const RawValue& raw, std::vector<T>& out) {
    const std::vector<RawValue> single{raw};
    out.clear();
    for (const RawValue& item : raw.kind == RawValue::Kind::list ? raw.items : single) {
      T value{};
      if (auto problem = ParamTraits<T>::parse(item, value)) return problem;
      out.push_back(std::move(value));
    }
    return std::nullopt;
  }
};
template <class T>
struct ParamTraits<std::optional<T>> {
  static std::string type_name() { return ParamTraits<T>::type_name(); }
  static std::optional<std::string> parse(const RawValue& raw, std::optional<T>& out) {
    T value{};
    auto problem = ParamTraits<T>::parse(raw, value);
    if (!problem) out = std::move(value);
    return problem;
  }
};

/// What is known of one parameter, for checks and for people.
struct ParamInfo {
  std::string name;
  std::string doc;
  std::string type;
  std::string default_text;  ///< "" = none
  bool required = false;
  std::vector<std::string> choices;                ///< for text: the words allowed; empty = any
  std::optional<double> above, at_least, at_most;  ///< range of numbers
  std::string range_text() const;                  ///< "> 0", "0..1", "" = any
};

/// Type-erased list of fields. parse() fills a fresh struct and reports every problem at once.
class ParamSet {
 public:
  using Setter = std::function<std::optional<std::string>(const RawValue&, std::any&)>;
  const std::vector<ParamInfo>& infos() const { return infos_; }
  const ParamInfo* find(const std::string& name) const;
  /// A fresh struct with `values` (a map) applied. Unknown keys, wrong types, values out of range
  /// and missing required fields go to `issues`, each with its place and the nearest name as cure.
  /// `owner` names the step or sink in messages.
  std::any parse(const RawValue& values, const std::string& owner,
                 std::vector<Issue>& issues) const;
  /// Knows the fields of `other`, too: what is given for them is checked, and left to others.
  void add_keys_of(const ParamSet& other);

 protected:
  std::any prototype_ = 0;
  std::vector<ParamInfo> infos_;
  std::vector<Setter> setters_;
};

/// Typed builder: `Parameters<GaussianParams>().add("sigma", &GaussianParams::sigma,
/// "doc").above(0)`.
template <class P>
class Parameters : public ParamSet {
 public:
  Parameters() { prototype_ = P{}; }
  template <class T>
  Parameters& add(std::string name, T P::*member, std::string doc) {
    infos_.push_back(
        {std::move(name), std::move(doc), ParamTraits<T>::type_name(), "", false, {}, {}, {}, {}});
    setters_.push_back([member](const RawValue& raw, std::any& target) {
      return ParamTraits<T>::parse(raw, std::any_cast<P&>(target).*member);
    });
    return *this;
  }
  Parameters& required() {
    infos_.back().required = true;
    return *this;
  }
  /// What is written is read as `meant` makes of it (with_axis_letters).
  Parameters& read_as(RawValue (*meant)(RawValue)) {
    setters_.back() = [set = std::move(setters_.back()), meant](const RawValue& raw,
                                                                std::any& target) {
      return set(meant(raw), target);
    };
    return *this;
  }
  Parameters& defaults(std::string text) {
    infos_.back().default_text = std::move(text);
    return *this;
  }
  Parameters& choices(std::vector<std::string> words) {
    infos_.back().choices = std::move(words);
    return *this;
  }
  Parameters& above(double limit) {
    infos_.back().above = limit;
    return *this;
  }
  Parameters& at_least(double limit) {
    infos_.back().at_least = limit;
    return *this;
  }
  Parameters& at_most(double limit) {
    infos_.back().at_most = limit;
    return *this;
  }
};

/// For things without parameters.
struct NoParams {};

}  // namespace parfocal
