#pragma once
/// What every step makes, as far as the description alone tells it (core/item_facts.h).

#include <map>
#include <string>
#include <utility>

#include "parfocal/core/item_facts.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

class KnownItems {
 public:
  explicit KnownItems(const Pipeline& pipeline);
  /// Nothing is known of what `ref` does not name.
  ItemFacts of(const PortRef& ref) const;

 private:
  void add(const StepSpec& step, const OperatorInfo& info);

  std::map<std::pair<std::string, std::string>, ItemFacts> ports_;  // step, port; "": the first
};

/// What input `port` of an operator takes.
ItemFacts taken_items(const OperatorInfo& info, const InputPort& port);

}  // namespace parfocal
