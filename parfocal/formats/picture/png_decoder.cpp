#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>

#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/picture/file_bytes.h"
#include "parfocal/formats/picture/picture_decoder.h"

namespace parfocal {
namespace {

// inflate: a window of 32 KiB and 7 KiB of its own; libpng: structures, and 8 KiB of what it reads.
constexpr int64_t kCodecBytes = 128 << 10;
constexpr int64_t kMostRatio = 1032;  // that deflate can reach

// What libpng is given, without destructors: its errors jump over the frames that use it.
struct Job {
  FileBytes bytes;
  png_structp png = nullptr;
  png_infop info = nullptr;
  bool interlaced = false, ended = false;
  char problem[128] = {};
  PictureHead head;
  const PicturePlanes* to = nullptr;
  std::byte* rows = nullptr;  // room for one; of an interlaced picture for all
};

void keep_problem(png_structp png, png_const_charp text) {
  auto* job = static_cast<Job*>(png_get_error_ptr(png));
  std::snprintf(job->problem, sizeof job->problem, "%s", text);
  png_longjmp(png, 1);
}
void drop_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, size_t bytes) {
  auto* job = static_cast<Job*>(png_get_io_ptr(png));
  if (job->bytes.take(to, static_cast<int64_t>(bytes)) == static_cast<int64_t>(bytes)) return;
  job->ended = true;
  png_error(png, "the file ends early");
}

// Chunks that do not tell what the pixels are are skipped, whatever their size, but their checksums
// are looked at.
bool open_stream(Job& job) {
  if (setjmp(png_jmpbuf(job.png))) return false;
  png_set_read_fn(job.png, &job, read_bytes);
  png_set_user_limits(job.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(job.png, 0);
  png_set_keep_unknown_chunks(job.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_crc_action(job.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_check_for_invalid_index(job.png, 1);
  png_read_info(job.png, job.info);
  const int colours = png_get_color_type(job.png, job.info);
  if (colours == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(job.png);
  if (colours == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(job.png);
  if (std::endian::native == std::endian::little && png_get_bit_depth(job.png, job.info) == 16)
    png_set_swap(job.png);
  job.interlaced = png_set_interlace_handling(job.png) > 1;
  return true;
}

int64_t row_bytes(const PictureHead& head) {
  return head.width * head.channels * static_cast<int64_t>(dtype_size(head.dtype));
}

void read_interlaced(Job& job) {
  constexpr int kPasses = 7;
  for (int pass = 0; pass < kPasses; ++pass)
    for (int64_t y = 0; y < job.head.height; ++y)
      png_read_row(job.png, reinterpret_cast<png_bytep>(job.rows + y * row_bytes(job.head)),
                   nullptr);
  for (int64_t y = job.to->region.begin(0); y < job.to->region.end(0); ++y)
    put_picture_row(job.head, job.rows + y * row_bytes(job.head), y, *job.to);
}

void read_rows(Job& job) {
  for (int64_t y = 0; y < job.to->region.end(0); ++y) {
    png_read_row(job.png, reinterpret_cast<png_bytep>(job.rows), nullptr);
    if (y >= job.to->region.begin(0)) put_picture_row(job.head, job.rows, y, *job.to);
  }
}

// libpng only warns of pixels that name no colour of the palette.
void require_colours(Job& job) {
  png_colorp palette = nullptr;
  int colours = 0;
  if (png_get_PLTE(job.png, job.info, &palette, &colours) != 0 &&
      png_get_palette_max(job.png, job.info) >= colours)
    png_error(job.png, "a pixel names a colour that the palette does not have");
}

bool read_pixels(Job& job) {
  if (setjmp(png_jmpbuf(job.png))) return false;
  png_start_read_image(job.png);
  if (png_get_rowbytes(job.png, job.info) > static_cast<size_t>(row_bytes(job.head)))
    png_error(job.png, "rows are longer than the header says");
  job.interlaced ? read_interlaced(job) : read_rows(job);
  if (png_get_color_type(job.png, job.info) == PNG_COLOR_TYPE_PALETTE) require_colours(job);
  if (job.to->region.end(0) == job.head.height) png_read_end(job.png, nullptr);
  return true;
}

int64_t stored_channels(int colours) {
  return colours == PNG_COLOR_TYPE_RGB          ? 3
         : colours == PNG_COLOR_TYPE_RGB_ALPHA  ? 4
         : colours == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                : 1;
}

Status describe(Job& job, int64_t size) {
  const int colours = png_get_color_type(job.png, job.info);
  const int64_t bits = png_get_bit_depth(job.png, job.info);
  const bool palette = colours == PNG_COLOR_TYPE_PALETTE;
  const bool transparent = png_get_valid(job.png, job.info, PNG_INFO_tRNS) != 0;
  PictureHead& head = job.head;
  head.kind = PictureKind::png;
  head.height = png_get_image_height(job.png, job.info);
  head.width = png_get_image_width(job.png, job.info);
  head.channels = palette ? (transparent ? 4 : 3) : stored_channels(colours);
  head.dtype = bits == 16 ? DType::u16 : DType::u8;
  head.colour_key = transparent && !palette;
  const int64_t stored = (head.width * bits * stored_channels(colours) + 7) / 8;
  if (stored > kMostRatio * size / head.height)
    return Status::fail("damaged PNG: " + std::to_string(size) + " bytes cannot hold " +
                            std::to_string(head.height) + " x " + std::to_string(head.width) +
                            " pixels",
                        "copy the file again");
  head.decode_bytes = kCodecBytes + static_cast<int64_t>(sizeof(Job)) +
                      2 * (8 * (head.width + 16) + 64) +  // libpng: this row and the one before
                      (job.interlaced ? head.height : 1) * row_bytes(head);
  return {};
}

Status failure(const Job& job) {
  return job.ended ? Status::fail("the PNG ends early", "copy the file again")
                   : Status::fail(std::string("damaged PNG: ") + job.problem,
                                  "copy the file again, or write it anew");
}

class PngDecoder final : public PictureDecoder {
 public:
  PngDecoder(int fd, int64_t size) : size_(size) {
    job_.bytes.fd = fd;
    job_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job_, keep_problem, drop_warning);
    if (job_.png) job_.info = png_create_info_struct(job_.png);
  }
  ~PngDecoder() override { png_destroy_read_struct(&job_.png, &job_.info, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  Status open(PictureHead& head) override {
    if (!job_.info) return Status::fail("the system gave no memory to decode a PNG");
    if (!open_stream(job_)) return failure(job_);
    if (Status s = describe(job_, size_); !s.ok()) return s;
    head = job_.head;
    return {};
  }
  Status read(const PicturePlanes& to) override {
    const int64_t rows = job_.interlaced ? job_.head.height : 1;
    job_.rows = rows_.take(static_cast<size_t>(rows * row_bytes(job_.head))).data();
    job_.to = &to;
    return read_pixels(job_) ? Status() : failure(job_);
  }

 private:
  const int64_t size_;
  Job job_;
  ByteBuffer rows_;
};

}  // namespace

std::unique_ptr<PictureDecoder> make_png_decoder(int fd, int64_t size) {
  return std::make_unique<PngDecoder>(fd, size);
}

}  // namespace parfocal
