#include "parfocal/planner/picked_source.h"

#include "parfocal/core/operator_info.h"

namespace parfocal {

PickedSource::PickedSource(std::unique_ptr<Source> source,
                           const std::vector<std::pair<std::string, int64_t>>& picked)
    : MappedSource(std::move(source)) {
  const Layout& whole = inner().layout();
  std::string told;
  steps_.assign(whole.stream.size(), -1);
  for (const auto& [name, step] : picked) {
    const int axis = whole.find_stream(name);
    const int64_t size = axis < 0 ? 0 : whole.stream[static_cast<size_t>(axis)].size;
    if (step < 0 || step >= size)
      fail_layout("the source has no step " + std::to_string(step) + " of axis " + name,
                  name + "=" + std::to_string(step), "a step of " + whole.str(),
                  "name one that is there");
    steps_[static_cast<size_t>(axis)] = step;
    told += " at " + name + "=" + std::to_string(step);
  }
  settle(std::move(told));
}

Layout PickedSource::layout_of_part(Layout layout) const {
  for (size_t a = 0; a < steps_.size(); ++a) {
    if (steps_[a] < 0) continue;
    Axis& axis = layout.stream[a];
    axis.size = 1;
    if (!axis.labels.empty()) axis.labels = {axis.labels[static_cast<size_t>(steps_[a])]};
  }
  return layout;
}

int64_t PickedSource::place_of(int64_t sequence) const {
  const auto at = coordinates_of(layout(), sequence);
  const std::vector<Axis>& axes = inner().layout().stream;
  int64_t place = 0;
  for (size_t a = 0; a < axes.size(); ++a)
    place = place * axes[a].size + (steps_[a] < 0 ? at[a] : steps_[a]);
  return place;
}

FrameSet PickedSource::missing() const {
  const FrameSet all = inner().missing();
  FrameSet mine;
  for (int64_t i = 0; !all.empty() && i < layout().stream_count(); ++i)
    if (all.has(place_of(i))) mine.add(i);
  return mine;
}

}  // namespace parfocal
