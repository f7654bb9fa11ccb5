#pragma once
/// A folder beside an output, in which a command makes it: the output has its name only when it is
/// complete.

#include <filesystem>
#include <optional>

#include "parfocal/engine/file_lock.h"
#include "parfocal/engine/output_place.h"

namespace parfocal::cli {

/// Gone when the command ends. One that was killed leaves it, and the next one for the same output
/// clears it, unless what is in it can be gone on with.
class Workplace {
 public:
  /// Finishes what a command was killed in that had made the output and was giving it its name.
  /// Nothing is removed or created before take(). \throws Error(run_failed)
  explicit Workplace(const std::filesystem::path& out);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  static std::filesystem::path folder_of(const std::filesystem::path& out);

  const std::filesystem::path& folder() const { return folder_; }
  /// The output while it is made.
  std::filesystem::path unfinished() const { return folder_ / out_.filename(); }
  /// Disk that an earlier command left taken in the folder.
  int64_t taken_bytes() const;
  /// Makes the folder and keeps all other commands away from it and from the output, until this
  /// one ends, however it ends. \throws Error(output_exists) if one is at work there
  void take();
  /// What is in the folder stays when the command ends, or not.
  void keep(bool keeps) { keeps_ = keeps; }
  /// Removes what an earlier command left; what somebody else has put there stays. \pre taken
  void clear() const;
  /// The same, but for the output itself.
  void clear_beside() const;
  /// Gives what was made its name, and clears the rest at once: being killed later leaves nothing,
  /// being killed here is gone on with by the next command. \throws Error(output_exists) if the
  /// name was given to something else since take(), or the file was written to, or files of others
  /// were put into the store: what was made is then kept in the folder
  void publish();

 private:
  void require_unchanged() const;
  void remove();

  std::filesystem::path out_, folder_;
  std::optional<engine::FileLock> lock_;
  engine::PlaceState at_start_;
  bool keeps_ = false;
};

}  // namespace parfocal::cli
