#pragma once
/// The demos: what each writes, runs and proposes.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "parfocal/core/io.h"

namespace parfocal::cli {

struct Demo {
  std::string_view name;
  const char* folder;  ///< where it goes by default
  const char* file;    ///< of its pipeline, in that folder
  const char* pipeline;
  /// Writes the images below a folder, says so, and returns how many there are.
  int64_t (*write_images)(const std::filesystem::path& dir, int64_t seed);
  void (*print_lines_to_try)(const std::filesystem::path& dir);
};

/// A synthetic movie of nuclei, 256 x 256 of 8 bits.
std::unique_ptr<Source> open_nuclei(int64_t seed, int64_t frames);
/// \throws Error(run_failed) with what failed
void require(const Status& status);

/// \throws Error(run_failed)
void write_text(const std::filesystem::path& path, const std::string& text);

extern const char* const kLessonPipeline;
int64_t write_lesson(const std::filesystem::path& dir, int64_t seed);
void print_lines_of_lesson(const std::filesystem::path& dir);

}  // namespace parfocal::cli
