#include <algorithm>
#include <cstring>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {

std::optional<DType> parse_dtype(std::string_view name) {
  constexpr std::string_view brief[kDTypeCount] = {"bool", "u8",  "u16", "u32", "u64", "i8",
                                                   "i16",  "i32", "i64", "f32", "f64"};
  for (int i = 0; i < kDTypeCount; ++i)
    if (name == brief[i] || name == dtype_name(static_cast<DType>(i))) return static_cast<DType>(i);
  return std::nullopt;
}

Region Layout::whole_item() const {
  Region r;
  for (const Axis& a : item) r.shape[r.rank++] = a.size;
  return r;
}

int64_t Layout::stream_count() const {
  int64_t n = 1;
  for (const Axis& a : stream) {
    if (a.size == kUnbounded) return kUnbounded;
    n *= a.size;
  }
  return n;
}

static int find_axis(const std::vector<Axis>& axes, std::string_view name) {
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].name == name) return static_cast<int>(i);
  return -1;
}
int Layout::find_stream(std::string_view name) const { return find_axis(stream, name); }
int Layout::find_item(std::string_view name) const { return find_axis(item, name); }

std::string Layout::str() const {
  std::string s;
  for (const Axis& a : stream)
    s += a.name + "=" + (a.size == kUnbounded ? "?" : std::to_string(a.size)) + " ";
  s += "| ";
  for (const Axis& a : item) s += a.name + "=" + std::to_string(a.size) + " ";
  return s + std::string(dtype_name(dtype));
}

std::array<int64_t, kMaxRank> coordinates_of(const Layout& layout, int64_t sequence) {
  std::array<int64_t, kMaxRank> c{};
  for (int a = static_cast<int>(layout.stream.size()) - 1; a > 0; --a) {
    c[a] = sequence % layout.stream[a].size;
    sequence /= layout.stream[a].size;
  }
  c[0] = sequence;
  return c;
}

std::string_view gap_reason_name(GapReason reason) {
  constexpr std::string_view names[] = {"", "broken", "skipped", "dropped", "stopped", "failed"};
  return names[static_cast<int>(reason)];
}

void copy_pixels(const View& src, const MutableView& dst) {
  const size_t size = dtype_size(dst.dtype);
  if (dst.region.rank == 0) {
    std::memcpy(dst.data, src.data, size);
    return;
  }
  const View window = subview(src, dst.region);
  if (window.contiguous() && dst.contiguous()) {
    std::memcpy(dst.data, window.data, static_cast<size_t>(dst.bytes()));
    return;
  }
  const int last = dst.region.rank - 1;
  const size_t run = static_cast<size_t>(dst.region.shape[last]) * size;
  for_each_run(dst, [&](std::byte* to, const std::array<int64_t, kMaxRank>& index) {
    int64_t offset = 0;
    for (int a = 0; a < last; ++a)
      offset += (index[a] - window.region.origin[a]) * window.strides[a];
    std::memcpy(to, window.data + offset * static_cast<int64_t>(size), run);
  });
}

void clear_pixels(const MutableView& dst) {
  const size_t size = dtype_size(dst.dtype);
  if (dst.region.rank == 0 || dst.contiguous()) {
    std::memset(dst.data, 0, static_cast<size_t>(dst.bytes()));
    return;
  }
  const size_t run = static_cast<size_t>(dst.region.shape[dst.region.rank - 1]) * size;
  for_each_run(dst, [&](std::byte* to, const auto&) { std::memset(to, 0, run); });
}

int TableSchema::find(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return static_cast<int>(i);
  return -1;
}

double length_in_pixels(const Length& length, const Axis& axis) {
  if (length.unit == "px") return length.value;
  const auto factor = axis.unit.empty() ? std::nullopt : unit_factor(length.unit, axis.unit);
  if (!factor || !(axis.scale > 0))
    fail_layout(
        "a length in " + length.unit + " needs the scale of axis " + axis.name,
        axis.unit.empty() ? "axis " + axis.name + " has no scale" : "its unit is " + axis.unit,
        "a scale in a unit of length",
        "set source.scale to the size of a pixel, e.g. scale: {" +
            std::string(axis.name == "y" || axis.name == "x" ? "y: 0.65 um, x" : axis.name) +
            ": 0.65 um}, or give pixels: px");
  return length.value * *factor / axis.scale;
}

void fail_layout(std::string what, std::string given, std::string needed, std::string cure) {
  throw Error(ErrorCode::invalid_pipeline,
              Issue{std::move(what), {}, std::move(given), std::move(needed), std::move(cure)});
}

// Function-local statics: registration happens during static initialisation of other files.
Registry<OperatorInfo>& operators() {
  static Registry<OperatorInfo> registry;
  return registry;
}
Layout Source::open_port(size_t) {
  throw Error(ErrorCode::input_missing,
              Issue{"the source gives nothing but its frames", "", "", "", ""});
}

Status Source::read_port(size_t, int64_t, const MutableView&) const {
  return Status::fail("the source gives nothing but its frames");
}

Registry<SourceInfo>& sources() {
  static Registry<SourceInfo> registry;
  return registry;
}
Registry<SinkInfo>& sinks() {
  static Registry<SinkInfo> registry;
  return registry;
}
Registry<ObserverInfo>& observers() {
  static Registry<ObserverInfo> registry;
  return registry;
}

}  // namespace parfocal
