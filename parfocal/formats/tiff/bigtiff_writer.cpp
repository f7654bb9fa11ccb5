#include "parfocal/formats/tiff/bigtiff_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {
namespace {

static_assert(std::endian::native == std::endian::little, "pixels are written as they lie");

constexpr int64_t kHeaderBytes = 16, kEntryBytes = 20, kMostEntries = 12, kDiskBlock = 4096;
constexpr int64_t kGroupOfUnknown = 256;   // 70 KB of directories at most go unused
constexpr int64_t kMostInGroup = 1 << 20;  // 270 MB of directories
enum Compression : uint64_t { kPlain = 1, kDeflate = 8 };
enum Type : uint16_t { kAscii = 2, kShort = 3, kLong = 4, kLong8 = 16 };
enum Tag : uint16_t { kDescription = 270, kSamples = 277 };

int64_t up_to(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Fills a directory: count of entries, entries in the order of their tags, link.
class Directory {
 public:
  explicit Directory(std::vector<std::byte>& bytes) : bytes_(bytes) {
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0});
  }
  // One value, or `count` values that lie at the position `value`.
  void add(uint16_t tag, uint16_t type, uint64_t value, uint64_t count = 1) {
    std::byte* p = bytes_.data() + 8 + kEntryBytes * entries_++;
    std::memcpy(p, &tag, 2);
    std::memcpy(p + 2, &type, 2);
    std::memcpy(p + 4, &count, 8);
    std::memcpy(p + 12, &value, 8);
    const uint64_t n = static_cast<uint64_t>(entries_);
    std::memcpy(bytes_.data(), &n, 8);
  }

 private:
  std::vector<std::byte>& bytes_;
  int64_t entries_ = 0;
};

constexpr size_t kMostMissingAhead = 4096;

// The description is an entry of the first directory only; all directories have one size.
constexpr int64_t kDescriptionEntry = 5, kLinkOffset = 8 + kEntryBytes * kMostEntries;

}  // namespace

namespace {

// The entries of the directory at `at`, as create() and render() write them: tag -> value.
bool read_directory(int fd, int64_t at, std::map<uint16_t, std::pair<int64_t, int64_t>>& entries) {
  int64_t count = 0;
  if (read_at(fd, &count, 8, at) != 8 || count < 1 || count > kMostEntries) return false;
  std::vector<std::byte> bytes(static_cast<size_t>(count * kEntryBytes));
  const int64_t wanted = static_cast<int64_t>(bytes.size());
  if (read_at(fd, bytes.data(), wanted, at + 8) != wanted) return false;
  for (const std::byte* p = bytes.data(); p < bytes.data() + wanted; p += kEntryBytes) {
    uint16_t tag = 0;
    int64_t value[2] = {0, 0};  // count, value
    std::memcpy(&tag, p, 2);
    std::memcpy(value, p + 4, 16);
    entries[tag] = {value[0], value[1]};
  }
  return true;
}

std::optional<DType> dtype_of_tags(int64_t bits, int64_t format) {
  for (int k = 0; k < kDTypeCount; ++k) {
    const DType dtype = static_cast<DType>(k);
    const int64_t own = is_float(dtype) ? 3 : is_signed_integer(dtype) ? 2 : 1;
    if (dtype != DType::boolean && own == format &&
        8 * static_cast<int64_t>(dtype_size(dtype)) == bits)
      return dtype;
  }
  return std::nullopt;
}

using Tags = std::map<uint16_t, std::pair<int64_t, int64_t>>;

int64_t value_of(const Tags& tags, uint16_t tag) {
  const auto found = tags.find(tag);
  return found == tags.end() ? 0 : found->second.second;
}

// The first directory of a file that was never closed, whose description is still that of create():
// a closed file has its description at the end.
bool read_growing(int fd, int64_t& first, Tags& tags, std::string& description) {
  char magic[8] = {};
  if (fd < 0 || read_at(fd, magic, 8, 0) != 8 || std::memcmp(magic, "II\x2b\0\x08\0\0\0", 8) != 0 ||
      read_at(fd, &first, 8, 8) != 8 || !read_directory(fd, first, tags))
    return false;
  const auto [characters, text_at] = tags[kDescription];
  const bool ours = dtype_of_tags(value_of(tags, 258) & 0xffff, value_of(tags, 339) & 0xffff) &&
                    value_of(tags, 256) > 0 && value_of(tags, 257) > 0 && text_at == kHeaderBytes &&
                    characters > 1 && characters <= first - kHeaderBytes;
  if (!ours) return false;
  description.resize(static_cast<size_t>(characters - 1));
  return read_at(fd, description.data(), characters - 1, kHeaderBytes) == characters - 1;
}

}  // namespace

