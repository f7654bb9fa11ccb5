#pragma once
/// The smaller levels of an image, made of its frames as they come, in any order, by any number of
/// workers.
///
/// Without `pool_z` every frame becomes one plane of every level. With it, planes z and z + 1 (z
/// even) of a level become plane z / 2 of the next: the first of them to come waits here as its
/// 2 x 2 sums (mode: as it is; nearest: its half), the second one completes the plane, and that may
/// complete one of the next level. What is missing counts as absent: of a pair of which one frame
/// is a gap the plane is made of the other one (nearest: of the one that is there), of two gaps it
/// is a gap. The last plane of an odd z stands alone. The result depends neither on the order nor
/// on the threads. Level k is made of level k - 1, rounded, as is usual.
///
/// \source kernels/downsample.h, kernels/downsample_labels.h

#include <memory>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"
#include "parfocal/formats/zarr/writer/open_pairs.h"
#include "parfocal/formats/zarr/writer/plane_pooling.h"

namespace parfocal {

class Pyramid {
 public:
  /// `levels`: the arrays of the image, level 0 first, as arrays_of() gives them. Frames of level 0
  /// and the planes of the others lie in the tiles of their arrays (see PlanePooling).
  /// `most_open_pairs`, for pool_z: pairs of a level of which one frame is there and the other is
  /// not; so the number of stacks that are acquired at the same time, plus the frames in flight
  /// between workers.
  /// \throws Error(invalid_pipeline) for the mode of floats
  Pyramid(const ImageSpec& image, std::vector<ArraySpec> levels, int64_t most_open_pairs);

  /// Bytes that the pyramid itself holds at most, shared by all workers. A quarter of a plane in
  /// sums of twice the width per open pair and level (mode: a plane).
  int64_t resident_bytes() const { return resident_bytes_; }
  /// Bytes of the Buffers of one worker: about a third of a frame.
  int64_t buffer_bytes() const;

  /// One worker's place for one plane of every smaller level. Bytes of tiles outside of the plane
  /// are zero.
  class Buffers {
   public:
    explicit Buffers(const Pyramid& pyramid);
    /// The plane of a level >= 1 that the last call made.
    const std::byte* plane(int level) const { return planes_[static_cast<size_t>(level)].data(); }

   private:
    friend class Pyramid;
    std::vector<AlignedBuffer> planes_;  // [0]: scratch
  };

  /// What a call completed.
  struct Made {
    int gaps = 1;    ///< levels [gaps, planes): their plane is missing, and known to be
    int planes = 1;  ///< levels [planes, end): their plane is in the buffers
    int end = 1;
    FrameIndex frame{};  ///< at level 0; index_at() says which plane of a level it belongs to
  };
  int levels() const { return static_cast<int>(grids_.size()); }
  /// Index of the plane of `level` to which a frame of level 0 belongs.
  FrameIndex index_at(int level, FrameIndex frame) const;

  /// Takes a frame; reads `tiles` during the call only. Fails when more pairs are open than were
  /// stated: then the pyramid is to be used no more.
  /// \pre every frame is added once, here or as a gap, before finish() is called
  /// \threads safe; each thread has its own buffers
  Status add(const FrameIndex& frame, const std::byte* tiles, Buffers& buffers, Made& made);
  /// The frame is missing and will not come. \threads as add()
  Status add_gap(const FrameIndex& frame, Buffers& buffers, Made& made);
  /// Completes one pair whose second frame never came (the end of an unbounded z, a stop), as if it
  /// were a gap; false: none is left. To be called until then. \threads not beside other calls
  Status finish_one(Buffers& buffers, Made& made, bool& any);

 private:
  enum class Outcome : uint8_t { waits, gap, plane, full };
  Status climb(size_t level, const std::byte* plane, Buffers& buffers, Made& made);
  Outcome pool(size_t level, const FrameIndex& frame, const std::byte* plane, Buffers& buffers);
  Outcome join(size_t level, const FrameIndex& frame, const std::byte* plane, Buffers& buffers);
  Outcome complete(size_t level, const OpenPairs::Place& place, const std::byte* plane,
                   Buffers& buffers);
  bool stands_alone(size_t level, const FrameIndex& frame) const;

  std::vector<ArrayGrid> grids_;
  std::vector<int64_t> plane_bytes_;               // of a plane in its tiles
  std::vector<PlanePooling> steps_;                // [k]: from level k to k + 1
  std::vector<std::unique_ptr<OpenPairs>> pairs_;  // [k]: of planes of level k; empty without z
  std::vector<int64_t> depths_;                    // size in z of every level
  int z_axis_ = -1;                                // -1: z stays
  int64_t most_open_pairs_ = 0;
  int64_t resident_bytes_ = 0;
};

}  // namespace parfocal
