/// Planes that OME-XML places one by one: in one file in any order, in a set of files, and the
/// images (positions) of one file or set.

#include <algorithm>
#include <set>
#include <unordered_map>

#include "parfocal/core/patterns.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/source_texts.h"
#include "parfocal/formats/tiff/tiff_source.h"

namespace parfocal {
namespace {

constexpr int64_t kMostPlanes = 100'000'000;

[[noreturn]] void fail_input(Issue issue) {
  throw Error(ErrorCode::input_missing, std::move(issue));
}

std::string folder_of(const std::string& name) { return name.substr(0, name.rfind('/') + 1); }
std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }
std::string normal(const std::string& name) {
  return std::filesystem::path(name).lexically_normal().string();
}

// A description speaks of files beside it; whatever else it names is looked for there, too.
std::string beside(const std::string& file, const std::string& named) {
  const std::filesystem::path path = std::filesystem::path(named).lexically_normal();
  const bool stays = path.is_relative() && *path.begin() != "..";
  return folder_of(file) + (stays ? path.string() : last_part(named));
}

}  // namespace

// Of a part of the text nobody knows which pages it leaves out.
void TiffSource::require_short(int64_t bytes, const std::string& name) {
  if (bytes <= kMostDescriptionBytes) return;
  fail_input({"the description of the images is too large", name, format_bytes(bytes),
              "at most " + format_bytes(kMostDescriptionBytes),
              "take all pages as they lie with source.axes: tyx (--set source.axes=tyx)"});
}

// All files of a set but one may only say where the OME-XML stands: in one of them, or beside.
void TiffSource::follow_metadata_file() {
  const std::string own = files_.name(first_file_), name = beside(own, description_->metadata_file);
  const std::filesystem::path path = files_.path(first_file_).parent_path() / last_part(name);
  Fd fd;
  TiffFile file;
  TiffPage page;
  Status s = open_for_reading(path, fd, file.size);
  std::optional<TiffDescription> found;
  file.fd = fd.get();
  if (s.ok() && read_tiff_header(file).ok()) {
    s = read_tiff_page(file, file.first_directory, page);
    if (s.ok()) found = describe_tiff(file, page, params_.image);
  } else if (s.ok()) {
    require_short(file.size, name);
    std::string text(static_cast<size_t>(file.size), '\0');
    const int64_t got = read_at(fd.get(), text.data(), static_cast<int64_t>(text.size()), 0);
    text.resize(static_cast<size_t>(std::max<int64_t>(0, got)));
    found = describe_tiff(text, {}, params_.image, {first_.samples, first_.planar});
  }
  if (!found || !found->metadata_file.empty())
    fail_input({"the OME-XML of the file stands in another one, which cannot be read", own, name,
                "the file of the set that describes it",
                "put it back, or take all pages with source.axes: tyx (--set source.axes=tyx)"});
  description_ = std::move(found);
  description_file_ = name;
  description_files_ = FileList::find(
      files_.base_dir(), {literal_pattern(folder_of(own) + last_part(name))}, FileOrder::natural);
}

void TiffSource::check_images() const {
  const int64_t images = description_ ? description_->images : 1;
  const std::string own = files_.name(first_file_);
  if (params_.image >= 0 && !automatic())
    fail_input({"source.image chooses an image of OME-XML, but the axes are stated", own,
                "axes: " + params_.axes, "axes: auto", "remove source.axes, or source.image"});
  if (params_.image >= images)
    fail_input({"there is no image " + std::to_string(params_.image), own,
                std::to_string(images) + (images == 1 ? " image" : " images"),
                "source.image from 0 to " + std::to_string(images - 1),
                "--set source.image=" + std::to_string(images - 1)});
  if (!automatic() || !description_ || description_->unequal.empty()) return;
  fail_input({"the images of the file differ", own, description_->unequal,
              "images of one size, which become positions (axis p), or one of them",
              "choose one: source.image: 0 (--set source.image=0)"});
}

// Index of each file that the OME-XML names; those that the glob left out are added.
std::vector<int64_t> TiffSource::set_files() {
  const TiffDescription& said = *description_;
  const std::string describing =
      description_file_.empty() ? files_.name(first_file_) : description_file_;
  std::unordered_map<std::string, int64_t> known;
  std::vector<int64_t> found;
  for (size_t i = 0; i < said.files.size(); ++i) {
    const std::string name = normal(beside(describing, said.files[i]));
    const bool same_id = !said.id.empty() && said.file_ids[i] == said.id;
    if (description_file_.empty() && (same_id || name == normal(describing))) {
      found.push_back(first_file_);
      continue;
    }
    if (known.empty())
      for (int64_t k = 0; k < files_.size(); ++k) known.emplace(normal(files_.name(k)), k);
    const auto at = known.find(name);
    // The one file that is spoken of is this one, under another name.
    const bool renamed = said.files.size() == 1 && description_file_.empty() && at == known.end() &&
                         !files_.has(name);
    found.push_back(renamed ? first_file_ : at != known.end() ? at->second : files_.append(name));
  }
  return found;
}

