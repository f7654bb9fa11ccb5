#include "check_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/array_grid.h"
#include "parfocal/kernels/downsample.h"
#include "parfocal/kernels/downsample_labels.h"

namespace parfocal::crash {
namespace {

constexpr size_t kMostProblems = 5;

/// Judges one image of the store.
class Checker {
 public:
  Checker(const std::filesystem::path& root, const ProbeSpec& spec, size_t image, StoreCheck& found)
      : store_(std::make_shared<LocalStore>(root)),
        hierarchy_(store_),
        spec_(spec),
        image_(static_cast<int64_t>(image)),
        found_(found),
        sessions_(found.sessions[image]) {
    const StoreSpec whole = spec.store();
    path_ = whole.images[image].path;
    label_ = whole.images[image].label;
    for (const ArraySpec& array : arrays_of(whole)) {
      if (array.image != image) continue;
      specs_.push_back(array);
      levels_.push_back(open(array.path));
    }
  }
  void run() {
    const ArrayGrid grid(specs_[0]);
    frames_ = grid.frames(levels_[0]->array().shape.at(0));
    sessions_.assign(static_cast<size_t>(frames_), -1);
    const auto valid = column<uint8_t>("valid", DType::u8);
    const auto id = column<int64_t>("id", DType::i64);
    const auto time = column<double>("time", DType::f64);
    if (!found_.problems.empty()) return;
    for (int64_t frame = 0; frame < frames_; ++frame) {
      const size_t i = static_cast<size_t>(frame);
      if (valid[i] == 0) continue;
      const FrameName name = FrameName::of(id[i]);
      if (name.frame != frame || name.image != image_ || time[i] != time_of(frame))
        problem(fmt::format("row of frame {}: id {:x}, time {}", frame, id[i], time[i]));
      else if (check_frame(grid, name))
        sessions_[i] = name.session;
    }
    if (spec_.pool_z && spec_.levels > 1) check_pooled(grid);
  }

 private:
  std::unique_ptr<ArrayReader> open(const std::string& path) {
    return std::make_unique<ArrayReader>(store_, path, hierarchy_.array(path));
  }
  void problem(const std::string& text) {
    if (found_.problems.size() < kMostProblems)
      found_.problems.push_back(path_.empty() ? text : path_ + ": " + text);
  }
  bool has(int64_t frame) const { return sessions_[static_cast<size_t>(frame)] >= 0; }
  FrameName name_of(int64_t frame) const {
    return {frame, image_, sessions_[static_cast<size_t>(frame)]};
  }
  template <class T>
  std::vector<T> column(const std::string& name, DType dtype) {
    const auto reader = open(joined_key(path_, "frames/" + name));
    std::vector<T> rows(static_cast<size_t>(frames_));
    if (reader->array().shape.at(0) != frames_) {
      problem(fmt::format("{} has {} rows for {} frames", name, reader->array().shape[0], frames_));
      return rows;
    }
    const Status s = reader->read(
        packed_view(reinterpret_cast<std::byte*>(rows.data()), dtype, Region::whole({frames_})));
    if (!s.ok()) problem(s.issue().what);
    return rows;
  }
  bool read_plane(size_t level, const FrameIndex& index, std::vector<uint16_t>& pixels) {
    const Region region = plane_region(specs_[level], index);
    pixels.resize(static_cast<size_t>(region.count()));
    const Status s = levels_[level]->read(
        packed_view(reinterpret_cast<std::byte*>(pixels.data()), DType::u16, region));
    if (!s.ok()) problem(s.issue().what);
    return s.ok();
  }
  bool check_frame(const ArrayGrid& grid, const FrameName& name) {
    const FrameIndex index = grid.index_of(name.frame);
    std::vector<uint16_t> expected(static_cast<size_t>(spec_.height * spec_.width)), pixels;
    fill_plane(name, spec_.height, spec_.width, expected.data());
    int64_t height = spec_.height, width = spec_.width;
    for (size_t level = 0; level < levels_.size(); ++level) {
      if (level > 0 && spec_.pool_z) break;  // other frames
      if (level > 0) {
        const int64_t h = kernels::half_size(height), w = kernels::half_size(width);
        std::vector<uint16_t> half(static_cast<size_t>(h * w));
        const auto halve = label_ ? kernels::mode_2x2<uint16_t> : kernels::mean_2x2<uint16_t>;
        halve({expected.data(), width, height, width}, {half.data(), w, h, w});
        expected.swap(half);
        height = h;
        width = w;
      }
      if (!read_plane(level, index, pixels)) return false;
      if (pixels == expected) continue;
      problem(fmt::format("frame {} of session {} is wrong in level {}", name.frame, name.session,
                          level));
      return false;
    }
    return true;
  }

