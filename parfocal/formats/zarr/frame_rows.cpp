#include "parfocal/formats/zarr/frame_rows.h"

#include <algorithm>
#include <cmath>

#include "parfocal/formats/zarr/column_pieces.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using zarr_json::at;
using zarr_json::Json;

constexpr int64_t kMostRows = int64_t{1} << 27;  // whatever sizes a file declares

bool says_something(double seconds) { return !std::isnan(seconds); }
bool says_something(int64_t number) { return number >= 0; }

// What parfocal writes into the attributes of a group; null for all others.
Json own_attributes(const ZarrNode& node) {
  if (node.format == 0 || node.is_array) return {};
  const Json text = zarr_json::parse_object(node.format == 2 ? node.attributes : node.text);
  return at(node.format == 2 ? text : at(text, "attributes"), "parfocal");
}

// Other people's groups may be called `frames` too.
bool are_frame_rows(const ZarrNode& node, const std::vector<Axis>& stream) {
  const Json own = own_attributes(node);
  const Json& axes = at(own, "row_axes");
  if (zarr_json::text_at(own, "row") != "frame" || !axes.is_array()) return false;
  return std::equal(axes.begin(), axes.end(), stream.begin(), stream.end(),
                    [](const Json& name, const Axis& axis) { return name == axis.name; });
}

// Calls f(first, values) for pieces of the column, if it is one of numbers of this type.
template <class T, class F>
void for_each_value_piece(const ZarrHierarchy& store, const std::string& path, int64_t frames,
                          F&& f) {
  const ArrayReader reader(store.store(), path, store.array(path));
  if (reader.array().dtype != dtype_of<T>() || reader.array().shape.size() != 1) return;
  if (Status s = for_each_piece<T>(reader, 0, frames, f); !s.ok())
    throw Error(ErrorCode::input_missing, s.issue());
}

}  // namespace

FrameRows FrameRows::read(const ZarrHierarchy& store, const std::string& image,
                          const std::vector<Axis>& stream) {
  FrameRows rows;
  const std::string group = joined_key(image, "frames");
  if (!are_frame_rows(store.find(group), stream)) return rows;
  int64_t frames = 1;
  for (const Axis& axis : stream)
    frames = axis.size > kMostRows / frames ? kMostRows + 1 : frames * axis.size;
  if (frames > kMostRows)
    throw Error(ErrorCode::input_missing,
                Issue{"the rows of its frames are too many", store.store()->where(group),
                      "more than " + std::to_string(kMostRows) + " frames", "fewer", ""});
  const auto there = [&](const char* name) {
    return store.find(joined_key(group, name)).is_array ? joined_key(group, name) : std::string();
  };
  const std::string valid = there("valid");
  if (valid.empty()) return rows;
  rows.read_valid(store, valid, frames);
  rows.time_s_ = rows.read_column<double>(store, there("time_s"), frames);
  rows.hardware_id_ = rows.read_column<int64_t>(store, there("hardware_id"), frames);
  rows.device_time_ns_ = rows.read_column<int64_t>(store, there("device_time_ns"), frames);
  rows.host_time_ns_ = rows.read_column<int64_t>(store, there("host_time_ns"), frames);
  return rows;
}

void FrameRows::read_valid(const ZarrHierarchy& store, const std::string& path, int64_t frames) {
  for_each_value_piece<uint8_t>(store, path, frames,
                                [&](int64_t frame, std::span<const uint8_t> valid) {
                                  for (const uint8_t there : valid) {
                                    if (there == 0) missing_.add(frame);
                                    ++frame;
                                  }
                                });
}

// Empty where no frame that is there has a number; of frames that are missing the columns say 0.
template <class T>
std::vector<T> FrameRows::read_column(const ZarrHierarchy& store, const std::string& path,
                                      int64_t frames) const {
  std::vector<T> column;
  if (path.empty()) return column;
  for_each_value_piece<T>(store, path, frames, [&](int64_t first, std::span<const T> piece) {
    for (size_t i = 0; i < piece.size(); ++i) {
      const int64_t frame = first + static_cast<int64_t>(i);
      if (!says_something(piece[i]) || missing_.has(frame)) continue;
      const T unknown = std::is_same_v<T, double> ? static_cast<T>(std::nan("")) : T(-1);
      if (column.empty()) column.assign(static_cast<size_t>(frames), unknown);
      column[static_cast<size_t>(frame)] = piece[i];
    }
  });
  return column;
}

void FrameRows::fill(int64_t frame, FrameHeader& header) const {
  const auto set = [i = static_cast<size_t>(frame)](const auto& column, auto& field) {
    if (!column.empty()) field = column[i];
  };
  set(time_s_, header.time_s);
  set(hardware_id_, header.hardware_id);
  set(device_time_ns_, header.device_time_ns);
  set(host_time_ns_, header.host_time_ns);
}

std::string incomplete_reason(const ZarrHierarchy& store) {
  const Json own = own_attributes(store.find(""));
  const Json& complete = at(own, "complete");
  if (!complete.is_boolean() || complete.get<bool>()) return "";
  const std::string reason = zarr_json::text_at(own, "reason");
  return reason.empty() ? "no reason given" : reason;
}

}  // namespace parfocal
