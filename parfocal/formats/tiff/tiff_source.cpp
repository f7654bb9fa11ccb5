#include "parfocal/formats/tiff/tiff_source.h"

#include <algorithm>

#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/tiff/tiff_reader.h"

namespace parfocal {
namespace {

// Compressed files among uncompressed ones may use this much; more would not be in the plan.
constexpr int64_t kLeastReadBytes = 1 << 20;
constexpr int64_t kBlockRows = 64;    // of uncompressed files: rows are the unit, syscalls count
constexpr int64_t kLeastStride = 16;  // directories between two remembered positions
constexpr int64_t kMostCheckpoints = 1024;
constexpr int64_t kLeastDirectoryBytes = 2 + 12 + 4;
constexpr const char* kAuto = "auto";

FileOrder order_of(const std::string& word) {
  return word == "lexical" ? FileOrder::lexical
         : word == "time"  ? FileOrder::time
                           : FileOrder::natural;
}

Status open_tiff(const std::filesystem::path& path, Fd& fd, TiffFile& file) {
  if (Status s = open_for_reading(path, fd, file.size); !s.ok()) return s;
  file.fd = fd.get();
  return read_tiff_header(file);
}

std::string shape_text(const TiffPage& page) {
  return std::to_string(page.height) + " x " + std::to_string(page.width) + " " +
         std::string(dtype_name(page.dtype));
}

// "movie/*.tif", "a.tif and 29 more"
std::string glob_text(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return "";
  const size_t more = patterns.size() - 1;
  return patterns[0] + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

// A chain longer than the file has room for runs in circles.
int64_t most_pages(const TiffFile& file) { return file.size / kLeastDirectoryBytes; }

}  // namespace

TiffSource::TiffSource(const TiffSourceParams& params, const std::filesystem::path& base_dir)
    : layout_(layout_of_axes(params.axes == kAuto ? "yx" : params.axes)),
      glob_(glob_text(params.glob)) {
  files_ = FileList::find(base_dir, params.glob, order_of(params.order));
  read_first_header();
  count_pages();
  if (params.axes == kAuto && params.sizes.entries.empty())
    describe();
  else
    size_axes(params.sizes);
  apply_scales(params.scale, layout_);
  read_bytes_ = std::max(kLeastReadBytes, tiff_read_bytes(first_));
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
    if (s.ok()) {
      first_file_ = k;
      layout_.dtype = first_.dtype;
      layout_.item[0].size = first_.height;
      layout_.item[1].size = first_.width;
      description_ = describe_tiff(file, first_);
      return;
    }
    if (k > 0) continue;
    first_failure = files_.name(0) + ": " + s.issue().what;
    first_cure = s.issue().cure;
  }
  throw Error(ErrorCode::input_missing,
              Issue{"none of the " + std::to_string(files_.size()) + " files can be read",
                    "source.glob", first_failure,
                    "TIFF files of one grey channel, 8 to 64 bit, uncompressed, LZW, deflate or "
                    "PackBits",
                    first_cure.empty() ? "change the glob " + glob_ : first_cure});
}

TiffSource::Pages TiffSource::count_file(const std::filesystem::path& path,
                                         int64_t expected) const {
  Fd fd;
  TiffFile file;
  Pages pages;
  const Status opened = open_tiff(path, fd, file);
  uint64_t next = opened.ok() ? file.first_directory : 0, tortoise = 0;
  pages.stride = kLeastStride;
  int64_t count = 0, leap = 1;
  bool broken = !opened.ok();
  for (uint64_t at = next; at != 0 && !broken; at = next) {
    pages.cut = !read_tiff_link(file, at, next).ok();
    if (pages.cut || count >= most_pages(file)) broken = true;
    if (at == tortoise) broken = true;  // Brent's cycle search: the chain came back
    if (broken) break;
    if (count == leap) tortoise = at, leap *= 2;
    if (count % pages.stride == 0) pages.checkpoints.push_back(at);
    ++count;
    if (static_cast<int64_t>(pages.checkpoints.size()) < kMostCheckpoints) continue;
    for (size_t i = 0; 2 * i < pages.checkpoints.size(); ++i)  // too many: keep every second
      pages.checkpoints[i] = pages.checkpoints[2 * i];
    pages.checkpoints.resize(pages.checkpoints.size() / 2);
    pages.stride *= 2;
  }
  // A file whose chain breaks early keeps its place in the stream, and the page that is not there
  // any more is one that cannot be read: a file that was cut is never just a shorter one.
  pages.end = broken ? std::max(count + (pages.cut ? 1 : 0), expected) : count;
  pages.checkpoints.shrink_to_fit();
  return pages;
}

void TiffSource::count_pages() {
  if (first_.next == 0) return;
  const int64_t expected = count_file(files_.path(first_file_), 1).end;
  int64_t end = 0;
  for (int64_t k = 0; k < files_.size(); ++k) {
    pages_.push_back(count_file(files_.path(k), expected));
    if (pages_.back().cut && notices_.empty())
      notices_.push_back(files_.name(k) + " is cut off: not all of its pages are there.");
    end = pages_.back().end += end;
  }
}

// Of a file that was cut, the step of the first axis in which it ends counts whole.
void TiffSource::complete_last_step(int64_t inner, int64_t most) {
  if (files_.size() != 1 || pages_.empty() || !pages_[0].cut || inner <= 0) return;
  const int64_t steps = (pages_[0].end + inner - 1) / inner;
  if (steps <= most / inner) pages_[0].end = steps * inner;
}

void TiffSource::size_axes(const AxisSizes& sizes) {
  int64_t total = total_pages();
  auto& stream = layout_.stream;
  if (stream.empty() && total != 1)
    fail_layout("the axes have no stream axis for " + std::to_string(total) + " images", "axes: yx",
                "an axis to run along the images", "write axes: tyx");
  int64_t inner = 1;
  for (size_t a = 1; a < stream.size(); ++a) {
    stream[a].size = sizes.find(stream[a].name);
    const int64_t per_file = pages_.empty() ? 1 : pages_[0].end;
    if (stream[a].size < 0 && stream.size() == 2 && per_file > 1 &&
        per_file * files_.size() == total)
      stream[a].size = per_file;
    if (stream[a].size < 0)
      fail_layout("the size of axis '" + stream[a].name + "' is not known",
                  std::to_string(files_.size()) + " files, " + std::to_string(total) + " images",
                  "how many steps of " + stream[a].name + " follow each other",
                  "add sizes: {" + stream[a].name + ": 5} to the source");
    inner = stream[a].size > total / inner ? total + 1 : inner * stream[a].size;
  }
  complete_last_step(inner, 2 * total);
  total = total_pages();
  for (const auto& [name, size] : sizes.entries)
    if (layout_.find_stream(name) < 1)
      fail_layout("sizes names axis '" + name + "'", name, "stream axes after the first",
                  "remove it from sizes");
  if (!stream.empty() && (inner > total || total % inner != 0))
    fail_layout("the images do not fill the axes evenly", std::to_string(total) + " images",
                "a multiple of " + std::to_string(inner), "correct source.sizes or source.glob");
  if (!stream.empty()) stream[0].size = total / inner;
}

// Images of one size are positions.
std::string TiffSource::several_images_cure() const {
  if (total_pages() % description_->images != 0)
    return "write their axes instead of axes: auto, e.g. axes: tyx for all pages";
  const std::string each = std::to_string(total_pages() / description_->images);
  return "if they are of one size, take them as positions: axes: ptyx, sizes: {t: " + each +
         "} (--set source.axes=ptyx --set source.sizes.t=" + each + ")";
}

void TiffSource::describe() {
  if (!description_) return guess_axes(total_pages() > files_.size() ? "say nothing of axes" : "");
  if (description_->images > 1)
    throw Error(ErrorCode::input_missing,
                Issue{"the file holds several images", files_.name(first_file_),
                      std::to_string(description_->images) + " images", "one image a file",
                      several_images_cure()});
  if (!description_->irregular.empty())
    throw Error(
        ErrorCode::input_missing,
        Issue{"the pages are not in the order that DimensionOrder states", files_.name(first_file_),
              description_->irregular, "", "write their axes instead of axes: auto, and sizes:"});
  take_axes(*description_);
  note_missing();
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
  const int64_t stated = description.page_count();
  if (!planes.empty()) complete_last_step(stated / planes[0].size, stated);
  const int64_t total = total_pages();
  if (total == 1 && stated > 1 && description.origin == "ImageJ")
    throw Error(ErrorCode::input_missing,
                Issue{"ImageJ has written its images without pages, as it does above 4 GB",
                      files_.name(first_file_), std::to_string(stated) + " images in 1 page",
                      "one page an image", "save it as OME-TIFF (Bio-Formats) or in parts"});
  const auto is_t = [](const Axis& axis) { return axis.name == "t"; };
  const bool has_t = std::any_of(planes.begin(), planes.end(), is_t);
  const bool in_files = files_.size() > 1 && total != stated;
  if (in_files && !has_t) planes.insert(planes.begin(), {"t", 1, 1, "", {}});
  if (planes.empty() && total > 1) planes.push_back({"t", 1, 1, "", {}});
  int64_t inner = 1;
  for (size_t a = 1; a < planes.size(); ++a) inner *= std::min(planes[a].size, total + 1);
  if (inner > total || (in_files && !is_t(planes[0])))
    return guess_axes("do not fit what their " + description.origin + " says");
  if (!planes.empty()) planes[0].size = total / inner;
  const int64_t used = planes.empty() ? 1 : planes[0].size * inner;
  if (used != total || (!in_files && used != stated))
    notices_.push_back("The " + description.origin + " speaks of " + std::to_string(stated) +
                       " pages, there are " + std::to_string(total) + "; " + std::to_string(used) +
                       " are read.");
  for (const char name : {'t', 'c', 'z'}) {
    int64_t stride = used;
    for (const Axis& axis : planes) {
      stride /= axis.size;
      if (axis.name[0] != name) continue;
      layout_.stream.push_back(axis);
      page_strides_.push_back(stride);
    }
  }
  for (const Axis* axis : {&description.y, &description.x}) {
    Axis& own = layout_.item[axis->name == "y" ? 0 : 1];
    own.scale = axis->scale;
    own.unit = axis->unit;
  }
}

// Of the file whose description lists its gaps by pages, in the order of the stream.
void TiffSource::note_missing() {
  const FrameSet& pages = description_->missing;
  if (description_->missing_not_listed > 0)
    notices_.push_back("The file has " + std::to_string(description_->missing_not_listed) +
                       " more ranges of missing frames than it lists: they are read as zeros.");
  if (pages.empty() || files_.size() != 1) return;
  for (int64_t sequence = 0; sequence < layout_.stream_count(); ++sequence)
    if (pages.has(place(sequence).page)) missing_.add(sequence);
}

TiffSource::Place TiffSource::place(int64_t sequence) const {
  if (!page_strides_.empty()) {
    const auto coordinates = coordinates_of(layout_, sequence);
    sequence = 0;
    for (size_t a = 0; a < page_strides_.size(); ++a) sequence += coordinates[a] * page_strides_[a];
  }
  if (pages_.empty()) return {sequence, 0};
  const auto it = std::upper_bound(pages_.begin(), pages_.end(), sequence,
                                   [](int64_t s, const Pages& p) { return s < p.end; });
  const int64_t file = it - pages_.begin();
  return {file, file == 0 ? sequence : sequence - pages_[static_cast<size_t>(file - 1)].end};
}

Status TiffSource::find_page(const TiffFile& file, const Place& place, uint64_t& directory) const {
  directory = file.first_directory;
  int64_t page = 0;
  if (!pages_.empty()) {
    const Pages& pages = pages_[static_cast<size_t>(place.file)];
    const size_t k = static_cast<size_t>(place.page / pages.stride);
    if (k < pages.checkpoints.size()) {
      directory = pages.checkpoints[k];
      page = static_cast<int64_t>(k) * pages.stride;
    }
    const PageHint hint = hints_.before(place.file, place.page);
    if (hint.page > page) page = hint.page, directory = hint.directory;
  }
  for (; page < place.page; ++page) {
    if (Status s = read_tiff_link(file, directory, directory); !s.ok()) return s;
    if (directory == 0)
      return Status::fail("page " + std::to_string(place.page) + " is missing: the file has " +
                          std::to_string(page + 1) + " pages");
  }
  return {};
}

Status TiffSource::read_item(const Place& place, const MutableView& dst) const {
  Fd fd;
  TiffFile file;
  TiffPage page;
  uint64_t directory = 0;
  if (Status s = open_tiff(files_.path(place.file), fd, file); !s.ok()) return s;
  if (Status s = find_page(file, place, directory); !s.ok()) return s;
  if (Status s = read_tiff_page(file, directory, page); !s.ok()) return s;
  if (!pages_.empty() && page.next != 0) hints_.add({place.file, place.page + 1, page.next});
  if (page.width != first_.width || page.height != first_.height || page.dtype != first_.dtype)
    return Status::fail("the image is " + shape_text(page) + ", but the first (" +
                            files_.name(first_file_) + ") is " + shape_text(first_),
                        "narrow the glob to images of one kind");
  if (tiff_read_bytes(page) > read_bytes_)
    return Status::fail(
        "decoding needs " + format_bytes(tiff_read_bytes(page)) +
            ", more than was planned from the first file: " + format_bytes(read_bytes_),
        "write all files with the same compression and strips");
  return read_tiff_region(file, page, dst);
}

Status TiffSource::read(int64_t sequence, const MutableView& dst, FrameHeader&) const {
  const Place where = place(sequence);
  Status s = read_item(where, dst);
  if (s.ok()) return s;
  Issue issue = s.issue();
  issue.where = files_.name(where.file);
  if (!pages_.empty()) issue.where += ", page " + std::to_string(where.page);
  return Status::fail(std::move(issue));
}

SourceRow TiffSource::row(int64_t sequence) const {
  const Place where = place(sequence);
  return {files_.name(where.file), where.page, ""};
}

std::string TiffSource::identity() const {
  char hash[17];
  const char* digits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) hash[i] = digits[files_.fingerprint() >> (60 - 4 * i) & 15];
  return glob_ + ": " + std::to_string(files_.size()) + " files, " +
         std::to_string(files_.total_bytes()) + " bytes, fingerprint " + std::string(hash, 16);
}

