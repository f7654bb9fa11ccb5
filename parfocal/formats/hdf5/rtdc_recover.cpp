#include "parfocal/formats/hdf5/rtdc_recover.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/journaled_file.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/pending_file.h"
#include "parfocal/formats/hdf5/rtdc_output.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = ".part";

std::vector<hsize_t> shape_of(int64_t dataset) {
  const Handle space(H5Dget_space(dataset));
  const int rank = H5Sget_simple_extent_ndims(space.id());
  std::vector<hsize_t> shape(static_cast<size_t>(std::max(rank, 0)));
  if (!shape.empty()) H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr);
  return shape;
}

Status hdf5_failed(const char* what, const std::string& where) {
  return Status::fail(Issue{what, where, hdf5_reason(), "", "check the space on the disk"});
}

// The checkpoint's pages go to their places once more; what was written behind it goes.
Status restore(const fs::path& part, const JournalContent& journal) {
  Fd fd(::open(part.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return io_failure("open", part);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return Status::fail(
        Issue{"the file is being written by a running process", part.string(), "", "", "stop it"});
  for (const auto& page : journal.pages)
    if (!write_at(fd.get(), page.bytes.data(), static_cast<int64_t>(page.bytes.size()), page.at))
      return io_failure("write", part);
  if (::ftruncate(fd.get(), journal.end) != 0) return io_failure("cut", part);
  return fd.close_checked(part);
}

// Of one item in memory; -1 if `shape` is of none or has too many.
int64_t item_bytes(int64_t type, const std::vector<hsize_t>& shape) {
  int64_t bytes = shape.empty() ? -1 : static_cast<int64_t>(H5Tget_size(type));
  for (size_t a = 1; a < shape.size(); ++a)
    if (__builtin_mul_overflow(bytes, static_cast<int64_t>(shape[a]), &bytes)) return -1;
  return bytes;
}

// Items of chunks that were not complete, behind those that the file has.
Status append_tail(const H5File& file, const DatasetTail& tail) {
  const Hdf5Lock lock;
  const Handle dataset = file.dataset(tail.name);
  const Handle type(H5Dget_type(dataset.id()));
  std::vector<hsize_t> shape = shape_of(dataset.id());
  if (tail.item_bytes <= 0 || tail.item_bytes != item_bytes(type.id(), shape))
    return Status::fail(Issue{"the journal is not of this file", file.where(tail.name), "", "",
                              "put the journal back that its writer left beside it"});
  const auto& bytes = tail.pieces.front();
  const int64_t items = static_cast<int64_t>(bytes.size()) / tail.item_bytes;
  const int64_t has = shape.empty() ? 0 : static_cast<int64_t>(shape[0]);
  const int64_t skip = has - tail.first_item;
  if (skip < 0 || skip >= items) return {};
  shape[0] = static_cast<hsize_t>(tail.first_item + items);
  if (H5Dset_extent(dataset.id(), shape.data()) < 0)
    return hdf5_failed("the dataset cannot grow", file.where(tail.name));
  std::vector<hsize_t> first(shape.size(), 0), count = shape;
  first[0] = static_cast<hsize_t>(has);
  count[0] = static_cast<hsize_t>(items - skip);
  const Handle space(H5Dget_space(dataset.id()));
  const Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr);
  if (H5Dwrite(dataset.id(), type.id(), memory.id(), space.id(), H5P_DEFAULT,
               bytes.data() + skip * tail.item_bytes) < 0)
    return hdf5_failed("the dataset cannot be written", file.where(tail.name));
  return {};
}

// All columns get the length of the shortest.
Status cut_events(const H5File& file, int64_t& events) {
  const Hdf5Lock lock;
  std::vector<Handle> columns;
  int64_t least = INT64_MAX;
  for (const std::string& name : file.members("events")) {
    if (file.kind("events/" + name) != H5File::Kind::dataset) continue;
    columns.push_back(file.dataset("events/" + name));
    const auto shape = shape_of(columns.back().id());
    least = std::min(least, shape.empty() ? 0 : static_cast<int64_t>(shape[0]));
  }
  events = columns.empty() ? 0 : least;
  for (const Handle& column : columns) {
    auto shape = shape_of(column.id());
    if (shape.empty() || static_cast<int64_t>(shape[0]) == events) continue;
    shape[0] = static_cast<hsize_t>(events);
    if (H5Dset_extent(column.id(), shape.data()) < 0)
      return hdf5_failed("the dataset cannot be cut", file.where("events"));
  }
  return {};
}

Status change(const H5File& file, const JournalContent& journal, int64_t& events) {
  for (const DatasetTail& tail : journal.tails)
    if (Status s = append_tail(file, tail); !s.ok()) return s;
  if (Status s = cut_events(file, events); !s.ok()) return s;
  const std::string where = file.path().string();
  write_attribute(file.id(), "experiment:event count", events, where);
  if (!read_attribute(file.id(), kIncompleteAttribute))
    write_attribute(file.id(), kIncompleteAttribute, std::string("killed"), where);
  file.flush();
  return {};
}

// What fails leaves file and journal as they were.
Status complete(const fs::path& part, const JournalContent& journal, int64_t& events) {
  H5File file = H5File::open_journaled(part);
  Status s = guarded([&] { return change(file, journal, events); });
  if (s.ok()) return file.close();
  file.journaled()->give_up();
  (void)file.close();
  return s;
}

}  // namespace