std::string BigTiffWriter::growing_description(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int64_t first = 0;
  Tags tags;
  std::string description;
  return fd && read_growing(fd.get(), first, tags, description) ? description : "";
}

bool BigTiffWriter::reopen(const std::filesystem::path& path,
                           std::unique_ptr<BigTiffWriter>& writer, std::string& description) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  int64_t first = 0;
  Tags tags;
  if (!fd || !read_growing(fd.get(), first, tags, description)) return false;
  const auto value = [&](uint16_t tag) { return value_of(tags, tag); };
  const auto dtype = dtype_of_tags(value(258) & 0xffff, value(339) & 0xffff);
  const bool deflate = (value(259) & 0xffff) == kDeflate;
  writer = std::make_unique<BigTiffWriter>(
      BigTiffPages{value(256), value(257), *dtype, kUnbounded, deflate, 1});
  writer->path_ = path;
  writer->head_bytes_ = writer->first_directory_at_ = first;
  writer->description_bytes_ = static_cast<int64_t>(description.size()) + 1;
  writer->reopened_ = true;
  writer->fd_ = std::move(fd);
  return writer->find_pages();
}

// Walks the chain; what comes is placed behind all that it speaks of.
bool BigTiffWriter::find_pages() {
  slot_.resize(static_cast<size_t>(slot_bytes_));
  page_strips_.resize(static_cast<size_t>(strips_));
  Tags tags;
  int64_t at = 0;
  std::vector<int64_t> table(static_cast<size_t>(2 * strips_));
  while (read_at(fd_.get(), &at, 8, next_link_at_) == 8 && at != 0) {
    if (!read_directory(fd_.get(), at, tags)) return false;
    if (strips_ == 1)
      table = {tags[273].second, tags[279].second};
    else if (read_at(fd_.get(), table.data(), 16 * strips_, tags[273].second) != 16 * strips_)
      return false;
    if ((static_cast<uint64_t>(tags[kSamples].second) & ~uint64_t{0xffff}) == kGapMark)
      missing_.add(linked_);
    end_ = std::max(end_, at + slot_bytes_);
    for (int64_t k = 0; k < strips_; ++k)
      end_ =
          std::max(end_, table[static_cast<size_t>(k)] + table[static_cast<size_t>(strips_ + k)]);
    next_link_at_ = at + kLinkOffset - (linked_ == 0 ? 0 : kEntryBytes);
    ++linked_;
  }
  group_ = INT64_MAX;  // the pages that are missing take one group of their own
  return linked_ > 0;
}

// Takes the place for the directories of the pages that are missing up to `count`.
void BigTiffWriter::place_missing(int64_t count) {
  group_at_ = up_to(end_, kDiskBlock) - linked_ * slot_bytes_;
  end_ = up_to(end_, kDiskBlock) + (count - linked_) * slot_bytes_;
}

BigTiffWriter::BigTiffWriter(const BigTiffPages& pages) : pages_(pages) {
  row_bytes_ = pages.width * static_cast<int64_t>(dtype_size(pages.dtype));
  page_bytes_ = row_bytes_ * pages.height;
  const int64_t strip_bytes = pages.deflate ? kDeflatedStripBytes : kMostStripBytes;
  rows_per_strip_ = std::clamp<int64_t>(strip_bytes / row_bytes_, 1, pages.height);
  strips_ = (pages.height + rows_per_strip_ - 1) / rows_per_strip_;
  slot_bytes_ = kLinkOffset + 8 + (strips_ > 1 ? 16 * strips_ : 0);
  const int64_t most = pages.deflate ? kGroupOfUnknown : kMostInGroup;
  group_ = pages.count == kUnbounded ? kGroupOfUnknown : std::clamp<int64_t>(pages.count, 1, most);
  directories_bytes_ = up_to(group_ * slot_bytes_, kDiskBlock);
  group_bytes_ = up_to(directories_bytes_ + group_ * page_bytes_, kDiskBlock);
  if (pages.deflate)
    encoder_ =
        std::make_unique<StripEncoder>(pages.height, row_bytes_, rows_per_strip_, pages.threads);
}

