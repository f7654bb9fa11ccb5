#pragma once
/// Judges a store that zarr_write_probe wrote, by its pixels and rows.

#include <filesystem>
#include <string>
#include <vector>

#include "probe/probe_spec.h"

namespace parfocal::crash {

struct StoreCheck {
  std::vector<std::string> problems;  ///< what is wrong, at most a few
  int64_t frames = 0;                 ///< within the shape
  std::vector<bool> valid;            ///< by frame: stored, and right in every pixel and column
  bool has(int64_t frame) const {
    return frame < static_cast<int64_t>(valid.size()) && valid[static_cast<size_t>(frame)];
  }
  /// Of `receipts`, how many frames are not there.
  int64_t lost(const std::vector<int64_t>& receipts) const;
};

/// Reads every frame that the column `valid` calls stored, in all levels. A frame that is not
/// stored must not be called so; one that is called so must be right.
StoreCheck check_store(const std::filesystem::path& root, const ProbeSpec& spec);
/// The frames in a file of receipts; a receipt that is cut short does not count.
std::vector<int64_t> read_receipts(const std::filesystem::path& path);
std::vector<int64_t> receipts_in(const std::vector<std::byte>& bytes);

}  // namespace parfocal::crash
