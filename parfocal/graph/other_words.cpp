#include <algorithm>
#include <string_view>

#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/units.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

constexpr OtherNames kNames[] = {
    {"source",
     "tiff tif ome_tiff ome_tif ometiff imagej image images folder directory glob imread "
     "imread_collection image_sequence load_images names_and_types from_tiff png jpg jpeg",
     "write type: files"},
    {"source",
     "camera cam microscope micromanager micro_manager mmcore pymmcore pycromanager live aravis",
     "no camera is opened yet; for a pretended one write type: push, fps: 100, of: {type: "
     "generator, "
     "size: {t: 500, y: 512, x: 512}}"},
    {"source", "hdf5 h5 nd2 czi lif lsm oir ims dv bioformats bio_formats",
     "save it as OME-TIFF, e.g. in Fiji: File > Save As > OME-TIFF, and write type: files"},
    {"source", "zarr ngff ome_ngff omezarr from_zarr open_zarr", "write type: ome_zarr"},
    {"source", "dcnum dclab rt_dc shape_in", "write type: rtdc"},
    {"sink", "tiff tif ometiff bigtiff imwrite imsave save_images save_as", "write type: ome_tiff"},
    {"sink", "zarr ngff ome_ngff omezarr to_zarr write_image", "write type: ome_zarr"},
    {"sink", "png jpg jpeg thumbnails save_images_as_png", "write type: picture"},
    {"sink", "html html_report summary_page", "write type: report"},
    {"sink", "mp4 avi video movie gif",
     "there is no such sink yet: write type: ome_tiff, which Fiji opens"},
    {"sink", "hdf5 h5 npy npz", "write type: ome_zarr or type: ome_tiff"},
    {"sink", "parquet feather arrow sqlite sql pandas",
     "write type: table, with a path that ends in .csv"},
    {"sink", "csv tsv excel xlsx dataframe to_csv export_to_spreadsheet results_table spreadsheet",
     "write type: table, with a path that ends in .csv"},
    {"op",
     "regionprops regionprops_table region_properties measure_objects properties features "
     "set_measurements measure_object_size_shape measure_object_intensity "
     "connected_components_with_stats object_features",
     "write op: measure"},
    {"op", "connected_components bwlabel bwlabeln ccl label_image bw_conn_comp", "write op: label"},
    {"op", "erosion binary_erosion grey_erosion imerode erode_image", "write op: erode"},
    {"op", "dilation binary_dilation grey_dilation imdilate dilate_image", "write op: dilate"},
    {"op", "binary_opening opening morphological_opening imopen grey_opening", "write op: open"},
    {"op", "binary_closing closing morphological_closing imclose grey_closing", "write op: close"},
    {"op",
     "otsu binarize binarise filters_otsu threshold_otsu auto_threshold make_binary "
     "convert_to_mask imbinarize",
     "write op: threshold"},
    {"op", "threshold_li", "write op: threshold, method: li"},
    {"op", "threshold_yen", "write op: threshold, method: yen"},
    {"op", "threshold_isodata", "write op: threshold, method: isodata"},
    {"op", "threshold_triangle", "write op: threshold, method: triangle"},
    {"op", "threshold_mean", "write op: threshold, method: mean"},
    {"op", "threshold_minimum", "write op: threshold, method: minimum"},
    {"op", "blur smooth gaussian_blur gaussian_filter imgaussfilt smoothing", "write op: gaussian"},
    {"op", "astype convert as_type dtype convert_dtype bit_depth", "write op: cast"},
    {"op",
     "max_projection mip max_intensity_projection maximum_projection zproject z_project projection "
     "z_projection",
     "write op: project, axis: z, how: max"},
    {"op", "min_projection min_intensity_projection", "write op: project, axis: z, how: min"},
    {"op", "mean_projection average_projection sum_projection",
     "write op: project, axis: z, and how: mean or how: sum"},
    {"op", "mean average mean_image average_image time_average", "write op: reduce, how: mean"},
    {"op", "sum min max std var", "write op: reduce, how: $"},
    {"op", "stack images_to_stack", "write op: collect"},
    {"op", "roi region_of_interest subimage bounding_box", "write op: crop"},
    {"op", "channel slice isel reduce_dimensionality extract_channel", "write op: select"},
    {"op", "minus difference image_subtract imsubtract", "write op: subtract"},
    {"op", "remove_small_objects area_opening size_filter filter_objects bwareaopen filter_by_size",
     "write op: remove_small"},
    {"op",
     "exclude_on_edges exclude_border remove_border_objects kill_borders imclearborder "
     "discard_border_objects",
     "write op: clear_border"},
    {"op", "analyze_particles analyse_particles particle_analysis",
     "write op: label, and op: measure behind it"},
    {"op", "denoise noise_removal reduce_noise", "write op: median, or op: gaussian"},
    {"op", "expand_or_shrink_objects", "write op: dilate to expand, op: erode to shrink"},
    {"op", "identify_primary_objects segmentation segment",
     "write op: threshold, and op: label behind it"},
    {"op", "despeckle", "write op: median, size: 3"},
    {"op", "maximum_filter max_filter", "write op: dilate"},
    {"op", "minimum_filter min_filter", "write op: erode"},
    {"op", "image_calculator", "write op: add, subtract, multiply or divide, with by: <a step>"},
    {"op", "threshold_local adaptive_threshold local_threshold",
     "no step has a level of its own for every place: subtract a background, as {id: back, op: "
     "gaussian, sigma: 30 px, from: source}, {op: subtract, from: source, by: back}, and then "
     "threshold"},
    {"op", "median_filter medfilt medfilt2 median_blur rank_median", "write op: median"},
    {"op",
     "watershed split_touching separate distance_transform cellpose stardist segment_anything",
     "no step parts cells that touch; op: label makes one object of them"},
    {"op", "binary_fill_holes remove_small_holes imfill fillholes fill_objects",
     "write op: fill_holes"},
    {"op", "link track tracking trackpy trackmate",
     "no step links objects yet: save those of measure by a sink table, and link them in trackpy "
     "or "
     "TrackMate"},
    {"op",
     "normalize normalise rescale_intensity enhance_contrast stretch contrast_stretching "
     "autocontrast min_max_scaling img_as_float img_as_ubyte",
     "write op: rescale; with out_range: [0, 1] it makes floats from 0 to 1"},
    {"op", "resize bin binning downsample zoom scale",
     "no step changes the size of images; levels: 0 of the sink ome_zarr adds smaller ones"},
    {"op",
     "and or xor logical_and logical_or logical_xor bitwise_and bitwise_or union intersection",
     "no step joins masks; with both as numbers by {op: cast, dtype: uint8}, multiply is AND and "
     "add "
     "is OR, and {op: threshold, method: value, value: 0} makes a mask of the result"},
    {"op", "plus sum_with image_add imadd", "write op: add"},
    {"op", "times scale_intensity immultiply image_multiply mask_image", "write op: multiply"},
    {"op", "not logical_not inverse complement imcomplement bitwise_not invert_lut",
     "write op: invert"},
    {"op", "ratio image_divide imdivide flat_field correct_illumination_apply", "write op: divide"},
    {"op", "number_of_objects how_many object_counter count_objects cell_count",
     "write op: count, behind op: label"},
    {"op", "sparsemed sparse_median background_median",
     "write op: background_sparse_median; `parfocal background sparse-median` makes it for files"},
    {"op", "rollmed rolling_median median_over_time temporal_median",
     "write op: background_rolling_median"},
    {"op", "deformability deform inert_ratio brightness_features volume_features haralick",
     "write op: flow_features"},
    {"op", "segm segmentation_of_flow thresh_segmenter", "write op: segment_below_background"},
    {"op", "log sqrt gamma",
     "no step does that yet; rescale, add, subtract, multiply, divide and cast calculate with "
     "pixels"},
    {"op", "rolling_ball subtract_background background_subtraction tophat top_hat white_tophat",
     "no step is that; a background over time is op: background_rolling_median, one within a frame "
     "{id: back, op: gaussian, sigma: 30 px, from: source}, "
     "{op: subtract, from: source, by: back}"},
};

