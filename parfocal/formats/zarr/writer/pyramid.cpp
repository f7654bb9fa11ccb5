#include "parfocal/formats/zarr/writer/pyramid.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace parfocal {

Pyramid::Pyramid(const ImageSpec& image, std::vector<ArraySpec> levels, int64_t most_open_pairs)
    : most_open_pairs_(most_open_pairs) {
  for (size_t a = 0; image.pool_z && a < image.stream_rank(); ++a)
    if (image.axes[a].name == "z") z_axis_ = static_cast<int>(a);
  for (size_t k = 0; k < levels.size(); ++k) {
    grids_.emplace_back(levels[k]);
    plane_bytes_.push_back(FrameLayout(levels[k], grids_.back()).bytes());
    if (z_axis_ >= 0) depths_.push_back(levels[k].shape[static_cast<size_t>(z_axis_)]);
    if (k == 0) continue;
    steps_.emplace_back(levels[k - 1], levels[k], image.pooling);
    resident_bytes_ += steps_.back().table_bytes();
    if (z_axis_ < 0) continue;
    try {
      pairs_.push_back(std::make_unique<OpenPairs>(most_open_pairs, steps_.back().held_bytes()));
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::invalid_pipeline,
                  Issue{"no memory for the planes of a pyramid that wait for their neighbour in z",
                        image.path, std::to_string(most_open_pairs) + " planes", "",
                        "let the planes of one stack follow each other, or do not halve z"});
    }
    resident_bytes_ += pairs_.back()->resident_bytes();
  }
}

int64_t Pyramid::buffer_bytes() const {
  int64_t bytes = 0, scratch = 0;
  for (size_t k = 1; k < grids_.size(); ++k) {
    bytes += plane_bytes_[k];
    scratch = std::max(scratch, steps_[k - 1].scratch_bytes());
  }
  return bytes + scratch;
}

Pyramid::Buffers::Buffers(const Pyramid& pyramid) {
  int64_t scratch = 0;
  for (const PlanePooling& step : pyramid.steps_) scratch = std::max(scratch, step.scratch_bytes());
  planes_.emplace_back(scratch);
  for (size_t k = 1; k < pyramid.grids_.size(); ++k) {
    planes_.emplace_back(pyramid.plane_bytes_[k]);
    std::memset(planes_[k].data(), 0, static_cast<size_t>(planes_[k].bytes()));
  }
}

FrameIndex Pyramid::index_at(int level, FrameIndex frame) const {
  if (z_axis_ >= 0) frame[static_cast<size_t>(z_axis_)] >>= level;
  return frame;
}

Status Pyramid::add(const FrameIndex& frame, const std::byte* tiles, Buffers& buffers, Made& made) {
  made.frame = frame;
  return climb(0, tiles, buffers, made);
}

Status Pyramid::add_gap(const FrameIndex& frame, Buffers& buffers, Made& made) {
  made.frame = frame;
  return climb(0, nullptr, buffers, made);
}

// From a plane of `level` (nullptr: a gap) as far up as it completes planes.
Status Pyramid::climb(size_t level, const std::byte* plane, Buffers& buffers, Made& made) {
  made.gaps = made.planes = made.end = static_cast<int>(level) + 1;
  for (; level < steps_.size(); ++level) {
    const Outcome outcome = pool(level, made.frame, plane, buffers);
    if (outcome == Outcome::waits) break;
    if (outcome == Outcome::full)
      return Status::fail("more than " + std::to_string(most_open_pairs_) +
                              " pairs of planes of a pyramid wait for their second plane",
                          "state the order of frames (StoreOptions::order), or do not halve z");
    made.end = static_cast<int>(level) + 2;
    if (outcome == Outcome::gap) made.planes = made.end;
    plane = outcome == Outcome::gap ? nullptr : buffers.plane(made.end - 1);
  }
  return {};
}

// Makes the plane of the next level if all of it is there.
Pyramid::Outcome Pyramid::pool(size_t level, const FrameIndex& frame, const std::byte* plane,
                               Buffers& buffers) {
  if (z_axis_ >= 0 && !stands_alone(level, frame)) return join(level, frame, plane, buffers);
  if (plane == nullptr) return Outcome::gap;
  steps_[level].pool(plane, buffers.planes_[level + 1].data(), buffers.planes_[0].data());
  return Outcome::plane;
}

Pyramid::Outcome Pyramid::join(size_t level, const FrameIndex& frame, const std::byte* plane,
                               Buffers& buffers) {
  const int64_t key = grids_[level + 1].frame_of(index_at(static_cast<int>(level) + 1, frame));
  const OpenPairs::Place place = pairs_[level]->enter(key, {plane != nullptr, frame});
  switch (place.is) {
    case OpenPairs::Place::Is::full:
      return Outcome::full;
    case OpenPairs::Place::Is::first:
      if (plane != nullptr) {
        steps_[level].hold(plane, place.bytes, buffers.planes_[0].data());
        pairs_[level]->filled(place);
      }
      return Outcome::waits;
    case OpenPairs::Place::Is::second:
      break;
  }
  return complete(level, place, plane, buffers);
}

// \pre place is that of the second comer, which is `plane`
Pyramid::Outcome Pyramid::complete(size_t level, const OpenPairs::Place& place,
                                   const std::byte* plane, Buffers& buffers) {
  const PlanePooling& step = steps_[level];
  std::byte* out = buffers.planes_[level + 1].data();
  std::byte* scratch = buffers.planes_[0].data();
  const FrameIndex held = index_at(static_cast<int>(level), place.half.frame);
  const bool held_is_upper = held[static_cast<size_t>(z_axis_)] % 2 == 0;
  if (place.half.present && plane != nullptr) {
    step.pool_pair(place.bytes, held_is_upper, plane, out, scratch);
  } else if (place.half.present) {
    step.pool_held(place.bytes, out);
  } else if (plane != nullptr) {
    step.pool(plane, out, scratch);
  }
  pairs_[level]->close(place);
  return place.half.present || plane != nullptr ? Outcome::plane : Outcome::gap;
}

bool Pyramid::stands_alone(size_t level, const FrameIndex& frame) const {
  const int64_t z = index_at(static_cast<int>(level), frame)[static_cast<size_t>(z_axis_)];
  return z % 2 == 0 && depths_[level] != kUnbounded && z + 1 == depths_[level];
}

// Lower levels first: what they complete may be the second plane of a pair above.
Status Pyramid::finish_one(Buffers& buffers, Made& made, bool& any) {
  any = false;
  for (size_t level = 0; level < pairs_.size(); ++level) {
    const OpenPairs::Place place = pairs_[level]->any_open();
    if (place.is != OpenPairs::Place::Is::second) continue;
    any = true;
    made.frame = place.half.frame;
    const Outcome outcome = complete(level, place, nullptr, buffers);
    const int next = static_cast<int>(level) + 1;
    const std::byte* plane = outcome == Outcome::plane ? buffers.plane(next) : nullptr;
    Status status = climb(level + 1, plane, buffers, made);
    made.gaps = next;
    if (outcome == Outcome::plane) made.planes = next;
    return status;
  }
  return {};
}

}  // namespace parfocal
