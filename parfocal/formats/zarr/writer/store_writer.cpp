#include "parfocal/formats/zarr/writer/store_writer.h"

#include <algorithm>

#include "parfocal/formats/common/disk_room.h"
#include "parfocal/formats/zarr/append_file.h"
#include "parfocal/formats/zarr/writer/store_writer-inl.h"

namespace parfocal {
namespace {

// For all arrays: shards that are open because frames do not come in order. The smaller the shards,
// the more: 16 of default ones, or some hundreds of a few chunks.
constexpr int64_t kSpareBytes = int64_t{1} << 20;

// Whether one thread can write frames of either with the same buffers. By the chunks of their
// arrays: those of an image that is halved in z are cut to its depth.
bool works_alike(const StoreSpec& spec, size_t a, size_t b) {
  const ImageSpec &first = spec.images[a], &second = spec.images[b];
  if (first.levels != second.levels || first.pooling != second.pooling ||
      first.pool_z != second.pool_z)
    return false;
  const auto same = [](const ArraySpec& x, const ArraySpec& y) {
    return x.dtype == y.dtype && x.chunk == y.chunk && x.shard == y.shard &&
           std::equal(x.shape.end() - 2, x.shape.end(), y.shape.end() - 2) &&
           codecs_text(x.compressors) == codecs_text(y.compressors);
  };
  for (int level = 0; level < first.levels; ++level)
    if (!same(array_spec(spec, a, level), array_spec(spec, b, level))) return false;
  return true;
}

}  // namespace

Status StoreWriter::Impl::wrong_dtype(DType given, DType needed) {
  return Status::fail("the pixels are " + std::string(dtype_name(given)) + ", those of the image " +
                      std::string(dtype_name(needed)));
}

StoreWriter::StoreWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreWriter::~StoreWriter() = default;

std::unique_ptr<StoreWriter> StoreWriter::create(const std::filesystem::path& root, StoreSpec spec,
                                                 const StoreOptions& options) {
  check_spec(spec);
  auto impl = std::make_unique<Impl>(root, std::move(spec), options);
  impl->create();
  impl->start();
  return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(impl)));
}

int64_t StoreWriter::resident_bytes(const StoreSpec& spec, const StoreOptions& options) {
  return Impl({}, spec, options).resident_bytes();
}
int64_t StoreWriter::log_bytes(const StoreSpec& spec, const StoreOptions& options) {
  return Impl({}, spec, options).log_bytes();
}
int64_t StoreWriter::disk_bytes(const StoreSpec& spec, const StoreOptions& options) {
  return Impl({}, spec, options).disk_bytes();
}

Status StoreWriter::append(size_t image, int64_t frame, const View& plane,
                           std::span<const std::byte> row, int64_t& ticket) {
  return impl_->append(image, frame, plane, row, ticket);
}
Status StoreWriter::append_gap(size_t image, int64_t frame, int64_t count, GapReason reason,
                               const std::string& text) {
  return impl_->append_gap(image, frame, count, reason, text);
}
Status StoreWriter::wait(int64_t ticket) { return impl_->receipts().wait(ticket); }
int64_t StoreWriter::acknowledged() const { return impl_->receipts().acknowledged(); }
void StoreWriter::on_acknowledged(std::function<void(int64_t)> listener) {
  impl_->receipts().listen(std::move(listener));
}
Status StoreWriter::close(bool complete, const std::string& reason, std::span<const int64_t> kept) {
  return impl_->close(complete, reason, kept);
}

