#pragma once
/// Sums and moments in double, in the radix-64 tree of rule R(c) on the absolute item index.

#include <cmath>
#include <cstring>

#include "parfocal/kernels/radix_tree.h"
#include "parfocal/kernels/sums.h"
#include "parfocal/operators/reduce/accumulator.h"

namespace parfocal::reduction {

/// Levels for streams without an end: 64^5, a thousand million items.
constexpr int kUnboundedLevels = 5;

/// The state's handling that sums and moments share. The tree is begun by the first item, because a
/// shard learns only then where its range begins; room for edge nodes is what the state is larger
/// than state_bytes().
template <class Node>
class TreeAccumulator : public Accumulator {
 public:
  explicit TreeAccumulator(int64_t items)
      : levels_(items == kUnbounded ? kUnboundedLevels : kernels::radix_levels(items)) {}

  int64_t state_bytes(int64_t pixels) const override {
    return kHeadBytes + static_cast<int64_t>(Tree::state_bytes(Node{pixels}, levels_));
  }
  int64_t shard_state_bytes(int64_t pixels, int64_t first, int64_t end) const override {
    // The first item may come anywhere in the range, as gaps have it: room for any beginning.
    int64_t edges = 0;
    for (int level = 0; level < levels_; ++level) {
      const int shift = 6 * (level + 1);
      edges += std::min<int64_t>(63, ((end - 1) >> shift) - (first >> shift) + 1);
    }
    return state_bytes(pixels) + edges * edge_bytes(pixels);
  }
  void init(std::span<std::byte> state, int64_t pixels) const override {
    const Head head{pixels, 0};
    std::memcpy(state.data(), &head, sizeof head);
  }
  bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t pixels,
               int64_t) const override {
    Tree tree = tree_of(state, 0);
    // resume() takes memory it could write to; combine() only reads `next`.
    auto* memory = const_cast<std::byte*>(later.data()) + kHeadBytes;
    return tree.combine(Tree::resume(memory, Node{pixels}));
  }

 protected:
  using Tree = kernels::RadixTree<Node>;

  Tree tree_of(std::span<std::byte> state, int64_t index) const {
    Head head;
    std::memcpy(&head, state.data(), sizeof head);
    std::byte* memory = state.data() + kHeadBytes;
    const Node node{head.pixels};
    if (head.begun) return Tree::resume(memory, node);
    head.begun = 1;
    std::memcpy(state.data(), &head, sizeof head);
    const int64_t spare = static_cast<int64_t>(state.size()) - state_bytes(head.pixels);
    const int64_t edges = spare / edge_bytes(head.pixels);
    return Tree::begin(memory, node, levels_, edges > 0 ? index / 64 * 64 : 0, edges);
  }

 private:
  struct Head {
    int64_t pixels, begun;
  };
  static constexpr int64_t kHeadBytes = sizeof(Head);
  int64_t edge_bytes(int64_t pixels) const {
    return static_cast<int64_t>(Node{pixels}.node_bytes()) + 16;
  }
  int levels_;
};

/// Sum or mean of T (a float), per pixel. `weight`: pixels behind one added value.
template <class T>
class TreeSum final : public TreeAccumulator<kernels::SumNode> {
 public:
  TreeSum(How how, int64_t items, int64_t weight)
      : TreeAccumulator(items), how_(how), weight_(weight) {}
  bool add(std::span<std::byte> state, const View& item, int64_t index, int64_t) const override {
    Tree tree = tree_of(state, index);
    return tree.add(index, [&](std::byte* node) {
      double* sums = kernels::SumNode::sums(node);
      for_each_piece<T>(item, [&](const T* from, int64_t offset, int64_t n) {
        kernels::add_double_into(from, n, sums + offset);
      });
    });
  }
  void finish(std::span<std::byte> state, int64_t, int64_t count,
              const MutableView& out) const override {
    const double* sums = kernels::SumNode::sums(tree_of(state, 0).finalise());
    const double n = static_cast<double>(count) * static_cast<double>(weight_);
    write_real(out, [&](int64_t i) { return how_ == How::sum ? sums[i] : sums[i] / n; });
  }

