#include "parfocal/formats/picture/picture_decoder.h"

#include <string_view>

namespace parfocal {

std::optional<PictureKind> picture_kind(int fd) {
  constexpr std::string_view png("\x89PNG\r\n\x1a\n", 8), jpeg("\xff\xd8\xff", 3);
  char bytes[8] = {};
  const int64_t got = read_at(fd, bytes, sizeof bytes, 0);
  const std::string_view head(bytes, static_cast<size_t>(got < 0 ? 0 : got));
  if (head.starts_with(png)) return PictureKind::png;
  if (head.starts_with(jpeg)) return PictureKind::jpeg;
  return std::nullopt;
}

Status open_picture(const std::filesystem::path& path, OpenPicture& picture) {
  if (Status s = open_for_reading(path, picture.fd, picture.size); !s.ok()) return s;
  if (picture.size == 0) return Status::fail("the file is empty", "copy the file again");
  const int fd = picture.fd.get();
  const auto kind = picture_kind(fd);
  if (!kind)
    return Status::fail("neither a PNG nor a JPEG file", "narrow the glob to files of one kind");
  picture.decoder = *kind == PictureKind::png ? make_png_decoder(fd, picture.size)
                                              : make_jpeg_decoder(fd, picture.size);
  return picture.decoder->open(picture.head);
}

}  // namespace parfocal
