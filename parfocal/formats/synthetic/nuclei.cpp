#include "parfocal/formats/synthetic/nuclei.h"

#include <algorithm>
#include <cmath>

#include "parfocal/formats/common/counter_random.h"

namespace parfocal {
namespace {

constexpr double kRoom = 4.2;       // least side of a cell's part, in radii
constexpr int64_t kMoveFrames = 6;  // how long daughters move apart
constexpr int kGenerations = 2;     // divisions of one first cell's line
constexpr double kEdgePx = 1.5;     // half the width of a nucleus' soft edge

double smoothstep(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

// Brightness of a nucleus at distance d from its middle: a soft edge and a slight dome.
double profile(double d, double radius) {
  const double edge = smoothstep((radius + kEdgePx - d) / (2 * kEdgePx));
  const double r = d / (radius + kEdgePx);
  return edge * (1 - 0.3 * r * r);
}

// Mean 0, standard deviation 1, from one draw of 64 bits: the sum of four uniforms.
double bell(uint64_t bits) {
  const double sum = static_cast<double>(bits & 0xffff) + static_cast<double>(bits >> 16 & 0xffff) +
                     static_cast<double>(bits >> 32 & 0xffff) + static_cast<double>(bits >> 48);
  return (sum / 65536 - 2) * 1.7320508075688772;
}

// Grey levels of background, noise (standard deviation) and the brightest nucleus.
struct Levels {
  double background, noise, signal;
};
Levels levels_of(DType dtype) {
  if (dtype_size(dtype) == 1) return {24, 4, 150};
  return is_float(dtype) ? Levels{0.1, 0.016, 0.6} : Levels{300, 40, 2000};
}

}  // namespace

NucleiMovie::NucleiMovie(const Options& options) : options_(options) {
  const double side = kRoom * options.radius_px * std::pow(2.0, kGenerations / 2.0);
  const auto height = static_cast<double>(options.height);
  const auto width = static_cast<double>(options.width);
  // A grid of parts with about equal sides, at most as many as fit and as were asked for.
  const int64_t most_rows = std::max<int64_t>(1, static_cast<int64_t>(height / side));
  const int64_t most_columns = std::max<int64_t>(1, static_cast<int64_t>(width / side));
  const int64_t wanted =
      std::min({options.cells, kMostCells >> kGenerations, most_rows * most_columns});
  int64_t rows = std::clamp<int64_t>(
      std::llround(std::sqrt(static_cast<double>(wanted) * height / width)), 1, most_rows);
  const int64_t columns = std::min(most_columns, (wanted + rows - 1) / rows);
  rows = std::min(most_rows, (wanted + columns - 1) / columns);
  for (int64_t k = 0; k < std::min(wanted, rows * columns); ++k) {
    const double h = height / static_cast<double>(rows), w = width / static_cast<double>(columns);
    const Part part{static_cast<double>(k / columns) * h, static_cast<double>(k % columns) * w, h,
                    w};
    grow(part, {}, 0, 0, random_key(options.seed, static_cast<uint64_t>(k)));
  }
}

// Adds the cell that owns `part` and, if it divides before the end, its daughters.
void NucleiMovie::grow(const Part& part, const Cell& mother, int64_t born, int generation,
                       uint64_t key) {
  Cell cell;
  cell.born = born;
  cell.key = key;
  // Off the middle by up to half of the room that the nucleus leaves.
  const double slack = 0.5;
  const double free_y = std::max(0.0, part.height / 2 - 2 * options_.radius_px) * slack;
  const double free_x = std::max(0.0, part.width / 2 - 2 * options_.radius_px) * slack;
  cell.y = part.y + part.height / 2 + free_y * (2 * random_unit(key, 0) - 1);
  cell.x = part.x + part.width / 2 + free_x * (2 * random_unit(key, 1) - 1);
  cell.from_y = generation == 0 ? cell.y : mother.y;
  cell.from_x = generation == 0 ? cell.x : mother.x;
  const double room = kRoom * options_.radius_px;
  const bool wide = part.width >= part.height;
  const bool divides = generation < kGenerations && std::max(part.width, part.height) >= 2 * room;
  const int64_t life = kMoveFrames + 2 + static_cast<int64_t>(random_unit(key, 2) * 60);
  cell.ends = divides ? std::min(options_.frames, born + life) : options_.frames;
  cells_.push_back(cell);
  if (cell.ends >= options_.frames) return;
  for (int half = 0; half < 2; ++half) {
    Part p = part;
    (wide ? p.width : p.height) /= 2;
    (wide ? p.x : p.y) += half * (wide ? p.width : p.height);
    grow(p, cell, cell.ends, generation + 1, random_key(key, static_cast<uint64_t>(half + 7)));
  }
}

bool NucleiMovie::place(const Cell& cell, int64_t frame, Nucleus& nucleus) const {
  if (frame < cell.born || frame >= cell.ends) return false;
  const auto age = static_cast<double>(frame - cell.born);
  // Daughters start a step apart, so that two nuclei are two objects from their first frame on.
  const bool first = cell.from_y == cell.y && cell.from_x == cell.x;
  const double dy = cell.y - cell.from_y, dx = cell.x - cell.from_x;
  const double distance = std::max(1e-9, std::sqrt(dy * dy + dx * dx));
  const double apart = std::min(1.0, 1.35 * options_.radius_px / distance);
  const double way = first ? 1 : apart + (1 - apart) * smoothstep((age + 1) / kMoveFrames);
  const double phase = 6.283185307179586 * random_unit(cell.key, 3);
  const double wander = 0.12 * options_.radius_px;
  const double time = static_cast<double>(frame);
  nucleus.y = cell.from_y + dy * way + wander * std::sin(0.31 * time + phase);
  nucleus.x = cell.from_x + dx * way + wander * std::sin(0.23 * time + 2 * phase);
  const double grown = first ? 1 : 0.8 + 0.2 * smoothstep(age / (2 * kMoveFrames));
  nucleus.radius_px = options_.radius_px * (0.85 + 0.25 * random_unit(cell.key, 4)) * grown;
  nucleus.brightness = (0.6 + 0.3 * random_unit(cell.key, 5)) * (1.1 - 0.1 * grown);
  return true;
}

std::vector<NucleiMovie::Nucleus> NucleiMovie::truth(int64_t frame) const {
  std::vector<Nucleus> nuclei;
  Nucleus nucleus;
  for (const Cell& cell : cells_)
    if (place(cell, frame, nucleus)) nuclei.push_back(nucleus);
  return nuclei;
}

int64_t NucleiMovie::count(int64_t frame) const {
  return std::count_if(cells_.begin(), cells_.end(),
                       [&](const Cell& cell) { return frame >= cell.born && frame < cell.ends; });
}

void NucleiMovie::draw(int64_t frame, const MutableView& dst) const {
  const Levels levels = levels_of(dst.dtype);
  const uint64_t key = random_key(options_.seed ^ 0x6e6f697365u, static_cast<uint64_t>(frame));
  const Region& region = dst.region;
  dispatch(dst.dtype, [&]<class T>() {
    const auto set = [&](int64_t y, int64_t x, double light) {
      const uint64_t index = static_cast<uint64_t>(y * options_.width + x);
      const double value =
          levels.background + levels.noise * bell(random_bits(key, index)) + levels.signal * light;
      T& pixel = dst.row<T>(y)[x - region.begin(1)];
      if constexpr (std::is_same_v<T, bool>)
        pixel = light > 0.5;
      else if constexpr (std::is_floating_point_v<T>)
        pixel = static_cast<T>(value);
      else
        pixel = static_cast<T>(
            std::clamp(value, 0.0, sizeof(T) == 1 ? 127.0 + 128 * !std::is_signed_v<T> : 32767.0));
    };
    for (int64_t y = region.begin(0); y < region.end(0); ++y)
      for (int64_t x = region.begin(1); x < region.end(1); ++x) set(y, x, 0);
    Nucleus n;
    for (const Cell& cell : cells_) {
      if (!place(cell, frame, n)) continue;
      const double reach = n.radius_px + kEdgePx;
      const int64_t y0 = std::max(region.begin(0), static_cast<int64_t>(std::floor(n.y - reach)));
      const int64_t y1 = std::min(region.end(0), static_cast<int64_t>(std::ceil(n.y + reach)) + 1);
      const int64_t x0 = std::max(region.begin(1), static_cast<int64_t>(std::floor(n.x - reach)));
      const int64_t x1 = std::min(region.end(1), static_cast<int64_t>(std::ceil(n.x + reach)) + 1);
      for (int64_t y = y0; y < y1; ++y)
        for (int64_t x = x0; x < x1; ++x) {
          const double dy = static_cast<double>(y) - n.y, dx = static_cast<double>(x) - n.x;
          const double light = profile(std::sqrt(dy * dy + dx * dx), n.radius_px);
          if (light > 0) set(y, x, n.brightness * light);
        }
    }
  });
}

}  // namespace parfocal