int64_t BigTiffWriter::directory_at(int64_t page) const {
  if (placed_one_by_one()) return group_at_ + page % group_ * slot_bytes_;  // see place_missing()
  return head_bytes_ + page / group_ * group_bytes_ + page % group_ * slot_bytes_;
}
int64_t BigTiffWriter::pixels_at(int64_t page) const {
  return head_bytes_ + page / group_ * group_bytes_ + directories_bytes_ +
         page % group_ * page_bytes_;
}
// The other directories lack the description's entry: their link comes one entry earlier.
int64_t BigTiffWriter::link_at(int64_t page) const {
  if (page == 0) return 8;
  const int64_t before = placed_one_by_one() ? chained_directory(page - 1) : directory_at(page - 1);
  return before + kLinkOffset - (page == 1 ? 0 : kEntryBytes);
}
int64_t BigTiffWriter::file_bytes(int64_t pages) const {
  if (pages == 0) return kDiskBlock;
  if (!encoder_) return pixels_at(pages - 1) + page_bytes_ + kEndBytes + kDiskBlock;
  const int64_t groups = (pages + group_ - 1) / group_;
  return head_bytes_ + groups * (directories_bytes_ + kDiskBlock) +
         pages * strips_ * encoder_->most_strip_bytes() + kEndBytes + kDiskBlock;
}

Status BigTiffWriter::put(const void* from, int64_t bytes, int64_t at) {
  return write_at(fd_.get(), from, bytes, at) ? Status() : io_failure("write", path_);
}

// Reserved space is written 1.7 times as fast, and a full disk is met before a page is begun, with
// room left to end the file. Where the file system cannot reserve, writing tells what is wrong.
Status BigTiffWriter::reserve(int64_t end) {
  if (end <= reserved_) return {};
  const int64_t least = up_to(end + kEndBytes, kDiskBlock);
  int64_t target = up_to(end + kAheadBytes, kDiskBlock);
  if (pages_.count != kUnbounded)
    target = std::max(least, std::min(target, file_bytes(pages_.count)));
  for (const int64_t to : {target, least}) {
    if (::fallocate(fd_.get(), 0, reserved_, to - reserved_) == 0) {
      reserved_ = to;
      return {};
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS) return extend(end);
  }
  return io_failure("write", path_);
}

// Gives the file its size; what is never written is 0 and takes no space.
Status BigTiffWriter::extend(int64_t end) {
  if (end <= reserved_) return {};
  if (::ftruncate(fd_.get(), end) != 0) return io_failure("extend", path_);
  reserved_ = end;
  return {};
}

void BigTiffWriter::create(const std::filesystem::path& path, std::string_view description) {
  path_ = path;
  std::error_code ignored;  // opening the file tells the reason
  std::filesystem::create_directories(path.parent_path(), ignored);
  fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_ && errno == EEXIST)
    throw Error(ErrorCode::output_exists,
                Issue{"the file exists already", path.string(), "", "",
                      "choose another folder with --out DIR, or replace it with --overwrite"});
  if (!fd_) throw Error(ErrorCode::run_failed, io_failure("create", path).issue());
  (void)::flock(fd_.get(), LOCK_EX | LOCK_NB);  // told to who wants to recover the file
  slot_.resize(static_cast<size_t>(slot_bytes_));
  description_bytes_ = static_cast<int64_t>(description.size()) + 1;
  head_bytes_ = up_to(kHeaderBytes + description_bytes_, kDiskBlock);
  end_ = head_bytes_;
  page_strips_.resize(static_cast<size_t>(strips_));
  std::vector<char> head(static_cast<size_t>(kHeaderBytes + description_bytes_));
  std::memcpy(head.data(), "II\x2b\0\x08\0\0\0", 8);
  std::copy(description.begin(), description.end(), head.begin() + kHeaderBytes);
  // Written before room is taken behind it: killed between the two it is a TIFF file.
  Status s = put(head.data(), static_cast<int64_t>(head.size()), 0);
  if (s.ok()) s = reserve(head_bytes_);
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