struct ValueRow {
  std::string_view owner, key, values, cure;
};
constexpr ValueRow kValues[] = {
    {"operators reduce", "how", "median percentile quantile",
     "no median is taken over an axis; op: background_rolling_median gives each frame the median "
     "of itself and the frames that follow"},
    {"operators project", "how", "maximum max_intensity mip brightest", "write how: max"},
    {"operators project", "how", "minimum min_intensity darkest", "write how: min"},
    {"operators project", "how", "average avg average_intensity", "write how: mean"},
    {"operators project", "how", "sd stddev standard_deviation", "write how: std"},
    {"operators project", "how", "median percentile quantile",
     "no median is taken along an axis; how: mean is what comes next to it"},
    {"operators threshold", "method",
     "huang moments intermodes maxentropy max_entropy renyi renyientropy shanbhag minerror",
     "write method: otsu (or li, yen, isodata, triangle, mean, minimum)"},
    {"operators threshold", "method", "ridler ridler_calvard intermeans iso_data default",
     "write method: isodata"},
    {"operators threshold", "method", "average", "write method: mean"},
    {"operators threshold", "method", "zack", "write method: triangle"},
    {"operators threshold", "method", "fixed manual constant absolute global number",
     "write method: value, and the level as value"},
    {"operators threshold", "method",
     "percentile quantile adaptive local sauvola niblack hysteresis multiotsu multi_otsu",
     "write method: otsu, or method: value with the level that is known"},
    {"operators threshold", "per", "movie dataset sequence series video all_frames experiment",
     "no level is found for all frames together: write method: value with the level that is known"},
    {"operators threshold", "foreground", "black low below darker dim", "write foreground: dark"},
    {"operators threshold", "foreground", "white light high above brighter",
     "write foreground: bright"},
    {"operators threshold", "compare", "> greater above", "write compare: gt"},
    {"operators threshold", "compare", ">= => greater_equal at_least geq", "write compare: ge"},
    {"operators threshold", "compare", "< less lt below",
     "write compare: ge, foreground: dark: what is not at or above the level"},
    {"operators threshold", "compare", "<= =< less_equal le leq at_most",
     "write compare: gt, foreground: dark: what is not above the level"},
    {"operators cast", "casting", "clip clamp saturated saturating limit",
     "write casting: saturate"},
    {"operators cast", "casting", "unsafe modulo wraparound overflow truncate",
     "write casting: wrap"},
    {"operators cast", "casting", "safe same_kind raise strict fail stop", "write casting: error"},
    {"operators measure", "properties", "all full everything",
     "write properties: [label, area, bbox, centroid], and with an image at intensity also "
     "intensity_mean, intensity_min, intensity_max, intensity_sum"},
    {"pipeline", "on_error", "ignore continue pass warn gap keep_going resume next drop",
     "write on_error: skip"},
    {"pipeline", "on_error", "fail raise abort error exit halt break", "write on_error: stop"},
    {"sinks ome_zarr", "ack", "disk disc fsync sync flush flushed safe strong power",
     "write ack: durable"},
    {"sinks ome_zarr", "ack", "os written write page_cache", "write ack: kernel"},
    {"sinks ome_zarr", "ack", "none memory ram fast async", "write ack: queued"},
    {"sinks ome_zarr", "levels", "auto all full max true yes", "write levels: 0"},
    {"sinks ome_zarr", "levels", "none off false no", "write levels: 1"},
    {"sinks ome_zarr", "shard", "true yes on default", "write shard: auto"},
    {"sinks ome_zarr", "shard", "false no off", "write shard: none"},
    {"sinks ome_zarr", "codec", "true yes on blosc default", "write codec: lz4"},
    {"sinks ome_zarr", "codec", "false no off raw uncompressed", "write codec: none"},
    {"sinks ome_tiff", "compression", "true yes on", "write compression: deflate"},
    {"sinks ome_tiff", "compression", "false no off raw uncompressed", "write compression: none"},
    {"operators threshold", "per", "image plane slice t", "write per: frame"},
    {"operators threshold", "per", "volume all global z", "write per: stack"},
    {"operators select", "index", "_1 _2 last",
     "write the number of the step, from 0: the last of n is n - 1"},
    {"operators reduce", "how", "average avg", "write how: mean"},
    {"operators reduce", "how", "total add", "write how: sum"},
    {"operators reduce", "how", "maximum mip max_intensity", "write how: max"},
    {"operators reduce", "how", "minimum min_intensity", "write how: min"},
    {"operators reduce", "how", "average_intensity", "write how: mean"},
    {"operators reduce", "how", "sem standard_error",
     "write how: std, and divide by the root of the number of items"},
    {"operators reduce", "how", "sd stddev", "write how: std"},
    {"sinks ome_zarr", "codec", "zip zlib deflate", "write codec: gzip"},
    {"sinks ome_tiff", "compression", "zip zlib gzip adobe_deflate lzw",
     "write compression: deflate"},
    {"sinks ome_zarr", "format",
     "v3 3 zarr3 zarr_v3 v0.5 ngff_0.5 ome_ngff_0.5 ome_zarr_0.5 0.5.0 0.5.2 latest",
     "write format: 0.5"},
    {"sinks ome_zarr", "format", "v2 2 zarr2 zarr_v2 v0.4 ngff_0.4 ome_ngff_0.4 ome_zarr_0.4 0.4.0",
     "write format: 0.4"},
    {"sinks ome_zarr", "format", "0.6 0.7 1.0", "write format: 0.5, the newest that is written"},
    {"sinks ome_zarr", "format", "0.1 0.2 0.3", "write format: 0.4, the oldest that is written"},
};

