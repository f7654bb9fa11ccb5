#include <cstdio>  // before jpeglib.h, which does not include it

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/picture/file_bytes.h"
#include "parfocal/formats/picture/picture_decoder.h"

namespace parfocal {
namespace {

constexpr int64_t kCodecBytes = 256 << 10;  // tables and structures of libjpeg
constexpr int64_t kBlock = 8;               // pixels: the DCT's
constexpr int64_t kBufferedRows = 12;       // of blocks' rows, while chroma is made smooth
// No pixel takes less than a block's share of bits, whatever the coding; more is a damaged header.
constexpr int64_t kMostRatio = 8192;
// Each scan of a progressive file goes over the whole image, and may cost a few bytes only.
constexpr int kMostScans = 500;

// What libjpeg is given, without destructors: its errors jump over the frames that use it.
struct Job {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  jmp_buf jump;
  FileBytes bytes;
  bool ended = false, in_pixels = false;
  char problem[JMSG_LENGTH_MAX] = {};
  PictureHead head;
  const PicturePlanes* to = nullptr;
  std::byte* row = nullptr;
};

Job& job_of(j_common_ptr info) { return *static_cast<Job*>(info->client_data); }
Job& job_of(j_decompress_ptr info) { return *static_cast<Job*>(info->client_data); }

void fail(j_common_ptr info) {
  Job& job = job_of(info);
  info->err->format_message(info, job.problem);
  std::longjmp(job.jump, 1);
}

// libjpeg only warns of data that are damaged or end early, and goes on with grey. Before the
// pixels, and of how colours are meant, it takes what all readers do.
void fail_by_warning(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  const bool of_words =
      code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR || code == JWRN_BOGUS_ICC;
  if (level < 0 && job_of(info).in_pixels && !of_words) fail(info);
}
void drop_message(j_common_ptr) {}

void start_source(j_decompress_ptr) {}
boolean fill_source(j_decompress_ptr info) {
  Job& job = job_of(info);
  if (!job.bytes.fill()) {
    job.ended = true;
    std::longjmp(job.jump, 1);
  }
  job.source.next_input_byte = job.bytes.buffer;
  job.source.bytes_in_buffer = static_cast<size_t>(job.bytes.end);
  return TRUE;
}
void skip_source(j_decompress_ptr info, long bytes) {
  jpeg_source_mgr& source = job_of(info).source;
  if (bytes <= 0) return;
  const size_t wanted = static_cast<size_t>(bytes);
  if (wanted > source.bytes_in_buffer) {
    job_of(info).bytes.position += static_cast<int64_t>(wanted - source.bytes_in_buffer);
    source.bytes_in_buffer = 0;
    return;
  }
  source.next_input_byte += wanted;
  source.bytes_in_buffer -= wanted;
}

void limit_scans(j_common_ptr info) {
  Job& job = job_of(info);
  if (job.info.input_scan_number <= kMostScans) return;
  std::snprintf(job.problem, sizeof job.problem, "more than %d scans", kMostScans);
  std::longjmp(job.jump, 1);
}

bool open_stream(Job& job) {
  job.info.err = jpeg_std_error(&job.errors);
  job.errors.error_exit = fail;
  job.errors.emit_message = fail_by_warning;
  job.errors.output_message = drop_message;
  job.info.client_data = &job;
  if (setjmp(job.jump)) return false;
  jpeg_create_decompress(&job.info);
  job.info.client_data = &job;
  job.source = {};
  job.source.init_source = start_source;
  job.source.fill_input_buffer = fill_source;
  job.source.skip_input_data = skip_source;
  job.source.resync_to_restart = jpeg_resync_to_restart;
  job.source.term_source = start_source;
  job.info.src = &job.source;
  job.progress = {};
  job.progress.progress_monitor = limit_scans;
  job.info.progress = &job.progress;
  jpeg_read_header(&job.info, TRUE);
  return true;
}

void read_rows(Job& job) {
  for (int64_t y = 0; y < job.to->region.end(0); ++y) {
    JSAMPROW row = reinterpret_cast<JSAMPROW>(job.row);
    jpeg_read_scanlines(&job.info, &row, 1);
    if (y >= job.to->region.begin(0)) put_picture_row(job.head, job.row, y, *job.to);
  }
}

bool read_pixels(Job& job) {
  if (setjmp(job.jump)) return false;
  job.in_pixels = true;
  job.info.out_color_space = job.head.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&job.info);
  read_rows(job);
  if (job.to->region.end(0) == job.head.height) jpeg_finish_decompress(&job.info);
  return true;
}

Status failure(const Job& job) {
  if (job.ended) return Status::fail("the JPEG ends early", "copy the file again");
  return Status::fail(std::string("damaged JPEG: ") + job.problem,
                      "copy the file again, or write it anew");
}

Status check_colours(const jpeg_decompress_struct& info) {
  const std::string cure = "convert it to RGB, e.g. in Python: Image.open(f).convert('RGB')";
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK)
    return Status::fail("a JPEG of CMYK colours is not supported", cure);
  if (info.num_components == 1 || info.num_components == 3) return {};
  return Status::fail(
      "a JPEG of " + std::to_string(info.num_components) + " components is not supported", cure);
}

