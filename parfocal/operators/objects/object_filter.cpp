#include "parfocal/operators/objects/object_filter.h"

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/object_choice.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/objects/largest_label.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal::objects {

namespace {

class ObjectFilter final : public MapOperator {
 public:
  ObjectFilter(const std::string& name, ChooseObjects choose, const ObjectFilterParams& p,
               const PortLayout& in)
      : MapOperator({in}, {in}),
        name_(name),
        choose_(choose),
        p_(p),
        connectivity_(connectivity_of(p.connectivity)),
        width_(in.layout.item[in.layout.item.size() - 1].size),
        height_(in.layout.item[in.layout.item.size() - 2].size) {}

  int in_place() const override { return 0; }
  int64_t scratch_bytes(const Region&) const override {
    return static_cast<int64_t>(Scratch(*this, nullptr).bytes);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const Scratch s(*this, scratch.data());
    Status status;
    for_each_plane(out[0].image.region, [&](const ItemIndex& at) {
      if (status.ok()) status = plane(in[0].image, out[0].image, at, s);
    });
    return status;
  }

 private:
  bool masks() const { return inputs()[0].layout.dtype == DType::boolean; }

  struct Scratch {
    uint32_t* labels;  // of a mask, or wide copies of narrow ones
    std::byte* work;
    uint32_t* table;
    size_t bytes;
    Scratch(const ObjectFilter& op, std::byte* base) {
      kernels::ScratchCursor cursor(base);
      const auto pixels = static_cast<size_t>(op.width_ * op.height_);
      labels = cursor.take<uint32_t>(op.inputs()[0].layout.dtype == DType::u32 ? 0 : pixels);
      work = cursor.take<std::byte>(
          op.masks() ? kernels::label_scratch_bytes(op.width_, op.height_, op.connectivity_) : 0);
      table = cursor.take<uint32_t>(static_cast<size_t>(op.most_objects()) + 1);
      bytes = cursor.used_bytes();
    }
  };
  int64_t most_objects() const {
    return masks() ? kernels::most_objects(width_, height_, connectivity_) : p_.max_objects;
  }

  Status plane(const View& from, const MutableView& to, const ItemIndex& at,
               const Scratch& s) const {
    const kernels::Plane<uint32_t> own{s.labels, width_, height_, width_};
    if (masks()) {
      const auto mask = plane_of<uint8_t>(from, at);
      const uint32_t count = kernels::label(mask, connectivity_, own, s.work);
      keep<uint8_t>({own.data, own.width, own.height, own.stride}, count, s.table,
                    plane_of<uint8_t>(to, at));
      return {};
    }
    if (from.dtype == DType::u16) {
      const auto narrow = plane_of<uint16_t>(from, at);
      for (int64_t y = 0; y < height_; ++y) std::copy_n(narrow.row(y), width_, own.row(y));
      return labels<uint16_t>({own.data, own.width, own.height, own.stride}, s,
                              plane_of<uint16_t>(to, at));
    }
    return labels<uint32_t>(plane_of<uint32_t>(from, at), s, plane_of<uint32_t>(to, at));
  }
  template <class T>
  Status labels(kernels::Plane<const uint32_t> given, const Scratch& s,
                kernels::Plane<T> to) const {
    const uint32_t count = kernels::min_max<uint32_t>(given).max;
    if (count > p_.max_objects) return too_many_objects(name_, count, p_.max_objects);
    keep<T>(given, count, s.table, to);
    return {};
  }
  template <class T>
  void keep(kernels::Plane<const uint32_t> given, uint32_t count, uint32_t* table,
            kernels::Plane<T> to) const {
    choose_(p_, given, count, table);
    kernels::number_those_that_stay(count, table);
    for (int64_t y = 0; y < height_; ++y)
      for (int64_t x = 0; x < width_; ++x) {
        const uint32_t number = table[given.row(y)[x]];
        to.row(y)[x] = sizeof(T) == 1 ? static_cast<T>(number != 0) : static_cast<T>(number);
      }
  }

  std::string name_;
  ChooseObjects choose_;
  ObjectFilterParams p_;
  kernels::Connectivity connectivity_;
  int64_t width_, height_;
};

std::unique_ptr<Operator> make_object_filter(const std::string& name, ChooseObjects choose,
                                             const std::any& params,
                                             std::span<const PortLayout> inputs) {
  if (inputs[0].layout.item.size() < 2)
    fail_layout(name + " needs images", inputs[0].layout.str(), "at least two axes inside the item",
                "collect over an axis first");
  return std::make_unique<ObjectFilter>(
      name, choose, std::any_cast<const ObjectFilterParams&>(params), inputs[0]);
}

}  // namespace

OperatorInfo describe_object_filter(const std::string& name, std::string summary,
                                    std::string reference, ChooseObjects choose,
                                    Parameters<ObjectFilterParams> own) {
  own.add("connectivity", &ObjectFilterParams::connectivity,
          "of a mask: 8 joins diagonal neighbours into an object, 4 does not")
      .defaults("8");
  return OperatorInfo{
      .name = name,
      .summary = std::move(summary),
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean, DType::u16, DType::u32},
                  .doc = "mask, or labels 1..n"}},
      .outputs = {{.doc = "the same dtype; labels that stay are numbered anew, in their order"}},
      .params = with_max_objects(std::move(own)),
      .tolerance = "exact",
      .reference = std::move(reference) + ", and skimage.segmentation.relabel_sequential of labels",
      .make = [name, choose](const std::any& params, std::span<const PortLayout> inputs) {
        return make_object_filter(name, choose, params, inputs);
      }};
}

RuleSet object_filter_rules() {
  return connectivity_rules<ObjectFilterParams>().takes_images("in").like_first("out");
}

}  // namespace parfocal::objects
