#pragma once
/// Reads the chunks of a dataset past the HDF5 library: the bytes are taken from the file where the
/// chunk lies and decoded by Parfocal's own code, so that many threads decode at once. Only what
/// the library alone can decode (szip, virtual datasets, odd types) is read by it, under its lock.
///
/// One "chunk" here is a layer: all chunks of the same items. Most files have whole frames in a
/// chunk; old ones split them, such as (5, 20, 125).

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/formats/hdf5/file.h"
#include "parfocal/formats/hdf5/filters.h"

namespace parfocal {

class ChunkReader {
 public:
  /// A dataset of 1 to 4 axes of numbers; the first axis counts items.
  /// \throws Error(input_missing) if there is none, its type is no number, its sizes are absurd, or
  /// a filter is known neither here nor to the library: names filter and dataset
  ChunkReader(std::shared_ptr<const H5File> file, const std::string& name);

  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t items() const { return shape_[0]; }
  int64_t item_bytes() const { return item_bytes_; }
  /// Items in one chunk (1 where the dataset is not chunked), and chunks.
  int64_t items_per_chunk() const { return chunk_[0]; }
  int64_t chunks() const { return (items() + chunk_[0] - 1) / chunk_[0]; }
  int64_t items_in(int64_t chunk) const { return std::min(chunk_[0], items() - chunk * chunk_[0]); }
  /// Bytes that `dst` of read_chunk has to have: of a whole chunk, also for the last one.
  int64_t chunk_bytes() const { return chunk_[0] * item_bytes_; }
  /// Most bytes that a ChunkScratch of this dataset grows to, or that the library takes in its
  /// place.
  int64_t scratch_bytes() const;
  const std::vector<int64_t>& chunk_shape() const { return chunk_; }
  bool is_chunked() const { return layout_ == Layout::chunked; }
  const FilterPipeline& filters() const { return filters_; }
  /// Whether chunks are decoded here, in parallel, rather than by the library.
  bool parallel() const { return parallel_; }

  /// Decodes the items of `chunk` to the start of `dst`, item after item; what lies behind
  /// items_in(chunk) is undefined. Fails on damaged or missing bytes, naming dataset and items.
  /// Thread-safe; one scratch per thread.
  Status read_chunk(int64_t chunk, std::span<std::byte> dst, ChunkScratch& scratch) const;

 private:
  enum class Layout : uint8_t { contiguous, chunked, other };
  struct Place {
    int64_t address = -1;
    int64_t bytes = 0;  // 0: not in the file, all fill value
    uint32_t skipped = 0;
  };
  void read_shape();
  void read_layout();
  void read_filters(int64_t create);
  void read_fill_value(int64_t create);
  void lay_out_chunks();
  Status read_part(const int64_t* corner, std::span<std::byte> dst, ChunkScratch& scratch) const;
  Status read_bytes(const int64_t* corner, ChunkScratch& scratch, std::span<std::byte>& bytes,
                    uint32_t& skipped) const;
  std::span<std::byte> room_for(size_t encoded, ChunkScratch& scratch) const;
  Status find(const int64_t* corner, Place& place) const;
  Status read_through_library(const int64_t* corner, ChunkScratch& scratch,
                              std::span<std::byte>& bytes, uint32_t& skipped) const;
  Status read_split(int64_t chunk, std::span<std::byte> dst, ChunkScratch& scratch) const;
  Status read_contiguous(int64_t chunk, std::span<std::byte> dst) const;
  Status read_by_library(int64_t chunk, std::span<std::byte> dst) const;
  void copy_part(const int64_t* corner, std::span<const std::byte> part,
                 std::span<std::byte> dst) const;
  void fill(std::span<std::byte> dst) const;
  void swap_bytes(std::span<std::byte> dst) const;
  Status damaged(int64_t chunk, Status status) const;

  std::shared_ptr<const H5File> file_;
  std::string name_;
  Handle dataset_;
  DType dtype_ = DType::u8;
  bool swapped_ = false;
  bool parallel_ = true;
  Layout layout_ = Layout::other;
  std::vector<int64_t> shape_, chunk_;
  std::vector<int64_t> grid_;  // chunks along each axis
  int64_t item_bytes_ = 0;     // of one item
  int64_t part_bytes_ = 0;     // of one HDF5 chunk
  int64_t parts_ = 1;          // HDF5 chunks in a layer
  FilterPipeline filters_;
  std::byte fill_value_[8] = {};
  int fd_ = -1;                // the library's own; -1: bytes come through the library
  bool tells_places_ = false;  // of chunks, so that they are read past the library
  int64_t offset_ = -1;        // of a contiguous dataset
};

}  // namespace parfocal
