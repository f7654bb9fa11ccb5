#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Sums in the order of rule R(c): a tree of radix 64 on the absolute index of the item.
///
/// Definition. A node of level 0 with index k is the ordered accumulation, from an empty node, of
/// the items 64k .. 64k + 63 that exist; a node of level L with index k is the ordered merge, into
/// an empty node, of the nodes 64k .. 64k + 63 of level L - 1 that exist. A node exists when one
/// item below it does. The result is the node 0 of any level that covers all items: merging one
/// node into an empty one changes no byte, so the height does not matter, nor does the length have
/// to be known. An item that is missing (a gap) occupies its index and adds nothing.
///
/// Shards. A tree may start at any multiple of 64. A node whose parent begins before the start
/// cannot be merged here, because its elder siblings are elsewhere: it is kept in order as an
/// *edge* node. combine() puts the nodes of the following shard into this tree, and the result has
/// the bytes of one tree that saw all items.
///
/// A Node policy is a small value:
///   size_t node_bytes() const          a multiple of 8
///   void clear(std::byte*) const       makes an empty node
///   void merge(std::byte* into, const std::byte* from) const
///                                      into an empty node: copies every byte of `from`
/// e.g. SumNode and MomentsNode in sums.h.
namespace parfocal::kernels {

constexpr int kMaxRadixLevels = 10;

/// Levels that cover items 0 .. items - 1; at least 1. 10 levels, the most there are, cover 2^60.
constexpr int radix_levels(int64_t items) noexcept {
  int levels = 1;
  for (int64_t last = (items > 0 ? items - 1 : 0) >> 6; last > 0; last >>= 6) ++levels;
  return std::min(levels, kMaxRadixLevels);
}

/// Edge nodes that a tree over items first .. end - 1 can hold. 0 when first is 0.
constexpr int64_t radix_edge_nodes(int64_t first, int64_t end, int levels) noexcept {
  int64_t nodes = 0;
  for (int level = 0; level < levels; ++level) {
    const int shift = 6 * (level + 1);
    const int64_t children_begin = (first + (int64_t{1} << shift) - 1) >> shift;
    const int64_t children_end = (end + (int64_t{1} << shift) - 1) >> shift;
    const int64_t parent_ends = ((children_begin + 63) >> 6) << 6;
    nodes += std::max<int64_t>(0, std::min(parent_ends, children_end) - children_begin);
  }
  return nodes;
}

/// The tree lives in memory of the caller, which may be saved and restored byte for byte.
/// \threads one thread at a time
template <class Node>
class RadixTree {
 public:
  /// Bytes of state for `levels` levels and `edge_nodes` edge nodes.
  static size_t state_bytes(const Node& node, int levels, int64_t edge_nodes = 0) noexcept {
    return sizeof(Header) + edge_nodes * sizeof(Place) +
           (static_cast<size_t>(levels) + edge_nodes) * node.node_bytes();
  }

  /// Begins an empty tree in `state` (aligned to 8) for items first, first + 1, ...
  /// \pre first is a multiple of 64
  static RadixTree begin(void* state, Node node, int levels, int64_t first = 0,
                         int64_t edge_nodes = 0) noexcept {
    auto* header = static_cast<Header*>(state);
    *header = Header{};
    header->first = header->next = first;
    header->levels = levels;
    header->edge_capacity = edge_nodes;
    return RadixTree(state, node);
  }

  /// Goes on with a state that begin() made, in this process or another.
  static RadixTree resume(void* state, Node node) noexcept { return RadixTree(state, node); }

  /// Calls accumulate(std::byte* node) to add item `index` to its node of level 0.
  /// False, and nothing done, when the index is not above all former ones, beyond 64^levels, or
  /// there is no room for an edge node.
  template <class Accumulate>
  [[nodiscard]] bool add(int64_t index, Accumulate&& accumulate) noexcept {
    if (index < header_->next || !fits(index)) return false;
    const int64_t leaf = index >> 6;
    if (is_open(0) && header_->index[0] != leaf && !close(0)) return false;
    if (!is_open(0)) open(0, leaf);
    accumulate(slot(0));
    header_->next = index + 1;
    return true;
  }

