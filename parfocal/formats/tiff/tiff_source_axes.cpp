/// How many images the files hold, and the axes along which they run.

#include <algorithm>
#include <numeric>

#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/stream_order.h"
#include "parfocal/formats/tiff/source_texts.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {

bool TiffSource::all_single() const {
  if (!places_.empty())
    return std::all_of(places_.runs().begin(), places_.runs().end(),
                       [](const PlaneRun& run) { return run.page + run.count == 1; });
  const bool states_more =
      files_.size() == 1 && automatic() && description_ && description_->page_count() > 1;
  return first_.next == 0 && first_stack_ == 1 && !states_more;
}

TiffSource::Pages TiffSource::count_file(int64_t number, int64_t expected) {
  Fd fd;
  TiffFile file;
  Pages pages;
  const bool opened = open_tiff(files_.path(number), fd, file).ok();
  // OME-XML counts all directories.
  const bool is_ome = automatic() && description_ && description_->origin == "OME-XML";
  if (opened) pages.chain = follow_pages(file, !is_ome);
  TiffPage first;
  if (opened && places_.empty() && read_tiff_page(file, file.first_directory, first).ok())
    compare_description(number, file, first);
  if (opened && places_.empty() && first.width > 0)
    pages.stack = images_behind(
        file, first,
        number == first_file_ || first.next != 0 ? description_ : describe_tiff(file, first));
  const PageChain& chain = pages.chain;
  if (pages.stack > 1 && chain.pages > 1 && first.depth == 1)
    throw Error(ErrorCode::input_missing,
                Issue{"the file holds several series, each behind one directory",
                      files_.name(number), std::to_string(chain.pages) + " directories",
                      "one series a file", "write each image as a page of its own"});
  pages.end = chain.pages * pages.stack;
  // A file whose chain breaks early keeps its place in the stream, and the page that is not there
  // any more is one that cannot be read: a file that was cut is never just a shorter one.
  if (!opened || chain.broken()) pages.end = std::max(pages.end + (chain.cut ? 1 : 0), expected);
  return pages;
}

void TiffSource::add_missing(const FrameSet& pages, int64_t before) {
  pages.for_each_run(
      [&](int64_t begin, int64_t end) { missing_pages_.add(before + begin, end - begin); });
}

void TiffSource::count_pages() {
  if (all_single()) return compare_few_files();
  const int64_t expected = files_.size() == 1 ? 1 : count_file(first_file_, 1).end;
  missing_pages_ = {};
  int64_t end = 0;
  for (int64_t k = 0; k < files_.size(); ++k) {
    pages_.push_back(count_file(k, places_.empty() ? expected : 0));
    const PageChain& chain = pages_.back().chain;
    add_missing(chain.missing, end);
    if (chain.broken() && notices_.empty())
      notices_.push_back(files_.name(k) +
                         (chain.cut ? " is cut off: not all of its pages are there."
                                    : " is damaged: the directory of its page " +
                                          std::to_string(chain.pages - 1) +
                                          " points back to one before. It is read up to there."));
    end = pages_.back().end += end;
  }
}

// Of a file that was cut, the step of the first axis in which it ends counts whole.
void TiffSource::complete_last_step(int64_t inner, int64_t most) {
  if (files_.size() != 1 || pages_.empty() || !pages_[0].chain.broken() || inner <= 0) return;
  const int64_t steps = (pages_[0].end + inner - 1) / inner;
  if (steps <= most / inner) pages_[0].end = steps * inner;
}

void TiffSource::fail_lengths(int64_t file, const std::string& needed) const {
  throw Error(ErrorCode::input_missing,
              Issue{"the files hold different numbers of images", files_.name(file),
                    count_text(images_in(file), "image") + "; " + files_.name(first_file_) +
                        " has " + std::to_string(images_in(first_file_)),
                    needed,
                    "narrow source.glob to files of one length, or take all images as one axis "
                    "with source.axes: tyx (--set source.axes=tyx)"});
}

// Steps of the first axis must not begin in one file and end in another, or images would move into
// the place of others: but files may each hold a part of a step, or be a movie cut into pieces.
void TiffSource::check_lengths(int64_t inner) const {
  if (pages_.empty() || inner <= 1 || files_.size() == 1) return;
  int64_t odd = -1, shorter = -1;
  for (int64_t k = 0; k < files_.size(); ++k) {
    if (odd < 0 && images_in(k) % inner != 0) odd = k;
    if (shorter < 0 && images_in(k) != images_in(0)) shorter = k;
  }
  const int64_t last = files_.size() - 1;
  const bool pieces = shorter < 0 || (shorter == last && images_in(last) < images_in(0));
  if (odd >= 0 && !pieces)
    fail_lengths(odd, "a multiple of " + std::to_string(inner) + " in every file");
}

