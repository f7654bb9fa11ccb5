#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/part_file.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer-inl.h"
#include "parfocal/formats/zarr/writer/valid_column.h"

// Opening to append. Full bands stay as they are. The frames of the last, partly filled band are
// written once more, into a new shard beside the old one, which readers see until the new one gets
// its name. The journal gets its name when all of them are in it: killed before, nothing changed.
namespace parfocal {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& where,
                         const std::string& cure) {
  throw Error(ErrorCode::invalid_pipeline, Issue{what, where, "", "", cure});
}

void check_growing(const ImageSpec& image, const std::filesystem::path& root) {
  const std::string where = (root / image.path).string();
  if (image.stream_rank() == 0 || image.axes[0].size != kUnbounded)
    refuse("the store was made for a fixed number of frames", where,
           "write to a new store; leave the size of the first axis open to append later");
  if (image.pool_z && image.axes[0].name == "z")
    refuse("a pyramid that is halved along its growing axis cannot be appended to", where,
           "write to a new store");
}

GapReason reason_named(const std::string& name) {
  for (const GapReason reason : {GapReason::broken, GapReason::skipped, GapReason::dropped,
                                 GapReason::stopped, GapReason::failed})
    if (gap_reason_name(reason) == name) return reason;
  return GapReason::stopped;
}

// What the image's attributes say is missing. \throws Error where they cannot be understood
std::vector<GapRecord> recorded_gaps(const ZarrNode& node, uint32_t image, int64_t frames) {
  std::vector<GapRecord> gaps;
  try {
    const auto json = nlohmann::json::parse(node.format == 3 ? node.text : node.attributes);
    const auto& attributes = node.format == 3 ? json.at("attributes") : json;
    for (const auto& gap : attributes.at("parfocal").at("gaps")) {
      const int64_t first = gap.at("first").get<int64_t>();
      const int64_t last = std::min(gap.at("last").get<int64_t>(), frames - 1);
      if (first < 0 || first > last) continue;
      gaps.push_back({image, first, last - first + 1, reason_named(gap.at("reason")),
                      gap.at("text").get<std::string>()});
    }
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::input_missing,
                Issue{"the record of missing frames cannot be read", node.where, e.what(), "", ""});
  }
  return gaps;
}

// The list of gaps is bounded: frames beyond it that the column `valid` has not are missing too.
Status add_unlisted_gaps(const std::shared_ptr<const Store>& store, const ImageSpec& image,
                         int64_t frames, std::vector<GapRecord>& gaps, uint32_t number) {
  const std::string path = joined_key(image.path, "frames/valid");
  const ArrayReader reader(store, path, ZarrHierarchy(store).array(path));
  FrameSet known;
  if (!add_valid(reader, 0, frames, known))
    return Status::fail("cannot read " + store->where(path));
  for (const GapRecord& gap : gaps) known.add(gap.frame, gap.count);
  known.for_each_missing(frames, [&](int64_t first, int64_t end) {
    gaps.push_back({number, first, end - first, GapReason::stopped, "not told of one by one"});
  });
  return {};
}

// The columns of frame `frame`, packed.
class Rows {
 public:
  Rows(const std::shared_ptr<const Store>& store, const StoreSpec& spec, const ImageSpec& image) {
    const ZarrHierarchy hierarchy(store);
    for (const ColumnSpec& column : spec.columns) {
      const std::string path = joined_key(image.path, "frames/" + column.name);
      columns_.push_back(std::make_unique<ArrayReader>(store, path, hierarchy.array(path)));
    }
  }
  Status read(int64_t frame, std::vector<std::byte>& row) const {
    size_t at = 0;
    for (const auto& column : columns_) {
      const DType dtype = column->array().dtype;
      row.resize(at + dtype_size(dtype));
      Region region = Region::whole({1});
      region.origin[0] = frame;
      if (frame >= column->array().shape[0]) return {};
      if (Status s = column->read(packed_view(row.data() + at, dtype, region)); !s.ok()) return s;
      at = row.size();
    }
    return {};
  }

 private:
  std::vector<std::unique_ptr<ArrayReader>> columns_;
};

}  // namespace

