#include <algorithm>
#include <cstring>

#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/reduce/how.h"

namespace parfocal {
namespace {

using namespace reduction;

struct ReduceParams {
  std::vector<std::string> over;
  std::string how;
};

bool listed(const std::vector<std::string>& names, const Axis& axis) {
  return std::find(names.begin(), names.end(), axis.name) != names.end();
}

void check_over(const ReduceParams& p, const Connections& = {}) {
  if (p.over.empty())
    fail_layout("reduce needs axes to fold over", "none", "at least one axis",
                "write over: t, or over: [y, x]");
  for (const std::string& name : p.over)
    if (std::count(p.over.begin(), p.over.end(), name) > 1)
      fail_layout("axis " + name + " is listed twice", name, "each axis once", "remove one");
}

void check_axes(const ReduceParams& p, const Layout& layout) {
  check_over(p);
  size_t item_axes = 0;
  for (const std::string& name : p.over) {
    const bool in_item = layout.find_item(name) >= 0;
    item_axes += in_item;
    if (!in_item && layout.find_stream(name) < 0)
      fail_layout("there is no axis " + name + " to fold over", layout.str(), "axes of the input",
                  axis_cure("over", name, layout, p.over.size() == 1,
                            "choose among the axes of the input"));
  }
  if (item_axes > 0 && item_axes < layout.item.size())
    fail_layout("reduce folds all axes inside an item or none of them", layout.str(),
                "all item axes, named after the |, in over",
                "list all of them, or select a step of the others first");
}

std::vector<PortLayout> folded(const ReduceParams& p, const PortLayout& in) {
  check_axes(p, in.layout);
  Layout layout = in.layout;
  std::erase_if(layout.stream, [&](const Axis& axis) { return listed(p.over, axis); });
  std::erase_if(layout.item, [&](const Axis& axis) { return listed(p.over, axis); });
  layout.dtype = result_dtype(how_of(p.how), in.layout.dtype);
  return {image_port(std::move(layout))};
}

// The axes inside an item are folded all or not at all.
ItemFacts folded_facts(const ReduceParams& p, const ItemFacts& in) {
  const bool plane = std::any_of(p.over.begin(), p.over.end(), [](const std::string& axis) {
    return axis == "y" || axis == "x";
  });
  return {each_dtype(in, [&](DType dtype) { return result_dtype(how_of(p.how), dtype); }),
          plane ? ItemFacts::Shape::number : in.shape};
}

reduction::Task task_of(const ReduceParams& p, const Layout& in, DType out) {
  reduction::Task task{how_of(p.how), in.dtype, out};
  task.within_items = !in.item.empty() && listed(p.over, in.item[0]);
  task.item_pixels = task.within_items ? in.item_count() : 1;
  for (const Axis& axis : in.stream) {
    if (!listed(p.over, axis) || task.items == kUnbounded) continue;
    task.items = axis.size == kUnbounded ? kUnbounded : task.items * axis.size;
  }
  return task;
}

class Reduce final : public FoldOperator {
 public:
  Reduce(const ReduceParams& p, std::span<const PortLayout> inputs)
      : FoldOperator({inputs[0]}, folded(p, inputs[0])),
        task_(task_of(p, inputs[0].layout, outputs()[0].layout.dtype)),
        accumulator_(make_accumulator(task_)) {
    require_room(*accumulator_, inputs[0].layout, task_.items, "items");
  }

  bool tileable() const override { return !task_.within_items; }
  int64_t state_bytes(const Region& in) const override {
    return kHeadBytes + accumulator_->state_bytes(in.count());
  }
  int64_t shard_state_bytes(const Region& in, int64_t first, int64_t end) const override {
    return kHeadBytes + accumulator_->shard_state_bytes(in.count(), first, end);
  }
  void init(std::span<std::byte> state, const Region& in) const override {
    store(state, {0, task_.within_items ? 1 : in.count()});
    accumulator_->init(state.subspan(kHeadBytes), load(state).pixels);
  }
  Status accumulate(std::span<std::byte> state, std::span<const Input> in,
                    int64_t index) const override {
    Head head = load(state);
    if (head.count >= accumulator_->most_items() ||
        !accumulator_->add(state.subspan(kHeadBytes), in[0].image, index, head.count))
      return Status::fail("more items came than the sums can hold",
                          "give the stream an end, or cast to float64 first");
    ++head.count;
    store(state, head);
    return {};
  }
  Status combine(std::span<std::byte> state, std::span<const std::byte> later) const override {
    Head head = load(state);
    const Head more = load(later);
    if (more.count == 0) return {};
    if (head.count > accumulator_->most_items() - more.count ||
        !accumulator_->combine(state.subspan(kHeadBytes), later.subspan(kHeadBytes), head.pixels,
                               head.count))
      return Status::fail("two partial sums do not fit together",
                          "combine them in the order of their items");
    head.count += more.count;
    store(state, head);
    return {};
  }
  Status finalize(std::span<std::byte> state, Output& out) const override {
    const Head head = load(state);
    if (head.count == 0)
      return Status::fail("no item was there to fold", "see why the items are missing");
    accumulator_->finish(state.subspan(kHeadBytes), head.pixels, head.count, out.image);
    return {};
  }

 private:
  static constexpr size_t kHeadBytes = 64;
  struct Head {
    int64_t count = 0, pixels = 0;
  };
  static Head load(std::span<const std::byte> state) {
    Head head;
    std::memcpy(&head, state.data(), sizeof head);
    return head;
  }
  static void store(std::span<std::byte> state, const Head& head) {
    std::memcpy(state.data(), &head, sizeof head);
  }
  reduction::Task task_;
  std::unique_ptr<reduction::Accumulator> accumulator_;
};

}  // namespace

PARFOCAL_OPERATOR(reduce) {
  return OperatorInfo{
      .name = "reduce",
      .summary = "Folds axes into one value: mean, sum, min, max, std or var.",
      .family = "reduce",
      .kind = "fold",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc = "the image without the axes; mean, std and var of integers are float64, "
                          "sums of integers are 64-bit integers, all else keeps the dtype"}},
      .params = Parameters<ReduceParams>()
                    .add("over", &ReduceParams::over,
                         "axes to fold: stream axes (one result per pixel), all axes inside the "
                         "item (one number per item), or both, e.g. t")
                    .read_as(with_axis_letters)
                    .required()
                    .add("how", &ReduceParams::how,
                         "the statistic; std and var are those of the population (ddof 0); missing "
                         "items do not count; NaN propagates")
                    .choices(how_words())
                    .required(),
      .tolerance =
          "integers: exact, one rounding in the division (var and std of more than 16 bits as of "
          "float64); floats: 1e-15 relative to the sum of magnitudes in float64, rounded once for "
          "float32",
      .example = "{op: reduce, over: t, how: mean}",
      .reference = "numpy.mean, sum, min, max, std, var over axes, dtype=float64",
      .make = make_operator<Reduce, ReduceParams>()};
}

PARFOCAL_RULES(operators, reduce) {
  return Rules<ReduceParams>().add({"over"}, check_over).makes_by("out", folded_facts);
}

}  // namespace parfocal
