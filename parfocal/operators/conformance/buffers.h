#pragma once
/// Memory for tests of operators: exactly as large as stated, with guards on both sides, so that a
/// byte written (or relied on) outside is seen.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "parfocal/core/operator.h"

namespace parfocal::conformance {

/// `bytes` bytes, 64-byte aligned, filled with `fill`, between guards of 64 bytes.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(int64_t bytes, uint8_t fill = 0xCD)
      : bytes_(static_cast<size_t>(bytes)), memory_(bytes_ + 3 * kGuard, kCanary) {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    begin_ = kGuard + (64 - address % 64) % 64;
    refill(fill);
  }
  std::byte* data() { return memory_.data() + begin_; }
  size_t size() const { return bytes_; }
  std::span<std::byte> span() { return {data(), bytes_}; }
  void refill(uint8_t fill) { std::memset(data(), fill, bytes_); }
  bool intact() const {
    const auto is_canary = [](std::byte b) { return b == kCanary; };
    const auto begin = memory_.begin() + static_cast<std::ptrdiff_t>(begin_);
    return std::all_of(memory_.begin(), begin, is_canary) &&
           std::all_of(begin + static_cast<std::ptrdiff_t>(bytes_), memory_.end(), is_canary);
  }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr std::byte kCanary{0x5A};
  size_t bytes_, begin_ = 0;
  std::vector<std::byte> memory_;
};

/// One item at rest: its pixels packed over the whole item, or its table rows, or a gap.
struct Item {
  FrameHeader header;
  std::vector<std::byte> bytes;
  int64_t rows = 0;
  bool missing = false;
  Gap gap;
};

/// What one call or run gave: for each output port its items, and a failure if there was one.
struct Outcome {
  std::vector<std::vector<Item>> ports;
  std::string failure;                ///< text of the failing Status or exception
  std::vector<std::string> problems;  ///< broken promises seen on the way
  void problem(std::string text) {
    if (std::find(problems.begin(), problems.end(), text) == problems.end())
      problems.push_back(std::move(text));
  }
};

inline bool same_item(const Item& a, const Item& b) {
  if (a.missing != b.missing) return false;
  if (a.missing) return a.gap.reason == b.gap.reason;
  return a.rows == b.rows && a.bytes == b.bytes;
}
/// Equal in every byte; what a failed run left in its outputs does not count.
inline bool same(const Outcome& a, const Outcome& b) {
  if (!a.failure.empty()) return a.failure == b.failure;
  if (a.failure != b.failure || a.ports.size() != b.ports.size()) return false;
  for (size_t p = 0; p < a.ports.size(); ++p)
    if (!std::equal(a.ports[p].begin(), a.ports[p].end(), b.ports[p].begin(), b.ports[p].end(),
                    same_item))
      return false;
  return true;
}

/// A view of all of `item`.
inline View whole_view(const PortLayout& port, const Item& item) {
  return packed_view(item.bytes.data(), port.layout.dtype, port.layout.whole_item());
}

/// The part `region` of an item in memory of its own, and the Input that shows it; an empty one
/// where nothing is connected.
class Window {
 public:
  Window(const PortLayout& port, const Item& item, const Region& region)
      : buffer_(port.kind == PortKind::image
                    ? region.count() * static_cast<int64_t>(dtype_size(port.layout.dtype))
                    : port.table.bytes()) {
    if (!port.connected()) return;
    input_.header = &item.header;
    if (item.missing) {
      input_.gap = &item.gap;
      return;
    }
    if (port.kind == PortKind::table) {
      std::memcpy(buffer_.data(), item.bytes.data(), item.bytes.size());
      input_.table = {&port.table, buffer_.data(), item.rows};
      return;
    }
    const MutableView copy = packed_view(buffer_.data(), port.layout.dtype, region);
    copy_pixels(whole_view(port, item), copy);
    input_.image = copy;
  }
  const Input& input() const { return input_; }
  std::byte* data() { return buffer_.data(); }
  bool intact() const { return buffer_.intact(); }

 private:
  GuardedBuffer buffer_;
  Input input_;
};

/// The place of one output item (or a region of it), filled with a pattern.
class Place {
 public:
  Place(const PortLayout& port, const Region& region, uint8_t fill)
      : port_(&port),
        buffer_(port.kind == PortKind::table
                    ? port.table.bytes()
                    : region.count() * static_cast<int64_t>(dtype_size(port.layout.dtype)),
                fill) {
    if (port.kind == PortKind::table)
      output_.table = {&port.table, buffer_.data(), 0};
    else
      output_.image = packed_view(buffer_.data(), port.layout.dtype, region);
  }
  Output& output() { return output_; }
  bool intact() const { return buffer_.intact(); }
  void refill(uint8_t fill) {
    buffer_.refill(fill);
    output_.table.rows = 0;
  }
  /// What was written: pixels of the region, or the rows in use of every column.
  Item taken() {
    Item item;
    if (port_->kind == PortKind::image) {
      item.bytes.assign(buffer_.data(), buffer_.data() + buffer_.size());
      return item;
    }
    item.rows = output_.table.rows;
    item.bytes.resize(buffer_.size());
    if (item.rows < 0 || item.rows > port_->table.max_rows) return item;
    for (size_t c = 0; c < port_->table.columns.size(); ++c) {
      const size_t at = c * static_cast<size_t>(port_->table.max_rows) * 8;
      std::memcpy(item.bytes.data() + at, buffer_.data() + at, static_cast<size_t>(item.rows) * 8);
    }
    return item;
  }

 private:
  const PortLayout* port_;
  GuardedBuffer buffer_;
  Output output_;
};

}  // namespace parfocal::conformance
