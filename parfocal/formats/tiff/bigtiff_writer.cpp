#include "parfocal/formats/tiff/bigtiff_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace parfocal {
namespace {

static_assert(std::endian::native == std::endian::little, "pixels are written as they lie");

constexpr int64_t kHeaderBytes = 16, kEntryBytes = 20, kMostEntries = 12, kDiskBlock = 4096;
constexpr int64_t kGroupOfUnknown = 256;   // 70 KB of directories at most go unused
constexpr int64_t kMostInGroup = 1 << 20;  // 270 MB of directories
enum Type : uint16_t { kAscii = 2, kShort = 3, kLong = 4, kLong8 = 16 };
enum Tag : uint16_t { kDescription = 270 };

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

// The description is an entry of the first directory only; all directories have one size.
constexpr int64_t kDescriptionEntry = 5, kLinkOffset = 8 + kEntryBytes * kMostEntries;

}  // namespace

BigTiffWriter::BigTiffWriter(const BigTiffPages& pages) : pages_(pages) {
  row_bytes_ = pages.width * static_cast<int64_t>(dtype_size(pages.dtype));
  page_bytes_ = row_bytes_ * pages.height;
  rows_per_strip_ = std::clamp<int64_t>(kMostStripBytes / row_bytes_, 1, pages.height);
  strips_ = (pages.height + rows_per_strip_ - 1) / rows_per_strip_;
  slot_bytes_ = kLinkOffset + 8 + (strips_ > 1 ? 16 * strips_ : 0);
  group_ = pages.count == kUnbounded ? kGroupOfUnknown
                                     : std::clamp<int64_t>(pages.count, 1, kMostInGroup);
  directories_bytes_ = up_to(group_ * slot_bytes_, kDiskBlock);
  group_bytes_ = up_to(directories_bytes_ + group_ * page_bytes_, kDiskBlock);
}

int64_t BigTiffWriter::directory_at(int64_t page) const {
  return head_bytes_ + page / group_ * group_bytes_ + page % group_ * slot_bytes_;
}
int64_t BigTiffWriter::pixels_at(int64_t page) const {
  return head_bytes_ + page / group_ * group_bytes_ + directories_bytes_ +
         page % group_ * page_bytes_;
}
// The other directories lack the description's entry: their link comes one entry earlier.
int64_t BigTiffWriter::link_at(int64_t page) const {
  if (page == 0) return 8;
  return directory_at(page - 1) + kLinkOffset - (page == 1 ? 0 : kEntryBytes);
}
int64_t BigTiffWriter::file_bytes(int64_t pages) const {
  return pages == 0 ? kDiskBlock : pixels_at(pages - 1) + page_bytes_ + kDiskBlock;
}

Status BigTiffWriter::put(const void* from, int64_t bytes, int64_t at) {
  return write_at(fd_.get(), from, bytes, at) ? Status() : io_failure("write", path_);
}

