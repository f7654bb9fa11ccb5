#include "parfocal/kernels/radix_tree.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

#include "parfocal/kernels/sums.h"

namespace parfocal::kernels {
namespace {

constexpr int64_t kPixels = 3;
using Item = std::vector<float>;
using Items = std::vector<std::optional<Item>>;  // empty: a gap
using Bytes = std::vector<std::byte>;

Items random_items(int64_t n, double gap_share, unsigned seed = 5) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1000, 1000);
  std::bernoulli_distribution gap(gap_share);
  Items items(static_cast<size_t>(n));
  for (auto& item : items) {
    if (!gap(random)) item = Item{value(random), value(random) * 1e-6f, value(random) * 1e6f};
  }
  return items;
}

/// The node (level, index) by the definition in the header; empty if it does not exist.
template <class Node>
Bytes by_definition(const Items& items, const Node& node, int level, int64_t index) {
  Bytes result(node.node_bytes());
  node.clear(result.data());
  bool exists = false;
  for (int64_t child = index * 64; child < index * 64 + 64; ++child) {
    if (child << (6 * level) >= static_cast<int64_t>(items.size())) break;
    if (level == 0) {
      if (!items[child]) continue;
      node.add(result.data(), items[child]->data());
      exists = true;
    } else if (const Bytes below = by_definition(items, node, level - 1, child); !below.empty()) {
      node.merge(result.data(), below.data());
      exists = true;
    }
  }
  return exists ? result : Bytes{};
}

/// A tree with its memory, over items first .. end - 1 of `items`.
template <class Node>
struct Shard {
  Node node{kPixels};
  Bytes state;
  RadixTree<Node> tree;

  Shard(const Items& items, int64_t first, int64_t end, int levels, int64_t edge_nodes)
      : state(RadixTree<Node>::state_bytes(node, levels, edge_nodes)),
        tree(RadixTree<Node>::begin(state.data(), node, levels, first, edge_nodes)) {
    for (int64_t i = first; i < end; ++i) {
      if (!items[i]) continue;
      const bool added = tree.add(i, [&](std::byte* at) { node.add(at, items[i]->data()); });
      EXPECT_TRUE(added) << i;
    }
  }

  Bytes result() {
    const std::byte* root = tree.finalise();
    return root ? Bytes(root, root + node.node_bytes()) : Bytes{};
  }
};

template <class Node>
class RadixTreeOf : public testing::Test {};
using Nodes = testing::Types<SumNode, MomentsNode>;
TYPED_TEST_SUITE(RadixTreeOf, Nodes);

TYPED_TEST(RadixTreeOf, FollowsItsDefinitionForEveryLengthAndHeight) {
  for (const int64_t n : {0, 1, 63, 64, 65, 4095, 4096, 4097, 9000}) {
    for (const double gaps : {0.0, 0.3, 0.995}) {
      const Items items = random_items(n, gaps);
      const Bytes expected = by_definition(items, TypeParam{kPixels}, 3, 0);
      for (const int levels : {radix_levels(n), 4, 10}) {
        Shard<TypeParam> shard(items, 0, n, levels, 0);
        EXPECT_EQ(shard.result(), expected) << n << " items, gaps " << gaps << ", " << levels;
      }
    }
  }
}

TYPED_TEST(RadixTreeOf, CombinesShardsCutAtMultiplesOf64) {
  for (const double gaps : {0.0, 0.3, 0.995}) {
    constexpr int64_t n = 9001;
    const Items items = random_items(n, gaps);
    const int levels = radix_levels(n);
    const Bytes expected = Shard<TypeParam>(items, 0, n, levels, 0).result();
    for (const int64_t a : {64, 640, 4032, 4096, 4160, 8192}) {
      for (const int64_t b : {704, 4096, 5056, 8192, 8960}) {
        if (b < a) continue;
        const int64_t edges_ab = radix_edge_nodes(a, n, levels);
        Shard<TypeParam> first(items, 0, a, levels, 0);
        Shard<TypeParam> middle(items, a, b, levels, edges_ab);
        Shard<TypeParam> last(items, b, n, levels, radix_edge_nodes(b, n, levels));
        // Right to left, so that a shard that does not start at 0 is a target too.
        ASSERT_TRUE(middle.tree.combine(last.tree));
        ASSERT_TRUE(first.tree.combine(middle.tree));
        EXPECT_EQ(first.result(), expected) << a << ", " << b << ", gaps " << gaps;
        Shard<TypeParam> again(items, 0, a, levels, 0);
        Shard<TypeParam> second(items, a, b, levels, radix_edge_nodes(a, b, levels));
        ASSERT_TRUE(again.tree.combine(second.tree));
        ASSERT_TRUE(again.tree.combine(last.tree));
        EXPECT_EQ(again.result(), expected) << a << ", " << b << ", gaps " << gaps;
      }
    }
  }
}

TYPED_TEST(RadixTreeOf, GoesOnFromSavedBytesAndPublishesFromACopy) {
  constexpr int64_t n = 5000, cut = 3333;
  const Items items = random_items(n, 0.1);
  const TypeParam node{kPixels};
  Shard<TypeParam> half(items, 0, cut, 3, 0);
  Bytes saved = half.state, copy = half.state;
  const std::byte* latest = RadixTree<TypeParam>::resume(copy.data(), node).finalise();
  const Items prefix(items.begin(), items.begin() + cut);
  EXPECT_EQ(Bytes(latest, latest + node.node_bytes()), by_definition(prefix, node, 2, 0));
  auto tree = RadixTree<TypeParam>::resume(saved.data(), node);
  for (int64_t i = cut; i < n; ++i) {
    if (!items[i]) continue;
    ASSERT_TRUE(tree.add(i, [&](std::byte* at) { node.add(at, items[i]->data()); }));
  }
  const std::byte* root = tree.finalise();
  EXPECT_EQ(Bytes(root, root + node.node_bytes()), by_definition(items, node, 2, 0));
}

TEST(RadixTree, RefusesWhatItCannotHold) {
  const Items items = random_items(64, 0);
  Shard<SumNode> shard(items, 0, 3, 1, 0);
  const auto nothing = [](std::byte*) { FAIL(); };
  EXPECT_FALSE(shard.tree.add(2, nothing));   // behind
  EXPECT_FALSE(shard.tree.add(64, nothing));  // beyond one level
  Shard<SumNode> late(random_items(200, 0), 64, 128, 2, 0);
  EXPECT_FALSE(late.tree.add(128, nothing));  // no room for the edge node of items 64 .. 127
  EXPECT_EQ(late.tree.finalise(), nullptr);   // does not start at 0
}

TEST(RadixTree, KnowsItsSizes) {
  EXPECT_EQ(radix_levels(0), 1);
  EXPECT_EQ(radix_levels(64), 1);
  EXPECT_EQ(radix_levels(65), 2);
  EXPECT_EQ(radix_levels(4096), 2);
  EXPECT_EQ(radix_levels(4097), 3);
  EXPECT_EQ(radix_levels(INT64_MAX), 10);
  EXPECT_EQ(radix_edge_nodes(0, 100000, 3), 0);
  EXPECT_EQ(radix_edge_nodes(64, 128, 2), 1);
  EXPECT_EQ(radix_edge_nodes(64, 100000, 3), 63 + 24);
}

}  // namespace
}  // namespace parfocal::kernels
