#include "parfocal/formats/tiff/tiff_source.h"

#include <algorithm>
#include <utility>

#include "parfocal/core/fingerprint.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/rewriting.h"
#include "parfocal/formats/tiff/source_texts.h"
#include "parfocal/formats/tiff/tiff_reader.h"

namespace parfocal {
namespace {

// Compressed files among uncompressed ones may use this much; more would not be in the plan.
constexpr int64_t kLeastReadBytes = 1 << 20;
constexpr int64_t kBlockRows = 64;  // of uncompressed files: rows are the unit, syscalls count
// Lists up to this long are looked through for files that need more memory.
constexpr int64_t kFewFiles = 64;
constexpr int64_t kMetadataBytes = 64 << 10;  // by which plain files of one size may differ

}  // namespace

TiffSource::TiffSource(const FilesParams& params, FileList files)
    : params_(params),
      files_(std::move(files)),
      layout_(layout_of_axes(params.takes_axes_of_files() ? "yx" : params.axes)),
      glob_(params.text()) {
  read_first_header();
  if (take_places()) {
    describe_places();
  } else {
    count_pages();
    automatic() ? describe() : size_axes(params.sizes);
  }
  add_channels();
  note_missing();
  note_description();
  apply_scales(params.scale, layout_);
  look_at_odd_files();
  notices_.insert(notices_.end(), files_.notices().begin(), files_.notices().end());
  const bool plain = first_.compression == 1 && !first_.tiled;
  block_ = Region::whole({std::min(plain ? kBlockRows : first_.block_height, first_.height),
                          std::min(first_.block_width, first_.width)});
}

void TiffSource::read_first_header() {
  std::string first_failure, first_cure;
  for (int64_t k = 0; k < files_.size(); ++k) {
    Fd fd;
    TiffFile file;
    Status s = open_tiff(files_.path(k), fd, file);
    if (s.ok()) s = read_tiff_page(file, file.first_directory, first_);
    if (s.ok() && first_.reduced && first_.sub_pages.count > 0)
      s = Status::fail("its first page is a reduced image, the whole one lies in SubIFDs",
                       "write the whole image as the first page");
    if (s.ok()) {
      first_file_ = k;
      layout_.item[0].size = first_.height;
      layout_.item[1].size = first_.width;
      if (automatic()) require_short(description_bytes(file, first_), files_.name(k));
      description_ = describe_tiff(file, first_, params_.image);
      first_stack_ = images_behind(file, first_, description_);
      sub_pages_ = whole_sub_pages(file, first_);
      set_page_scales(file, first_, layout_.item[0], layout_.item[1]);
      keep_numbers_of_display_palette();
      layout_.dtype = first_.dtype;
      if (automatic() && description_ && !description_->metadata_file.empty())
        follow_metadata_file();
      return;
    }
    if (k > 0) continue;
    first_failure = files_.name(0) + ": " + s.issue().what;
    first_cure = file.fd < 0 ? "" : rewriting_cure(file, patterns());
    if (first_cure.empty())
      first_cure =
          s.issue().what == "not a TIFF file"
              ? "correct the glob, or save them as TIFF, e.g. in Fiji: File > Save As > Tiff"
              : s.issue().cure;
  }
  throw Error(ErrorCode::input_missing,
              Issue{"none of the " + std::to_string(files_.size()) + " files can be read",
                    "source.glob", first_failure,
                    "TIFF files of grey or colour images, 8 to 64 bit, uncompressed, LZW, deflate, "
                    "PackBits or JPEG",
                    first_cure.empty() ? "change the glob " + glob_ : first_cure});
}

// Of all files, from where the command runs.
std::vector<std::string> TiffSource::patterns() const {
  std::vector<std::string> all;
  std::error_code unknown;
  const auto here = std::filesystem::current_path(unknown);
  for (const std::string& pattern : params_.named()) {
    const auto path = files_.base_dir() / pattern;
    all.push_back((path.is_absolute() ? path.lexically_proximate(here) : path).string());
  }
  return all;
}

// A file that needs more than the first: compressed among plain ones it is smaller than their
// pixels, or larger than they are. Of few files all are looked at that have another size.
void TiffSource::look_at_odd_files() {
  read_bytes_ = std::max(kLeastReadBytes, tiff_read_bytes(first_));
  const int64_t size = files_.bytes(first_file_),
                pixels = first_.image_bytes() * images_in(first_file_);
  const bool plain = first_.compression == 1, few = files_.size() <= kFewFiles;
  std::vector<std::string> unlike;
  for (int64_t k = 0; k < files_.size(); ++k) {
    const int64_t other = files_.bytes(k);
    const bool odd = plain && (other < pixels || other > size + kMetadataBytes);
    if (other == size || !(few || odd)) continue;
    Fd fd;
    TiffFile file;
    TiffPage page;
    if (!open_tiff(files_.path(k), fd, file).ok() ||
        !read_page(file, file.first_directory, page).ok())
      continue;
    if (is_like_first(page))
      read_bytes_ = std::max(read_bytes_, tiff_read_bytes(page));
    else
      unlike.push_back(files_.name(k) + " (" + shape_text(page) + ")");
  }
  if (places_.empty()) note_unlike_files(unlike);
}

bool TiffSource::is_like_first(const TiffPage& page) const {
  return page.dtype == first_.dtype && page.width == first_.width && page.height == first_.height &&
         page.channels() == first_.channels();
}

int64_t TiffSource::images_in(int64_t file) const {
  if (pages_.empty()) return 1;
  const size_t k = static_cast<size_t>(file);
  return pages_[k].end - (k == 0 ? 0 : pages_[k - 1].end);
}

TiffSource::Place TiffSource::place(int64_t sequence) const {
  const int64_t before = sequence / behind_channel_, channel = before % channels_;
  int64_t page = before / channels_ * behind_channel_ + sequence % behind_channel_;
  if (!page_axes_.empty()) {
    int64_t rest = std::exchange(page, 0);
    for (size_t a = page_axes_.size(); a-- > 0; rest /= page_axes_[a].size)
      page += rest % page_axes_[a].size * page_axes_[a].stride;
  }
  if (!places_.empty()) {
    const auto found = places_.find(page);
    return found ? Place{found->file, found->page, channel} : Place{-1, page, channel};
  }
  if (pages_.empty()) return {page, 0, channel};
  const auto it = std::upper_bound(pages_.begin(), pages_.end(), page,
                                   [](int64_t n, const Pages& p) { return n < p.end; });
  // Beyond all pages: a page that the last file lacks.
  const int64_t file = std::min(it - pages_.begin(), static_cast<int64_t>(pages_.size()) - 1);
  return {file, file == 0 ? page : page - pages_[static_cast<size_t>(file - 1)].end, channel};
}

Status TiffSource::find_directory(const TiffFile& file, const Place& place,
                                  uint64_t& directory) const {
  directory = file.first_directory;
  if (pages_.empty()) return {};
  const Pages& pages = pages_[static_cast<size_t>(place.file)];
  const int64_t wanted = place.page / pages.stack;
  int64_t page = 0;
  const size_t k = static_cast<size_t>(wanted / pages.chain.stride);
  if (k < pages.chain.checkpoints.size()) {
    directory = pages.chain.checkpoints[k];
    page = static_cast<int64_t>(k) * pages.chain.stride;
  }
  const PageHint hint = hints_.before(place.file, wanted);
  if (hint.page > page) page = hint.page, directory = hint.directory;
  return step_to_page(file, pages.chain, page, wanted, directory);
}

// Of files that have one image each as far as the first one tells.
Status TiffSource::check_page(const TiffFile& file, const TiffPage& page, int64_t number) const {
  if (!is_like_first(page))
    return Status::fail({"the image is not of the size of the first", "", shape_text(page),
                         shape_text(first_) + ", as in " + files_.name(first_file_),
                         "narrow the glob to images of one kind, or let --on-error skip make a gap "
                         "of it"});
  if (tiff_read_bytes(page) > read_bytes_)
    return Status::fail({"decoding it needs more memory than the first files", "",
                         format_bytes(tiff_read_bytes(page)), format_bytes(read_bytes_),
                         "write all files with the same compression and strips, or let --on-error "
                         "skip make a gap of it"});
  const int64_t stack = pages_.empty() ? 1 : pages_[static_cast<size_t>(number)].stack;
  const bool one_directory = pages_.empty() || pages_[static_cast<size_t>(number)].chain.pages == 1;
  if (page.depth != stack && (page.depth > 1 || !one_directory))
    return Status::fail({"the directory has other images behind it than the first", "",
                         std::to_string(page.depth), std::to_string(stack),
                         "narrow the glob to files of one kind"});
  if (!places_.empty() || !pages_.empty()) return {};
  std::optional<TiffDescription> description;
  if (file.size >= 2 * page.image_bytes()) description = describe_tiff(file, page);
  const bool several = page.next != 0 && follow_pages(file, true).pages > 1;
  if (!several && images_behind(file, page, description) == 1) return {};
  return Status::fail("the file holds several images, " + files_.name(first_file_) + " holds one",
                      "narrow the glob to files of one kind");
}

Status TiffSource::read_item(const Place& place, ChannelRange wanted,
                             const MutableView& dst) const {
  Fd fd;
  TiffFile file;
  TiffPage page;
  uint64_t directory = 0;
  if (Status s = open_tiff(files_.path(place.file), fd, file); !s.ok()) return s;
  if (Status s = find_directory(file, place, directory); !s.ok()) return s;
  if (Status s = read_page(file, directory, page); !s.ok()) return s;
  const Pages* pages = pages_.empty() ? nullptr : &pages_[static_cast<size_t>(place.file)];
  const int64_t stack = pages ? pages->stack : 1;
  if (pages && page.next != 0) hints_.add({place.file, place.page / stack + 1, page.next});
  if (Status s = check_page(file, page, place.file); !s.ok()) return s;
  int64_t shift = 0;
  if (__builtin_mul_overflow(place.page % stack, page.image_bytes(), &shift))
    return Status::fail("the image lies beyond the end of the file");
  page.shift = static_cast<uint64_t>(shift);
  return read_tiff_region(file, page, wanted, dst);
}

Status TiffSource::read(int64_t sequence, const MutableView& dst, FrameHeader&) const {
  const Place where = place(sequence);
  if (where.file < 0) return Status::fail("the description lists no page for this plane");
  Status s = read_channel(where, sequence / channels_, dst);
  if (s.ok()) return s;
  Issue issue = s.issue();
  issue.where = files_.name(where.file);
  if (!pages_.empty()) issue.where += ", page " + std::to_string(where.page);
  return Status::fail(std::move(issue));
}

SourceRow TiffSource::row(int64_t sequence) const {
  const Place where = place(sequence);
  if (where.file < 0) return {};
  return {files_.name(where.file), where.page, ""};
}

std::vector<std::filesystem::path> TiffSource::files() const {
  std::vector<std::filesystem::path> files;
  for (int64_t k = 0; k < files_.size(); ++k) files.push_back(files_.path(k));
  if (!description_file_.empty()) files.push_back(files_.base_dir() / description_file_);
  return files;
}

Status TiffSource::unchanged() const {
  if (Status s = files_.unchanged(); !s.ok()) return s;
  return description_files_.unchanged();
}

std::string TiffSource::identity() const {
  const auto totals = [](const FileList& files) {
    return std::to_string(files.total_bytes()) + " bytes, fingerprint " +
           fingerprint_text(files.fingerprint());
  };
  return glob_ + ": " + std::to_string(files_.size()) + " files, " + totals(files_) +
         (description_file_.empty()
              ? ""
              : ", described by " + description_file_ + ": " + totals(description_files_));
}

}  // namespace parfocal