// Reserved space is written 1.7 times as fast. Where the file system cannot reserve, or has less
// left than asked for, the file only gets its size, and writing tells what is wrong.
Status BigTiffWriter::reserve(int64_t end) {
  if (end <= reserved_) return {};
  int64_t target = up_to(end + kAheadBytes, kDiskBlock);
  if (pages_.count != kUnbounded)
    target = std::max(end, std::min(target, pixels_at(pages_.count - 1) + page_bytes_));
  if (::fallocate(fd_.get(), 0, reserved_, target - reserved_) != 0) {
    target = end;
    if (::ftruncate(fd_.get(), target) != 0) return io_failure("extend", path_);
  }
  reserved_ = target;
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
  slot_.resize(static_cast<size_t>(slot_bytes_));
  description_bytes_ = static_cast<int64_t>(description.size()) + 1;
  head_bytes_ = up_to(kHeaderBytes + description_bytes_, kDiskBlock);
  std::vector<char> head(static_cast<size_t>(kHeaderBytes + description_bytes_));
  std::memcpy(head.data(), "II\x2b\0\x08\0\0\0", 8);
  std::copy(description.begin(), description.end(), head.begin() + kHeaderBytes);
  Status s = reserve(head_bytes_);
  if (s.ok()) s = put(head.data(), static_cast<int64_t>(head.size()), 0);
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

Status BigTiffWriter::write(int64_t page, const View& plane) {
  const Region& r = plane.region;
  if (r.count() == 0) return {};
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
  const int64_t pixels = pixels_at(page), table = slot_bytes_ - 16 * strips_;
  const uint64_t table_at = static_cast<uint64_t>(directory_at(page) + table);
  Directory d(slot_);
  d.add(256, kLong, static_cast<uint64_t>(pages_.width));
  d.add(257, kLong, static_cast<uint64_t>(pages_.height));
  d.add(258, kShort, 8 * dtype_size(dtype));
  d.add(259, kShort, 1);  // not compressed
  d.add(262, kShort, 1);  // 0 is black
  if (page == 0)
    d.add(kDescription, kAscii, kHeaderBytes, static_cast<uint64_t>(description_bytes_));
  d.add(273, kLong8, n == 1 ? static_cast<uint64_t>(pixels) : table_at, n);
  d.add(277, kShort, 1);  // sample per pixel
  d.add(278, kLong, static_cast<uint64_t>(rows_per_strip_));
  d.add(279, kLong8, n == 1 ? static_cast<uint64_t>(page_bytes_) : table_at + 8 * n, n);
  d.add(284, kShort, 1);  // samples of a pixel lie together
  d.add(339, kShort, format);
  if (n == 1) return;
  for (int64_t k = 0; k < strips_; ++k) {
    const int64_t first = k * rows_per_strip_;
    const int64_t place = pixels + first * row_bytes_;
    const int64_t bytes = std::min(rows_per_strip_, pages_.height - first) * row_bytes_;
    std::memcpy(slot_.data() + table + 8 * k, &place, 8);
    std::memcpy(slot_.data() + table + 8 * (strips_ + k), &bytes, 8);
  }
}

Status BigTiffWriter::link(int64_t count) {
  for (; linked_ < count; ++linked_) {
    if (Status s = reserve(pixels_at(linked_) + page_bytes_); !s.ok()) return s;
    const int64_t at = directory_at(linked_);
    render(linked_);
    if (Status s = put(slot_.data(), slot_bytes_, at); !s.ok()) return s;
    if (Status s = put(&at, 8, link_at(linked_)); !s.ok()) return s;
  }
  return {};
}

Status BigTiffWriter::patch_description(size_t at, std::string_view text) {
  return put(text.data(), static_cast<int64_t>(text.size()),
             kHeaderBytes + static_cast<int64_t>(at));
}

Status BigTiffWriter::close(int64_t count, std::string_view description) {
  Status s = link(count);
  const int64_t end = up_to(pixels_at(count - 1) + page_bytes_, 16), none = 0;
  std::vector<char> text(description.begin(), description.end());
  text.push_back('\0');
  const int64_t bytes = static_cast<int64_t>(text.size());
  if (s.ok() && linked_ > count) s = put(&none, 8, link_at(count));
  // What is cut off makes room for the description, also where the disk is full.
  if (s.ok() && ::ftruncate(fd_.get(), end) != 0) s = io_failure("cut", path_);
  if (s.ok()) s = put(text.data(), bytes, end);
  const int64_t entry[2] = {bytes, end};  // count and position of the text, in one write
  if (s.ok()) s = put(entry, 16, directory_at(0) + 8 + kEntryBytes * kDescriptionEntry + 4);
  linked_ = std::min(linked_, count);
  Status closed = fd_.close_checked(path_);
  return s.ok() ? std::move(closed) : std::move(s);
}

}  // namespace parfocal