StoreWriter::Impl::Impl(std::filesystem::path root, StoreSpec spec, const StoreOptions& options)
    : root_(std::move(root)), spec_(std::move(spec)), options_(options) {
  check_regions();
  if (options_.threads <= 0)
    options_.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency())) + 2;
  if (options_.regions) options_.threads = 1;
  if (options_.queue_frames <= 0) options_.queue_frames = options_.threads + 2;
  const std::vector<ArraySpec> arrays = arrays_of(spec_);
  ArrayWriter::Options how{
      options_.ack == Ack::durable, options_.direct, options_.regions, {}, 0, 0};
  how.in_flight = options_.queue_frames + options_.threads;
  how.spare_bytes = kSpareBytes / static_cast<int64_t>(arrays.size());
  for (size_t first = 0; first < arrays.size();) {
    const size_t image = arrays[first].image;
    const size_t count = static_cast<size_t>(spec_.images[image].levels);
    how.order = frame_order(spec_.images[image], options_.order, options_.any_order_steps);
    images_.push_back(std::make_unique<ImageWriter>(root_, spec_, image,
                                                    std::span(arrays).subspan(first, count),
                                                    static_cast<uint32_t>(first), how, journal_));
    first += count;
  }
  for (size_t i = 0; i < images_.size(); ++i) {
    size_t first = 0;
    while (!works_alike(spec_, first, i)) ++first;
    scratch_of_.push_back(first);
  }
  published_.assign(images_.size(), 0);
  gap_versions_.assign(images_.size(), 0);
}

void StoreWriter::Impl::check_regions() const {
  for (const ImageSpec& image : spec_.images)
    if (options_.regions && image.pool_z && image.levels > 1)
      throw Error(ErrorCode::invalid_pipeline,
                  Issue{"a pyramid that is halved in z needs whole frames", image.path, "", "",
                        "leave z as it is, or write whole frames"});
}

int64_t StoreWriter::Impl::log_bytes() const {
  int64_t bytes = 0;
  for (const auto& image : images_) bytes += image->log_bytes();
  return bytes;
}

int64_t StoreWriter::Impl::disk_bytes() const {
  // Metadata of the root, a list of gaps, the description, the work folder; the journal's first
  // space.
  const int64_t texts = static_cast<int64_t>(spec_.provenance_json.size() + spec_.origin.size());
  int64_t bytes = (int64_t{256} << 10) + append_file_room_bytes(0) + 4 * texts;
  for (const auto& image : images_) {
    if (image->base().grid().frames() == kUnbounded) return -1;
    bytes = std::min(kMostRoomBytes, bytes + image->room_bytes());
  }
  return bytes;
}

int64_t StoreWriter::Impl::resident_bytes() const {
  // Records, small things; those of each thread, its stack included: workers, and two that publish
  // and sync.
  constexpr int64_t kThreadBytes = int64_t{128} << 10;
  int64_t bytes = (int64_t{256} << 10) + (options_.threads + 2) * kThreadBytes;
  int64_t description = 0;
  for (size_t i = 0; i < images_.size(); ++i) {
    bytes += images_[i]->resident_bytes();
    if (scratch_of_[i] == i) bytes += options_.threads * images_[i]->scratch_bytes();
    // One is made after the other; its text, an eighth of it, waits for those of the others.
    description = std::max(description, images_[i]->description_bytes());
    bytes += images_[i]->description_bytes() / 8;
  }
  return bytes + description + options_.queue_frames * buffer_bytes();
}

// Of a frame on its way; one that came in regions is on the disk.
int64_t StoreWriter::Impl::buffer_bytes() const {
  int64_t bytes = 0;
  for (const auto& image : images_)
    if (!options_.regions) bytes = std::max(bytes, image->base().layout().bytes());
  return bytes;
}

Status StoreWriter::Impl::append(size_t image, int64_t frame, const View& plane,
                                 std::span<const std::byte> row, int64_t& ticket) {
  if (Status s = receipts_.failure(); !s.ok()) return s;
  if (closed_) return Status::fail("the store is closed");
  if (options_.regions) return Status::fail("the store was opened for frames in regions");
  ImageWriter& writer = *images_.at(image);
  const ImageSpec& spec = writer.spec();
  const size_t y = spec.stream_rank();
  if (plane.region != Region::whole({spec.axes[y].size, spec.axes[y + 1].size}))
    return Status::fail("the plane is not the size of the image");
  if (plane.dtype != spec.dtype && plane.dtype != writer.base().spec().dtype)
    return wrong_dtype(plane.dtype, spec.dtype);
  if (!row.empty() && static_cast<int64_t>(row.size()) != FrameColumns::row_bytes(spec_))
    return Status::fail("the row does not have the columns of the store");
  if (Status s = wait_for_room(image, frame); !s.ok()) return s;
  if (Status s = writer.admit(frame); !s.ok()) return s;
  std::optional<AlignedBuffer> buffer = pool_->take();
  if (!buffer) return receipts_.failure();
  writer.sample(frame, plane);
  writer.base().layout().tile(plane, buffer->data());
  ticket = receipts_.issue();
  pool_->push({image, frame, ticket, 1, {}, std::move(buffer), {row.begin(), row.end()}});
  if (options_.ack == Ack::queued) receipts_.acknowledge(ticket);
  return {};
}

