#include "parfocal/formats/tiff/ome_tiff_recover.h"

#include <fcntl.h>
#include <sys/file.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/gaps_json-inl.h"
#include "parfocal/formats/tiff/bigtiff_writer.h"
#include "parfocal/formats/tiff/ome_xml.h"

namespace parfocal {
namespace {

Status require_no_writer(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return io_failure("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return {};
  return Status::fail(
      Issue{"the file is being written by a running process", path.string(), "", "", "stop it"});
}

}  // namespace

Status recover_ome_tiff(const std::filesystem::path& path, OmeTiffRecovery& recovery) {
  if (Status s = require_no_writer(path); !s.ok()) return s;
  std::unique_ptr<BigTiffWriter> file;
  std::string text;
  LiveOme live;
  if (!BigTiffWriter::reopen(path, file, text) || !read_live_ome(text, live)) return {};
  const int64_t per_step = live.planes_per_step, pages = file->linked();
  const int64_t steps = live.fixed_steps > 0 ? live.fixed_steps : (pages + per_step - 1) / per_step;
  const int64_t all = steps * per_step;
  GapRanges gaps;
  file->missing().for_each_run([&](int64_t first, int64_t end) {
    gaps.add(first, std::min(end, all) - 1, GapReason::dropped, "it was missing before the end");
  });
  if (pages < all) gaps.add(pages, all - 1, GapReason::stopped, "the run was killed before it");
  file->note_missing(pages, all - pages);
  const std::string list =
      gaps_json(gaps).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  recovery = {true, std::min(pages, all),
              std::max<int64_t>(0, all - pages) + file->missing().count()};
  return file->close(all, ended_ome(std::move(text), live, steps,
                                    {{"complete", "false"},
                                     {"reason", "killed"},
                                     {"items", std::to_string(all)},
                                     {"dtype", std::string(dtype_name(file->pages().dtype))},
                                     {"gaps", list},
                                     {"gaps_not_listed", std::to_string(gaps.unlisted())}}));
}

bool is_unfinished_ome_tiff(const std::filesystem::path& path) {
  const std::string text = BigTiffWriter::growing_description(path);
  LiveOme live;
  return !text.empty() && read_live_ome(text, live);
}

}  // namespace parfocal
