#include "parfocal/formats/hdf5/background_copy.h"

#include <algorithm>

#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/rtdc_output.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

void check_length(const RtdcFile& from, const RtdcFile& to) {
  if (from.events() == to.events()) return;
  throw Error(ErrorCode::input_missing,
              Issue{"the output is a file of another recording", to.path().string(),
                    std::to_string(to.events()) + " frames",
                    std::to_string(from.events()) + " frames, as in " + from.path().string(),
                    "write to a new file"});
}

void start(RtdcOutput& out, const RtdcFile& from, const fs::path& to) {
  if (!fs::exists(to)) {
    out.create();
    refer_to(*from.h5(), out.file(), to.parent_path());
    return;
  }
  check_length(from, *RtdcFile::open(to));
  out.create_copy_of(to);
  for (const char* feature : {"image_bg", "bg_off"}) {
    out.file().remove(std::string("events/") + feature);
    remove_internal_feature(out.file(), feature);
  }
}

// The name and the description of the basin go on with its images.
void copy_series(const RtdcFile& from, const FeaturePlace& place, const H5File& to) {
  copy_object(*place.file, place.dataset, to, "basin_events/image_bg");
  BasinEntry entry;
  entry.name = place.basin;
  for (const RtdcBasin& basin : from.basins())
    if (basin.name == place.basin && !basin.description.empty())
      entry.description = basin.description;
  entry.internal = true;
  entry.features = {"image_bg"};
  entry.mapping = store_mapping(to, place.map);
  store_basin(to, entry);
}

}  // namespace

bool copy_background(const fs::path& from_path, const fs::path& to, const fs::path& made) {
  std::error_code ignored;
  if (fs::equivalent(from_path, to, ignored)) return false;
  require_replaceable(to);
  const auto from = RtdcFile::open(from_path);
  const FeaturePlace place = from->place("image_bg");
  RtdcOutput out(made, 0);
  start(out, *from, to);
  if (place.mapped)
    copy_series(*from, place, out.file());
  else
    copy_object(*place.file, place.dataset, out.file(), "events/image_bg");
  if (const auto offset = from->find("bg_off")) {
    if (offset->mapped)
      write_column(out.file(), "events/bg_off", from->scalar("bg_off"));
    else
      copy_object(*offset->file, offset->dataset, out.file(), "events/bg_off");
  }
  if (Status s = out.publish({}); !s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  return true;
}

}  // namespace parfocal
