#include "parfocal/operators/objects/object_filter.h"

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/object_choice.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/objects/largest_label.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal::objects {

void check_connectivity(int64_t connectivity) {
  if (connectivity != 4 && connectivity != 8)
    fail_layout("connectivity is out of range", std::to_string(connectivity), "4 or 8",
                connectivity == 1   ? "write connectivity: 4, which scikit-image calls 1"
                : connectivity == 2 ? "write connectivity: 8, which scikit-image calls 2"
                                    : "write connectivity: 8 to join diagonal neighbours, or 4 "
                                      "not to");
}

namespace {

class ObjectFilter final : public MapOperator {
 public:
  ObjectFilter(const std::string& name, ChooseObjects choose, const ObjectFilterParams& p,
               const PortLayout& in)
      : MapOperator({in}, {in}),
        name_(name),
        choose_(choose),
        p_(p),
        connectivity_(p.connectivity == 4 ? kernels::Connectivity::four
                                          : kernels::Connectivity::eight),
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
    if (!masks()) return p_.max_objects;
    const int64_t columns = (width_ + 1) / 2;  // as kernels/label.h says
    return columns * (connectivity_ == kernels::Connectivity::eight ? (height_ + 1) / 2 : height_);
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

}  // namespace

std::unique_ptr<Operator> make_object_filter(const std::string& name, ChooseObjects choose,
                                             const std::any& params,
                                             std::span<const PortLayout> inputs) {
  const auto& p = std::any_cast<const ObjectFilterParams&>(params);
  check_connectivity(p.connectivity);
  if (inputs[0].layout.item.size() < 2)
    fail_layout(name + " needs images", inputs[0].layout.str(), "at least two axes inside the item",
                "collect over an axis first");
  return std::make_unique<ObjectFilter>(name, choose, p, inputs[0]);
}

}  // namespace parfocal::objects
