#include "parfocal/formats/zarr/frame_rows.h"

#include <algorithm>
#include <cmath>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using zarr_json::at;
using zarr_json::Json;

constexpr int64_t kRowsAtOnce = 65536;
constexpr int64_t kMostRows = int64_t{1} << 27;  // whatever sizes a file declares

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, uint8_t>) return DType::u8;
  return std::is_same_v<T, double> ? DType::f64 : DType::i64;
}

bool says_something(double seconds) { return !std::isnan(seconds); }
bool says_something(int64_t number) { return number >= 0; }

// Other people's groups may be called `frames` too.
bool are_frame_rows(const ZarrNode& node, const std::vector<Axis>& stream) {
  if (node.format == 0 || node.is_array) return false;
  const Json text = zarr_json::parse_object(node.format == 2 ? node.attributes : node.text);
  const Json& own = at(node.format == 2 ? text : at(text, "attributes"), "parfocal");
  const Json& axes = at(own, "row_axes");
  if (zarr_json::text_at(own, "row") != "frame" || !axes.is_array()) return false;
  return std::equal(axes.begin(), axes.end(), stream.begin(), stream.end(),
                    [](const Json& name, const Axis& axis) { return name == axis.name; });
}

// Calls f(first, values) for pieces of the column, as far as it goes.
template <class T, class F>
void for_each_piece(const ZarrHierarchy& store, const std::string& path, int64_t frames, F&& f) {
  const ArrayReader reader(store.store(), path, store.array(path));
  if (reader.array().dtype != dtype_of<T>() || reader.array().shape.size() != 1) return;
  std::vector<T> piece(static_cast<size_t>(std::min(frames, kRowsAtOnce)));
  frames = std::min(frames, reader.array().shape[0]);
  for (int64_t first = 0; first < frames; first += kRowsAtOnce) {
    Region region = Region::whole({std::min(frames - first, kRowsAtOnce)});
    region.origin[0] = first;
    auto* data = reinterpret_cast<std::byte*>(piece.data());
    if (Status s = reader.read(packed_view(data, dtype_of<T>(), region)); !s.ok())
      throw Error(ErrorCode::input_missing, s.issue());
    f(first, std::span<const T>(piece).first(static_cast<size_t>(region.shape[0])));
  }
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
  for_each_piece<uint8_t>(store, path, frames, [&](int64_t first, std::span<const uint8_t> valid) {
    for (const uint8_t there : valid) {
      const int64_t frame = first++;
      if (there != 0) continue;
      if (!missing_.empty() && missing_.back().second == frame - 1)
        missing_.back().second = frame;
      else
        missing_.emplace_back(frame, frame);
    }
  });
}

// Empty where no frame that is there has a number; of frames that are missing the columns say 0.
template <class T>
std::vector<T> FrameRows::read_column(const ZarrHierarchy& store, const std::string& path,
                                      int64_t frames) const {
  std::vector<T> column;
  if (path.empty()) return column;
  for_each_piece<T>(store, path, frames, [&](int64_t first, std::span<const T> piece) {
    for (size_t i = 0; i < piece.size(); ++i) {
      const int64_t frame = first + static_cast<int64_t>(i);
      if (!says_something(piece[i]) || is_missing(frame)) continue;
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
  const ZarrNode node = store.find("");
  if (node.format == 0 || node.is_array) return "";
  const Json text = zarr_json::parse_object(node.format == 2 ? node.attributes : node.text);
  const Json& own = at(node.format == 2 ? text : at(text, "attributes"), "parfocal");
  const Json& complete = at(own, "complete");
  if (!complete.is_boolean() || complete.get<bool>()) return "";
  const std::string reason = zarr_json::text_at(own, "reason");
  return reason.empty() ? "no reason given" : reason;
}

bool FrameRows::is_missing(int64_t frame) const {
  const auto after = std::upper_bound(missing_.begin(), missing_.end(), frame,
                                      [](int64_t f, const auto& range) { return f < range.first; });
  return after != missing_.begin() && frame <= std::prev(after)->second;
}

}  // namespace parfocal
