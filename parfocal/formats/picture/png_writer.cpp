#include "parfocal/formats/picture/png_writer.h"

#include <png.h>

#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "parfocal/core/own_picture.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int kLevel = 3;  // of deflate: a third of the time of 6 for pictures a tenth larger

// What libpng is given, without destructors: its errors jump over the frames that use it.
struct Job {
  std::FILE* file = nullptr;
  std::string* bytes = nullptr;  // null: into the file
  png_structp png = nullptr;
  png_infop info = nullptr;
  char* text = nullptr;  // of the chunk
  const Canvas* canvas = nullptr;
  uint8_t* grey_row = nullptr;  // null: in colours
  char problem[128] = {};
};

void keep_problem(png_structp png, png_const_charp text) {
  auto* job = static_cast<Job*>(png_get_error_ptr(png));
  std::strncpy(job->problem, text, sizeof job->problem - 1);
  png_longjmp(png, 1);
}
void drop_warning(png_structp, png_const_charp) {}

// No exception may cross the frames of libpng.
void keep_bytes(Job& job, png_bytep bytes, size_t count) {
  bool kept = true;
  try {
    job.bytes->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    kept = false;
  }
  if (!kept) png_error(job.png, "the system gave no more memory");
}

void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  auto* job = static_cast<Job*>(png_get_io_ptr(png));
  if (job->bytes)
    keep_bytes(*job, bytes, count);
  else if (std::fwrite(bytes, 1, count, job->file) != count)
    png_error(png, std::strerror(errno));
}
void flush_bytes(png_structp) {}

void write_rows(Job& job) {
  const Canvas& canvas = *job.canvas;
  for (int64_t y = 0; y < canvas.height(); ++y) {
    const uint8_t* row = canvas.row(y);
    if (job.grey_row) {
      for (int64_t x = 0; x < canvas.width(); ++x) job.grey_row[x] = row[3 * x];
      row = job.grey_row;
    }
    png_write_row(job.png, row);
  }
}

// False: job.problem tells why.
bool write_all(Job& job) {
  if (setjmp(png_jmpbuf(job.png))) return false;
  png_set_write_fn(job.png, &job, write_bytes, flush_bytes);
  png_set_user_limits(job.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_compression_level(job.png, kLevel);
  png_set_filter(job.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
  png_set_IHDR(job.png, job.info, static_cast<png_uint_32>(job.canvas->width()),
               static_cast<png_uint_32>(job.canvas->height()), 8,
               job.grey_row ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  char key[] = "parfocal";
  png_text text{};
  text.compression = PNG_TEXT_COMPRESSION_NONE;
  text.key = key;
  text.text = job.text;
  if (job.text) png_set_text(job.png, job.info, &text, 1);
  png_write_info(job.png, job.info);
  write_rows(job);
  png_write_end(job.png, job.info);
  return true;
}

Status failure(const fs::path& path, const char* problem) {
  return Status::fail("cannot write " + path.string() + ": " + problem,
                      "look for room on the disk and for the permissions of the folder");
}

// \pre file or bytes are set. False: job.problem tells why.
bool write_canvas(Job& job, const Canvas& canvas, std::string text) {
  std::vector<uint8_t> row(canvas.is_grey() ? static_cast<size_t>(canvas.width()) : 0);
  job.canvas = &canvas;
  job.text = text.empty() ? nullptr : text.data();
  job.grey_row = row.empty() ? nullptr : row.data();
  job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, keep_problem, drop_warning);
  if (job.png) job.info = png_create_info_struct(job.png);
  const bool written = job.info && write_all(job);
  if (!job.info) std::strcpy(job.problem, "the system gave no more memory");
  png_destroy_write_struct(&job.png, &job.info);
  return written;
}

Status write_part(const fs::path& part, const Canvas& canvas, std::string& text) {
  Job job;
  job.file = std::fopen(part.c_str(), "wbx");
  if (!job.file) return failure(part, std::strerror(errno));
  const bool written = write_canvas(job, canvas, std::move(text));
  if (std::fclose(job.file) != 0 && written) return failure(part, std::strerror(errno));
  return written ? Status() : failure(part, job.problem);
}

}  // namespace

// deflate: (1 << (15 + 2)) + (1 << (8 + 9)) and 6 KiB of its own; libpng: a buffer of 8 KiB, two
// rows, one for each filter that is tried, and ours.
int64_t png_bytes(int64_t width) { return (int64_t{320} << 10) + 5 * (3 * width + 64); }

// Stored blocks of deflate, 5 bytes for each 16 KiB, a filter byte for each row, a header of 12 for
// each chunk of 8 KiB.
int64_t png_file_bytes(int64_t height, int64_t width) {
  const int64_t bytes = height * (3 * width + 1);
  return bytes + bytes / 256 + 4096;
}

std::string ascii_json(std::string_view json) {
  const auto document = nlohmann::ordered_json::parse(json, nullptr, false);
  return document.is_discarded()
             ? std::string("{}")
             : document.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

Status write_png(const fs::path& path, const Canvas& canvas, std::string provenance) {
  fs::path part = path;
  part += kPicturePart;
  std::error_code ignored;
  Status s = write_part(part, canvas, provenance);
  if (s.ok() && std::rename(part.c_str(), path.c_str()) != 0)
    s = failure(path, std::strerror(errno));
  if (!s.ok()) fs::remove(part, ignored);
  return s;
}

Status png_of(const Canvas& canvas, std::string& png) {
  Job job;
  job.bytes = &png;
  png.clear();
  return write_canvas(job, canvas, "")
             ? Status()
             : Status::fail(std::string("cannot make a PNG: ") + job.problem);
}

}  // namespace parfocal