Status BigTiffWriter::write(int64_t page, const View& plane) {
  const Region& r = plane.region;
  if (r.count() == 0) return {};
  if (encoder_) {
    if (Status s = link(page); !s.ok()) return s;
    if (page < linked_ || r != Region::whole({pages_.height, pages_.width}) || !plane.contiguous())
      return Status::fail("compressed pages are written whole, but the plan goes by regions",
                          "give it more memory (--memory), or write compression: none");
    if (Status s = append(plane); !s.ok()) return s;
    return add_directory(page);
  }
  const int64_t pixel = static_cast<int64_t>(dtype_size(pages_.dtype));
  const int64_t at = pixels_at(page) + r.begin(0) * row_bytes_ + r.begin(1) * pixel;
  if (Status s = reserve(pixels_at(page) + page_bytes_); !s.ok()) return s;
  if (r.shape[1] == pages_.width && plane.contiguous()) return put(plane.data, plane.bytes(), at);
  for (int64_t y = 0; y < r.shape[0]; ++y) {
    Status s =
        put(plane.data + y * plane.strides[0] * pixel, r.shape[1] * pixel, at + y * row_bytes_);
    if (!s.ok()) return s;
  }
  return {};
}

void BigTiffWriter::render(int64_t page) {
  const DType dtype = pages_.dtype;
  const uint64_t format = is_float(dtype) ? 3 : is_signed_integer(dtype) ? 2 : 1;
  const uint64_t n = static_cast<uint64_t>(strips_);
  const int64_t table = slot_bytes_ - 16 * strips_;
  const uint64_t table_at = static_cast<uint64_t>(directory_at(page) + table);
  Directory d(slot_);
  d.add(256, kLong, static_cast<uint64_t>(pages_.width));
  d.add(257, kLong, static_cast<uint64_t>(pages_.height));
  d.add(258, kShort, 8 * dtype_size(dtype));
  d.add(259, kShort, encoder_ ? kDeflate : kPlain);
  d.add(262, kShort, 1);  // 0 is black
  if (page == 0)
    d.add(kDescription, kAscii, kHeaderBytes, static_cast<uint64_t>(description_bytes_));
  d.add(273, kLong8, n == 1 ? static_cast<uint64_t>(page_strips_[0].at) : table_at, n);
  d.add(kSamples, kShort, 1 | (is_missing(page) ? kGapMark : 0));  // sample per pixel
  d.add(278, kLong, static_cast<uint64_t>(rows_per_strip_));
  d.add(279, kLong8, n == 1 ? static_cast<uint64_t>(page_strips_[0].bytes) : table_at + 8 * n, n);
  d.add(284, kShort, 1);  // samples of a pixel lie together
  d.add(339, kShort, format);
  if (n == 1) return;
  for (int64_t k = 0; k < strips_; ++k) {
    const Strip& strip = page_strips_[static_cast<size_t>(k)];
    std::memcpy(slot_.data() + table + 8 * k, &strip.at, 8);
    std::memcpy(slot_.data() + table + 8 * (strips_ + k), &strip.bytes, 8);
  }
}

void BigTiffWriter::note_missing(int64_t first, int64_t count) {
  const int64_t end = first + count;
  first = std::max(first, linked_);
  if (!missing_ahead_.empty()) first = std::max(first, missing_ahead_.back().second);
  if (first >= end || missing_ahead_.size() == kMostMissingAhead) return;
  if (!missing_ahead_.empty() && missing_ahead_.back().second == first)
    missing_ahead_.back().second = end;
  else
    missing_ahead_.emplace_back(first, end);
}

bool BigTiffWriter::is_missing(int64_t page) {
  while (!missing_ahead_.empty() && missing_ahead_.front().second <= page)
    missing_ahead_.pop_front();
  return !missing_ahead_.empty() && missing_ahead_.front().first <= page;
}

void BigTiffWriter::place_strips(int64_t page) {
  for (int64_t k = 0; k < strips_; ++k) {
    const int64_t first = k * rows_per_strip_;
    page_strips_[static_cast<size_t>(k)] = {
        pixels_at(page) + first * row_bytes_,
        std::min(rows_per_strip_, pages_.height - first) * row_bytes_};
  }
}

// Groups of directories stand between the pixels of deflated pages. A page that fails leaves no
// trace.
Status BigTiffWriter::append(const View& plane) {
  if (Status s = encoder_->encode(plane); !s.ok()) return s;
  int64_t group_at = group_at_, end = end_;
  if (!reopened_ && linked_ % group_ == 0) {
    group_at = up_to(end, kDiskBlock);
    end = group_at + directories_bytes_;
  }
  if (Status s = append_strips(end); !s.ok()) return s;
  group_at_ = group_at;
  end_ = end;
  return {};
}

