#include "parfocal/formats/hdf5/event_columns.h"

#include <algorithm>
#include <span>

#include "parfocal/formats/hdf5/columns.h"

namespace parfocal {
namespace {

const Layout& layout_of(std::span<const SinkInput> inputs, int at) {
  return inputs[static_cast<size_t>(at)].layout.layout;
}

std::vector<int64_t> shape_of(const Layout& layout) {
  return {layout.item[0].size, layout.item[1].size};
}

template <class T>
int64_t integer_at(const View& scalar) {
  return static_cast<int64_t>(scalar.scalar<T>());
}
int64_t integer_of(const View& scalar) {
  return dispatch(scalar.dtype, [&]<class T>() { return integer_at<T>(scalar); });
}
double real_of(const View& scalar) {
  return dispatch(scalar.dtype, [&]<class T>() { return static_cast<double>(scalar.scalar<T>()); });
}

// 255 where the label is the event's, as dcnum stores masks.
void fill_mask(const View& labels, int64_t label, uint8_t* mask) {
  const int64_t width = labels.region.shape[1];
  dispatch(labels.dtype, [&]<class T>() {
    for (int64_t y = labels.region.begin(0); y < labels.region.end(0); ++y, mask += width) {
      const T* row = labels.row<T>(y);
      for (int64_t x = 0; x < width; ++x)
        mask[x] = row[x] == static_cast<T>(label) ? uint8_t{255} : uint8_t{0};
    }
  });
}

Status append_image(DatasetWriter& writer, const View& image) {
  std::byte* to = nullptr;
  if (Status s = writer.place(to); !s.ok()) return s;
  for_each_run(image, [&](const std::byte* run, const auto&) {
    const size_t bytes =
        static_cast<size_t>(image.region.shape[image.region.rank - 1]) * dtype_size(image.dtype);
    std::memcpy(to, run, bytes);
    to += bytes;
  });
  return writer.commit();
}

// How many events are of frame `last` or one before it; their frames ascend.
int64_t events_until(const IntegerColumn& frames, int64_t last) {
  int64_t begin = 0, end = frames.size();
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    int64_t frame = 0;
    frames.read(middle, std::span(&frame, 1));
    (frame <= last ? begin : end) = frame <= last ? middle + 1 : middle;
  }
  return begin;
}

}  // namespace

EventColumns::EventColumns(const H5File& file, std::span<const SinkInput> inputs,
                           const EventPorts& ports, FrameSelection frames, int level,
                           ChunkEncoder& encoder)
    : ports_(ports), frames_(std::move(frames)) {
  const auto scalar = [&](const std::string& name, DType dtype) {
    return std::make_unique<DatasetWriter>(file, "events/" + name, dtype, std::vector<int64_t>{},
                                           level, encoder);
  };
  const auto plane = [&](const std::string& name, DType dtype, const Layout& layout) {
    return std::make_unique<DatasetWriter>(file, "events/" + name, dtype, shape_of(layout), level,
                                           encoder);
  };
  const auto& columns = inputs[0].layout.table.columns;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].name == "label") {
      label_at_ = static_cast<int>(c);
      continue;
    }
    const bool integer = columns[c].type == Column::Type::integer;
    features_.push_back(
        {static_cast<int>(c), integer, scalar(columns[c].name, integer ? DType::i64 : DType::f64)});
  }
  if (ports.labels >= 0) mask_ = plane("mask", DType::u8, layout_of(inputs, ports.labels));
  if (ports.image >= 0) {
    const Layout& layout = layout_of(inputs, ports.image);
    image_ = plane("image", layout.dtype, layout);
  }
  if (ports.background >= 0) {
    const Layout& layout = layout_of(inputs, ports.background);
    background_ = plane("image_bg", layout.dtype, layout);
  }
  if (ports.offset >= 0) offset_ = scalar("bg_off", DType::f64);
  if (ports.index >= 0) index_ = scalar("basinmap1", DType::i64);
  frame_ = scalar("basinmap0", DType::u32);
  nevents_ = scalar("nevents", DType::i64);
}

Status EventColumns::write(std::span<const Input> in) {
  for (int64_t row = 0; row < in[0].table.rows; ++row)
    if (Status s = write_event(in, row); !s.ok()) return s;
  if (events_ > whole_frames_) remember(in[0].header->sequence);
  whole_frames_ = events_;
  return {};
}

