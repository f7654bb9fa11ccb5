#include "parfocal/formats/picture/picture_places.h"

#include <algorithm>

namespace parfocal {
namespace {

constexpr int kDigitsOfUnknown = 6;

std::string names_of(const Axis& axis) {
  std::string names;
  for (const std::string& label : axis.labels) names += (names.empty() ? "" : ", ") + label;
  if (names.empty() && axis.size != kUnbounded) names = "0.." + std::to_string(axis.size - 1);
  return names.empty() ? "a number from 0" : names;
}

[[noreturn]] void fail_axis(const std::string& name, const Layout& layout) {
  fail_layout("at names axis '" + name + "', which the image does not have", layout.str(),
              "stream axes, and axes before y x", "remove " + name + " from at");
}

void require_axes(const ItemPlace& at, const Layout& layout) {
  for (const auto& [name, step] : at.entries) {
    const int item = layout.find_item(name);
    const bool plane = item >= 0 && static_cast<size_t>(item) + 2 < layout.item.size();
    if (layout.find_stream(name) < 0 && !plane) fail_axis(name, layout);
  }
}

std::string padded(int64_t number, int digits) {
  std::string text = std::to_string(number);
  const auto wanted = static_cast<size_t>(digits);
  return text.size() < wanted ? std::string(wanted - text.size(), '0') + text : text;
}

}  // namespace

PicturePlaces::PicturePlaces(const PictureParams& params, const Layout& layout,
                             std::filesystem::path root, bool composite)
    : root_(std::move(root)), one_(is_one_picture(params)) {
  require_axes(params.at, layout);
  for (const Axis& axis : layout.stream) outer_.push_back(place_of(params, axis));
  if (composite) outer_.pop_back();
  if (!outer_.empty()) outer_[0].every = params.every;
  for (size_t a = 0; a + 2 < layout.item.size(); ++a) {
    inner_.push_back(place_of(params, layout.item[a]));
    planes_ *= layout.item[a].size;
  }
  if (one_) require_one();
}

PicturePlaces::Place PicturePlaces::place_of(const PictureParams& params, const Axis& axis) {
  Place place{axis, std::nullopt, 1, kDigitsOfUnknown};
  if (axis.size != kUnbounded)
    place.digits = static_cast<int>(std::to_string(std::max<int64_t>(axis.size - 1, 0)).size());
  for (const auto& [name, word] : params.at.entries) {
    if (name != axis.name) continue;
    place.only = step_of(axis, word);
    if (*place.only < 0)
      fail_layout("axis " + name + " has no step '" + word + "'",
                  "at: {" + name + ": " + word + "}", names_of(axis), "write one of these in at");
  }
  return place;
}

void PicturePlaces::require_one() const {
  const int64_t pictures = count();
  if (pictures == 1) return;
  std::string place;
  for (const auto* axes : {&outer_, &inner_})
    for (const Place& p : *axes)
      place +=
          (place.empty() ? "" : ", ") + p.axis.name + ": " + std::to_string(p.only.value_or(0));
  std::filesystem::path folder = root_.filename();
  fail_layout(
      "one file cannot hold " + (pictures == kUnbounded ? "as many pictures as come"
                                                        : std::to_string(pictures) + " pictures"),
      root_.filename().string(), "a folder, or one item",
      "write path: " + folder.replace_extension().string() + ", or at: {" + place + "}");
}

bool PicturePlaces::wants(const Coordinates& stream) const {
  for (size_t a = 0; a < outer_.size(); ++a)
    if (!outer_[a].wants(stream[a])) return false;
  return true;
}

bool PicturePlaces::wants_plane(const Coordinates& plane) const {
  for (size_t a = 0; a < inner_.size(); ++a)
    if (!inner_[a].wants(plane[a])) return false;
  return true;
}

std::filesystem::path PicturePlaces::file(const Coordinates& stream,
                                          const Coordinates& plane) const {
  if (one_) return root_;
  std::string name;
  const auto add = [&](const std::vector<Place>& axes, const Coordinates& at) {
    for (size_t a = 0; a < axes.size(); ++a)
      name += (name.empty() ? "" : "_") + axes[a].axis.name + padded(at[a], axes[a].digits);
  };
  add(outer_, stream);
  add(inner_, plane);
  return root_ / ((name.empty() ? "picture" : name) + ".png");
}

int64_t PicturePlaces::count() const {
  int64_t pictures = 1;
  for (const auto* axes : {&outer_, &inner_})
    for (const Place& p : *axes) {
      if (p.only) continue;
      if (p.axis.size == kUnbounded) return kUnbounded;
      pictures *= (p.axis.size + p.every - 1) / p.every;
    }
  return pictures;
}

}  // namespace parfocal
