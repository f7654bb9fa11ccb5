#pragma once
/// A folder beside an output, in which a run makes it: the output has its name only when it is
/// complete.

#include <filesystem>

namespace parfocal::cli {

/// Gone when the run ends. A run that was killed leaves it, and the next one for the same output
/// clears it.
class Workplace {
 public:
  explicit Workplace(const std::filesystem::path& out)
      : out_(out), folder_(out.parent_path() / ("." + out.filename().string() + ".parfocal")) {
    clear();
  }
  ~Workplace() { clear(); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  /// Gives what was made its name. What has the name already, a file or a folder, makes way and
  /// goes with this folder. \throws std::filesystem::filesystem_error
  void publish() const {
    if (std::filesystem::exists(std::filesystem::symlink_status(out_)))
      std::filesystem::rename(out_, folder_ / "replaced");
    std::filesystem::rename(folder_ / out_.filename(), out_);
  }

 private:
  void clear() const {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path out_, folder_;
};

}  // namespace parfocal::cli
