#include "parfocal/formats/hdf5/rtdc_output.h"

#include <ctime>

#include "parfocal/formats/hdf5/attributes.h"
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

void RtdcOutput::begin(H5File file) {
  file_ = std::make_unique<H5File>(std::move(file));
  encoder_ = std::make_unique<ChunkEncoder>(threads_);
}

void RtdcOutput::create() {
  pending_.prepare();
  begin(H5File::create(pending_.part()));
  (void)file_->require_group("events");
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
  encoder_.reset();
  try {
    if (!outcome.complete)
      write_attribute(file_->id(), kIncompleteAttribute, outcome.reason, path().string());
  } catch (const Error& error) {
    return status_of(error);
  }
  Status closed = file_->close();
  file_.reset();
  return closed.ok() ? pending_.publish() : std::move(closed);
}

void RtdcOutput::discard() {
  encoder_.reset();
  if (file_) (void)file_->close();
  file_.reset();
  pending_.discard();
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
