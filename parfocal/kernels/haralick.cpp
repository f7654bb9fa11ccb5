#include "parfocal/kernels/haralick.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {
namespace {

constexpr int kLevels = 256;

struct Direction {
  int dx, dy;
};
constexpr Direction kDirections[4] = {{1, 0}, {1, 1}, {0, 1}, {-1, 1}};

/// c log2 c. Most counts are small, and a logarithm costs as much as ten table look-ups.
class CountLogs {
 public:
  CountLogs() noexcept {
    for (size_t c = 1; c < table_.size(); ++c) table_[c] = exact(static_cast<int64_t>(c));
  }
  double operator()(int64_t count) const noexcept {
    return count < static_cast<int64_t>(table_.size()) ? table_[static_cast<size_t>(count)]
                                                       : exact(count);
  }

 private:
  static double exact(int64_t count) noexcept {
    const auto c = static_cast<double>(count);
    return c * std::log2(c);
  }
  std::array<double, 4096> table_{};
};

const CountLogs& count_logs() noexcept {
  static const CountLogs logs;
  return logs;
}

/// What one direction needs. `counts` is all zero between directions.
struct Pairs {
  uint32_t* counts;   // of unordered pairs: smaller level * kLevels + greater level
  uint16_t* touched;  // the places in counts that are not 0
  int64_t* marginal;  // of the symmetric matrix: by level, by sum, by difference
  int64_t* sums;
  int64_t* differences;
  int64_t distinct = 0;
  int64_t total = 0;  // pairs
};

Pairs take_pairs(ScratchCursor& cursor) noexcept {
  Pairs p;
  p.counts = cursor.take<uint32_t>(size_t{kLevels} * kLevels);
  p.touched = cursor.take<uint16_t>(size_t{kLevels} * (kLevels + 1) / 2);
  p.marginal = cursor.take<int64_t>(kLevels);
  p.sums = cursor.take<int64_t>(2 * kLevels);
  p.differences = cursor.take<int64_t>(kLevels);
  return p;
}

void count_pairs(Plane<const uint8_t> levels, Direction d, Pairs& p) noexcept {
  p.distinct = p.total = 0;
  const int64_t begin = std::max(0, -d.dx), end = levels.width - std::max(0, d.dx);
  for (int64_t y = 0; y + d.dy < levels.height; ++y) {
    const uint8_t* row = levels.row(y);
    const uint8_t* other = levels.row(y + d.dy) + d.dx;
    for (int64_t x = begin; x < end; ++x) {
      const uint8_t a = row[x], b = other[x];
      if (a == 0 || b == 0) continue;
      const int place = std::min(a, b) * kLevels + std::max(a, b);
      if (p.counts[place]++ == 0) p.touched[p.distinct++] = static_cast<uint16_t>(place);
      ++p.total;
    }
  }
}

/// Exact sums over the symmetric matrix, of which each unordered pair fills two cells.
struct Sums {
  int64_t squares = 0;   // of the cells
  int64_t contrast = 0;  // (i - j)^2
  int64_t product = 0;   // i j
  int64_t level = 0;     // i
  int64_t level_squares = 0;
  double joint_logs = 0;  // c log2 c
};

/// Fills the three marginals and clears the counts.
Sums take_sums(Pairs& p, int greatest) noexcept {
  const CountLogs& logs = count_logs();
  std::fill_n(p.marginal, greatest + 1, 0);
  std::fill_n(p.differences, greatest + 1, 0);
  std::fill_n(p.sums, 2 * greatest + 1, 0);
  Sums s;
  for (int64_t k = 0; k < p.distinct; ++k) {
    const int i = p.touched[k] / kLevels, j = p.touched[k] % kLevels;
    const int64_t n = p.counts[p.touched[k]];
    p.counts[p.touched[k]] = 0;
    const int64_t cell = i == j ? 2 * n : n, cells = i == j ? 1 : 2;
    s.squares += cells * cell * cell;
    s.joint_logs += static_cast<double>(cells) * logs(cell);
    s.contrast += 2 * n * (i - j) * (i - j);
    s.product += 2 * n * i * j;
    p.marginal[i] += n;
    p.marginal[j] += n;
    p.sums[i + j] += 2 * n;
    p.differences[j - i] += 2 * n;
  }
  for (int64_t i = 0; i <= greatest; ++i) {
    s.level += i * p.marginal[i];
    s.level_squares += i * i * p.marginal[i];
  }
  return s;
}

/// Entropy in bits of counts whose sum is `total`: exactly 0 for a single one.
double entropy(const int64_t* counts, int64_t size, int64_t total) noexcept {
  const CountLogs& logs = count_logs();
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) {
    if (counts[i] == total) return 0;
    sum += logs(counts[i]);
  }
  return std::log2(static_cast<double>(total)) - sum / static_cast<double>(total);
}

