#include "parfocal/operators/reduce/accumulator.h"

#include "parfocal/operators/reduce/exact_accumulators.h"
#include "parfocal/operators/reduce/tree_accumulators.h"

namespace parfocal::reduction {
namespace {

// Folds each item to one number of type S, then hands that to `inner`.
template <class T, class S>
class WithinItems final : public Accumulator {
 public:
  WithinItems(How how, std::unique_ptr<Accumulator> inner) : how_(how), inner_(std::move(inner)) {}
  int64_t most_items() const override { return inner_->most_items(); }
  int64_t state_bytes(int64_t) const override { return inner_->state_bytes(1); }
  int64_t shard_state_bytes(int64_t, int64_t first, int64_t end) const override {
    return inner_->shard_state_bytes(1, first, end);
  }
  void init(std::span<std::byte> state, int64_t) const override { inner_->init(state, 1); }
  bool add(std::span<std::byte> state, const View& item, int64_t index,
           int64_t count) const override {
    const S value = folded(item);
    const View one = packed_view(reinterpret_cast<const std::byte*>(&value), dtype_of<S>(), {});
    return inner_->add(state, one, index, count);
  }
  bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t,
               int64_t count) const override {
    return inner_->combine(state, later, 1, count);
  }
  void finish(std::span<std::byte> state, int64_t, int64_t count,
              const MutableView& out) const override {
    inner_->finish(state, 1, count, out);
  }

 private:
  S folded(const View& item) const {
    if constexpr (std::is_same_v<T, S>) {
      if (how_ == How::min || how_ == How::max) return extreme(item);
    }
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<S>(sum_of_rows<T>(
          item, [](const T* from, int64_t width) { return kernels::row_sum(from, width); }));
    } else {
      S sum = 0;
      for_each_piece<T>(item, [&](const T* from, int64_t, int64_t n) {
        sum += static_cast<S>(kernels::row_sum(from, n));
      });
      return sum;
    }
  }
  T extreme(const View& item) const {
    T best{};
    bool first = true;
    for_each_piece<T>(item, [&](const T* from, int64_t, int64_t n) {
      const auto row = kernels::row_extremes(from, n);
      const T value = how_ == How::max ? row.max : row.min;
      if (first) best = value;
      if (how_ == How::max)
        kernels::max_into(&value, 1, &best);
      else
        kernels::min_into(&value, 1, &best);
      first = false;
    });
    return best;
  }
  How how_;
  std::unique_ptr<Accumulator> inner_;
};

template <class T>
std::unique_ptr<Accumulator> extreme(const Task& task) {
  auto each = std::make_unique<Extreme<T>>(task.how);
  if (!task.within_items) return each;
  return std::make_unique<WithinItems<T, T>>(task.how, std::move(each));
}

template <class T>
std::unique_ptr<Accumulator> exact_sum(const Task& task) {
  using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  const auto capacity = static_cast<uint64_t>(std::numeric_limits<Wide>::max());
  const int64_t most = items_that_fit(capacity, largest_magnitude<T>(), task.item_pixels);
  if (task.within_items)
    return std::make_unique<WithinItems<T, Wide>>(
        task.how, std::make_unique<ExactSum<Wide, Wide>>(task.how, task.item_pixels, most));
  // 32 bits hold 16.8 million frames of 8 bits. For 16 bits they would hold 65,537 only, and the
  // memory of a plan should not depend on the length of the movie.
  if constexpr (std::is_same_v<T, uint8_t>) {
    const int64_t fit32 = items_that_fit(UINT32_MAX, largest_magnitude<T>(), 1);
    if (task.items != kUnbounded && task.items <= fit32)
      return std::make_unique<ExactSum<T, uint32_t>>(task.how, 1, fit32);
  }
  return std::make_unique<ExactSum<T, Wide>>(task.how, 1, most);
}

template <class T>
std::unique_ptr<Accumulator> tree_sum(const Task& task) {
  if (!task.within_items) return std::make_unique<TreeSum<T>>(task.how, task.items, 1);
  return std::make_unique<WithinItems<T, double>>(
      task.how, std::make_unique<TreeSum<double>>(task.how, task.items, task.item_pixels));
}

template <class T>
std::unique_ptr<Accumulator> accumulator_for(const Task& task) {
  if (task.how == How::min || task.how == How::max) return extreme<T>(task);
  const bool sum = task.how == How::sum || task.how == How::mean;
  if constexpr (std::is_floating_point_v<T>) {
    return sum ? tree_sum<T>(task) : std::make_unique<TreeMoments<T>>(task);
  } else {
    if (sum) return exact_sum<T>(task);
    if constexpr (sizeof(T) <= 2)
      return std::make_unique<ExactMoments<T>>(task);
    else
      return std::make_unique<TreeMoments<T>>(task);
  }
}

}  // namespace

std::unique_ptr<Accumulator> make_accumulator(const Task& task) {
  return dispatch(task.in, [&]<class T>() {
    return accumulator_for<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>(task);
  });
}

}  // namespace parfocal::reduction
