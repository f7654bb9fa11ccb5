#include "parfocal/formats/zarr/image_positions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "parfocal/core/listed.h"
namespace parfocal {
namespace {

constexpr size_t kMostPositions = 20000, kMostNamed = 3;

std::string size_of(const FoundImage& image) {
  std::string axes;
  for (const Axis& axis : image.axes) axes += axis.name;
  return fmt::format("{} of {} {}", dtype_name(image.array.dtype), axes,
                     fmt::join(image.array.shape, " x "));
}

// "2 of 12 positions are gaps: A/2/0 (there is no Zarr array or group), ..."
class GapNote {
 public:
  void add(const std::string& name, const std::string& reason) {
    if (++count_ <= kMostNamed)
      named_ += fmt::format("{}{} ({})", count_ > 1 ? ", " : "", name, reason);
  }
  std::string text(size_t positions) const {
    return fmt::format("{} of {} positions {}: {}{}.", count_, positions,
                       count_ == 1 ? "is a gap" : "are gaps", named_,
                       count_ > kMostNamed ? ", ..." : "");
  }
  bool empty() const { return count_ == 0; }

 private:
  size_t count_ = 0;
  std::string named_;
};

// The size of most images; of sizes that are equally frequent the one that comes first.
std::string usual_size(const std::vector<std::optional<FoundImage>>& images) {
  std::map<std::string, size_t> counts;
  size_t most = 0;
  for (const auto& image : images)
    if (image) most = std::max(most, ++counts[size_of(*image)]);
  for (const auto& image : images)
    if (image && counts[size_of(*image)] == most) return size_of(*image);
  return "";
}

bool has_same_measures(const FoundImage& a, const FoundImage& b) {
  return a.channel == b.channel && std::equal(a.axes.begin(), a.axes.end(), b.axes.begin(),
                                              b.axes.end(), [](const Axis& one, const Axis& other) {
                                                return one.scale == other.scale &&
                                                       one.unit == other.unit &&
                                                       one.labels == other.labels;
                                              });
}

// There is one layout for all positions.
void note_other_measures(ImagePositions& found) {
  std::vector<std::string> others;
  for (size_t i = 0; i < found.images.size(); ++i)
    if (found.images[i] && !has_same_measures(*found.images[found.first], *found.images[i]))
      others.push_back(found.names[i]);
  if (others.empty()) return;
  found.notices.push_back(fmt::format(
      "{} of {} positions have other scales, units or names of channels than {}, whose are taken "
      "for all: {} (source.position reads one with its own).",
      others.size(), found.names.size(), found.names[found.first], listed(others, kMostNamed)));
}

// One image tells for the others.
void take_notices(const std::vector<std::optional<FoundImage>>& images,
                  std::vector<std::string>& notices) {
  size_t more = 0;
  bool told = false;
  for (const auto& image : images) {
    if (!image || image->notices.empty()) continue;
    if (told) ++more;
    if (!told) notices.insert(notices.end(), image->notices.begin(), image->notices.end());
    told = true;
  }
  if (more > 0) notices.push_back(fmt::format("There are such notes on {} further images.", more));
}

}  // namespace

ImagePositions find_positions(const ZarrHierarchy& store, ImageChoice choice) {
  const NgffGroup root = store.group("");
  ImagePositions found;
  found.names = root.image ? std::vector<std::string>{""}
                           : image_places(store, root, kMostPositions, found.notices);
  found.images.resize(found.names.size());
  std::vector<std::string> reasons(found.names.size());
  std::optional<Error> failure;
  for (size_t i = 0; i < found.names.size(); ++i) {
    choice.position = found.names[i];
    try {
      found.images[i] = find_image(store, choice);
    } catch (const Error& e) {
      reasons[i] = e.issues()[0].what;
      if (!failure) failure = e;
    }
  }
  const std::string usual = usual_size(found.images);
  if (usual.empty() && failure) throw Error(*failure);
  if (usual.empty())
    throw Error(ErrorCode::input_missing,
                Issue{"there are no images", store.store()->where(""), "",
                      "an image, or a plate or series of them", "give the folder of an image"});
  GapNote gaps;
  found.first = found.names.size();
  for (size_t i = 0; i < found.names.size(); ++i) {
    if (found.images[i] && size_of(*found.images[i]) != usual) {
      reasons[i] = size_of(*found.images[i]) + ", others are " + usual;
      found.images[i].reset();
    }
    if (!found.images[i]) gaps.add(found.names[i], reasons[i]);
    if (found.images[i]) found.first = std::min(found.first, i);
  }
  if (!gaps.empty()) found.notices.push_back(gaps.text(found.names.size()));
  note_other_measures(found);
  take_notices(found.images, found.notices);
  return found;
}

}  // namespace parfocal
