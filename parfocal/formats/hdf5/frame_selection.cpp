#include "parfocal/formats/hdf5/frame_selection.h"

#include <charconv>

#include "parfocal/core/operator_info.h"
#include "parfocal/formats/hdf5/md5.h"

namespace parfocal {
namespace {

constexpr const char* kForms =
    "needs all, a number of frames, first-end or first-end-step such as 0-1000, or a list of "
    "frames "
    "that ascends";

std::optional<int64_t> number_of_text(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// One part of "3-100-2"; false if it is neither a number nor n.
bool read_part(std::string_view text, std::optional<int64_t>& part) {
  if (text == "n") return true;
  part = number_of_text(text);
  return part.has_value();
}

bool read_range(std::string_view text, FrameSelection& out) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    out.is_count = true;
    return (out.end = number_of_text(text)) && *out.end > 0;
  }
  const std::string_view rest = text.substr(dash + 1);
  const size_t second = rest.find('-');
  if (!read_part(text.substr(0, dash), out.first)) return false;
  if (!read_part(rest.substr(0, second), out.end)) return false;
  if (second == std::string_view::npos) return true;
  return read_part(rest.substr(second + 1), out.step) && out.step != 0;
}

bool read_list(const RawValue& raw, FrameSelection& out) {
  for (const RawValue& item : raw.items) {
    const auto frame =
        item.kind == RawValue::Kind::scalar ? number_of_text(item.text) : std::nullopt;
    if (!frame || *frame > UINT32_MAX || (!out.list.empty() && *frame <= out.list.back()))
      return false;
    out.list.push_back(*frame);
  }
  return !out.list.empty();
}

std::string part(const std::optional<int64_t>& value) {
  return value ? std::to_string(*value) : "n";
}

}  // namespace

std::optional<std::string> ParamTraits<FrameSelection>::parse(const RawValue& raw,
                                                              FrameSelection& out) {
  out = {};
  if (raw.kind == RawValue::Kind::list)
    return read_list(raw, out) ? std::nullopt : std::optional<std::string>(kForms);
  if (raw.kind != RawValue::Kind::scalar) return kForms;
  if (raw.text == "all" || read_range(raw.text, out)) return std::nullopt;
  return kForms;
}

// A list is named by the MD5 of its numbers as 4 bytes each, lowest first.
std::string FrameSelection::id() const {
  if (is_all()) return "0";
  if (is_count) return part(end);
  if (list.empty()) return part(first) + "-" + part(end) + "-" + part(step);
  std::string bytes;
  for (const int64_t frame : list)
    for (int shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<char>(frame >> shift & 0xff));
  return "h-" + md5_hex(bytes).substr(0, 8);
}

int64_t FrameSelection::frame(int64_t at) const {
  if (!list.empty()) return list.at(static_cast<size_t>(at));
  return first.value_or(0) + at * step.value_or(1);
}

std::vector<int64_t> FrameSelection::of(int64_t frames, const std::string& where) const {
  const int64_t most = list.empty() ? end.value_or(frames) : list.back() + 1;
  if (most > frames)
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"frames were chosen that the recording does not have", where,
                      "frame " + std::to_string(most - 1), "0 to " + std::to_string(frames - 1),
                      "change frames"});
  std::vector<int64_t> chosen = list;
  if (list.empty())
    for (int64_t at = 0; frame(at) < most; ++at) chosen.push_back(frame(at));
  if (chosen.empty())
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"no frames were chosen", where, id(), "at least one frame", "change frames"});
  return chosen;
}

void FrameSelection::check() const {
  if (!list.empty() || !end || first.value_or(0) < *end) return;
  fail_layout("no frames were chosen", id(), "first-end with first < end",
              "write e.g. frames: " + part(*end) + "-" + part(first.value_or(0) + 1));
}

FrameSelection selection_of(std::span<const LineageStep> lineage) {
  FrameSelection selection;
  if (lineage.empty() || lineage.front().type != "rtdc") return selection;
  const RawValue* given = lineage.front().params.find("frames");
  if (given != nullptr) (void)ParamTraits<FrameSelection>::parse(*given, selection);
  return selection;
}

void require_all_frames(std::span<const LineageStep> lineage, const std::string& sink) {
  if (selection_of(lineage).is_all()) return;
  fail_layout("sink " + sink + " writes a background for each frame of the recording",
              "frames: " + lineage.front().params.find("frames")->str(), "all frames",
              "remove frames from the source");
}

}  // namespace parfocal
