#pragma once
/// The table of a store: the rows of one step, as 1-D arrays `tables/<step>/<column>`.

#include <mutex>

#include "parfocal/core/io.h"
#include "parfocal/formats/common/heartbeat.h"
#include "parfocal/formats/zarr/writer/table_columns.h"

namespace parfocal {

/// Rows come item by item, in order. What was written is published within a second: the rows, then
/// the arrays' shape, so that readers and a killed process have all rows up to there.
class SinkTable {
 public:
  /// `input` is the `number`-th of the sink.
  SinkTable(std::filesystem::path root, int zarr_format, const SinkInput& input, size_t number);
  size_t input() const { return input_; }
  int64_t resident_bytes() const;
  /// After the store was made.
  Status open();
  Status write(const Input& in);
  /// The rows of items from `items` on are taken back; -1 = all stay.
  Status close(int64_t items);

 private:
  Status publish();

  std::filesystem::path root_;
  std::string name_;
  int zarr_format_;
  size_t input_;
  PortLayout layout_;
  std::mutex mutex_;  // of what follows
  TableColumns columns_;
  Status published_;  // the first failure
  Heartbeat beat_;    // ends first
};

}  // namespace parfocal
