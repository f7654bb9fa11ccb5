#pragma once

#include "parfocal/core/item.h"
#include "parfocal/core/item_facts.h"

namespace parfocal {

/// What the layout of a port tells: all of it, or nothing of a table.
inline ItemFacts facts_of(const PortLayout& port) {
  if (port.kind != PortKind::image) return {};
  const size_t axes = port.layout.item.size();  // a row of numbers is no image
  return {{port.layout.dtype},
          axes == 0   ? ItemFacts::Shape::number
          : axes == 1 ? ItemFacts::Shape::unknown
                      : ItemFacts::Shape::image};
}

}  // namespace parfocal
