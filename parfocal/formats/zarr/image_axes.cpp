#include "parfocal/formats/zarr/image_axes.h"

#include <fmt/format.h>

#include <algorithm>

#include "parfocal/core/lowercase.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"
#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/zarr/chunk_lookup.h"

namespace parfocal {
namespace {

constexpr int64_t kMostChannels = 10000;  // that may have names
constexpr const char* kMoveAxes =
    "write the array anew with y and x as its last axes (numpy.moveaxis), and name those";

const char* usual_axes(size_t rank) {
  return rank == 2 ? "yx" : rank == 4 ? "tzyx" : rank == 5 ? "tczyx" : "tyx";
}

std::vector<Axis> stated_axes(const std::string& stated) {
  const Layout layout = layout_of_axes(stated);
  std::vector<Axis> axes = layout.stream;
  axes.insert(axes.end(), layout.item.begin(), layout.item.end());
  return axes;
}

std::string names_of(const std::vector<Axis>& axes) {
  std::string text;
  for (const Axis& axis : axes)
    text += (text.empty() ? "" : " ") + (axis.name.empty() ? "?" : axis.name);
  return text;
}

bool is_plane_axis(const std::string& letter) { return letter == "y" || letter == "x"; }

// "t" of Time or T; "" of what has no letter of ours.
std::string letter_of(const std::string& name) {
  const std::string word = lowercase(name);
  if (word == "time" || word == "channel" || word == "channels") return word.substr(0, 1);
  return word.size() == 1 && word[0] >= 'a' && word[0] <= 'z' ? word : "";
}

// What to write where the names do not do: their letters, or a guess where they say nothing of y
// and x. Whoever names these elsewhere has them elsewhere.
std::string axes_cure(const std::vector<Axis>& axes, size_t rank) {
  std::string letters;
  bool known = axes.size() == rank, says_plane = false;
  for (const Axis& axis : axes) {
    const std::string letter = letter_of(axis.name);
    known = known && !letter.empty() && letters.find(letter) == letters.npos;
    says_plane = says_plane || is_plane_axis(letter);
    letters += letter;
  }
  if (known && letters.ends_with("yx")) return "write axes: " + letters;
  return says_plane && axes.size() == rank ? kMoveAxes
                                           : std::string("write e.g. axes: ") + usual_axes(rank);
}

// Of a length along an axis of times nobody knows what it was.
bool keeps_measure(const Axis& axis, const std::string& name) {
  if (name == "t") return unit_factor(axis.unit, "s").has_value();
  return (name == "z" || is_plane_axis(name)) && unit_factor(axis.unit, "um").has_value();
}

// Names as they are, for as many channels as there are: what has none has an empty one.
void set_channels(std::vector<std::string> channels, Axis& axis) {
  if (axis.name != "c" || axis.size > kMostChannels) return;
  channels.resize(static_cast<size_t>(axis.size));
  if (std::any_of(channels.begin(), channels.end(), [](const auto& c) { return !c.empty(); }))
    axis.labels = std::move(channels);
}

}  // namespace

// Pages of files are y x whatever is said of them, but the letters of an array say what lies where:
// another order of them would be another image.
void check_array_axes(const std::string& axes) {
  std::string letters = lowercase(axes);
  std::erase_if(letters, [](char c) { return c < 'a' || c > 'z'; });
  const bool both = letters.find('y') != letters.npos && letters.find('x') != letters.npos;
  if (both && !letters.ends_with("yx"))
    fail_layout("an array is read by rows: the last two axes have to be y x", axes,
                "axes as they lie in the array, the last two y x", kMoveAxes);
  (void)layout_of_axes(axes);
}

std::vector<Axis> axes_of_array(const ZarrHierarchy& store, const std::string& path,
                                const ZarrArray& array, const std::string& stated) {
  if (!stated.empty()) return stated_axes(stated);
  std::vector<Axis> result;
  for (const std::string& name : array.names) result.push_back({name, 0, 1, "", {}});
  if (result.empty())
    throw Error(ErrorCode::input_missing,
                Issue{"the array does not name its axes", store.store()->where(path), "",
                      "one name per axis, the last two y x",
                      std::string("write e.g. axes: ") + usual_axes(array.shape.size())});
  return result;
}

void take_stated_axes(const std::string& stated, FoundImage& image) {
  if (stated.empty()) return;
  std::vector<Axis> axes = stated_axes(stated);
  const std::string said = names_of(image.axes);
  for (size_t a = 0; a < axes.size() && axes.size() == image.axes.size(); ++a) {
    const Axis& own = image.axes[a];
    if (own.name != axes[a].name && !keeps_measure(own, axes[a].name)) continue;
    axes[a].scale = own.scale;
    axes[a].unit = own.unit;
  }
  image.axes = std::move(axes);
  if (names_of(image.axes) != said)
    image.notices.push_back("The image says that its axes are " + said + "; taken as " +
                            names_of(image.axes) + ", as stated.");
}

void complete_axes(const ZarrHierarchy& store, FoundImage& image,
                   const std::vector<std::string>& channels) {
  const size_t n = image.axes.size();
  if (n != image.array.shape.size() || n < 2 || image.axes[n - 1].name != "x" ||
      image.axes[n - 2].name != "y")
    throw Error(
        ErrorCode::input_missing,
        Issue{"the axes do not fit the array", store.store()->where(image.path),
              fmt::format("axes {}, {} sizes", names_of(image.axes), image.array.shape.size()),
              "one axis per size, the last two y x",
              axes_cure(image.axes, image.array.shape.size())});
  for (size_t a = 0; a < n; ++a) {
    image.axes[a].size = image.array.shape[a];
    set_channels(channels, image.axes[a]);
  }
  for (std::string& note : locate_chunks(*store.store(), image.path, image.array))
    image.notices.push_back(std::move(note));
}

}  // namespace parfocal
