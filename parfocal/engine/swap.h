#pragma once
/// Gives outputs that were made in a folder of their own their places, all of them or none.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::engine {

/// In the folder that a swap is made from: what it moved aside, until that is removed.
inline constexpr const char* kReplacedName = ".parfocal-replaced";

struct SwapEntry {
  std::string name;       ///< relative, in both folders
  bool replaces = false;  ///< something has this name already, and makes way
  /// A file that replaces a file: the name never leads to nothing. Cannot be undone, so only the
  /// last entry may be so.
  bool in_one_step = false;
};

/// A swap is a journal and a rename for each step. Whether a step was done can be seen, so it goes
/// on from wherever it was broken off: by a kill, a power cut, a folder that could not be written.
/// What it did not expect at a name is a file of somebody else, and left alone.
class Swap {
 public:
  Swap(std::filesystem::path from, std::filesystem::path to)
      : from_(std::move(from)), to_(std::move(to)) {}

  /// Whether one was begun, by whomever, and is not finished.
  bool is_there() const;
  /// Whether it was by this user.
  bool begun() const;
  /// Writes the journal, then renames. A failure is undone; where that cannot be done, begun() says
  /// so, and finish() goes on another time.
  Status run(const std::vector<SwapEntry>& entries) const;
  /// Why what was begun is not to be gone on with by who did not begin it: the journal names an
  /// output that is none of `known`, or one that lies behind a link.
  Status require_known(const std::vector<std::string>& known) const;
  /// Goes on with what was begun; then what was replaced is gone, and `from` holds nothing of it.
  /// Fails before anything is moved where the journal names what lies outside the folders.
  Status finish() const;

 private:
  std::filesystem::path journal() const;
  std::filesystem::path replaced() const;
  Status clear_way() const;
  Status read(std::vector<SwapEntry>& entries) const;
  Status complete(const std::vector<SwapEntry>& entries) const;
  Status forward(const SwapEntry& entry) const;
  Status back(const SwapEntry& entry) const;
  bool undo(const std::vector<SwapEntry>& entries) const;

  std::filesystem::path from_, to_;
};

/// Removes a file or a folder with all that is in it, with one open file at a time, where the
/// system gives no more. False if something stays.
bool remove_tree(const std::filesystem::path& path);
/// Whether anything has this name, be it a link that leads nowhere.
bool has_name(const std::filesystem::path& path);
/// Renames where nothing has the new name yet; else fails with EEXIST.
Status rename_new(const std::filesystem::path& from, const std::filesystem::path& to);
/// Renames; a file that has the new name is replaced, by one of the same owner where that may be.
Status rename_over(const std::filesystem::path& from, const std::filesystem::path& to);
/// What swaps from `folder` moved aside and could not remove; "" = nothing.
std::filesystem::path left_of_replaced(const std::filesystem::path& folder);

}  // namespace parfocal::engine
