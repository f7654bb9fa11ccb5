#include "parfocal/formats/picture/picture_panels.h"

#include <png.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "parfocal/formats/picture/drawing/font.h"
#include "parfocal/formats/picture/png_writer.h"

namespace parfocal {
namespace {

constexpr Colour kGround{48, 48, 48};
constexpr int64_t kSpace = 8;  // around pictures

Status failure(const std::filesystem::path& path, const char* problem) {
  return Status::fail("cannot read the picture " + path.string() + ": " + problem,
                      "look for room in the folder of temporary files (TMPDIR)");
}

void copy(const Canvas& from, int64_t y, int64_t x, Canvas& to) {
  for (int64_t row = 0; row < from.height(); ++row)
    std::memcpy(to.row(y + row) + 3 * x, from.row(row), static_cast<size_t>(3 * from.width()));
}

int64_t panel_width(const Panel& panel, const Canvas& picture, int64_t size) {
  return std::max(picture.width(), text_width(panel.title, size));
}

}  // namespace

Status read_picture(const std::filesystem::path& path, Canvas& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) return failure(path, image.message);
  image.format = PNG_FORMAT_RGB;
  picture = Canvas(image.height, image.width);
  if (!png_image_finish_read(&image, nullptr, picture.row(0), 0, nullptr))
    return failure(path, image.message);
  return {};
}

Status write_panels(const std::filesystem::path& path, std::span<const Panel> panels,
                    std::string provenance) {
  std::vector<Canvas> pictures(panels.size());
  int64_t height = 0, widest = 1;
  for (size_t i = 0; i < panels.size(); ++i) {
    if (Status s = read_picture(panels[i].picture, pictures[i]); !s.ok()) return s;
    height = std::max(height, pictures[i].height());
    widest = std::max(widest, pictures[i].width());
  }
  if (panels.size() == 1) return write_png(path, pictures[0], std::move(provenance));
  const int64_t size = std::max<int64_t>(2, text_size_for(widest));
  int64_t width = kSpace;
  for (size_t i = 0; i < panels.size(); ++i)
    width += panel_width(panels[i], pictures[i], size) + kSpace;
  const int64_t top = text_height(size) + 2 * kSpace;
  Canvas all(top + height + kSpace, width);
  all.fill(0, 0, all.height(), all.width(), kGround);
  int64_t x = kSpace;
  for (size_t i = 0; i < panels.size(); ++i) {
    draw_text(all, kSpace, x, panels[i].title, size, kWhite);
    copy(pictures[i], top, x, all);
    x += panel_width(panels[i], pictures[i], size) + kSpace;
  }
  return write_png(path, all, std::move(provenance));
}

}  // namespace parfocal
