#include "parfocal/formats/hdf5/strings.h"

#include <hdf5.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/common/zstd_memory.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/global_heap.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pieces.h"

namespace parfocal {
namespace {

constexpr size_t kMostLines = size_t{1} << 13;  // at once
constexpr int64_t kMostWritten = int64_t{8} << 30;
constexpr int kTextLevel = 5;

[[noreturn]] void fail(const H5File& file, const std::string& name, const std::string& what,
                       const std::string& given) {
  throw Error(ErrorCode::input_missing,
              Issue{what, file.where(name), given, "lines of text", "copy the file again"});
}

// Where references to texts lie in one piece in the file; -1: elsewhere.
int64_t references_of(hid_t dataset, int fd) {
  const Handle create(H5Dget_create_plist(dataset)), file(H5Iget_file_id(dataset));
  const Handle sizes(H5Fget_create_plist(file.id()));
  size_t address_bytes = 0, length_bytes = 0;
  if (fd < 0 || H5Pget_layout(create.id()) != H5D_CONTIGUOUS ||
      H5Pget_external_count(create.id()) != 0 ||
      H5Pget_sizes(sizes.id(), &address_bytes, &length_bytes) < 0 || address_bytes != 8 ||
      length_bytes != 8)
    return -1;
  const haddr_t offset = H5Dget_offset(dataset);
  return offset > INT64_MAX ? -1 : static_cast<int64_t>(offset);
}

// A scalar is one line.
Handle selection_of(hid_t dataset, size_t first, size_t count) {
  Handle space(H5Dget_space(dataset));
  const hsize_t start = first, size = count;
  if (H5Sget_simple_extent_ndims(space.id()) == 1)
    H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &start, nullptr, &size, nullptr);
  return space;
}

bool read_text(hid_t dataset, hid_t type, size_t first, size_t count, void* to) {
  const hsize_t size = count;
  const Handle memory(H5Screate_simple(1, &size, nullptr));
  const Handle space = selection_of(dataset, first, count);
  return H5Dread(dataset, type, memory.id(), space.id(), H5P_DEFAULT, to) >= 0;
}

Handle text_type(size_t size) {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), size);
  if (size == H5T_VARIABLE) {
    H5Tset_cset(type.id(), H5T_CSET_UTF8);
  } else {
    H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  }
  return type;
}

Handle create_text(const H5File& file, const std::string& name, hid_t type, hid_t create,
                   size_t count) {
  const hsize_t shape = count;
  const Handle space(H5Screate_simple(1, &shape, nullptr));
  const Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  return checked(
      H5Dcreate2(file.id(), name.c_str(), type, space.id(), links.id(), create, H5P_DEFAULT),
      ErrorCode::run_failed, "the text cannot be created", file.where(name));
}

[[noreturn]] void fail_to_write(const H5File& file, const std::string& name) {
  throw_hdf5(ErrorCode::run_failed, "the text cannot be written", file.where(name));
}

int64_t lines_per_chunk(const TextSize& size) {
  const auto longest = static_cast<int64_t>(std::max<size_t>(1, size.longest));
  const int64_t most = std::max<int64_t>(1, kPieceBytes / longest);
  return std::clamp<int64_t>(static_cast<int64_t>(size.lines), 1, most);
}

// Text of fixed length as it is written: one chunk of it is in memory.
class FixedText {
 public:
  FixedText(const H5File& file, const std::string& name, const TextSize& size)
      : file_(file),
        name_(name),
        longest_(std::max<size_t>(1, size.longest)),
        chunk_lines_(static_cast<size_t>(lines_per_chunk(size))),
        type_(text_type(longest_)),
        dataset_(
            create_text(file, name, type_.id(),
                        creation_list({static_cast<int64_t>(chunk_lines_)}, kTextLevel, true).id(),
                        size.lines)),
        chunk_(longest_ * std::min(chunk_lines_, size.lines), '\0') {}

