#pragma once
/// Datasets in pieces, so that none needs memory for the whole.

#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

inline constexpr int64_t kPieceBytes = int64_t{1} << 20;  ///< of a piece, where one item is smaller

/// Opens a dataset for reading piece after piece: a chunk is decoded once for all pieces of it.
/// \throws Error as H5File::dataset()
Handle open_for_pieces(const H5File& file, const std::string& name);
/// What that takes beside the piece: the chunk, encoded and decoded; 0 of a small one. Under the
/// lock.
int64_t piece_reading_bytes(int64_t dataset);
/// The sizes of the dataset's axes. Under the lock.
std::vector<int64_t> shape_of(int64_t dataset);

/// A box of a dataset: along each axis `count` items from `first`.
struct Box {
  std::vector<uint64_t> first, count;
};
/// Reads or writes a box from or to packed memory of `type`; false if that failed. Under the lock.
bool read_box(int64_t dataset, int64_t type, const Box& box, void* to);
bool write_box(int64_t dataset, int64_t type, const Box& box, const void* from);

/// How many bytes the data of a dataset may have: what compresses better than this is an attack, or
/// was never written. Under the lock.
int64_t plausible_bytes(int64_t dataset);

}  // namespace parfocal