PARFOCAL_SOURCE(files) {
  using P = TiffSourceParams;
  return {
      "files",
      "TIFF files, one or many pages each, as one stream of frames",
      Parameters<P>()
          .add("glob", &P::glob,
               "path pattern relative to the pipeline file, e.g. movie/*.tif, or a list of them")
          .required()
          .add("axes", &P::axes,
               "names of the axes, the last two y x; auto: axes, sizes, scales and channels of "
               "OME-TIFF and ImageJ files")
          .defaults("tyx")
          .add("scale", &P::scale, "size of one step along axes, e.g. {t: 30 s, y: 0.65 um}")
          .add("sizes", &P::sizes, "sizes of stream axes after the first, e.g. {z: 5}")
          .add("order", &P::order, "order of the files: numbers by value, by bytes, or by time")
          .choices({"natural", "lexical", "time"})
          .defaults("natural"),
      "{type: files, glob: \"movie/*.tif\", axes: tyx, scale: {t: 30 s, y: 0.65 um, x: 0.65 um}}",
      [](const std::any& params, const SourceContext& context) -> std::unique_ptr<Source> {
        return std::make_unique<TiffSource>(std::any_cast<const P&>(params), context.base_dir);
      },
      nullptr,
      false};
}

}  // namespace parfocal
