#include "parfocal/formats/hdf5/rtdc_output.h"

#include <ctime>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/journaled_file.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/strings.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLineBytes = 100;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t cut_of(const std::string& text) {
  if (text.size() <= kLineBytes) return text.size();
  const size_t space = text.rfind(' ', kLineBytes);
  if (space != std::string::npos && space > kLineBytes / 2) return space;
  size_t cut = kLineBytes;
  while (cut > 1 && is_continuation(text[cut])) --cut;
  return cut;
}

}  // namespace

RtdcOutput::~RtdcOutput() {
  end_frames();
  if (!file_ || !begun_) return;
  file_->journaled()->give_up();
  pending_.keep();
}

int64_t room_of_copied_bytes(const fs::path& from) {
  std::error_code absent;
  const auto bytes = from.empty() ? 0 : fs::file_size(from, absent);
  return absent ? 0 : file_room_bytes(static_cast<int64_t>(bytes));
}

void RtdcOutput::begin(H5File file) {
  file_ = std::make_unique<H5File>(std::move(file));
  encoder_ = std::make_unique<ChunkEncoder>(threads_);
}

void RtdcOutput::create() {
  pending_.prepare();
  begin(H5File::create(pending_.part()));
  (void)file_->require_group("events");
}

void RtdcOutput::create_recorded() {
  pending_.prepare();
  recorded_ = true;
  begin(H5File::create_journaled(pending_.part()));
  (void)file_->require_group("events");
}

void RtdcOutput::begin_frames() {
  if (Status s = checkpoint(); !s.ok()) throw Error(ErrorCode::run_failed, s.issue());
  begun_ = true;
  beat_.start([this] {
    const std::lock_guard lock(frames_);
    if (Status s = guarded([this] { return checkpoint(); }); !s.ok() && checkpointed_.ok())
      checkpointed_ = std::move(s);
  });
}

// What is on its way to the file goes to the journal as well: waiting for it would hold up frames.
Status RtdcOutput::checkpoint() {
  const Hdf5Lock lock;
  file_->flush();
  Status s = encoder_->with_tails(
      [this](std::span<const DatasetTail> tails) { return file_->journaled()->checkpoint(tails); });
  if (s.ok()) frames_safe_ = frames_written_;
  return s;
}

void RtdcOutput::create_copy_of(const fs::path& from) {
  pending_.prepare_copy_of(from);
  begin(H5File::open_for_change(pending_.part()));
}

void RtdcOutput::store_notices(const std::vector<std::string>& notices) const {
  if (notices.empty()) return;
  const std::string name = "logs/parfocal-log-" + log_time();
  file_->remove(name);
  write_strings(*file_, name, log_lines(notices));
}

Status RtdcOutput::publish(const Outcome& outcome) {
  end_frames();
  encoder_.reset();
  Status s = guarded([&]() -> Status {
    if (!outcome.complete)
      write_attribute(file_->id(), kIncompleteAttribute, outcome.reason, path().string());
    return {};
  });
  Status closed = file_->close();
  file_.reset();
  if (s.ok()) s = std::move(closed);
  if (s.ok()) s = pending_.publish();
  if (!s.ok()) return fail_to_publish(std::move(s));
  state_ = State::published;
  return s;
}

Status RtdcOutput::fail_to_publish(Status reason) {
  if (!recorded_) {
    discard();
    return reason;
  }
  pending_.keep();
  state_ = State::kept;
  Issue issue = reason.issue();
  issue.cure = "make room and keep what was recorded: parfocal recover " + pending_.part().string();
  return Status::fail(std::move(issue));
}

void RtdcOutput::discard() {
  end_frames();
  encoder_.reset();
  if (file_) (void)file_->close();
  file_.reset();
  pending_.discard();
  state_ = State::discarded;
}

std::vector<fs::path> RtdcOutput::paths() const {
  if (state_ == State::discarded) return {};
  return {state_ == State::kept ? pending_.part() : path_};
}

Outcome failed(const Outcome& outcome, const Status& status) {
  Outcome result = outcome;
  if (result.complete) result.reason = status.issue().what;
  result.complete = false;
  return result;
}

std::string log_time() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d-%H.%M.%S", &utc);
  return text;
}

std::vector<std::string> log_lines(const std::vector<std::string>& texts) {
  std::vector<std::string> lines;
  for (std::string rest : texts) {
    do {
      const size_t cut = cut_of(rest);
      lines.push_back(rest.substr(0, cut));
      rest.erase(0, cut + (cut < rest.size() && rest[cut] == ' ' ? 1 : 0));
    } while (!rest.empty());
  }
  return lines;
}

fs::path input_file(const SinkInput& input, const std::string& named, const SinkContext& context) {
  if (!named.empty()) return context.out_dir / named;
  if (input.lineage.empty()) return {};
  const RawValue* path = input.lineage.front().params.find("path");
  if (path == nullptr || fs::path(path->text).extension() != ".rtdc") return {};
  return context.base_dir / path->text;
}

int find_input(std::span<const SinkInput> inputs, const std::string& key) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].key == key) return static_cast<int>(i);
  return -1;
}

}  // namespace parfocal