StatedPages TiffSource::stated_pages() const {
  return {total_pages(), images_in(first_file_),
          files_.size() > 1 ? files_.name(first_file_) : std::string(), params_.axes};
}

// Files of several images each hold whole steps of the first axis.
std::string TiffSource::sizes_cure(const AxisSizes& sizes) const {
  std::vector<Axis> stream = layout_.stream;
  for (Axis& axis : stream) axis.size = sizes.find(axis.name);
  if (const auto cure = described_sizes_cure(stream, description_, stated_pages()); !cure.empty())
    return cure;
  int64_t images = pages_.empty() ? total_pages() : 0;
  for (int64_t k = 0; images != 1 && k < static_cast<int64_t>(pages_.size()); ++k)
    images = std::gcd(images, images_in(k));
  const auto cure = guessed_sizes_cure(stream, images);
  return cure.empty() ? "correct source.sizes or source.glob" : cure;
}

void TiffSource::size_axes(const AxisSizes& sizes) {
  check_stated_channels();
  int64_t total = total_pages();
  auto& stream = layout_.stream;
  if (stream.empty() && total != 1)
    fail_layout("the axes have no stream axis for " + std::to_string(total) + " images", "axes: yx",
                "an axis to run along the images", "write axes: tyx");
  int64_t inner = 1;
  for (size_t a = 1; a < stream.size(); ++a) {
    stream[a].size = sizes.find(stream[a].name);
    const int64_t per_file = pages_.empty() ? 1 : pages_[0].end;
    if (stream[a].size < 0 && stream.size() == 2 && per_file > 1) {
      for (int64_t k = 1; k < files_.size(); ++k)
        if (images_in(k) != per_file)
          fail_lengths(k, "as many in every file, or sizes: {" + stream[a].name + ": ...}");
      stream[a].size = per_file;
    }
    if (stream[a].size < 0)
      fail_layout("the size of axis '" + stream[a].name + "' is not known",
                  std::to_string(files_.size()) + " files, " + std::to_string(total) + " images",
                  "how many steps of " + stream[a].name + " follow each other", sizes_cure(sizes));
    inner = stream[a].size > total / inner ? total + 1 : inner * stream[a].size;
  }
  complete_last_step(inner, 2 * total);
  total = total_pages();
  check_sizes_of(sizes, layout_);
  check_lengths(inner);
  if (!stream.empty() && (inner > total || total % inner != 0))
    fail_layout("the images do not fill the axes evenly", std::to_string(total) + " images",
                "a multiple of " + std::to_string(inner), sizes_cure(sizes));
  if (!stream.empty()) stream[0].size = total / inner;
  if (description_ && files_.size() == 1) add_missing(description_->missing, 0);
  if (description_ && description_->files.size() > 1)
    notices_.push_back("The OME-XML speaks of a set of " +
                       std::to_string(description_->files.size()) +
                       " files: the stated axes take the files in the order of their names, axes: "
                       "auto takes their planes as it says.");
  const auto notice = stated_axes_notice(stream, description_, stated_pages());
  if (!notice.empty()) notices_.push_back(notice);
  note_page_counts();
  take_measures();
  order_axes();
}

// Of axes that are what the description says they are; a pixel is one in any case.
void TiffSource::take_measures() {
  if (!description_ || !description_->unlike.empty()) return;
  for (Axis& axis : layout_.item)
    take_measure(axis.name == "y" ? description_->y : description_->x, axis);
  if (!agrees_with_description(layout_.stream, description_, stated_pages())) return;
  for (const Axis& said : description_->planes)
    for (Axis& axis : layout_.stream)
      if (axis.name == said.name) take_measure(said, axis);
}

// The stream runs along t c z, whatever the order of the pages.
void TiffSource::order_axes() {
  auto& stream = layout_.stream;
  const std::vector<size_t> places = stream_places(stream);
  if (std::is_sorted(places.begin(), places.end())) return;
  const std::vector<Axis> stated = stream;
  page_axes_.resize(stated.size());
  int64_t stride = 1;
  for (size_t a = stated.size(); a-- > 0; stride *= stated[a].size) {
    stream[places[a]] = stated[a];
    page_axes_[places[a]] = {stated[a].size, stride};
  }
}

