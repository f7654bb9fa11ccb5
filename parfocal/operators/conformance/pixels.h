#pragma once
/// Short ways to make and read items in unit tests of operators.

#include <cmath>

#include "parfocal/operators/conformance/bind.h"
#include "parfocal/operators/conformance/run.h"
#include "parfocal/operators/conformance/synthesis.h"

namespace parfocal::conformance {

template <class T>
Item item_of(const std::vector<T>& pixels) {
  Item item;
  item.bytes.resize(pixels.size() * sizeof(T));
  std::memcpy(item.bytes.data(), pixels.data(), item.bytes.size());
  return item;
}
template <class T>
std::vector<T> pixels_of(const Item& item) {
  std::vector<T> pixels(item.bytes.size() / sizeof(T));
  std::memcpy(pixels.data(), item.bytes.data(), item.bytes.size());
  return pixels;
}
/// Runs a bound map on whole items.
inline Outcome map_whole(const Operator& op, const Items& items) {
  return run_map(dynamic_cast<const MapOperator&>(op), items, whole_output(op));
}
/// Folds items of one key, all of them, by index; gaps are left out.
inline Outcome fold_whole(const Operator& op, const std::vector<Item>& items) {
  const auto& fold = dynamic_cast<const FoldOperator&>(op);
  const Region in = op.inputs()[0].layout.whole_item();
  Outcome result;
  FoldState state(fold, in, fold.state_bytes(in), 0xEE);
  for (size_t i = 0; i < items.size(); ++i)
    if (!items[i].missing) state.accumulate({items[i]}, in, static_cast<int64_t>(i), result);
  state.finalize(whole_output(op), 0x11, result);
  return result;
}
/// What a wrong step says of itself; "no error" if it binds.
inline std::string message_of(const std::string& step, const std::vector<PortLayout>& in) {
  try {
    bind_step(step, in);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace parfocal::conformance
