#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

/// Which comparisons find one order statistic: the same for all values, so vectors of pixels go
/// through them without a branch. Made at compile time for common windows, else with the step.
namespace parfocal::kernels {

/// Leaves the smaller of the values of wires a and b in a, and the larger one in b.
struct Exchange {
  uint16_t a = 0, b = 0;
  bool low = true;   ///< whether anybody looks at a afterwards
  bool high = true;  ///< and at b
};

struct SelectionNetwork {
  std::vector<Exchange> exchanges;
  uint16_t answer = 0;  ///< the wire that holds it in the end
};

namespace selection {

using Wires = std::vector<uint16_t>;  ///< holding values that rise from one to the next

constexpr Wires every_second(const Wires& wires, size_t first) {
  Wires half;
  for (size_t i = first; i < wires.size(); i += 2) half.push_back(wires[i]);
  return half;
}

/// Batcher's odd-even merge of two rising lists of any lengths.
constexpr Wires merge(const Wires& a, const Wires& b, std::vector<Exchange>& exchanges) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  if (a.size() == 1 && b.size() == 1) {
    exchanges.push_back({a[0], b[0]});
    return {a[0], b[0]};
  }
  const Wires c = merge(every_second(a, 0), every_second(b, 0), exchanges);
  const Wires d = merge(every_second(a, 1), every_second(b, 1), exchanges);
  Wires merged{c[0]};
  for (size_t i = 0; i < std::max(d.size(), c.size() - 1); ++i) {
    if (i < d.size()) merged.push_back(d[i]);
    if (i + 1 < c.size()) merged.push_back(c[i + 1]);
    if (i < d.size() && i + 1 < c.size()) exchanges.push_back({d[i], c[i + 1]});
  }
  return merged;
}

/// Takes away what lies below or above the answer for certain: `rank` of all `count` values.
constexpr void trim(Wires& wires, size_t& rank, size_t& count) {
  const size_t above = count - 1 - rank;  // so many are not below it
  const size_t low = wires.size() > above + 1 ? wires.size() - above - 1 : 0;
  const size_t end = std::min(wires.size(), rank + 1);
  count -= low + wires.size() - end;
  rank -= low;
  wires = Wires(wires.begin() + static_cast<std::ptrdiff_t>(low),
                wires.begin() + static_cast<std::ptrdiff_t>(end));
}

/// Leaves out the halves and the exchanges that do not lead to the answer.
constexpr void leave_out_unseen(SelectionNetwork& network, size_t wires) {
  std::vector<bool> seen(wires, false);
  seen[network.answer] = true;
  std::vector<Exchange> kept;
  for (size_t i = network.exchanges.size(); i-- > 0;) {
    Exchange e = network.exchanges[i];
    e.low = seen[e.a];
    e.high = seen[e.b];
    if (!e.low && !e.high) continue;
    seen[e.a] = seen[e.b] = true;
    kept.push_back(e);
  }
  network.exchanges.assign(kept.rbegin(), kept.rend());
}

}  // namespace selection

/// The network for the value of rank `rank` (0 = smallest) among runs * length values: wires
/// [k * length, (k + 1) * length) hold run k, whose values rise.
/// \pre runs and length >= 1, rank < runs * length <= 65535
constexpr SelectionNetwork selection_network(size_t runs, size_t length, size_t rank) {
  std::vector<selection::Wires> lists(runs);
  for (size_t k = 0; k < runs; ++k)
    for (size_t i = 0; i < length; ++i) lists[k].push_back(static_cast<uint16_t>(k * length + i));
  SelectionNetwork network;
  size_t count = runs * length;
  for (;;) {
    for (selection::Wires& wires : lists) selection::trim(wires, rank, count);
    if (lists.size() == 1) break;
    // The two shortest ones next, so that lists grow evenly.
    std::sort(lists.begin(), lists.end(),
              [](const auto& a, const auto& b) { return a.size() > b.size(); });
    const selection::Wires last = lists.back();
    lists.pop_back();
    lists.back() = selection::merge(lists.back(), last, network.exchanges);
  }
  network.answer = lists[0][rank];
  selection::leave_out_unseen(network, runs * length);
  return network;
}

/// The network that sorts `count` values: wires 0, 1, ... rise in the end.
constexpr std::vector<Exchange> sorting_network(size_t count) {
  std::vector<Exchange> exchanges;  // Batcher's merge exchange (Knuth 5.2.2 M)
  size_t top = 1;
  while (top * 2 < count) top *= 2;
  for (size_t p = count > 1 ? top : 0; p > 0; p /= 2)
    for (size_t q = top, r = 0, d = p;; d = q - p, q /= 2, r = p) {
      for (size_t i = 0; i + d < count; ++i)
        if ((i & p) == r)
          exchanges.push_back({static_cast<uint16_t>(i), static_cast<uint16_t>(i + d)});
      if (q == p) break;
    }
  return exchanges;
}

}  // namespace parfocal::kernels