  void append(std::span<const std::string> lines) {
    for (const std::string& line : lines) {
      line.copy(&chunk_[filled_ * longest_], longest_);
      if (++filled_ == chunk_lines_) flush();
    }
  }
  void flush() {
    if (filled_ == 0) return;
    if (!write_box(dataset_.id(), type_.id(), {{written_}, {filled_}}, chunk_.data()))
      fail_to_write(file_, name_);
    written_ += filled_;
    filled_ = 0;
    std::fill(chunk_.begin(), chunk_.end(), '\0');
  }

 private:
  const H5File& file_;
  const std::string& name_;
  size_t longest_, chunk_lines_;
  Handle type_, dataset_;
  std::string chunk_;
  size_t filled_ = 0, written_ = 0;
};

void add_to(TextSize& size, const std::vector<std::string>& lines) {
  size.lines += lines.size();
  for (const std::string& line : lines) {
    size.longest = std::max(size.longest, line.size());
    size.bytes += line.size();
  }
}

}  // namespace

TextReader::TextReader(const H5File& file, const std::string& name, size_t most_bytes)
    : file_(file), name_(name), most_bytes_(most_bytes) {
  const Hdf5Lock lock;
  dataset_ = open_for_pieces(file, name);
  type_ = Handle(H5Dget_type(dataset_.id()));
  const Handle space(H5Dget_space(dataset_.id()));
  if (!type_ || H5Tget_class(type_.id()) != H5T_STRING) fail(file, name, "this is no text", "");
  const hssize_t points = H5Sget_simple_extent_npoints(space.id());
  variable_ = H5Tis_variable_str(type_.id()) > 0;
  count_ = points > 0 ? static_cast<size_t>(points) : 0;
  const size_t size = H5Tget_size(type_.id());
  if (points < 0 || size == 0 || count_ > most_bytes / sizeof(char*) ||
      count_ > static_cast<size_t>(std::min(plausible_bytes(dataset_.id()), kMostWritten)) / size)
    fail(file, name, "the text is too large", std::to_string(count_) + " lines");
  const int fd = descriptor_of(dataset_.id());
  if (variable_) references_ = references_of(dataset_.id(), fd);
  // Collections that are used in turn are read again.
  if (references_ >= 0) heap_ = std::make_unique<GlobalHeap>(fd, 4 * most_bytes);
}

TextReader::~TextReader() = default;

bool TextReader::next(std::vector<std::string>& lines) {
  const Hdf5Lock lock;
  lines.clear();
  if (at_ == count_) return false;
  if (!variable_)
    read_fixed(lines);
  else if (heap_)
    read_from_heap(lines);
  else
    read_variable(lines);
  at_ += lines.size();
  for (const std::string& line : lines) bytes_ += line.size();
  if (bytes_ > most_bytes_)
    fail(file_, name_, "the text is too large", "more than " + std::to_string(most_bytes_));
  return true;
}

void TextReader::read_fixed(std::vector<std::string>& lines) {
  const size_t size = H5Tget_size(type_.id());
  const size_t count =
      std::min(std::clamp<size_t>(kPieceBytes / size, 1, kMostLines), count_ - at_);
  std::string bytes(size * count, '\0');
  if (!read_text(dataset_.id(), type_.id(), at_, count, bytes.data())) fail_to_read();
  for (size_t i = 0; i < count; ++i) {
    const std::string_view line = std::string_view(bytes).substr(i * size, size);
    lines.emplace_back(line.substr(0, line.find_last_not_of('\0') + 1));
  }
}

void TextReader::read_from_heap(std::vector<std::string>& lines) {
  std::vector<std::byte> references(std::min(count_ - at_, kMostLines) * kHeapReferenceBytes);
  const int64_t bytes = static_cast<int64_t>(references.size());
  const int64_t offset = references_ + static_cast<int64_t>(at_ * kHeapReferenceBytes);
  if (read_at(descriptor_of(dataset_.id()), references.data(), bytes, offset) != bytes)
    fail(file_, name_, "the text is truncated", "");
  size_t taken = 0;
  for (size_t i = 0; i < references.size() && taken < kPieceBytes; i += kHeapReferenceBytes) {
    lines.emplace_back();
    const Status s =
        heap_->text(std::span(references).subspan(i, kHeapReferenceBytes), lines.back());
    if (!s.ok()) fail(file_, name_, s.issue().what, "");
    taken += lines.back().size();
  }
}