Status BigTiffWriter::append_strips(int64_t& end) {
  for (int64_t k = 0; k < strips_; ++k) {
    const auto strip = encoder_->strip(k);
    const int64_t bytes = static_cast<int64_t>(strip.size());
    if (Status s = reserve(end + bytes); !s.ok()) return s;
    if (Status s = put(strip.data(), bytes, end); !s.ok()) return s;
    page_strips_[static_cast<size_t>(k)] = {end, bytes};
    end += bytes;
  }
  return {};
}

Status BigTiffWriter::append_zeros() {
  if (!zero_strips_.empty() && (reopened_ || linked_ % group_ != 0)) {
    page_strips_ = zero_strips_;
    return {};
  }
  if (!encoder_) return add_hole();
  const std::vector<std::byte> zeros(static_cast<size_t>(page_bytes_));
  Status s =
      append(packed_view(zeros.data(), pages_.dtype, Region::whole({pages_.height, pages_.width})));
  zero_strips_ = page_strips_;
  return s;
}

// Of a reopened file: pixels that are never written.
Status BigTiffWriter::add_hole() {
  for (int64_t k = 0; k < strips_; ++k) {
    const int64_t rows = std::min(rows_per_strip_, pages_.height - k * rows_per_strip_);
    page_strips_[static_cast<size_t>(k)] = {end_ + k * rows_per_strip_ * row_bytes_,
                                            rows * row_bytes_};
  }
  end_ += page_bytes_;
  zero_strips_ = page_strips_;
  return extend(end_);
}

// Where the directory of a linked page lies: in the current group, or at the end of the chain.
int64_t BigTiffWriter::chained_directory(int64_t page) const {
  if (encoder_ && page / group_ == (linked_ - 1) / group_) return directory_at(page);
  int64_t at = first_directory_at_;
  for (int64_t k = 0; k < page; ++k) {
    const int64_t link = at + kLinkOffset - (k == 0 ? 0 : kEntryBytes);
    if (read_at(fd_.get(), &at, 8, link) != 8) break;
  }
  return at;
}

Status BigTiffWriter::link(int64_t count) {
  if (reopened_ && count > linked_) place_missing(count);
  while (linked_ < count) {
    Status s = placed_one_by_one() ? append_zeros() : extend(pixels_at(linked_) + page_bytes_);
    if (!placed_one_by_one()) place_strips(linked_);
    if (s.ok()) s = add_directory(linked_);
    if (!s.ok()) return s;
  }
  return {};
}

Status BigTiffWriter::add_directory(int64_t page) {
  const int64_t at = directory_at(page);
  render(page);
  if (Status s = put(slot_.data(), slot_bytes_, at); !s.ok()) return s;
  if (Status s = put(&at, 8, next_link_at_); !s.ok()) return s;
  if (page == 0)
    first_directory_at_ = at;  // not at the head, where one before could not be written
  next_link_at_ = at + kLinkOffset - (page == 0 ? 0 : kEntryBytes);
  ++linked_;
  return {};
}

Status BigTiffWriter::patch_description(size_t at, std::string_view text) {
  return put(text.data(), static_cast<int64_t>(text.size()),
             kHeaderBytes + static_cast<int64_t>(at));
}

Status BigTiffWriter::close(int64_t count, std::string_view description) {
  Status s = link(count);
  const int64_t none = 0,
                end = up_to(placed_one_by_one() ? end_ : pixels_at(count - 1) + page_bytes_, 16);
  std::vector<char> text(description.begin(), description.end());
  text.push_back('\0');
  const int64_t bytes = static_cast<int64_t>(text.size());
  if (s.ok() && linked_ > count) s = put(&none, 8, link_at(count));
  // What is cut off makes room for the description, also where the disk is full.
  if (s.ok() && ::ftruncate(fd_.get(), end) != 0) s = io_failure("cut", path_);
  if (s.ok()) s = put(text.data(), bytes, end);
  const int64_t entry[2] = {bytes, end};  // count and position of the text, in one write
  if (s.ok()) s = put(entry, 16, first_directory_at_ + 8 + kEntryBytes * kDescriptionEntry + 4);
  linked_ = std::min(linked_, count);
  Status closed = fd_.close_checked(path_);
  return s.ok() ? std::move(closed) : std::move(s);
}

}  // namespace parfocal
