#include "parfocal/formats/synthetic/generator_source.h"

#include <algorithm>
#include <cstring>

#include "parfocal/core/meant_axes.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/counter_random.h"

namespace parfocal {
namespace {

Layout sized_layout(const GeneratorParams& p) {
  std::string axes;
  for (const auto& [name, size] : p.size.entries) {
    if (name.size() != 1)
      fail_layout("size names axis '" + name + "'", name, "axes of one letter",
                  "write e.g. size: {t: 80, y: 512, x: 512}");
    axes += name;
  }
  Layout layout = layout_of_axes(axes);
  double pixels = 1;
  for (size_t a = 0; a < axes.size(); ++a) {
    const size_t n = layout.stream.size();
    (a < n ? layout.stream[a] : layout.item[a - n]).size = p.size.entries[a].second;
    pixels *= static_cast<double>(p.size.entries[a].second);
  }
  if (pixels > 0x1p60)
    fail_layout("size has more pixels than can be counted", "", "at most 2^60",
                "make an axis shorter");
  layout.dtype = p.dtype;
  return layout;
}

Layout generator_layout(const GeneratorParams& p) {
  Layout layout = sized_layout(p);
  apply_scales(p.scale, layout);
  return layout;
}

void check_size(const GeneratorParams& p, const Connections&) { (void)sized_layout(p); }

// What is wrong with the axes themselves is told by check_size().
void check_scale(const GeneratorParams& p, const Connections&) {
  std::optional<Layout> layout;
  try {
    layout = sized_layout(p);
  } catch (const Error&) {
    return;
  }
  apply_scales(p.scale, *layout);
}

template <class T>
T wrapped(uint64_t v) {
  if constexpr (std::is_same_v<T, bool>)
    return (v & 1) != 0;
  else
    return static_cast<T>(v);
}

// Pixels [first, first + n) of a frame's stream of random bits.
template <class T>
void fill_noise(T* to, uint64_t key, int64_t first, int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    for (int64_t i = 0; i < n; ++i) {
      const uint64_t bits = random_bits(key, static_cast<uint64_t>(first + i));
      to[i] = sizeof(T) == 4 ? static_cast<T>(bits >> 40) * static_cast<T>(0x1p-24)
                             : static_cast<T>(bits >> 11) * static_cast<T>(0x1p-53);
    }
  } else {
    constexpr int64_t kPerWord = 8 / static_cast<int64_t>(sizeof(T));  // pixels of one draw
    for (int64_t i = 0; i < n;) {
      const int64_t lane = (first + i) % kPerWord, take = std::min(kPerWord - lane, n - i);
      uint64_t bits = random_bits(key, static_cast<uint64_t>((first + i) / kPerWord));
      if constexpr (std::is_same_v<T, bool>) bits &= 0x0101010101010101u;
      bits >>= 8 * static_cast<int64_t>(sizeof(T)) * lane;
      if (take == kPerWord)
        std::memcpy(to + i, &bits, 8);
      else
        for (int64_t j = 0; j < take; ++j, bits = sizeof(T) < 8 ? bits >> (8 * sizeof(T) % 64) : 0)
          to[i + j] = wrapped<T>(bits);
      i += take;
    }
  }
}

}  // namespace

GeneratorSource::GeneratorSource(const GeneratorParams& p)
    : layout_(generator_layout(p)), kind_(p.kind), seed_(static_cast<uint64_t>(p.seed)) {
  if (kind_ == "nuclei")
    nuclei_ = std::make_unique<NucleiMovie>(
        NucleiMovie::Options{layout_.item[0].size, layout_.item[1].size, layout_.stream_count(),
                             p.cells, p.radius_px, seed_});
}

Region GeneratorSource::block() const {
  return Region::whole({std::min<int64_t>(64, layout_.item[0].size), layout_.item[1].size});
}

Status GeneratorSource::read(int64_t sequence, const MutableView& dst, FrameHeader&) const {
  if (nuclei_) {
    nuclei_->draw(sequence, dst);
    return {};
  }
  const auto s = static_cast<uint64_t>(sequence);
  const int64_t width = layout_.item[1].size, n = dst.region.shape[1], x0 = dst.region.begin(1);
  const uint64_t key = random_key(seed_, s), base = s * static_cast<uint64_t>(layout_.item_count());
  dispatch(dst.dtype, [&]<class T>() {
    for (int64_t y = dst.region.begin(0); y < dst.region.end(0); ++y) {
      T* row = dst.row<T>(y);
      if (kind_ == "noise") {
        fill_noise(row, key, y * width + x0, n);
        continue;
      }
      const uint64_t first = kind_ == "counter"    ? base + static_cast<uint64_t>(y * width + x0)
                             : kind_ == "gradient" ? s + static_cast<uint64_t>(y + x0)
                                                   : s;
      const uint64_t step = kind_ == "sequence" ? 0 : 1;
      for (int64_t i = 0; i < n; ++i) row[i] = wrapped<T>(first + step * static_cast<uint64_t>(i));
    }
  });
  return {};
}

std::string GeneratorSource::identity() const {
  return "generator " + kind_ + ", seed " + std::to_string(seed_) + ", " + layout_.str();
}

PARFOCAL_SOURCE(generator) {
  using P = GeneratorParams;
  return {"generator",
          "frames computed from a seed: noise, gradients, counters, or a movie of dividing nuclei",
          Parameters<P>()
              .add("kind", &P::kind, "what the frames show")
              .choices({"noise", "gradient", "counter", "sequence", "nuclei"})
              .defaults("noise")
              .add("size", &P::size,
                   "axes in order with their sizes, the last two y x, e.g. {t: 80, y: 512, x: 512}")
              .read_as(with_axis_letters)
              .required()
              .add("dtype", &P::dtype, "pixel type")
              .defaults("uint16")
              .add("seed", &P::seed, "another seed, another movie")
              .defaults("1")
              .add("scale", &P::scale, "size of one step along axes, e.g. {y: 0.65 um, x: 0.65 um}")
              .read_as(with_axis_letters)
              .add("cells", &P::cells, "nuclei: number in the first frame")
              .at_least(1)
              .defaults("8")
              .add("radius_px", &P::radius_px, "nuclei: radius in pixels")
              .at_least(2)
              .at_most(1000)
              .defaults("9"),
          "{type: generator, kind: nuclei, size: {t: 80, y: 512, x: 512}, dtype: uint8}",
          [](const std::any& params, const SourceContext&) -> std::unique_ptr<Source> {
            return std::make_unique<GeneratorSource>(std::any_cast<const P&>(params));
          },
          nullptr,
          false};
}

PARFOCAL_RULES(sources, generator) {
  return Rules<GeneratorParams>().add({"size"}, check_size).add({"scale", "size"}, check_scale);
}

}  // namespace parfocal