  // Level 1 halved in z: of the frames of a pair that are there.
  void check_pooled(const ArrayGrid& grid) {
    const int64_t w = spec_.width, h = spec_.height;
    const int64_t half_w = kernels::half_size(w), half_h = kernels::half_size(h);
    const size_t half = static_cast<size_t>(half_w * half_h);
    std::vector<uint16_t> first(static_cast<size_t>(w * h)), second = first, pooled(half), found;
    std::vector<uint32_t> sums(half);
    for (int64_t frame = 0; frame < frames_; ++frame) {
      FrameIndex index = grid.index_of(frame);
      if (index[1] % 2 == 1) continue;
      const bool pair = index[1] + 1 < spec_.z;
      const bool has_first = has(frame), has_second = pair && has(frame + 1);
      if (!has_first && !has_second) continue;
      fill_plane(name_of(has_first ? frame : frame + 1), h, w, first.data());
      if (has_second) fill_plane(name_of(frame + 1), h, w, second.data());
      if (has_first && has_second) {
        kernels::sum_2x2<uint16_t>({first.data(), w, h, w}, {sums.data(), half_w, half_h, half_w});
        kernels::mean_2x2x2<uint16_t>({sums.data(), half_w, half_h, half_w},
                                      {second.data(), w, h, w},
                                      {pooled.data(), half_w, half_h, half_w});
      } else {
        kernels::mean_2x2<uint16_t>({first.data(), w, h, w},
                                    {pooled.data(), half_w, half_h, half_w});
      }
      index[1] /= 2;
      if (read_plane(1, index, found) && found != pooled)
        problem(fmt::format("level 1 is wrong at frame {} ({} of the pair)", frame,
                            has_first + has_second));
    }
  }

  std::shared_ptr<const Store> store_;
  ZarrHierarchy hierarchy_;
  const ProbeSpec& spec_;
  std::string path_;
  bool label_ = false;
  int64_t image_, frames_ = 0;
  StoreCheck& found_;
  std::vector<int64_t>& sessions_;
  std::vector<ArraySpec> specs_;
  std::vector<std::unique_ptr<ArrayReader>> levels_;
};

}  // namespace

bool StoreCheck::has(const FrameName& name) const {
  const size_t image = static_cast<size_t>(name.image), frame = static_cast<size_t>(name.frame);
  return image < sessions.size() && frame < sessions[image].size() &&
         sessions[image][frame] == name.session;
}

int64_t StoreCheck::lost(const std::vector<int64_t>& receipts) const {
  return std::count_if(receipts.begin(), receipts.end(),
                       [&](int64_t number) { return !has(FrameName::of(number)); });
}

StoreCheck check_store(const std::filesystem::path& root, const ProbeSpec& spec) {
  StoreCheck found;
  found.sessions.resize(spec.images());
  try {
    for (size_t image = 0; image < spec.images(); ++image) Checker(root, spec, image, found).run();
  } catch (const std::exception& error) {
    found.problems.push_back(error.what());
  }
  return found;
}

std::vector<int64_t> receipts_in(const std::vector<std::byte>& bytes) {
  std::map<std::pair<int64_t, int64_t>, int64_t> session_of;  // by image and frame
  for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    int64_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    const FrameName name = FrameName::of(number);
    if ((number & FrameName::kTakenBack) == 0)
      session_of[{name.image, name.frame}] = name.session;
    else
      session_of.erase(session_of.lower_bound({name.image, name.frame}),
                       session_of.lower_bound({name.image + 1, 0}));
  }
  std::vector<int64_t> numbers;
  for (const auto& [place, session] : session_of)
    numbers.push_back(FrameName{place.second, place.first, session}.number());
  return numbers;
}

std::vector<int64_t> read_receipts(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return receipts_in(bytes);
}

}  // namespace parfocal::crash