/// (total * squares - sum^2) / total^2, the variance of what has these sums.
double variance(int64_t total, int64_t squares, int64_t sum) noexcept {
  const auto n = static_cast<double>(total);
  const auto exact = static_cast<__int128>(total) * squares - static_cast<__int128>(sum) * sum;
  return static_cast<double>(exact) / (n * n);
}

using Features = std::array<double, kTextures>;
void set(Features& f, Texture which, double value) noexcept {
  f[static_cast<size_t>(which)] = value;
}

/// Measures that need no logarithm.
void set_moments(const Pairs& p, const Sums& s, int greatest, Features& f) noexcept {
  const int64_t total = 2 * p.total;
  const auto n = static_cast<double>(total);
  set(f, Texture::asm_, static_cast<double>(s.squares) / (n * n));
  set(f, Texture::con, static_cast<double>(s.contrast) / n);
  const double var = variance(total, s.level_squares, s.level);
  set(f, Texture::var, var);
  // Covariance over variance: both marginals of a symmetric matrix are equal.
  const auto covariance =
      static_cast<__int128>(total) * s.product - static_cast<__int128>(s.level) * s.level;
  set(f, Texture::cor, var == 0 ? 1 : static_cast<double>(covariance) / (n * n) / var);
  double idm = 0;
  for (int64_t d = 0; d <= greatest; ++d)
    idm += static_cast<double>(p.differences[d]) / static_cast<double>(1 + d * d);
  set(f, Texture::idm, idm / n);
  int64_t sum = 0, squares = 0;
  for (int64_t k = 0; k <= 2 * greatest; ++k) {
    sum += k * p.sums[k];
    squares += k * k * p.sums[k];
  }
  set(f, Texture::sva, variance(total, squares, sum));
}

/// Entropies. With equal marginals HXY1 and HXY2 of Haralick's paper are both twice the entropy of
/// a marginal.
void set_entropies(const Pairs& p, const Sums& s, int greatest, Features& f) noexcept {
  const int64_t total = 2 * p.total;
  const auto n = static_cast<double>(total);
  const double marginal = entropy(p.marginal, greatest + 1, total);
  const double joint = marginal == 0 ? 0 : std::log2(n) - s.joint_logs / n;
  set(f, Texture::ent, joint);
  set(f, Texture::sen, entropy(p.sums, 2 * greatest + 1, total));
  set(f, Texture::den, entropy(p.differences, greatest + 1, total));
  const double more = joint - 2 * marginal;
  set(f, Texture::f12, marginal == 0 ? more : more / marginal);
  set(f, Texture::f13, std::sqrt(std::max(0.0, 1 - std::exp(2 * more))));
}

int greatest_level(Plane<const uint8_t> levels) noexcept {
  uint8_t greatest = 0;
  for (int64_t y = 0; y < levels.height; ++y)
    for (int64_t x = 0; x < levels.width; ++x) greatest = std::max(greatest, levels.row(y)[x]);
  return greatest;
}

TextureRange ranges(const Features (&f)[4]) noexcept {
  TextureRange out;
  for (size_t i = 0; i < kTextures; ++i) {
    out.mean[i] = (f[0][i] + f[1][i] + f[2][i] + f[3][i]) / 4;
    const auto [low, high] = std::minmax({f[0][i], f[1][i], f[2][i], f[3][i]});
    out.range[i] = high - low;
  }
  return out;
}

}  // namespace

size_t haralick_scratch_bytes() noexcept {
  ScratchCursor cursor(nullptr);
  take_pairs(cursor);
  return cursor.used_bytes();
}

bool haralick(Plane<const uint8_t> levels, TextureRange& out, void* scratch) noexcept {
  ScratchCursor cursor(scratch);
  Pairs pairs = take_pairs(cursor);
  const int greatest = greatest_level(levels);
  std::fill_n(pairs.counts, (greatest + 1) * kLevels, 0u);
  Features features[4];
  for (int i = 0; i < 4; ++i) {
    count_pairs(levels, kDirections[i], pairs);
    if (pairs.total == 0) {
      out.mean.fill(std::numeric_limits<double>::quiet_NaN());
      out.range = out.mean;
      return false;
    }
    const Sums sums = take_sums(pairs, greatest);
    set_moments(pairs, sums, greatest, features[i]);
    set_entropies(pairs, sums, greatest, features[i]);
  }
  out = ranges(features);
  return true;
}

}  // namespace parfocal::kernels