// gaussian_blur and gaussianblur
bool same_letters(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  for (;; ++i, ++j) {
    while (i < a.size() && a[i] == '_') ++i;
    while (j < b.size() && b[j] == '_') ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (a[i] != b[j]) return false;
  }
}

// scale: 0.325 um is that of y and x.
std::string scale_cure(const std::string& value) {
  const auto number = leading_number(value);
  if (!number) return "";
  for (const std::string& meant : meant_quantities(value)) {
    const auto quantity = parse_quantity(meant);
    if (quantity && unit_factor(quantity->unit, "um"))
      return "write scale: {y: " + meant + ", x: " + meant + "}";
  }
  const std::string plain = number_text(*number) + " um";
  return "write e.g. scale: {y: " + plain + ", x: " + plain + "}";
}

}  // namespace

std::string other_value(const std::string& owner, const std::string& key,
                        const std::string& value) {
  if (owner == "operators threshold" && key == "method" && leading_number(value))
    return "write method: value, value: " + value;
  if (owner.starts_with("sources ") && key == "scale")
    if (const auto size = scale_cure(value); !size.empty()) return size;
  for (const ValueRow& row : kValues)
    if (row.owner == owner && row.key == key && lists(row.values, " ", plain_name(value)))
      return std::string(row.cure);
  return "";
}

std::span<const OtherNames> all_other_names() { return kNames; }

bool OtherNames::has(const std::string& name) const {
  for (size_t at = 0; at <= names.size();) {
    const size_t end = std::min(names.find(' ', at), names.size());
    if (same_letters(names.substr(at, end - at), name)) return true;
    at = end + 1;
  }
  return false;
}

std::string other_name(const std::string& kind, const std::string& name) {
  const std::string plain = plain_name(name);
  for (const OtherNames& row : kNames) {
    if (row.kind != kind || !row.has(plain)) continue;
    std::string cure(row.cure);
    if (const size_t mark = cure.find('$'); mark != cure.npos) cure.replace(mark, 1, plain);
    return cure;
  }
  return "";
}

}  // namespace parfocal
