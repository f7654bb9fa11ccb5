#include "parfocal/planner/picked_source.h"

#include "parfocal/core/operator_info.h"

namespace parfocal {

PickedSource::PickedSource(std::unique_ptr<Source> source,
                           const std::vector<std::pair<std::string, int64_t>>& picked)
    : ForwardingSource(*source), source_(std::move(source)) {
  const Layout& whole = source_->layout();
  steps_.assign(whole.stream.size(), -1);
  for (const auto& [name, step] : picked) {
    const int axis = whole.find_stream(name);
    const int64_t size = axis < 0 ? 0 : whole.stream[static_cast<size_t>(axis)].size;
    if (step < 0 || step >= size)
      fail_layout("the source has no step " + std::to_string(step) + " of axis " + name,
                  name + "=" + std::to_string(step), "a step of " + whole.str(),
                  "name one that is there");
    steps_[static_cast<size_t>(axis)] = step;
    told_ += " at " + name + "=" + std::to_string(step);
  }
  layout_ = picked_of(whole);
}

Layout PickedSource::picked_of(Layout layout) const {
  for (size_t a = 0; a < steps_.size(); ++a) {
    if (steps_[a] < 0) continue;
    Axis& axis = layout.stream[a];
    axis.size = 1;
    if (!axis.labels.empty()) axis.labels = {axis.labels[static_cast<size_t>(steps_[a])]};
  }
  return layout;
}

int64_t PickedSource::place_of(int64_t sequence) const {
  const auto at = coordinates_of(layout_, sequence);
  const std::vector<Axis>& axes = source_->layout().stream;
  int64_t place = 0;
  for (size_t a = 0; a < axes.size(); ++a)
    place = place * axes[a].size + (steps_[a] < 0 ? at[a] : steps_[a]);
  return place;
}

Layout PickedSource::open_port(size_t port) { return picked_of(source_->open_port(port)); }

FrameSet PickedSource::missing() const {
  const FrameSet all = source_->missing();
  FrameSet mine;
  for (int64_t i = 0; !all.empty() && i < layout_.stream_count(); ++i)
    if (all.has(place_of(i))) mine.add(i);
  return mine;
}

std::vector<std::filesystem::path> PickedSource::files() const {
  const auto* reads = dynamic_cast<const ReadsFiles*>(source_.get());
  return reads ? reads->files() : std::vector<std::filesystem::path>();
}

}  // namespace parfocal