void TiffSource::describe() {
  if (!description_ || description_->origin.empty()) {
    guess_axes(total_pages() > files_.size() ? "say nothing of axes" : "");
  } else {
    take_axes(*description_);
    if (files_.size() == 1) add_missing(description_->missing, 0);
  }
  note_name_grid();
  note_other_measures();
}

void TiffSource::guess_axes(const std::string& why) {
  const int64_t total = total_pages();
  if (total > 1) layout_.stream = {{"t", total, 1, "", {}}};
  if (!why.empty())
    notices_.push_back("The files " + why + ": their " + std::to_string(total) +
                       " pages are taken as t (source.axes: zyx says otherwise).");
}

// Several files follow each other along t. Streams run in the order t c z, whatever the order of
// the pages.
void TiffSource::take_axes(const TiffDescription& description) {
  std::vector<Axis> planes = description.planes;
  const int64_t stated = description.page_count(), total = total_pages();
  const bool in_files = files_.size() > 1;
  const bool is_tifffile = description.origin == "tifffile";
  if (is_tifffile && total != stated * (in_files ? files_.size() : 1))
    return guess_axes("do not hold the " + count_text(stated, "page") + (in_files ? " each" : "") +
                      " that their shape says");
  const auto is_t = [](const Axis& axis) { return axis.name == "t"; };
  const bool has_t = std::any_of(planes.begin(), planes.end(), is_t);
  if (in_files && !has_t) planes.insert(planes.begin(), {"t", 1, 1, "", {}});
  if (planes.empty() && total > 1) planes.push_back({"t", 1, 1, "", {}});
  int64_t inner = 1;
  for (size_t a = 1; a < planes.size(); ++a) inner *= std::min(planes[a].size, total + 1);
  if (in_files && !other_description_.empty())
    throw Error(
        ErrorCode::input_missing,
        Issue{"the files differ in their axes", glob_, other_description_, "files of the same axes",
              "narrow source.glob to files of one kind, or take all images as one axis "
              "with source.axes: tyx (--set source.axes=tyx)"});
  if (in_files && !is_t(planes[0]))
    return guess_axes("do not fit what their " + description.origin + " says");
  if (in_files)
    for (int64_t k = 0; k < files_.size(); ++k)
      if (images_in(k) % inner != 0 || (!has_t && images_in(k) != inner))
        fail_lengths(k, (has_t ? "a multiple of " : "") + std::to_string(inner) +
                            " in every file, as its " + description.origin + " says");
  // One file has as many steps as it says, or more where it has grown meanwhile.
  const int64_t steps = planes.empty() ? 1
                        : in_files     ? total / inner
                                       : std::max(planes[0].size, total / inner);
  if (!planes.empty()) planes[0].size = steps;
  const int64_t used = planes.empty() ? 1 : steps * inner;
  if (in_files && images_in(first_file_) > inner) note_joined();
  if (in_files)
    note_page_counts();
  else if (used != total || used != stated)
    notices_.push_back("The description (" + description.origin + ") speaks of " +
                       count_text(stated, "page") + ", there " + (total == 1 ? "is " : "are ") +
                       std::to_string(total) +
                       (used > total ? ": the others cannot be read."
                                     : "; " + std::to_string(used) + " are read."));
  set_axes(planes, 1);
}

void TiffSource::set_axes(const std::vector<Axis>& planes, int64_t positions) {
  int64_t each = 1;
  for (const Axis& axis : planes) each *= axis.size;
  if (positions > 1) {
    const auto& names = description_->image_names;
    layout_.stream.push_back({"p", positions, 1, "", names});
    page_axes_.push_back({positions, each});
  }
  for (const char name : {'t', 'c', 'z'}) {
    int64_t stride = each;
    for (const Axis& axis : planes) {
      stride /= axis.size;
      if (axis.name[0] != name) continue;
      layout_.stream.push_back(axis);
      page_axes_.push_back({axis.size, stride});
    }
  }
  for (const Axis* axis : {&description_->y, &description_->x}) {
    Axis& own = layout_.item[axis->name == "y" ? 0 : 1];
    own.scale = axis->scale;
    own.unit = axis->unit;
  }
}

}  // namespace parfocal
