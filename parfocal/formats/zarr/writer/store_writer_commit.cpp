#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "parfocal/core/guarded.h"
#include "parfocal/formats/zarr/writer/common_length.h"
#include "parfocal/formats/zarr/writer/part_file.h"
#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer-inl.h"

namespace parfocal {

void StoreWriter::Impl::create() {
  std::error_code ignored;  // a folder that cannot be listed fails when it is written to
  if (std::filesystem::exists(root_, ignored) && !std::filesystem::is_empty(root_, ignored))
    throw Error(ErrorCode::output_exists, Issue{"the store exists already", root_.string(), "", "",
                                                "choose another folder, or append to it"});
  const std::string spec_text = spec_json(spec_);
  Status s = make_folders(work_folder(root_), true);
  if (s.ok()) s = store_.put("__parfocal/store.json", std::as_bytes(std::span(spec_text)), true);
  Fd opening;
  if (s.ok()) s = lock_store(root_, opening);
  if (s.ok()) s = journal_.create(store_, "__parfocal/journal");
  if (s.ok()) s = put(objects(false, "running"));
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

void StoreWriter::Impl::start() {
  pool_ = std::make_unique<FramePool>(options_.queue_frames, buffer_bytes());
  // What is thrown on these threads is a failure like any other.
  const auto run = [this](auto&& loop) {
    if (Status s = guarded([&] { return loop(), Status(); }); !s.ok()) fail(s);
  };
  for (int i = 0; i < options_.threads; ++i)
    workers_.emplace_back([this, run] { run([this] { work(); }); });
  if (options_.ack == Ack::durable)
    committer_ =
        std::jthread([this, run](const std::stop_token& stop) { run([&] { commit_loop(stop); }); });
  publisher_ =
      std::jthread([this, run](const std::stop_token& stop) { run([&] { publish_loop(stop); }); });
}

StoreWriter::Impl::~Impl() {
  if (pool_) pool_->stop();
  join();
}

void StoreWriter::Impl::join() {
  workers_.clear();
  committer_ = {};
  publisher_ = {};
}

// Group commit: many frames share one sync.
void StoreWriter::Impl::commit_loop(const std::stop_token& stop) {
  const auto wait = std::chrono::milliseconds(options_.commit_ms);
  const size_t many = static_cast<size_t>(options_.commit_frames);
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(commit_mutex_);
      if (!commit_wanted_.wait(lock, stop, [&] { return !pending_.empty(); })) return;
      commit_wanted_.wait_for(lock, stop, wait, [&] { return pending_.size() >= many; });
    }
    if (Status s = guarded([this] { return commit(); }); !s.ok()) return fail(s);
  }
}

Status StoreWriter::Impl::commit() {
  std::vector<int64_t> tickets;
  {
    const std::lock_guard lock(commit_mutex_);
    tickets.swap(pending_);
  }
  if (tickets.empty()) return {};
  if (Status s = sync_images(); !s.ok()) return s;
  for (const int64_t ticket : tickets) receipts_.acknowledge(ticket);
  return {};
}

void StoreWriter::Impl::publish_loop(const std::stop_token& stop) {
  const auto wait = std::chrono::milliseconds(options_.publish_ms);
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(publish_mutex_);
      publish_wanted_.wait_for(lock, stop, wait, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (Status s = guarded([this] { return publish(); }); !s.ok()) return fail(s);
  }
}

// Pixels, rows and records of gaps are there before the shape that shows them.
Status StoreWriter::Impl::publish() {
  std::vector<int64_t> outer;
  for (const auto& image : images_) outer.push_back(image->committed_outer());
  bool gaps = false;
  for (size_t i = 0; i < images_.size(); ++i) {
    const int64_t version = images_[i]->gap_version();
    gaps = gaps || version != gap_versions_[i];
    gap_versions_[i] = version;
  }
  if (gaps)
    if (Status s = put(objects(false, "running")); !s.ok()) return s;
  for (size_t i = 0; i < images_.size(); ++i) {
    if (outer[i] <= published_[i]) continue;
    Status s = images_[i]->flush_columns();
    if (s.ok()) s = put(images_[i]->column_objects(outer[i]));
    if (s.ok()) s = put(array_objects(spec_, i, outer[i]));
    if (!s.ok()) return s;
    published_[i] = outer[i];
  }
  return {};
}

Status StoreWriter::Impl::put(const std::vector<MetadataObject>& objects) {
  return put_all(store_, objects, options_.ack == Ack::durable);
}

std::vector<MetadataObject> StoreWriter::Impl::objects(bool complete, const std::string& reason) {
  std::vector<ImageState> states;
  std::vector<GapRanges> gaps(images_.size());
  std::vector<MetadataObject> all;
  for (size_t i = 0; i < images_.size(); ++i) {
    states.push_back(images_[i]->state(published_[i], gaps[i]));
    states.back().complete = complete;
    states.back().reason = reason;
    for (MetadataObject& object : images_[i]->column_objects(published_[i]))
      all.push_back(std::move(object));
  }
  for (MetadataObject& object : store_objects(spec_, states)) all.push_back(std::move(object));
  return all;
}

Status StoreWriter::Impl::close(bool complete, const std::string& reason,
                                std::span<const int64_t> kept) {
  if (closed_) return Status::fail("the store is closed already");
  closed_ = true;
  pool_->finish();
  workers_.clear();
  committer_ = {};
  publisher_ = {};
  Status s = receipts_.failure();
  if (s.ok()) s = commit();
  if (s.ok()) s = finish_images(complete, reason, kept);
  if (s.ok()) s = put(objects(complete, reason));
  if (s.ok() && options_.ack == Ack::durable) s = sync_directory(root_);
  // Before it is closed, and with that free to be recovered from.
  if (s.ok() && ::unlink((work_folder(root_) / "journal").c_str()) != 0)
    s = io_failure("remove", work_folder(root_) / "journal");
  if (s.ok()) s = journal_.close();
  if (s.ok()) return s;
  receipts_.fail(s);
  return with_what_is_safe(s.issue());
}

Status StoreWriter::Impl::with_what_is_safe(Issue issue) {
  const int64_t safe = receipts_.count();
  issue.given = std::to_string(safe) + " frames are " +
                (options_.ack == Ack::queued ? "written or lost" : "safe: none of them is lost");
  issue.cure = "when there is room and the disk works: parfocal recover " + root_.string();
  return Status::fail(std::move(issue));
}

Status StoreWriter::Impl::finish_images(bool complete, const std::string& reason,
                                        std::span<const int64_t> kept) {
  for (size_t i = 0; i < images_.size(); ++i) {
    ImageWriter::Scratch scratch = images_[i]->make_scratch();
    if (!kept.empty())
      if (Status s = images_[i]->drop_from(kept[i], scratch); !s.ok()) return s;
  }
  const std::vector<int64_t> outer = final_outer(complete);
  for (size_t i = 0; i < images_.size(); ++i) {
    ImageWriter::Scratch scratch = images_[i]->make_scratch();
    if (Status s = images_[i]->close(scratch, reason, outer[i]); !s.ok()) return s;
    published_[i] = outer[i];
  }
  return {};
}

std::vector<int64_t> StoreWriter::Impl::final_outer(bool complete) const {
  std::vector<int64_t> outer;
  for (const auto& image : images_) outer.push_back(image->final_outer(complete));
  take_common_length(spec_, outer);
  return outer;
}

}  // namespace parfocal