// All coefficients of a file of several scans; of any the rows that colours are made of.
int64_t decoder_bytes(jpeg_decompress_struct& info) {
  int64_t coefficients = 0;
  for (int c = 0; c < info.num_components; ++c) {
    const jpeg_component_info& part = info.comp_info[c];
    const auto padded = [](int64_t blocks, int64_t unit) { return (blocks / unit + 1) * unit; };
    coefficients += padded(part.width_in_blocks, part.h_samp_factor) *
                    padded(part.height_in_blocks, part.v_samp_factor) *
                    static_cast<int64_t>(sizeof(JBLOCK));
  }
  const int64_t width = info.image_width + 4 * kBlock;
  const int64_t rows = width * info.num_components * kBufferedRows * info.max_v_samp_factor;
  return kCodecBytes + static_cast<int64_t>(sizeof(Job)) + rows +
         width * info.num_components +  // the row that is taken apart
         (jpeg_has_multiple_scans(&info) ? coefficients : 0);
}

class JpegDecoder final : public PictureDecoder {
 public:
  JpegDecoder(int fd, int64_t size) : size_(size) {
    job_.info = {};
    job_.bytes.fd = fd;
  }
  ~JpegDecoder() override { jpeg_destroy_decompress(&job_.info); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Status open(PictureHead& head) override {
    if (!open_stream(job_)) return failure(job_);
    if (Status s = check_colours(job_.info); !s.ok()) return s;
    job_.head.kind = PictureKind::jpeg;
    job_.head.height = job_.info.image_height;
    job_.head.width = job_.info.image_width;
    job_.head.channels = job_.info.num_components;
    if (job_.head.width > kMostRatio * size_ / job_.head.height)
      return Status::fail("damaged JPEG: " + std::to_string(size_) + " bytes cannot hold " +
                              std::to_string(job_.head.height) + " x " +
                              std::to_string(job_.head.width) + " pixels",
                          "copy the file again");
    job_.head.decode_bytes = decoder_bytes(job_.info);
    head = job_.head;
    return {};
  }
  Status read(const PicturePlanes& to) override {
    job_.row = row_.take(static_cast<size_t>(job_.head.width * job_.head.channels)).data();
    job_.to = &to;
    return read_pixels(job_) ? Status() : failure(job_);
  }

 private:
  const int64_t size_;
  Job job_;
  ByteBuffer row_;
};

}  // namespace

std::unique_ptr<PictureDecoder> make_jpeg_decoder(int fd, int64_t size) {
  return std::make_unique<JpegDecoder>(fd, size);
}

}  // namespace parfocal