std::unique_ptr<StoreWriter> StoreWriter::append_to(const std::filesystem::path& root,
                                                    const StoreOptions& options) {
  Fd opening;
  RecoverReport report;
  Status s = lock_store(root, opening);
  if (s.ok()) s = recover_locked_store(root, report);
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  StoreSpec spec = read_store_spec(root);
  for (const ImageSpec& image : spec.images) check_growing(image, root);
  auto impl = std::make_unique<Impl>(root, std::move(spec), options);
  impl->reopen();
  impl->start();
  return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(impl)));
}

int64_t StoreWriter::frames(size_t image) const { return impl_->frames(image); }

int64_t StoreWriter::Impl::frames(size_t image) const { return images_.at(image)->seen(); }

void StoreWriter::Impl::reopen() {
  const std::filesystem::path next = work_folder(root_) / "journal.next";
  Status s = journal_.create(store_, "__parfocal/journal.next");
  for (size_t i = 0; s.ok() && i < images_.size(); ++i) s = reopen_image(i);
  if (s.ok()) s = sync_images();
  if (s.ok() && ::rename(next.c_str(), (work_folder(root_) / "journal").c_str()) != 0)
    s = io_failure("rename", next);
  if (s.ok()) s = sync_directory(work_folder(root_));
  if (s.ok()) s = put(objects(false, "running"));
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

Status StoreWriter::Impl::sync_images() {
  for (const auto& image : images_)
    if (Status s = image->sync(); !s.ok()) return s;
  return journal_.sync();
}

Status StoreWriter::Impl::reopen_image(size_t i) {
  ImageWriter& image = *images_[i];
  const auto store = std::make_shared<LocalStore>(root_);
  const ZarrHierarchy hierarchy(store);
  const ArraySpec& base = image.base().spec();
  const ArrayReader reader(store, base.path, hierarchy.array(base.path));
  const int64_t outer = reader.array().shape[0];
  const int64_t frames = image.base().grid().frames(outer);
  published_[i] = outer;
  const int64_t first = image.resume(outer);
  ImageWriter::Scratch scratch = image.make_scratch();
  std::vector<bool> missing(static_cast<size_t>(frames - first));
  const auto number = static_cast<uint32_t>(i);
  std::vector<GapRecord> gaps = recorded_gaps(hierarchy.node(image.spec().path), number, frames);
  if (Status s = add_unlisted_gaps(store, image.spec(), frames, gaps, number); !s.ok()) return s;
  for (const GapRecord& gap : gaps) {
    if (Status s = journal_.append(gap); !s.ok()) return s;
    if (Status s = image.resume_gap(gap, first, scratch); !s.ok()) return s;
    for (int64_t f = std::max(first, gap.frame); f < gap.frame + gap.count; ++f)
      missing[static_cast<size_t>(f - first)] = true;
  }
  const Rows rows(store, spec_, image.spec());
  for (int64_t frame = first; frame < frames; ++frame)
    if (!missing[static_cast<size_t>(frame - first)])
      if (Status s = copy_frame(i, frame, reader, rows, scratch); !s.ok()) return s;
  return {};
}

template <class Rows>
Status StoreWriter::Impl::copy_frame(size_t i, int64_t frame, const ArrayReader& reader,
                                     const Rows& rows, ImageWriter::Scratch& scratch) {
  ImageWriter& image = *images_[i];
  const ArraySpec& base = image.base().spec();
  const size_t y = base.stream_rank();
  const Region region = plane_region(base, image.base().grid().index_of(frame));
  AlignedBuffer pixels(region.count() * static_cast<int64_t>(dtype_size(base.dtype)));
  if (Status s = reader.read(packed_view(pixels.data(), base.dtype, region)); !s.ok()) return s;
  const View plane = packed_view(static_cast<const std::byte*>(pixels.data()), base.dtype,
                                 Region::whole({base.shape[y], base.shape[y + 1]}));
  std::vector<std::byte> row;
  if (Status s = rows.read(frame, row); !s.ok()) return s;
  ImageWriter::Written written;
  Status s = image.admit(frame);
  if (options_.regions) {
    if (s.ok()) s = image.write_region(frame, plane);
    if (s.ok()) s = image.write_from_regions(frame, row, scratch, written);
  } else {
    AlignedBuffer tiles(image.base().layout().bytes());
    image.base().layout().tile(plane, tiles.data());
    image.sample(frame, plane);
    if (s.ok()) s = image.write(frame, tiles.data(), row, scratch, written);
  }
  if (s.ok()) s = journal_.append(written.record);
  if (s.ok()) s = image.finish(written, scratch);
  return s;
}

}  // namespace parfocal
