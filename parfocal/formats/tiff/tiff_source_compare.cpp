/// What several files say of themselves, beside what the first one says.

#include <algorithm>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

// "z=5 c=2" without t, along which files follow each other.
std::string inner_text(const TiffDescription& description) {
  std::string text;
  for (const Axis& axis : description.planes)
    if (axis.name != "t" || &axis != &description.planes[0])
      text += (text.empty() ? "" : " ") + axis.name + "=" + std::to_string(axis.size);
  return text.empty() ? "one plane" : text;
}

}  // namespace

void TiffSource::compare_description(int64_t number, const TiffFile& file, const TiffPage& first) {
  if (!description_ || files_.size() == 1) return;
  const auto other = number == first_file_ ? description_ : describe_tiff(file, first);
  if (!other || (other->origin.empty() && !other->contiguous)) return;
  const int64_t before = pages_.empty() ? 0 : pages_.back().end;
  add_missing(other->missing, before);
  const bool alike = inner_text(*other) == inner_text(*description_);
  if (alike) compare_measures(number, *other);
  if (!automatic() || alike || !other_description_.empty()) return;
  other_description_ = files_.name(number) + " says " + inner_text(*other) + ", " +
                       files_.name(first_file_) + " says " + inner_text(*description_);
}

// What the first file says of a pixel and of channels is taken for all.
void TiffSource::compare_measures(int64_t number, const TiffDescription& other) {
  constexpr size_t kMostNamed = 1000;
  const TiffDescription& first = *description_;
  const auto same = [](const Axis& a, const Axis& b) {
    return a.scale == b.scale && a.unit == b.unit && a.labels == b.labels;
  };
  const bool all_same = same(other.y, first.y) && same(other.x, first.x) &&
                        std::equal(other.planes.begin(), other.planes.end(), first.planes.begin(),
                                   first.planes.end(), same);
  if (automatic() && !all_same && other_measures_.size() < kMostNamed)
    other_measures_.push_back(files_.name(number));
}

// Files of one page each need not be opened to be counted; of a few it costs little.
void TiffSource::compare_few_files() {
  constexpr int64_t kFew = 64;
  if (!automatic() || !description_ || !places_.empty() || files_.size() > kFew) return;
  for (int64_t k = 0; k < files_.size(); ++k) {
    Fd fd;
    TiffFile file;
    TiffPage page;
    if (open_tiff(files_.path(k), fd, file).ok() &&
        read_tiff_page(file, file.first_directory, page).ok())
      compare_description(k, file, page);
  }
}

}  // namespace parfocal
