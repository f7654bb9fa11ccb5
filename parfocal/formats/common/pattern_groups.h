#pragma once
/// Patterns of files with a named group: `plates/(?<dataset>[A-H]\d+)/*.tif`.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/text_atoms.h"

namespace parfocal {

/// One group `(?<name>...)`, also `(?P<name>...)`, within one folder or file name. Around it the
/// pattern is one of files (*, ?, [0-9], and ** for folders; round brackets are letters). In it
/// stand letters, `.` for any, classes ([A-H], [^_], \d, \w, \s and \D, \W, \S), `\` before a sign
/// that is meant as it is, `+ * ? {2} {1,3}` behind one of these, and `|` between alternatives: no
/// brackets in the group. Takes time in proportion to the lengths of pattern and name multiplied,
/// whatever is in them.
class GroupPattern {
 public:
  /// \throws Error(invalid_pipeline), with `place`, for what is not as above
  GroupPattern(const std::string& pattern, const Location& place);
  const std::string& name() const { return name_; }
  /// The pattern of all files, whatever the group is.
  std::string any() const;
  /// The pattern of the files with this value.
  std::string with(const std::string& value) const;
  /// What the group is in the name of a file: from as early as it can, and as long as it can.
  std::optional<std::string> value_in(std::string_view file) const;

 private:
  std::string before_, name_, after_;
  TextAtoms head_, tail_;
  std::vector<TextAtoms> alternatives_;
};

/// The different values of the group in the files below `base_dir`, in natural order, at most
/// `most` + 1 of them. \throws Error(input_missing) if no file fits
std::vector<std::string> group_values(const GroupPattern& pattern,
                                      const std::filesystem::path& base_dir, size_t most,
                                      const Location& place);

}  // namespace parfocal