void TiffSource::check_foreign(const std::vector<int64_t>& members) const {
  const std::set<int64_t> in_set(members.begin(), members.end());
  std::vector<std::string> foreign;
  for (int64_t k = 0; k < files_.size(); ++k)
    if (!in_set.contains(k)) foreign.push_back(files_.name(k));
  if (foreign.empty()) return;
  fail_input({"not all files belong to the set that the OME-XML of the first describes",
              files_.name(first_file_), some_names(foreign), "the files of one set",
              "give one file of the set alone, it names the others: source.glob: \"" +
                  files_.name(first_file_) + "\""});
}

bool TiffSource::lies_in_order() const {
  if (places_.runs().size() != 1 || description_->images > 1) return false;
  const PlaneRun& run = places_.runs()[0];
  return run.plane == 0 && run.page == 0 && run.file == first_file_;
}

// Runs of all pages get their count, and files their index.
void TiffSource::resolve_places(const std::vector<int64_t>& members) {
  const int64_t each = description_->page_count();
  for (PlaneRun& run : places_.runs()) {
    run.file = run.file >= 0 ? members[static_cast<size_t>(run.file)] : first_file_;
    if (run.count >= 0) continue;
    Fd fd;
    TiffFile file;
    const bool opened = open_tiff(files_.path(run.file), fd, file).ok();
    const int64_t pages = opened ? follow_pages(file, false).pages : each;
    run.count = std::clamp<int64_t>(pages - run.page, 0, each - run.plane % each);
  }
  std::erase_if(places_.runs(), [](const PlaneRun& run) { return run.count == 0; });
  if (const int64_t twice = places_.sort(); twice >= 0)
    fail_input(
        {"the OME-XML places a plane twice", files_.name(first_file_),
         "plane " + std::to_string(twice % each) + " of image " + std::to_string(twice / each),
         "one page a plane",
         "take all pages in their order with source.axes: tyx (--set source.axes=tyx)"});
}

// Writers that do not say which pages an image has: all would get the same.
void TiffSource::check_shared_pages() const {
  const int64_t each = description_->page_count();
  std::vector<PlaneRun> runs = places_.runs();
  std::sort(runs.begin(), runs.end(), [](const PlaneRun& a, const PlaneRun& b) {
    return a.file != b.file ? a.file < b.file : a.page < b.page;
  });
  for (size_t i = 1; i < runs.size(); ++i)
    if (runs[i].file == runs[i - 1].file && runs[i].page < runs[i - 1].page + runs[i - 1].count &&
        runs[i].plane / each != runs[i - 1].plane / each)
      fail_input({"the OME-XML gives one page to two images", files_.name(runs[i].file),
                  "page " + std::to_string(runs[i].page), "pages of each image",
                  "take all pages in their order with source.axes: tyx (--set source.axes=tyx)"});
}

bool TiffSource::take_places() {
  check_images();
  if (!automatic() || !description_ || description_->origin != "OME-XML") return false;
  const int64_t given = files_.size(), each = description_->page_count();
  const int64_t images = static_cast<int64_t>(description_->image_names.size());
  if (each > kMostPlanes / std::max<int64_t>(1, images))
    fail_input({"the OME-XML speaks of more planes than there can be", files_.name(first_file_),
                std::to_string(images) + " x " + std::to_string(each),
                "at most " + std::to_string(kMostPlanes),
                "take all pages in their order with source.axes: tyx (--set source.axes=tyx)"});
  places_ = std::move(description_->places);
  const std::vector<int64_t> members = set_files();
  resolve_places(members);
  const bool in_order = lies_in_order();
  if (places_.empty() || in_order) {
    if (given == 1 && in_order) listed_ = places_.runs()[0].count;
    if (places_.empty() && images > 1)
      fail_input({"the OME-XML does not say which pages its images have", files_.name(first_file_),
                  std::to_string(images) + " images", "TiffData of each",
                  "take all pages in their order with source.axes: tyx (--set source.axes=tyx)"});
    places_ = {};
    return false;
  }
  std::vector<int64_t> used;
  for (const PlaneRun& run : places_.runs()) used.push_back(run.file);
  used.insert(used.end(), members.begin(), members.end());
  check_foreign(used);
  check_shared_pages();
  return true;
}

void TiffSource::describe_places() {
  count_pages();
  note_unlike();
  note_absent_files();
  set_axes(description_->planes, static_cast<int64_t>(description_->image_names.size()));
  take_first_plane();
  note_placeless();
}

// The first page of the first file may be of another image.
void TiffSource::take_first_plane() {
  const Place where = place(0);
  Fd fd;
  TiffFile file;
  TiffPage page;
  uint64_t directory = 0;
  if (where.file < 0 || !open_tiff(files_.path(where.file), fd, file).ok() ||
      !find_directory(file, where, directory).ok() || !read_page(file, directory, page).ok())
    return;
  first_ = page;
  first_file_ = where.file;
  layout_.dtype = first_.dtype;
  layout_.item[0].size = first_.height;
  layout_.item[1].size = first_.width;
}

}  // namespace parfocal
