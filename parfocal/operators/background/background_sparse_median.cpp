#include "parfocal/core/rules.h"
#include "parfocal/operators/background/background_params.h"

namespace parfocal {
namespace {

using namespace background;

Expansion expand_sparse_median(const SparseMedianParams& p, std::span<const PortLayout>) {
  const RawValue values = sparse_median_values(p);
  if (p.use == "latest")
    return {{{"newest", "background_provisional", values, {"$image"}}},
            {"newest.background", "newest.offset", "newest.index"}};
  return {{{"series", "background_series", values, {"$image"}},
           {"lookup",
            "background_lookup",
            RawValue::map(),
            {"$image", "series.backgrounds", "series.steps"}}},
          {"lookup.background", "lookup.offset", "lookup.index", "series.backgrounds",
           "series.steps", "series.frames"}};
}

// With use: latest there is no series.
void check_outputs(const SparseMedianParams& p, const Connections& given) {
  for (const char* output : {"series", "steps", "frames"})
    if (p.use == "latest" && given.has_output(output))
      fail_layout("provisional backgrounds have no output '" + std::string(output) + "'",
                  "use: latest", "use: final for the series of backgrounds",
                  "write use: final, or read another output");
}

}  // namespace

PARFOCAL_OPERATOR(background_sparse_median) {
  return OperatorInfo{
      .name = "background_sparse_median",
      .summary =
          "Makes a background every split_time as the median of the frames that follow, "
          "removes those that show cells, and gives each frame its own.",
      .family = "background",
      .kind = "recipe",
      .inputs = {{.name = "image",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "frames t | y x with their times; missing frames enter no median"}},
      .outputs = {{.name = "background", .doc = "the background of each frame, in its dtype"},
                  {.name = "offset",
                   .doc = "float64 per frame: mean of its first 20 rows minus that of its "
                          "background; 0 without offset correction"},
                  {.name = "index",
                   .doc =
                       "int64 per frame: index of its background in the series; with use: latest "
                       "the number of its step"},
                  {.name = "series",
                   .doc = "Value: the backgrounds that were kept, step y x, zeros behind the last "
                          "one; with use: final only, as the next two"},
                  {.name = "steps",
                   .kind = PortKind::table,
                   .doc = "Value: one row per background that was kept"},
                  {.name = "frames",
                   .kind = PortKind::table,
                   .doc = "Value: index and offset of each frame, for a sink that writes them in "
                          "the same pass; empty if the length of the series is not known"}},
      .params = sparse_median_params(true),
      .tolerance = "exact",
      .example = "{op: background_sparse_median, kernel_size: 200, split_time: 1 s}",
      .reference = "dcnum.feat.feat_background.BackgroundSparseMed; see docs/background.md",
      .expand = expand_recipe<SparseMedianParams>(expand_sparse_median)};
}

PARFOCAL_RULES(operators, background_sparse_median) {
  return Rules<SparseMedianParams>()
      .add({"use"}, check_outputs)
      .like_first("background")
      .makes_number("offset", DType::f64)
      .makes_number("index", DType::i64)
      .like_first("series");
}

}  // namespace parfocal
