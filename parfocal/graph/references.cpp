#include "parfocal/graph/references.h"

#include <algorithm>

#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

std::string kind_name(PortKind kind) { return kind == PortKind::image ? "image" : "table"; }

}  // namespace

std::string kind_phrase(PortKind kind) { return kind == PortKind::image ? "an image" : "a table"; }

References::References(const Pipeline& pipeline,
                       const std::vector<const OperatorInfo*>& operators_of,
                       std::vector<Issue>& errors)
    : p_(pipeline), infos_(operators_of), errors_(errors) {
  for (size_t i = 0; i < p_.steps.size(); ++i) {
    index_.emplace(p_.steps[i].id, i);
    ids_.push_back(p_.steps[i].id);
  }
}

void References::error(std::string what, const PortRef& ref, const std::string& owner,
                       std::string given, std::string needed, std::string cure) {
  errors_.push_back({std::move(what), where_of(ref.place, owner), std::move(given),
                     std::move(needed), std::move(cure)});
}

std::vector<std::string> References::above(size_t step) const {
  return {ids_.begin(), ids_.begin() + static_cast<long>(step) + 1};
}

std::string References::added_input(const std::string& key, PortKind kind, size_t user) const {
  if (kind == PortKind::image) return "add " + key + ": source";
  for (size_t i = user; i-- > 0;)
    for (const OutputPort& port : infos_[i] ? infos_[i]->outputs : std::vector<OutputPort>())
      if (port.kind == kind) return "add " + key + ": " + p_.steps[i].id + "." + port.name;
  return "add a step above it that makes a table, and its id as " + key;
}

std::optional<PortKind> References::resolve(const PortRef& ref, size_t user,
                                            const std::string& owner, const std::string& cure) {
  if (ref.step == "source") {
    if (ref.port.empty() || has_source_port(ref, owner)) return PortKind::image;
    return std::nullopt;
  }
  const auto it = index_.find(ref.step);
  if (it == index_.end() || ref.step.empty()) {
    error("unknown step '" + ref.step + "' in " + owner, ref, owner, port_ref_text(ref),
          "one of " + joined(ids_),
          cure == kEarlierStep ? did_you_mean(ref.step, ids_, cure) : cure);
    return std::nullopt;
  }
  if (it->second >= user && user < p_.steps.size()) later(ref, it->second, user, owner);
  used_.insert(it->second);
  const OperatorInfo* info = infos_[it->second];
  if (!info || info->outputs.empty()) return std::nullopt;
  if (ref.port.empty()) return info->outputs[0].kind;
  std::vector<std::string> names;
  for (const OutputPort& port : info->outputs) {
    if (port.name == ref.port) return port.kind;
    names.push_back(port.name);
  }
  error("'" + ref.step + "' has no output '" + ref.port + "'", ref, owner, port_ref_text(ref),
        "one of " + joined(names),
        did_you_mean(ref.port, names, "write " + ref.step + " for its first output"));
  return std::nullopt;
}

bool References::has_source_port(const PortRef& ref, const std::string& owner) {
  const SourceInfo* info = sources().find(p_.source.type);
  if (!info) return true;  // told already
  std::vector<std::string> names;
  for (const SourcePort& port : info->ports) {
    if (port.name == ref.port) return true;
    names.push_back(port.name);
  }
  error("source has no output '" + ref.port + "'", ref, owner, port_ref_text(ref),
        names.empty() ? "source" : "source, or one of " + joined(names),
        did_you_mean(ref.port, names, "write source"));
  return false;
}

void References::later(const PortRef& ref, size_t used, size_t user, const std::string& owner) {
  const std::string needed = "a step may only use the source and steps above it";
  if (used == user)
    error(owner + " uses its own output: a cycle", ref, owner, ref.step, needed,
          "name an earlier step or source");
  else if (reaches(used, user))
    error(owner + " and '" + ref.step + "' use each other: a cycle", ref, owner, ref.step, needed,
          "let one of them use an earlier step or source");
  else
    error(owner + " uses '" + ref.step + "', which comes later", ref, owner, ref.step, needed,
          "move step '" + ref.step + "' above it");
}

// Whether step `from` depends on step `on`.
bool References::reaches(size_t from, size_t on) const {
  std::vector<size_t> open{from};
  std::set<size_t> seen;
  while (!open.empty()) {
    const size_t step = open.back();
    open.pop_back();
    if (step == on) return true;
    if (!seen.insert(step).second) continue;
    for (const auto& [port, ref] : p_.steps[step].inputs)
      if (const auto it = index_.find(ref.step); it != index_.end()) open.push_back(it->second);
  }
  return false;
}

std::vector<std::string> References::makers_of(PortKind kind, size_t user) const {
  std::vector<std::string> names;
  if (kind == PortKind::image) names.emplace_back("source");
  for (size_t i = 0; i < std::min(user, p_.steps.size()); ++i) {
    if (!infos_[i]) continue;
    for (const OutputPort& port : infos_[i]->outputs)
      if (port.kind == kind)
        names.push_back(&port == infos_[i]->outputs.data() ? p_.steps[i].id
                                                           : p_.steps[i].id + "." + port.name);
  }
  return names;
}

void References::wrong_kind(const PortRef& ref, PortKind given,
                            const std::vector<PortKind>& accepted, const std::string& owner,
                            size_t user) {
  std::string needed, makers;
  for (const PortKind kind : accepted) {
    const auto names = makers_of(kind, user);
    needed += (needed.empty() ? "" : " or ") + kind_phrase(kind);
    makers += (makers.empty() ? "" : "; ") + kind_name(kind) +
              "s are made by: " + (names.empty() ? "no step yet" : joined(names));
  }
  error(owner + " needs " + needed + ", but '" + port_ref_text(ref) + "' makes " +
            kind_name(given) + "s",
        ref, owner, port_ref_text(ref), needed, makers);
}

}  // namespace parfocal
