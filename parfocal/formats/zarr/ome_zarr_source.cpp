#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/array_metadata.h"

namespace parfocal {
namespace {

struct OmeZarrSourceParams {
  std::string path;
  std::string labels;
};

std::string read_metadata(const std::filesystem::path& path) {
  Fd fd;
  int64_t size = 0;
  Status s = open_for_reading(path, fd, size);
  if (s.ok() && size > static_cast<int64_t>(kMostMetadataBytes))
    s = Status::fail(path.string() + " is larger than 16 MiB");
  std::string text(s.ok() ? static_cast<size_t>(size) : 0, '\0');
  if (s.ok() && read_at(fd.get(), text.data(), size, 0) != size) s = io_failure("read", path);
  if (s.ok()) return text;
  Issue issue = s.issue();
  if (issue.cure.empty()) issue.cure = "give the folder of an OME-Zarr 0.5 image (Zarr v3)";
  throw Error(ErrorCode::input_missing, issue);
}

// Runs `parse` and names the file in its errors.
template <class F>
auto parsed_file(const std::filesystem::path& path, F&& parse) {
  const std::string text = read_metadata(path);
  try {
    return parse(text);
  } catch (const Error& e) {
    Issue issue = e.issues()[0];
    issue.where = path.string();
    throw Error(e.code(), issue);
  }
}

/// Source `ome_zarr`: the finest level of an OME-Zarr 0.5 image with plain chunks; frames are y x.
class OmeZarrSource final : public Source {
 public:
  OmeZarrSource(const OmeZarrSourceParams& params, const SourceContext& context)
      : name_(params.path + (params.labels.empty() ? "" : " labels " + params.labels)) {
    if (params.labels.find('/') != params.labels.npos || params.labels.starts_with("."))
      fail_layout("'" + params.labels + "' is no name of a label image", params.labels,
                  "a plain name", "write e.g. labels: cells");
    std::filesystem::path group = context.base_dir / params.path;
    if (!params.labels.empty()) group = group / "labels" / params.labels;
    const NgffImage image = parsed_file(group / "zarr.json", parse_ngff_image);
    folder_ = group / image.path;
    array_ = parsed_file(folder_ / "zarr.json", parse_zarr_array);
    set_layout(image);
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 0; }
  Region block() const override {
    const size_t n = array_.chunk.size();
    return clipped(Region::whole({array_.chunk[n - 2], array_.chunk[n - 1]}), layout_.whole_item());
  }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader&) const override {
    const auto coordinates = coordinates_of(layout_, sequence);
    const int64_t height = array_.chunk[array_.chunk.size() - 2];
    const int64_t width = array_.chunk[array_.chunk.size() - 1];
    const Region& r = dst.region;
    if (r.count() == 0) return {};
    for (int64_t cy = r.begin(0) / height; cy * height < r.end(0); ++cy)
      for (int64_t cx = r.begin(1) / width; cx * width < r.end(1); ++cx) {
        Region chunk = Region::whole({height, width});
        chunk.origin = {cy * height, cx * width};
        if (Status s = read_chunk(coordinates, cy, cx, chunk, subview(dst, clipped(chunk, r)));
            !s.ok())
          return s;
      }
    if (array_.big_endian) swap_pixels(dst);
    return {};
  }
  SourceRow row(int64_t) const override { return {name_, -1, ""}; }
  std::string identity() const override { return name_ + ": " + layout_.str(); }

 private:
  void set_layout(const NgffImage& image) {
    const size_t n = image.axes.size();
    if (n != array_.shape.size() || image.axes[n - 1].name != "x" || image.axes[n - 2].name != "y")
      throw Error(
          ErrorCode::input_missing,
          Issue{"the axes do not fit the array", folder_.string(),
                std::to_string(n) + " axes, " + std::to_string(array_.shape.size()) + " sizes",
                "one axis per size, the last two y x", "repair the metadata"});
    layout_.dtype = array_.dtype;
    for (size_t a = 0; a < n; ++a) {
      Axis axis = image.axes[a];
      axis.size = array_.shape[a];
      (a + 2 < n ? layout_.stream : layout_.item).push_back(axis);
    }
  }

