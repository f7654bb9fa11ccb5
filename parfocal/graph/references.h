#pragma once
/// What the ids and ports of a description name, seen from who uses them. Internal to graph.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

inline const std::string kEarlierStep = "give the id of an earlier step";

class References {
 public:
  /// `operators_of`: those of the steps, null where one is not known. Errors are put into `errors`.
  /// \pre all outlive this object; `operators_of` is filled before anything is asked
  References(const Pipeline& pipeline, const std::vector<const OperatorInfo*>& operators_of,
             std::vector<Issue>& errors);

  /// The kind of what `ref` names, seen from step `user` (sinks: steps.size()); nullopt with an
  /// error if there is none, and without one if the step itself is unknown.
  std::optional<PortKind> resolve(const PortRef& ref, size_t user, const std::string& owner,
                                  const std::string& cure = kEarlierStep);
  /// That `ref` is none of `accepted`: tells who makes these above step `user`.
  void wrong_kind(const PortRef& ref, PortKind given, const std::vector<PortKind>& accepted,
                  const std::string& owner, size_t user);
  /// The cure for an input `key` of step `user` that is missing: of images the source, of tables
  /// those of the nearest step above it.
  std::string added_input(const std::string& key, PortKind kind, size_t user) const;

  /// "source" and the steps above `step`.
  std::vector<std::string> above(size_t step) const;
  /// Whether resolve() found the step.
  bool is_used(size_t step) const { return used_.contains(step); }

 private:
  void error(std::string what, const PortRef& ref, const std::string& owner, std::string given,
             std::string needed, std::string cure);
  bool has_source_port(const PortRef& ref, const std::string& owner);
  void later(const PortRef& ref, size_t used, size_t user, const std::string& owner);
  bool reaches(size_t from, size_t on) const;
  std::vector<std::string> makers_of(PortKind kind, size_t user) const;

  const Pipeline& p_;
  const std::vector<const OperatorInfo*>& infos_;
  std::vector<Issue>& errors_;
  std::map<std::string, size_t> index_;
  std::vector<std::string> ids_{"source"};
  std::set<size_t> used_;
};

/// "an image", "a table"
std::string kind_phrase(PortKind kind);

}  // namespace parfocal
