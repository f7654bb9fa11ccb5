#pragma once
/// Source `generator`: frames computed on demand, for tests, benchmarks and the demo.

#include "parfocal/core/io.h"
#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/synthetic/nuclei.h"

namespace parfocal {

struct GeneratorParams {
  std::string kind = "noise";
  AxisSizes size;
  DType dtype = DType::u16;
  int64_t seed = 1;
  AxisScales scale;
  int64_t cells = 8;
  double radius_px = 9;
};

/// Kinds, for pixel (y, x) of the item `sequence`, i = its index in C order; integers wrap:
///   noise     uniform over all values of an integer dtype, [0, 1) for floats
///   gradient  sequence + y + x
///   counter   sequence * pixels + i: no two pixels are equal while the dtype has room
///   sequence  the item's number
///   nuclei    see nuclei.h
class GeneratorSource final : public Source {
 public:
  explicit GeneratorSource(const GeneratorParams& params);
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 0; }
  Region block() const override;
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override;
  std::string identity() const override;

 private:
  Layout layout_;
  std::string kind_;
  uint64_t seed_ = 0;
  std::unique_ptr<NucleiMovie> nuclei_;
};

}  // namespace parfocal