  // Path of a chunk, and the index of the plane within it.
  std::filesystem::path locate(const std::array<int64_t, kMaxRank>& coordinates, int64_t cy,
                               int64_t cx, int64_t& plane) const {
    std::string key;
    const size_t lead = layout_.stream.size();
    plane = 0;
    for (size_t a = 0; a < lead; ++a) {
      key += std::to_string(coordinates[a] / array_.chunk[a]) + array_.separator;
      plane = plane * array_.chunk[a] + coordinates[a] % array_.chunk[a];
    }
    key += std::to_string(cy) + array_.separator + std::to_string(cx);
    return folder_ / (array_.v2_keys ? key : "c" + array_.separator + key);
  }

  Status read_chunk(const std::array<int64_t, kMaxRank>& coordinates, int64_t cy, int64_t cx,
                    const Region& chunk, const MutableView& part) const {
    int64_t plane = 0, size = 0;
    const std::filesystem::path path = locate(coordinates, cy, cx, plane);
    Fd fd;
    errno = 0;
    if (Status s = open_for_reading(path, fd, size); !s.ok()) {
      if (errno != ENOENT) return s;
      fill(part);  // a chunk that is absent holds the fill value
      return {};
    }
    if (size != array_.chunk_bytes())
      return Status::fail(path.string() + " has " + std::to_string(size) + " bytes, a chunk has " +
                              std::to_string(array_.chunk_bytes()),
                          "copy the store again");
    return read_rows(fd.get(), path, chunk, plane, part);
  }

  Status read_rows(int fd, const std::filesystem::path& path, const Region& chunk, int64_t plane,
                   const MutableView& part) const {
    const int64_t pixel = static_cast<int64_t>(dtype_size(array_.dtype));
    const int64_t width = chunk.shape[1];
    const int64_t first = (plane * chunk.shape[0] + part.region.begin(0) - chunk.begin(0)) * width +
                          part.region.begin(1) - chunk.begin(1);
    // Rows that follow each other in the file and in memory come in one read.
    const bool joined = part.region.shape[1] == width && part.strides[0] == width;
    const int64_t rows = joined ? 1 : part.region.shape[0];
    const int64_t bytes = (joined ? part.region.count() : part.region.shape[1]) * pixel;
    for (int64_t row = 0; row < rows; ++row)
      if (read_at(fd, part.data + row * part.strides[0] * pixel, bytes,
                  (first + row * width) * pixel) != bytes)
        return io_failure("read all of", path);
    return {};
  }

  // In the byte order of the file, so that the whole frame can be swapped at the end.
  void fill(const MutableView& part) const {
    std::vector<std::byte> value = array_.fill;
    if (array_.big_endian) std::reverse(value.begin(), value.end());
    for_each_run(part, [&](std::byte* run, const auto&) {
      for (int64_t i = 0; i < part.region.shape[1]; ++i)
        std::memcpy(run + i * static_cast<int64_t>(value.size()), value.data(), value.size());
    });
  }
  void swap_pixels(const MutableView& dst) const {
    const int64_t size = static_cast<int64_t>(dtype_size(array_.dtype));
    for_each_run(dst, [&](std::byte* run, const auto&) {
      for (int64_t i = 0; i < dst.region.shape[1]; ++i)
        std::reverse(run + i * size, run + (i + 1) * size);
    });
  }

  std::string name_;
  std::filesystem::path folder_;
  ZarrArray array_;
  Layout layout_;
};

}  // namespace

PARFOCAL_SOURCE(ome_zarr) {
  using P = OmeZarrSourceParams;
  return {"ome_zarr",
          "the finest level of an OME-Zarr 0.5 image, or of one of its label images",
          Parameters<P>()
              .add("path", &P::path, "folder of the image, relative to the pipeline file")
              .required()
              .add("labels", &P::labels, "name of a label image to read instead"),
          "{type: ome_zarr, path: smooth.ome.zarr, labels: cells}",
          [](const std::any& params, const SourceContext& context) -> std::unique_ptr<Source> {
            return std::make_unique<OmeZarrSource>(std::any_cast<const P&>(params), context);
          },
          nullptr,
          false};
}

}  // namespace parfocal