  /// Appends the tree of the following items. `next` is left as it is.
  /// \pre both have equal levels and nodes; next's first item is not below any item of this tree
  [[nodiscard]] bool combine(const RadixTree& next) noexcept {
    if (next.header_->first < header_->next) return false;
    for (int64_t i = 0; i < next.header_->edges; ++i) {
      const Place& at = next.places()[i];
      if (!place(static_cast<int>(at.level), at.index, next.edge(i))) return false;
    }
    for (int level = next.header_->levels - 1; level >= 0; --level) {
      if (!next.is_open(level)) continue;
      if (!place(level, next.header_->index[level], next.slot(level))) return false;
    }
    header_->next = std::max(header_->next, next.header_->next);
    return true;
  }

  /// The result of a tree that starts at item 0, or nullptr when no item was added or the tree
  /// starts later. Merges all open nodes: the tree takes no item afterwards. To publish a value
  /// and go on, finalise a copy of the state.
  const std::byte* finalise() noexcept {
    if (header_->first != 0) return nullptr;
    const int top = header_->levels - 1;
    for (int level = 0; level < top; ++level) {
      if (is_open(level)) close(level);
    }
    header_->next = INT64_MAX;
    return is_open(top) ? slot(top) : nullptr;
  }

 private:
  struct Header {
    int64_t first, next;  ///< first item of the range; lowest index that may still come
    int64_t levels, edge_capacity, edges;
    int64_t open_mask;
    int64_t index[kMaxRadixLevels];
  };
  struct Place {
    int64_t level, index;
  };
  static_assert(sizeof(Header) % 8 == 0);

  RadixTree(void* state, Node node) noexcept
      : header_(static_cast<Header*>(state)), node_(node), node_bytes_(node.node_bytes()) {}

  bool fits(int64_t index) const noexcept { return index >> (6 * header_->levels) == 0; }
  bool is_open(int level) const noexcept { return header_->open_mask >> level & 1; }
  Place* places() const noexcept { return reinterpret_cast<Place*>(header_ + 1); }
  std::byte* slot(int64_t i) const noexcept {
    return reinterpret_cast<std::byte*>(places() + header_->edge_capacity) +
           static_cast<size_t>(i) * node_bytes_;
  }
  std::byte* edge(int64_t i) const noexcept { return slot(header_->levels + i); }

  void open(int level, int64_t index) noexcept {
    node_.clear(slot(level));
    header_->open_mask |= int64_t{1} << level;
    header_->index[level] = index;
  }

  /// Moves a full (or last) node into its parent, or to the edge.
  bool close(int level) noexcept {
    const int64_t index = header_->index[level], parent = index >> 6;
    const int up = level + 1;
    if (starts_before_the_range(up, parent)) {
      if (header_->edges == header_->edge_capacity) return false;
      places()[header_->edges] = {level, index};
      std::memcpy(edge(header_->edges++), slot(level), node_bytes_);
    } else {
      if (is_open(up) && header_->index[up] != parent && !close(up)) return false;
      if (!is_open(up)) open(up, parent);
      node_.merge(slot(up), slot(level));
    }
    header_->open_mask &= ~(int64_t{1} << level);
    return true;
  }

  bool starts_before_the_range(int level, int64_t index) const noexcept {
    if (level >= header_->levels) return true;
    return index << (6 * (level + 1)) < header_->first;
  }

  /// Puts a node that is complete as far as its range goes; all open nodes below precede it.
  bool place(int level, int64_t index, const std::byte* node) noexcept {
    for (int lower = 0; lower <= level; ++lower) {
      if (is_open(lower) && !close(lower)) return false;
    }
    std::memcpy(slot(level), node, node_bytes_);
    header_->open_mask |= int64_t{1} << level;
    header_->index[level] = index;
    return true;
  }

  Header* header_;
  Node node_;
  size_t node_bytes_;
};

}  // namespace parfocal::kernels