 private:
  How how_;
  int64_t weight_;
};

/// Sum over the rows of one item of f(row, width), in the tree of rule R(b) on the row index.
template <class T, class F>
double sum_of_rows(const View& item, F&& f) {
  using Tree = kernels::RadixTree<kernels::SumNode>;
  const kernels::SumNode node{1};
  alignas(8) std::byte memory[512];
  static_assert(sizeof(kernels::SumNode) == 8);
  Tree tree = Tree::begin(memory, node, kernels::kMaxRadixLevels);
  int64_t row = 0;
  bool fits = true;
  for_each_row<T>(item, [&](const T* from, int64_t width) {
    fits = tree.add(row++, [&](std::byte* at) {
      const double value = f(from, width);
      node.add(at, &value);
    }) && fits;
  });
  const std::byte* root = tree.finalise();
  return root && fits ? *kernels::SumNode::sums(root) : 0.0;
}

/// Variance (population) or standard deviation in double, of floats and of integers too wide for
/// exact squares.
template <class T>
class TreeMoments final : public TreeAccumulator<kernels::MomentsNode> {
 public:
  explicit TreeMoments(const Task& task) : TreeAccumulator(task.items), task_(task) {}
  bool add(std::span<std::byte> state, const View& item, int64_t index, int64_t) const override {
    Tree tree = tree_of(state, index);
    if (task_.within_items)
      return tree.add(index, [&](std::byte* node) { merge_item(item, node); });
    return tree.add(index, [&](std::byte* bytes) {
      using Node = kernels::MomentsNode;
      const Node node{item.region.count()};
      const int64_t count = ++Node::count(bytes);
      for_each_piece<T>(item, [&](const T* from, int64_t offset, int64_t n) {
        kernels::moments_add(from, n, count, Node::mean(bytes) + offset, node.m2(bytes) + offset);
      });
    });
  }
  void finish(std::span<std::byte> state, int64_t pixels, int64_t,
              const MutableView& out) const override {
    const std::byte* root = tree_of(state, 0).finalise();
    const double* m2 = kernels::MomentsNode{pixels}.m2(root);
    const double n = static_cast<double>(kernels::MomentsNode::count(root));
    write_real(out,
               [&](int64_t i) { return task_.how == How::std ? std::sqrt(m2[i] / n) : m2[i] / n; });
  }

 private:
  // Two passes over the item, mean first: as exact as one item needs.
  void merge_item(const View& item, std::byte* into) const {
    const auto pixels = static_cast<double>(item.region.count());
    const double mean = sum_of_rows<T>(item, row_total) / pixels;
    const double m2 = sum_of_rows<T>(item, [mean](const T* from, int64_t width) {
      return kernels::row_squared_deviation(from, width, mean);
    });
    kernels::MomentsNode node{1};
    alignas(8) std::byte one[24];
    kernels::MomentsNode::count(one) = item.region.count();
    *kernels::MomentsNode::mean(one) = mean;
    *node.m2(one) = m2;
    node.merge(into, one);
  }
  // Of 64-bit integers the halves are added apart: their sum may leave 64 bits.
  static double row_total(const T* from, int64_t width) {
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
      int64_t high = 0;
      uint64_t low = 0;
      for (int64_t i = 0; i < width; ++i) {
        high += static_cast<int64_t>(from[i] >> 32);
        low += static_cast<uint32_t>(from[i]);
      }
      return std::ldexp(static_cast<double>(high), 32) + static_cast<double>(low);
    } else {
      return static_cast<double>(kernels::row_sum(from, width));
    }
  }
  Task task_;
};

}  // namespace parfocal::reduction