std::vector<DatasetWriter*> EventColumns::writers() const {
  std::vector<DatasetWriter*> all;
  for (const auto* writer : {&mask_, &image_, &background_, &offset_, &index_, &frame_, &nevents_})
    if (*writer) all.push_back(writer->get());
  for (const TableColumn& column : features_) all.push_back(column.writer.get());
  return all;
}

// Frames whose events are in the file are forgotten; asking for that costs, so it is done rarely.
void EventColumns::remember(int64_t sequence) {
  recent_.emplace_back(sequence, events_);
  if (recent_.size() < most_recent_) return;
  int64_t there = events_;
  for (const DatasetWriter* writer : writers()) there = std::min(there, writer->items_in_file());
  while (!recent_.empty() && recent_.front().second <= there) recent_.pop_front();
  most_recent_ = std::max(kRecent, 2 * recent_.size());
}

int64_t EventColumns::first_lost() const {
  int64_t stored = INT64_MAX;
  for (const DatasetWriter* writer : writers()) stored = std::min(stored, writer->stored());
  for (const auto& [sequence, end] : recent_)
    if (end > stored) return sequence;
  return -1;
}

Status EventColumns::write_event(std::span<const Input> in, int64_t row) {
  const TableView& table = in[0].table;
  const auto view = [&](int port) -> const View& { return in[static_cast<size_t>(port)].image; };
  const int64_t frame =
      frames_.frame(in[0].header->sequence - static_cast<int64_t>(left_out_.size()));
  ++events_;
  Status s = frame_->append_value(static_cast<uint32_t>(frame));
  if (s.ok()) s = nevents_->append_value(table.rows);
  for (TableColumn& column : features_) {
    if (!s.ok()) return s;
    s = column.integer ? column.writer->append_value(table.column<int64_t>(column.at)[row])
                       : column.writer->append_value(table.column<double>(column.at)[row]);
  }
  if (s.ok() && mask_) s = write_mask(view(ports_.labels), table.column<int64_t>(label_at_)[row]);
  if (s.ok() && image_) s = append_image(*image_, view(ports_.image));
  if (s.ok() && background_) s = append_image(*background_, view(ports_.background));
  if (s.ok() && index_) s = index_->append_value(integer_of(view(ports_.index)));
  if (s.ok() && offset_) {
    const double offset = real_of(view(ports_.offset));
    has_offsets_ = has_offsets_ || offset != 0;
    s = offset_->append_value(offset);
  }
  return s;
}

Status EventColumns::write_mask(const View& labels, int64_t label) {
  std::byte* to = nullptr;
  if (Status s = mask_->place(to); !s.ok()) return s;
  fill_mask(labels, label, reinterpret_cast<uint8_t*>(to));
  return mask_->commit();
}

Status EventColumns::finish(const H5File& file, int64_t frames) {
  int64_t events = whole_frames_;
  Status s = frame_->finish();
  if (s.ok() && frames >= 0) {
    frames -= std::lower_bound(left_out_.begin(), left_out_.end(), frames) - left_out_.begin();
    const int64_t last = frames == 0 ? -1 : frames_.frame(frames - 1);
    events = std::min(events, events_until(IntegerColumn(file, "events/basinmap0"), last));
  }
  Status finished = finish_together(writers(), events, events_);
  return s.ok() ? std::move(finished) : std::move(s);
}

int64_t EventColumns::chunk_bytes(std::span<const SinkInput> inputs, const EventPorts& ports) {
  int64_t most = DatasetWriter::chunk_bytes(8);
  for (const int port : {ports.labels, ports.image, ports.background})
    if (port >= 0)
      most = std::max(most, DatasetWriter::chunk_bytes(layout_of(inputs, port).item_bytes()));
  return most;
}

int64_t EventColumns::resident_bytes(std::span<const SinkInput> inputs, const EventPorts& ports) {
  const int64_t scalars = static_cast<int64_t>(inputs[0].layout.table.columns.size()) + 4;
  int64_t bytes = scalars * DatasetWriter::chunk_bytes(8);
  for (const int port : {ports.labels, ports.image, ports.background})
    if (port >= 0) bytes += chunk_bytes(inputs, ports);
  return bytes;
}

}  // namespace parfocal
