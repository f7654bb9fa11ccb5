#include "parfocal/formats/hdf5/strings.h"

#include <hdf5.h>

#include <algorithm>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/global_heap.h"
#include "parfocal/formats/hdf5/lock.h"

namespace parfocal {
namespace {

[[noreturn]] void fail(const H5File& file, const std::string& name, const std::string& what,
                       const std::string& given) {
  throw Error(ErrorCode::input_missing,
              Issue{what, file.where(name), given, "lines of text", "copy the file again"});
}

std::vector<std::string> read_fixed(hid_t dataset, hid_t type, size_t count) {
  const size_t size = H5Tget_size(type);
  std::string bytes(size * count, '\0');
  std::vector<std::string> lines;
  if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0) return lines;
  for (size_t i = 0; i < count; ++i) {
    std::string line = bytes.substr(i * size, size);
    line.resize(line.find_last_not_of('\0') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
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

std::vector<std::string> read_from_heap(const H5File& file, const std::string& name, int fd,
                                        int64_t offset, size_t count, size_t most_bytes) {
  std::vector<std::byte> references(count * kHeapReferenceBytes);
  const int64_t bytes = static_cast<int64_t>(references.size());
  if (read_at(fd, references.data(), bytes, offset) != bytes)
    fail(file, name, "the text is truncated", "");
  GlobalHeap heap(fd, 4 * most_bytes);  // collections that are used in turn are read again
  std::vector<std::string> lines(count);
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    const Status s = heap.text(
        std::span(references).subspan(i * kHeapReferenceBytes, kHeapReferenceBytes), lines[i]);
    if (!s.ok()) fail(file, name, s.issue().what, "");
    if ((total += lines[i].size()) > most_bytes) fail(file, name, "the text is too large", "");
  }
  return lines;
}

std::vector<std::string> read_variable(hid_t dataset, hid_t type, hid_t space, size_t count) {
  std::vector<char*> texts(count, nullptr);
  std::vector<std::string> lines;
  if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) < 0) return lines;
  for (const char* text : texts) lines.emplace_back(text != nullptr ? text : "");
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data());
  return lines;
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

void write_lines(const H5File& file, const std::string& name, hid_t type, hid_t create,
                 size_t count, const void* data) {
  const hsize_t shape = count;
  const Handle space(H5Screate_simple(1, &shape, nullptr));
  const Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  const Handle dataset = checked(
      H5Dcreate2(file.id(), name.c_str(), type, space.id(), links.id(), create, H5P_DEFAULT),
      ErrorCode::run_failed, "the text cannot be created", file.where(name));
  if (count > 0 && H5Dwrite(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw_hdf5(ErrorCode::run_failed, "the text cannot be written", file.where(name));
}

}  // namespace

std::vector<std::string> read_strings(const H5File& file, const std::string& name,
                                      size_t most_bytes) {
  const Hdf5Lock lock;
  const Handle dataset = file.dataset(name);
  const Handle type(H5Dget_type(dataset.id())), space(H5Dget_space(dataset.id()));
  if (!type || H5Tget_class(type.id()) != H5T_STRING) fail(file, name, "this is no text", "");
  const hssize_t points = H5Sget_simple_extent_npoints(space.id());
  const bool variable = H5Tis_variable_str(type.id()) > 0;
  const size_t count = points > 0 ? static_cast<size_t>(points) : 0;
  const size_t size = variable ? sizeof(char*) : H5Tget_size(type.id());
  if (points < 0 || size == 0 || count > most_bytes / size)
    fail(file, name, "the text is too large", std::to_string(count) + " lines");
  if (count == 0) return {};
  const int fd = descriptor_of(dataset.id());
  const int64_t references = variable ? references_of(dataset.id(), fd) : -1;
  if (references >= 0) return read_from_heap(file, name, fd, references, count, most_bytes);
  // Many lines may refer to one large text.
  hsize_t bytes = 0;
  if (variable &&
      (H5Dvlen_get_buf_size(dataset.id(), type.id(), space.id(), &bytes) < 0 || bytes > most_bytes))
    fail(file, name, "the text is too large", std::to_string(bytes) + " bytes");
  auto lines = variable ? read_variable(dataset.id(), type.id(), space.id(), count)
                        : read_fixed(dataset.id(), type.id(), count);
  if (lines.empty())
    throw_hdf5(ErrorCode::input_missing, "the text cannot be read", file.where(name),
               "copy the file again");
  return lines;
}

void write_strings(const H5File& file, const std::string& name,
                   const std::vector<std::string>& lines) {
  size_t longest = 1;
  for (const std::string& line : lines) longest = std::max(longest, line.size());
  std::string bytes(longest * lines.size(), '\0');
  for (size_t i = 0; i < lines.size(); ++i) lines[i].copy(&bytes[i * longest], longest);
  const int64_t most = std::max<int64_t>(1, (1 << 20) / static_cast<int64_t>(longest));
  const int64_t rows = std::clamp<int64_t>(static_cast<int64_t>(lines.size()), 1, most);
  const Hdf5Lock lock;
  write_lines(file, name, text_type(longest).id(), creation_list({rows}, 5, true).id(),
              lines.size(), bytes.data());
}

void write_variable_strings(const H5File& file, const std::string& name,
                            const std::vector<std::string>& lines) {
  std::vector<const char*> texts;
  for (const std::string& line : lines) texts.push_back(line.c_str());
  const Hdf5Lock lock;
  write_lines(file, name, text_type(H5T_VARIABLE).id(), H5P_DEFAULT, lines.size(), texts.data());
}

}  // namespace parfocal