// Many lines may refer to one large text.
void TextReader::read_variable(std::vector<std::string>& lines) {
  size_t count = std::min(count_ - at_, kMostLines);
  for (;; count /= 2) {
    const Handle space = selection_of(dataset_.id(), at_, count);
    hsize_t bytes = 0;
    if (H5Dvlen_get_buf_size(dataset_.id(), type_.id(), space.id(), &bytes) < 0) fail_to_read();
    if (bytes > most_bytes_)
      fail(file_, name_, "the text is too large", std::to_string(bytes) + " bytes");
    if (bytes <= kPieceBytes || count == 1) break;
  }
  std::vector<char*> texts(count, nullptr);
  if (!read_text(dataset_.id(), type_.id(), at_, count, texts.data())) fail_to_read();
  for (const char* text : texts) lines.emplace_back(text != nullptr ? text : "");
  const hsize_t shape = count;
  const Handle memory(H5Screate_simple(1, &shape, nullptr));
  H5Dvlen_reclaim(type_.id(), memory.id(), H5P_DEFAULT, texts.data());
}

void TextReader::fail_to_read() const {
  throw_hdf5(ErrorCode::input_missing, "the text cannot be read", file_.where(name_),
             "copy the file again");
}

int64_t TextReader::reading_bytes() const {
  const Hdf5Lock lock;
  return piece_reading_bytes(dataset_.id()) + (heap_ ? static_cast<int64_t>(heap_->bytes()) : 0);
}

std::vector<std::string> read_strings(const H5File& file, const std::string& name,
                                      size_t most_bytes) {
  std::vector<std::string> all, lines;
  for (TextReader reader(file, name, most_bytes); reader.next(lines);)
    std::move(lines.begin(), lines.end(), std::back_inserter(all));
  return all;
}

TextSize measure_text(const H5File& file, const std::string& name) {
  TextSize size;
  std::vector<std::string> lines;
  TextReader reader(file, name);
  while (reader.next(lines)) add_to(size, lines);
  size.reading_bytes = reader.reading_bytes();
  if (size.lines * size.longest > static_cast<size_t>(kMostWritten))
    fail(file, name, "the lines are too unequal to be copied",
         std::to_string(size.lines) + " lines of up to " + std::to_string(size.longest) +
             " bytes, " + std::to_string(size.bytes) + " in all");
  return size;
}

void copy_text(const H5File& from, const H5File& to, const std::string& name) {
  const TextSize size = measure_text(from, name);
  if (size.lines == 0) return;
  const Hdf5Lock lock;
  FixedText text(to, name, size);
  std::vector<std::string> lines;
  for (TextReader reader(from, name); reader.next(lines);) text.append(lines);
  text.flush();
}

int64_t text_copying_bytes(const TextSize& size) {
  const auto longest = static_cast<int64_t>(size.longest);
  const int64_t chunk = lines_per_chunk(size) * std::max<int64_t>(1, longest);
  const auto lines = static_cast<int64_t>(std::min(size.lines, kMostLines) * sizeof(std::string));
  return size.reading_bytes + zstd_encoder_bytes(kTextLevel, chunk) + 4 * chunk + 3 * lines +
         3 * longest;
}

void write_strings(const H5File& file, const std::string& name,
                   const std::vector<std::string>& lines) {
  TextSize size;
  add_to(size, lines);
  const Hdf5Lock lock;
  FixedText text(file, name, size);
  text.append(lines);
  text.flush();
}

void write_variable_strings(const H5File& file, const std::string& name,
                            const std::vector<std::string>& lines) {
  std::vector<const char*> texts;
  for (const std::string& line : lines) texts.push_back(line.c_str());
  const Hdf5Lock lock;
  const Handle type = text_type(H5T_VARIABLE);
  const Handle dataset = create_text(file, name, type.id(), H5P_DEFAULT, lines.size());
  if (!lines.empty() &&
      H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) < 0)
    fail_to_write(file, name);
}

}  // namespace parfocal