fs::path part_of_rtdc(const fs::path& named) {
  return named.extension() == kPart ? named : fs::path(named.string() + kPart);
}

bool is_unfinished_rtdc(const fs::path& named) {
  const fs::path part = part_of_rtdc(named);
  std::error_code unknown;
  return fs::exists(part, unknown) && fs::exists(JournaledFile::journal_of(part), unknown) &&
         !fs::exists(fs::path(part).replace_extension(), unknown);
}

void require_no_part(const fs::path& named) {
  const fs::path part = part_of_rtdc(named), whole = fs::path(part).replace_extension();
  std::error_code unknown;
  if (fs::exists(whole, unknown) || !fs::exists(part, unknown)) return;
  const Fd fd(::open(part.c_str(), O_RDWR | O_CLOEXEC));
  const bool written = fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
  std::string cure = "it is being written: wait for the end of its program";
  if (!written)
    cure = is_unfinished_rtdc(part)
               ? "keep what was recorded by\n          parfocal recover " + whole.string()
               : "nothing in it can be read: remove it and run again";
  throw Error(ErrorCode::input_missing,
              Issue{written ? "the recording is not finished: there is no such file yet"
                            : "the recording was killed before its end: there is no such file yet",
                    whole.string(), part.filename().string() + " is there", "", cure});
}

Status recover_rtdc(const fs::path& named, RtdcRecovery& recovery) {
  const fs::path part = part_of_rtdc(named);
  recovery.file = part;
  recovery.file.replace_extension();
  const bool is_there = fs::exists(recovery.file);
  if (!fs::exists(part)) {
    if (is_there) return {};
    return Status::fail(Issue{"there is no such file", named.string(), "", "", "check the path"});
  }
  if (is_there)
    return Status::fail(Issue{"a file of this name is complete", recovery.file.string(),
                              part.filename().string() + " beside it is of another run", "",
                              "rename one of them, then recover"});
  JournalContent journal;
  if (!read_journal(JournaledFile::journal_of(part), journal))
    return Status::fail(Issue{"nothing in it can be recovered", part.string(),
                              "its writer ended before the first checkpoint, or keeps whole files "
                              "only (backgrounds)",
                              "a journal beside it", "remove it and run again"});
  return guarded([&]() -> Status {
    if (Status s = restore(part, journal); !s.ok()) return s;
    if (Status s = complete(part, journal, recovery.events); !s.ok()) return s;
    PendingFile file(recovery.file);
    file.adopt();
    Status published = file.publish();
    file.keep();
    recovery.found = published.ok();
    return published;
  });
}

}  // namespace parfocal
