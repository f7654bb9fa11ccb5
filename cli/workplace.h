#pragma once
/// A folder beside an output, in which a run makes it: the output has its name only when it is
/// complete.

#include <filesystem>

namespace parfocal::cli {

/// Gone when the run ends. A run that was killed leaves it, and the next one for the same output
/// clears it, unless what is in it can be gone on with.
class Workplace {
 public:
  /// Nothing is removed before clear().
  explicit Workplace(const std::filesystem::path& out) : out_(out), folder_(folder_of(out)) {}
  static std::filesystem::path folder_of(const std::filesystem::path& out) {
    return out.parent_path() / ("." + out.filename().string() + ".parfocal");
  }
  ~Workplace() {
    if (!keeps_) clear();
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  /// The output while it is made.
  std::filesystem::path unfinished() const { return folder_ / out_.filename(); }
  /// What is in the folder stays when the run ends, or not.
  void keep(bool keeps) { keeps_ = keeps; }
  void clear() const {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  /// All but the output itself.
  void clear_beside() const {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored))
      if (entry.path() != unfinished()) std::filesystem::remove_all(entry.path(), ignored);
  }
  /// Gives what was made its name, and clears the rest at once: being killed later leaves nothing.
  /// What has the name already is replaced: a file by a file in one step, else it makes way first.
  /// \throws std::filesystem::filesystem_error
  void publish() const {
    namespace fs = std::filesystem;
    const fs::file_status old = fs::symlink_status(out_);
    if (fs::is_directory(old) || (fs::exists(old) && fs::is_directory(unfinished())))
      fs::rename(out_, folder_ / "replaced");
    fs::rename(unfinished(), out_);
    clear();
  }

 private:
  std::filesystem::path out_, folder_;
  bool keeps_ = false;
};

}  // namespace parfocal::cli
