#include <algorithm>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/basin_writer.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/frame_selection.h"
#include "parfocal/formats/hdf5/job_ids.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_output.h"
#include "parfocal/formats/hdf5/rtdc_place_params.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

/// Sink `rtdc_images`: one background image per frame, in a file that refers to its input for the
/// rest.
class RtdcImagesSink final : public Sink {
 public:
  RtdcImagesSink(const RtdcPlaceParams& params, const SinkInput& images, const SinkContext& context)
      : params_(params),
        images_(images),
        out_(output_path(context.out_dir, params.path, "rtdc_images"),
             encoder_threads(context.threads)),
        input_(input_file(images, params.input, context)) {
    require_all_frames(images.lineage, "rtdc_images");
    const Layout& layout = images.layout.layout;
    if (layout.stream.size() != 1 || layout.item.size() != 2)
      fail_layout("sink rtdc_images cannot write this", layout.str(), "images: [t | y x]", "");
  }

  int64_t resident_bytes() const override {
    const int64_t copied = params_.change.empty() ? copying_bytes(input_) : 0;
    return RtdcOutput::kFileBytes + copied + chunk_bytes() +
           ChunkEncoder::resident_bytes(out_.threads(), level(), chunk_bytes());
  }
  int64_t disk_bytes() const override {
    const int64_t frames = images_.layout.layout.stream_count();
    if (frames == kUnbounded) return -1;
    return room_of_copied_bytes(params_.change) +
           rtdc_room_bytes(frames, images_.layout.layout.item_bytes());
  }

  void open() override {
    if (!params_.published.empty()) require_replaceable(params_.published);
    if (params_.change.empty()) {
      out_.create();
    } else {
      out_.create_copy_of(params_.change);
      for (const char* feature : {"image_bg", "bg_off"}) {
        out_.file().remove(std::string("events/") + feature);
        remove_internal_feature(out_.file(), feature);
      }
    }
    const Layout& layout = images_.layout.layout;
    writer_ = std::make_unique<DatasetWriter>(
        out_.file(), "events/image_bg", layout.dtype,
        std::vector<int64_t>{layout.item[0].size, layout.item[1].size}, level(), out_.encoder());
  }

  Status write(std::span<const Input> in) override {
    return guarded([&] {
      if (!in[0].gap) return writer_->append(in[0].image.data);
      ++gaps_;
      const auto bytes = static_cast<size_t>(images_.layout.layout.item_bytes());
      return writer_->append(std::vector<std::byte>(bytes).data());
    });
  }

  Status close(const Outcome& outcome) override {
    Status s = guarded([&]() -> Status {
      if (!outcome.complete) return {};
      if (Status finished = writer_->finish(); !finished.ok()) return finished;
      describe(outcome.notices);
      return {};
    });
    writer_.reset();
    if (outcome.complete && s.ok()) return out_.publish(outcome);
    out_.discard();
    return s;
  }
  std::vector<fs::path> paths() const override { return out_.paths(); }

 private:
  int64_t chunk_bytes() const {
    return DatasetWriter::chunk_bytes(images_.layout.layout.item_bytes());
  }
  int level() const { return params_.compress ? 5 : 0; }

  void describe(std::vector<std::string> notices) {
    const H5File& file = out_.file();
    const std::string where = file.where("events/image_bg");
    const std::string id = background_id(images_.lineage, false);
    if (!id.empty()) {
      write_attribute(writer_->id(), "dcnum ppid background", id, where);
      write_attribute(writer_->id(), "dcnum ppid generation", std::string(kPpidGeneration), where);
    }
    const fs::path place = params_.published.empty() ? out_.place() : fs::path(params_.published);
    if (params_.change.empty() && !input_.empty())
      refer_to(H5File::open(input_), file, place.parent_path());
    if (!read_attribute(file.id(), "experiment:event count"))
      write_attribute(file.id(), "experiment:event count", writer_->items(), where);
    if (gaps_ > 0)
      notices.push_back(std::to_string(gaps_) + " frames have no background: they read as 0");
    out_.store_notices(notices);
  }

  RtdcPlaceParams params_;
  SinkInput images_;
  RtdcOutput out_;
  fs::path input_;
  std::unique_ptr<DatasetWriter> writer_;
  int64_t gaps_ = 0;
};

}  // namespace

PARFOCAL_SINK(rtdc_images) {
  using P = RtdcPlaceParams;
  SinkInfo info;
  info.name = "rtdc_images";
  info.summary = "one background image per frame as an .rtdc file that refers to its input";
  info.accepts = {PortKind::image};
  info.params = rtdc_place_params<P>(true);
  info.example = "{type: rtdc_images, from: background, path: background.rtdc}";
  info.make = [](const std::any& params, std::span<const SinkInput> inputs,
                 const SinkContext& context) -> std::unique_ptr<Sink> {
    return std::make_unique<RtdcImagesSink>(std::any_cast<const P&>(params), inputs[0], context);
  };
  return info;
}

PARFOCAL_RULES(sinks, rtdc_images) {
  return Rules<RtdcPlaceParams>().endings({".rtdc", ".h5", ".hdf5"}).takes_images("from");
}

}  // namespace parfocal
