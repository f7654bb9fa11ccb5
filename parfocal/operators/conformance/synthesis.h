#pragma once
/// Inputs for tests of operators, made from nothing but layouts.

#include <cmath>
#include <limits>

#include "parfocal/operators/conformance/buffers.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal::conformance {

enum class Content : uint8_t { random, constant, zero, special };

/// Deterministic numbers: each call of next() gives 64 well-mixed bits.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(testing_ops::mixed(seed)) {}
  uint64_t next() { return testing_ops::mixed(state_++); }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

template <class T>
T random_pixel(Random& random, Content content) {
  if constexpr (std::is_same_v<T, bool>) {
    return random.next() % 2 == 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    const uint64_t kind = random.next() % 8;
    if (content == Content::special && kind == 0) return std::numeric_limits<T>::quiet_NaN();
    if (content == Content::special && kind == 1) return std::numeric_limits<T>::infinity();
    if (content == Content::special && kind == 2) return -std::numeric_limits<T>::infinity();
    // Magnitudes far apart, so that another order of summation shows in the last bit.
    return static_cast<T>((random.unit() - 0.3) * std::pow(10.0, 4 * random.unit()));
  } else {
    return static_cast<T>(random.next());
  }
}

/// Pixels of one item. `special` is NaN and infinities among numbers; for integers: the extremes.
inline std::vector<std::byte> image_bytes(const Layout& layout, Content content, uint64_t seed) {
  std::vector<std::byte> bytes(static_cast<size_t>(layout.item_bytes()));
  Random random(seed);
  dispatch(layout.dtype, [&]<class T>() {
    T* pixels = reinterpret_cast<T*>(bytes.data());
    const int64_t count = layout.item_count();
    for (int64_t i = 0; i < count; ++i) {
      T value{};
      if (content == Content::constant) value = static_cast<T>(7);
      if (content == Content::random) value = random_pixel<T>(random, content);
      if (content == Content::special) {
        value = random_pixel<T>(random, content);
        if (!std::is_floating_point_v<T>)
          value = value > T{0} && random.next() % 2 ? std::numeric_limits<T>::max()
                                                    : std::numeric_limits<T>::min();
      }
      pixels[i] = value;
    }
  });
  return bytes;
}

/// Rows of one item: labels count up, other columns are coordinates within 0..50.
inline void fill_table(const TableSchema& schema, Content content, uint64_t seed, Item& item) {
  Random random(seed);
  item.bytes.resize(static_cast<size_t>(schema.bytes()));
  if (content != Content::zero)
    item.rows = static_cast<int64_t>(random.next() % static_cast<uint64_t>(schema.max_rows + 1));
  const MutableTable table{&schema, item.bytes.data(), item.rows};
  for (size_t c = 0; c < schema.columns.size(); ++c)
    for (int64_t r = 0; r < item.rows; ++r) {
      if (schema.columns[c].type == Column::Type::integer)
        table.column<int64_t>(static_cast<int>(c))[r] = r + 1;
      else
        table.column<double>(static_cast<int>(c))[r] = random.unit() * 50;
    }
}

/// Item number `sequence` of a port; an empty one where nothing is connected.
inline Item made_item(const PortLayout& port, int64_t sequence, Content content, uint64_t seed) {
  Item item;
  if (!port.connected()) return item;
  item.header.sequence = sequence;
  item.header.coordinates = coordinates_of(port.layout, sequence);
  const uint64_t mixed = testing_ops::mixed(seed) + static_cast<uint64_t>(sequence);
  if (port.kind == PortKind::table)
    fill_table(port.table, content, mixed, item);
  else
    item.bytes = image_bytes(port.layout, content, mixed);
  return item;
}
inline Item made_gap(const PortLayout& port, int64_t sequence) {
  Item item;
  item.header.sequence = sequence;
  item.header.coordinates = coordinates_of(port.layout, sequence);
  item.missing = true;
  item.gap = {GapReason::broken, "made for a test"};
  return item;
}

}  // namespace parfocal::conformance
