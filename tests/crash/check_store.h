#pragma once
/// Judges a store that zarr_write_probe wrote, by its pixels and rows.

#include <filesystem>
#include <string>
#include <vector>

#include "probe/probe_spec.h"

namespace parfocal::crash {

struct StoreCheck {
  std::vector<std::string> problems;  ///< what is wrong, at most a few
  /// By image and frame: which session wrote it; -1 = not stored, or not right in every pixel and
  /// column.
  std::vector<std::vector<int64_t>> sessions;
  bool has(const FrameName& name) const;
  /// Of `receipts`, how many frames are not there.
  int64_t lost(const std::vector<int64_t>& receipts) const;
};

/// Reads every frame that the column `valid` calls stored, in all levels. A frame that is not
/// stored must not be called so; one that is called so must be right.
StoreCheck check_store(const std::filesystem::path& root, const ProbeSpec& spec);
/// Numbers of the frames in a file of receipts. One that is cut short does not count, nor does that
/// of a frame that was taken back later.
std::vector<int64_t> read_receipts(const std::filesystem::path& path);
std::vector<int64_t> receipts_in(const std::vector<std::byte>& bytes);

}  // namespace parfocal::crash