Status StoreWriter::Impl::append_gap(size_t image, int64_t frame, int64_t count, GapReason reason,
                                     const std::string& text) {
  if (Status s = receipts_.failure(); !s.ok()) return s;
  if (closed_) return Status::fail("the store is closed");
  ImageWriter& writer = *images_.at(image);
  const auto push = [&](int64_t end) {
    if (end > frame) pool_->push({image, frame, -1, end - frame, Gap{reason, text}, {}, {}});
    frame = end;
  };
  for (int64_t f = frame, end = frame + count; f < end; ++f) {
    if (writer.is_full_for(f)) push(f);  // so that what is complete can be sealed
    Status s = wait_for_room(image, f);
    if (s.ok()) s = writer.admit(f);
    if (!s.ok()) {
      push(f);
      return s;
    }
    if (f + 1 == end) push(end);
  }
  return {};
}

// Shards that frames in flight complete make room for others.
Status StoreWriter::Impl::wait_for_room(size_t image, int64_t frame) {
  const ImageWriter& writer = *images_[image];
  while (frame >= 0 && writer.is_full_for(frame)) {
    if (pool_->wait_for_progress()) continue;
    if (Status s = receipts_.failure(); !s.ok()) return s;
    if (!writer.is_full_for(frame)) break;
    return Status::fail(
        Issue{"frames do not come in the order that memory was stated for", writer.spec().path,
              "frame " + std::to_string(frame) + " begins one shard more than may be open at once",
              "the order \"" + (options_.order.empty() ? "as the axes" : options_.order) + "\"",
              "state StoreOptions::order, or any_order_steps; tell of frames that are missing"});
  }
  return {};
}

void StoreWriter::Impl::work() {
  if (Status s = guarded([this] { return store_jobs(); }); !s.ok()) fail(s);
}

Status StoreWriter::Impl::store_jobs() {
  Scratches scratches;
  for (size_t i = 0; i < images_.size(); ++i)
    scratches.push_back(scratch_of_[i] == i ? images_[i]->make_scratch() : ImageWriter::Scratch());
  while (std::optional<FrameJob> job = pool_->pop()) {
    Status s = job->gap ? store_gap(*job, scratches) : store(*job, scratches);
    if (!s.ok()) return s;
    pool_->done();
  }
  return {};
}

Status StoreWriter::Impl::store(FrameJob& job, Scratches& scratches) {
  ImageWriter& image = *images_[job.image];
  ImageWriter::Scratch& scratch = scratches[scratch_of_[job.image]];
  ImageWriter::Written written;
  Status s = options_.regions
                 ? image.write_from_regions(job.frame, job.row, scratch, written)
                 : image.write(job.frame, job.buffer->data(), job.row, scratch, written);
  if (!s.ok()) return s;
  pool_->give_back(std::move(*job.buffer));
  if (s = journal_.append(written.record); !s.ok()) return s;
  acknowledge(job.ticket);
  return image.finish(written, scratch);
}

Status StoreWriter::Impl::store_gap(const FrameJob& job, Scratches& scratches) {
  const GapRecord record{static_cast<uint32_t>(job.image), job.frame, job.count, job.gap->reason,
                         job.gap->text};
  if (Status s = journal_.append(record); !s.ok()) return s;
  return images_[job.image]->skip(record, scratches[scratch_of_[job.image]]);
}

void StoreWriter::Impl::acknowledge(int64_t ticket) {
  if (options_.ack == Ack::kernel) receipts_.acknowledge(ticket);
  if (options_.ack != Ack::durable) return;
  {
    const std::lock_guard lock(commit_mutex_);
    pending_.push_back(ticket);
  }
  commit_wanted_.notify_one();
}

void StoreWriter::Impl::fail(const Status& status) {
  receipts_.fail(status);
  pool_->stop();
}

}  // namespace parfocal
