#include "parfocal/core/partial_source.h"

#include <algorithm>

#include "parfocal/core/channel_names.h"
#include "parfocal/core/listed.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

// "r, g, b", or the numbers of channels without names.
std::string names_text(const Axis& channels) {
  constexpr size_t kNamed = 12;
  if (!channels.labels.empty()) return listed(channels.labels, kNamed);
  return channels.size == 1 ? "0" : "0 to " + std::to_string(channels.size - 1);
}

}  // namespace

const ParamSet& part_params() {
  static const ParamSet params =
      Parameters<PartParams>()
          .add("channel", &PartParams::channel,
               "the only channel (step of axis c) to be read, by its name or number, e.g. red, 0, "
               "DAPI; the axis is then gone")
          .add(
              "limit", &PartParams::limit,
              "how many steps of the first axis to read, e.g. the first 5 images to try a pipeline")
          .at_least(1);
  return params;
}

SourceInfo with_part_keys(SourceInfo info) {
  info.params.add_keys_of(part_params());
  return info;
}

PartParams part_of(const RawValue& params) {
  RawValue own = RawValue::map();
  for (const auto& [key, value] : params.entries)
    if (part_params().find(key)) own.set(key, value);
  std::vector<Issue> issues;
  std::any parsed = part_params().parse(own, "source", issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
  return std::any_cast<PartParams>(parsed);
}

std::unique_ptr<Source> part_of_source(std::unique_ptr<Source> source, const RawValue& params) {
  const PartParams part = part_of(params);
  if (part.are_all()) return source;
  return std::make_unique<PartialSource>(std::move(source), part);
}

void require_whole(const RawValue& params) {
  const PartParams part = part_of(params);
  if (part.are_all()) return;
  const bool limit = part.limit > 0;
  throw Error(ErrorCode::invalid_pipeline,
              Issue{"a live source has no " + std::string(limit ? "limit" : "channel"), "",
                    limit ? "limit: " + std::to_string(part.limit) : "channel: " + part.channel,
                    "a source that can be read at any place",
                    limit ? "remove limit, and end the run by Ctrl-C"
                          : "remove channel, and add the step {op: select, axis: c, name: " +
                                part.channel + "}"});
}

PartialSource::PartialSource(std::unique_ptr<Source> source, const PartParams& part)
    : MappedSource(std::move(source)), limit_(part.limit) {
  if (!part.channel.empty()) choose_channel(part.channel);
  const int64_t group = inner().items_per_read();
  if (axis_ < 0 || inner_ % group == 0) group_ = group;
  settle((axis_ < 0 ? "" : ", channel " + std::to_string(channel_)) +
         (limit_ == 0 ? "" : ", the first " + std::to_string(limit_)));
}

void PartialSource::choose_channel(const std::string& word) {
  const std::vector<Axis>& axes = inner().layout().stream;
  axis_ = inner().layout().find_stream("c");
  if (axis_ < 0)
    fail_layout("channel: " + word + " names a step of axis c, which the source does not have",
                inner().layout().str(), "a source with channels or colours",
                "remove channel from the source");
  const Axis& channels = axes[static_cast<size_t>(axis_)];
  channels_ = channels.size;
  channel_ = channel_index(word, channels.labels, channels_);
  const auto named = std::count(channels.labels.begin(), channels.labels.end(), word);
  if (channel_ < 0 && named > 1) {
    const auto first = std::find(channels.labels.begin(), channels.labels.end(), word);
    fail_layout("several channels of the source are named '" + word + "'", word,
                "a name that one of them has, or its number from 0",
                "write channel: " + std::to_string(first - channels.labels.begin()) +
                    " for the first of them");
  }
  if (channel_ < 0)
    fail_layout("the source has no channel '" + word + "'", word,
                "one of " + names_text(channels) + ", or its number from 0",
                "write channel: " + (channels.labels.empty() ? "0" : channels.labels[0]) +
                    ", or another of these");
  for (size_t a = static_cast<size_t>(axis_) + 1; a < axes.size(); ++a) inner_ *= axes[a].size;
}

Layout PartialSource::layout_of_part(Layout layout) const {
  if (axis_ >= 0) layout.stream.erase(layout.stream.begin() + axis_);
  if (limit_ == 0 || layout.stream.empty()) return layout;
  Axis& first = layout.stream[0];
  if (first.size == kUnbounded || first.size > limit_) first.size = limit_;
  if (std::ssize(first.labels) > first.size) first.labels.resize(static_cast<size_t>(first.size));
  return layout;
}

int64_t PartialSource::place_of(int64_t sequence) const {
  if (axis_ < 0) return sequence;
  return (sequence / inner_ * channels_ + channel_) * inner_ + sequence % inner_;
}

bool PartialSource::read_group(int64_t first, std::span<std::byte> dst,
                               std::span<FrameHeader> headers) const {
  if (first + std::ssize(headers) > layout().stream_count()) return false;
  return inner().read_group(place_of(first), dst, headers);
}

FrameSet PartialSource::missing() const {
  const FrameSet all = inner().missing();
  const int64_t count = layout().stream_count();
  FrameSet mine;
  all.for_each_run([&](int64_t begin, int64_t end) {
    const int64_t outer = inner_ * channels_;  // items of the whole of c
    for (int64_t block = begin / outer; axis_ >= 0 && block * outer < end; ++block) {
      const int64_t channel = block * outer + channel_ * inner_;  // where ours begins
      const int64_t from = std::max(begin, channel), to = std::min(end, channel + inner_);
      if (from < to) mine.add(block * inner_ + from - channel, to - from);
    }
    if (axis_ < 0) mine.add(begin, end - begin);
  });
  mine.cut(count);
  return mine;
}

}  // namespace parfocal
