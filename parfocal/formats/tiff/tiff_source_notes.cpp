/// What a user must know of TIFF files that say one thing and hold another.

#include <algorithm>

#include "parfocal/formats/tiff/name_grid.h"
#include "parfocal/formats/tiff/source_texts.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

// ", e.g. axes: tcyx, sizes: {c: 3}"; which letters are meant only the user knows.
std::string grid_example(const std::vector<int64_t>& grid) {
  constexpr const char* kAxes[] = {"tcyx", "tzcyx", "ptzcyx"};
  if (grid.size() - 2 >= std::size(kAxes)) return "";
  const std::string axes = kAxes[grid.size() - 2];
  std::string sizes;
  for (size_t a = 1; a < grid.size(); ++a)
    sizes += (a == 1 ? "" : ", ") + axes.substr(a, 1) + ": " + std::to_string(grid[a]);
  return ", e.g. axes: " + axes + ", sizes: {" + sizes + "}";
}

}  // namespace

// What the description says of itself and of the page that was looked at first.
void TiffSource::note_description() {
  if (sub_pages_ > 0)
    notices_.push_back("The first page of " + files_.name(first_file_) + " has " +
                       std::to_string(sub_pages_) +
                       (sub_pages_ == 1 ? " more image" : " more images") +
                       " of full size in SubIFDs: pages are read without them.");
  if (!description_) return;
  const auto& own = description_->notices;
  notices_.insert(notices_.end(), own.begin(), own.end());
  if (automatic())
    for (std::string& text : foreign_unit_notices(description_->foreign_units))
      notices_.push_back(std::move(text));
  const bool one_kind = automatic() || description_->images == 1;
  const std::string other = one_kind ? other_pixels(*description_, first_) : "";
  if (!other.empty())
    notices_.push_back("The " + origin_text(*description_, stated_pages().file) + " " + other +
                       ": pages are read as they are.");
}

void TiffSource::note_page_counts() {
  const std::string notice = page_count_notice(description_, stated_pages());
  if (!notice.empty()) notices_.push_back(notice);
}

// There is one layout for all positions.
void TiffSource::note_unlike() {
  std::vector<std::string> names;
  for (const int64_t image : description_->unlike) names.push_back(std::to_string(image));
  if (names.empty() || description_->image_names.size() < 2) return;
  notices_.push_back(
      "Images of the OME-XML have other scales, units or names of channels than image 0, "
      "whose are taken for all: " +
      some_names(names) + " (source.image reads one with its own).");
}

// Among files that were looked at; their images fail when they are read.
void TiffSource::note_unlike_files(const std::vector<std::string>& unlike) {
  if (unlike.empty()) return;
  notices_.push_back("Files hold images of another size or type than " + files_.name(first_file_) +
                     " (" + shape_text(first_) +
                     "), which cannot be read with it: " + some_names(unlike) + ".");
}

// Files of several planes each that do not speak of each other.
void TiffSource::note_joined() {
  notices_.push_back("The " + std::to_string(files_.size()) +
                     " files, each with its own t, follow each other along t (source.glob of one "
                     "file reads it alone).");
}

void TiffSource::note_other_measures() {
  if (other_measures_.empty()) return;
  notices_.push_back("Files have other scales, units or names of channels than " +
                     files_.name(first_file_) +
                     ", whose are taken for all: " + some_names(other_measures_) + ".");
}

// Names are not read, but files that follow each other along t though their names count along more
// would be another image than was meant.
void TiffSource::note_name_grid() {
  constexpr int64_t kMostFiles = 10000;
  if (files_.size() != total_pages() || files_.size() > kMostFiles) return;
  std::vector<std::string> names;
  for (int64_t k = 0; k < files_.size(); ++k) names.push_back(files_.name(k));
  const std::vector<int64_t> grid = name_grid(names);
  if (grid.empty()) return;
  std::string steps;
  for (const int64_t size : grid) steps += (steps.empty() ? "" : " x ") + std::to_string(size);
  notices_.push_back("The names of the " + std::to_string(names.size()) + " files count along " +
                     std::to_string(grid.size()) + " numbers or words (" + steps +
                     "), but the files are taken as t, in the order of their names (source.axes "
                     "with source.sizes says otherwise" +
                     grid_example(grid) + ").");
}

void TiffSource::note_absent_files() {
  std::vector<std::string> absent;
  for (int64_t k = 0; k < files_.size(); ++k)
    if (!files_.is_there(k)) absent.push_back(files_.name(k));
  if (!absent.empty())
    notices_.push_back("Files of the set are not there: " + some_names(absent) +
                       ". Their planes cannot be read.");
}

// Pages that are there, but for which OME-XML has no place, of all images.
void TiffSource::note_placeless() {
  if (params_.image != kAllImages) return;
  std::vector<int64_t> placed(static_cast<size_t>(files_.size()), 0);
  for (const PlaneRun& run : places_.runs()) placed[static_cast<size_t>(run.file)] += run.count;
  int64_t placeless = 0;
  for (int64_t k = 0; k < files_.size(); ++k)
    if (files_.is_there(k))
      placeless += std::max<int64_t>(0, images_in(k) - placed[static_cast<size_t>(k)]);
  if (placeless > 0)
    notices_.push_back("The OME-XML gives " + count_text(placeless, "page") + " of " +
                       std::to_string(total_pages()) +
                       " no place: " + (placeless == 1 ? "it is" : "they are") + " not read.");
}

// Gaps that the files record by pages, and planes for which they list none, in the order of the
// stream.
void TiffSource::note_missing() {
  // Of files that mark each missing page, all gaps are known.
  const bool marked = description_ && missing_pages_.count() > description_->missing.count();
  if (description_ && description_->missing_not_listed > 0 && !marked)
    notices_.push_back("The file has " + count_text(description_->missing_not_listed, "frame") +
                       " missing beyond those that it lists: they are read as zeros.");
  const int64_t total = total_pages();
  const bool unlisted =
      !places_.empty() || (listed_ >= 0 && layout_.stream_count() > total * channels_);
  if (missing_pages_.empty() && !unlisted) return;
  int64_t count = 0;
  for (int64_t sequence = 0; sequence < layout_.stream_count(); ++sequence) {
    const Place where = place(sequence);
    const int64_t before =
        where.file <= 0 || pages_.empty() ? 0 : pages_[static_cast<size_t>(where.file) - 1].end;
    const bool nowhere = where.file < 0 || (places_.empty() && listed_ >= 0 &&
                                            where.page >= std::max(total, listed_));
    count += nowhere ? 1 : 0;
    if (nowhere || (places_.empty() && missing_pages_.has(before + where.page)))
      missing_.add(sequence);
  }
  if (count > 0)
    notices_.push_back("The " + description_->origin + " lists no page for " +
                       count_text(count, "plane") + " of " +
                       std::to_string(layout_.stream_count()) + ": they are gaps.");
}

}  // namespace parfocal
