#pragma once
/// 1-D datasets of text: logs, basins, old logs of variable length.

#include <memory>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

class GlobalHeap;

/// The lines of a text dataset (fixed or variable length; a scalar is one line). Trailing NULs are
/// cut. \throws Error(input_missing) if it is no text, or larger than `most_bytes`
std::vector<std::string> read_strings(const H5File& file, const std::string& name,
                                      size_t most_bytes = size_t{64} << 20);
/// The lines in turn, without memory for all of them: what read_strings() gives.
class TextReader {
 public:
  /// \throws Error(input_missing) if it is no text, or has absurdly many lines
  TextReader(const H5File& file, const std::string& name, size_t most_bytes = size_t{64} << 20);
  ~TextReader();
  /// Some more lines, about kPieceBytes of them; false after the last.
  /// \throws Error(input_missing) if they cannot be read, or all are more than `most_bytes`
  bool next(std::vector<std::string>& lines);
  size_t count() const { return count_; }
  /// Memory that reading took up to now beside the lines.
  int64_t reading_bytes() const;

 private:
  void read_fixed(std::vector<std::string>& lines);
  void read_from_heap(std::vector<std::string>& lines);
  void read_variable(std::vector<std::string>& lines);
  [[noreturn]] void fail_to_read() const;

  const H5File& file_;
  std::string name_;
  size_t most_bytes_, count_ = 0, at_ = 0, bytes_ = 0;
  Handle dataset_, type_;
  bool variable_ = false;
  int64_t references_ = -1;  // where they lie in the file
  std::unique_ptr<GlobalHeap> heap_;
};

struct TextSize {
  size_t lines = 0, longest = 0, bytes = 0;
  int64_t reading_bytes = 0;  ///< TextReader::reading_bytes() of all of it
};
/// Reads the text for it. \throws Error(input_missing) as TextReader, or if the text would be
/// absurdly large as one of fixed length
TextSize measure_text(const H5File& file, const std::string& name);
/// write_strings() of the lines of a text that is not empty, in pieces.
/// \throws Error(input_missing | run_failed)
void copy_text(const H5File& from, const H5File& to, const std::string& name);
/// Memory that copy_text() takes at most of a text of this size.
int64_t text_copying_bytes(const TextSize& size);
/// Writes `lines` as fixed-length byte strings of the longest line, chunked, zstd 5, fletcher32, as
/// dcnum writes logs and basins. \throws Error(run_failed), also if `name` exists
void write_strings(const H5File& file, const std::string& name,
                   const std::vector<std::string>& lines);
/// The same as variable-length UTF-8 text, which cannot be compressed or checksummed.
void write_variable_strings(const H5File& file, const std::string& name,
                            const std::vector<std::string>& lines);

}  // namespace parfocal
