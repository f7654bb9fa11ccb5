#pragma once
/// Pipeline identifiers as dcnum writes them (dcnum/meta/ppid.py, generation 13): a short text that
/// names every step with its arguments, and the MD5 of the whole.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace parfocal {

/// The generation of results that our identifiers belong to; dcnum raises it when results change.
inline constexpr const char* kPpidGeneration = "13";

/// One argument of a step: its name as dcnum declares it, and its value as ppid_number() or
/// ppid_flag() write it.
struct PpidArgument {
  std::string name;
  std::string value;
};

/// Shortest text that reads back as `value`, as Python writes it; integers without ".0".
/// \pre value is finite
std::string ppid_number(double value);
inline std::string ppid_flag(bool value) { return value ? "1" : "0"; }
/// For each name, its shortest prefix (at least one letter) that no other name starts with; the
/// whole name where another one starts with it. \pre all names differ
std::vector<std::string> unique_prefixes(std::span<const std::string> names);
/// "k=200^s=1": names cut to their unique prefixes, in the order given.
std::string ppid_arguments(std::span<const PpidArgument> arguments);

/// The size that dcnum computes with and stores: 8 decimals of a um.
double ppid_pixel_size(double pixel_size_um);
/// "hdf:p=0.2645^i=0": at most 8 decimals; trailing zeros are cut, a trailing point stays.
/// `frames`: FrameSelection::id().
std::string ppid_data(double pixel_size_um, const std::string& frames = "0");
/// "sparsemed:k=200^s=1^t=0^f=0.8^o=1"
std::string ppid_sparse_median(int64_t kernel_size, double split_time_s, double thresh_cleansing,
                               double frac_cleansing, bool offset_correction);
/// "rollmed:k=100^b=10000"
std::string ppid_rolling_median(int64_t kernel_size, int64_t batch_size);
/// "thresh:t=-6:cle=1^f=1^clo=2"
std::string ppid_threshold(double threshold, bool clear_border, bool fill_holes,
                           int64_t closing_disk);
/// "legacy:b=1^h=1^v=1"
std::string ppid_features(bool brightness, bool haralick, bool volume);
/// "norm:o=0^s=10"
std::string ppid_gate(bool online_gates, int64_t size_thresh_mask);

/// The identifiers of a whole job.
struct PipelineIds {
  std::string generation = kPpidGeneration;
  std::string data, background, segmenter, feature, gate;
  std::string text() const;  ///< joined with "|"
  std::string hash() const;  ///< MD5 of text()
};

}  // namespace parfocal
