#include "parfocal/formats/zarr/image_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "parfocal/core/listed.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/formats/zarr/image_axes.h"

namespace parfocal {
namespace {

constexpr size_t kMostNamed = 8;

[[noreturn]] void missing(const ZarrHierarchy& store, const std::string& path,
                          const std::string& what, const std::string& needed,
                          const std::string& cure) {
  throw Error(ErrorCode::input_missing, Issue{what, store.store()->where(path), "", needed, cure});
}

std::string some_of(const std::vector<std::string>& names) { return listed(names, kMostNamed); }

// What to write for `word`, which is none of `known`.
std::string known_cure(const std::string& key, const std::string& word,
                       const std::vector<std::string>& known) {
  const auto near = nearest_names(word, known);
  return near.empty() ? "write e.g. " + key + ": " + known.front()
                      : "write " + key + ": " + near.front();
}

std::string without_slashes(std::string path) {
  std::erase(path, '/');
  return path;
}

// The first image of a row or well, however that is written: A1 and A/1 have A/1/0. "" = none.
std::string image_below(const std::string& word, const std::vector<std::string>& known) {
  const std::string meant = without_slashes(word);
  for (const std::string& path : known)
    for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
      if (without_slashes(path.substr(0, end)) == meant) return path;
      if (end == path.npos) break;
    }
  return "";
}

std::string position_cure(const std::string& word, const std::vector<std::string>& known) {
  if (known.empty()) return "remove 'position'";
  const std::string image = image_below(word, known);
  return image.empty() ? known_cure("position", word, known) : "write position: " + image;
}

[[noreturn]] void no_position(const ZarrHierarchy& store, const std::string& position) {
  constexpr size_t kMostCompared = 1000;
  const ZarrNode root = store.node("");
  const auto known = root.is_array ? std::vector<std::string>()
                                   : image_paths(store, "", group_of(root), kMostCompared);
  missing(store, position, "there is no position '" + position + "'",
          known.empty() ? "no position: there is one image" : "one of " + some_of(known),
          position_cure(position, known));
}

// A group that is no image may have arrays, each of which can be read.
[[noreturn]] void no_image(const ZarrHierarchy& store, const std::string& base) {
  constexpr size_t kMostLookedAt = 1000;
  const ZarrNode root = store.node("");
  if (!base.empty() && !root.is_array && !image_paths(store, "", group_of(root), 1).empty())
    no_position(store, base);
  std::vector<std::string> names, arrays;
  (void)store.store()->list(base, kMostLookedAt, names);
  for (const std::string& name : names)
    if (store.find(joined_key(base, name)).is_array) arrays.push_back(joined_key(base, name));
  missing(store, base, "not an OME-Zarr image: it has no multiscales",
          arrays.empty() ? "an image group" : "an image group, or one of the arrays in it",
          arrays.empty()
              ? "give the folder of one image or array"
              : fmt::format("write {}position: {} (there {} {})", arrays.size() > 1 ? "e.g. " : "",
                            arrays[0], arrays.size() > 1 ? "are" : "is", some_of(arrays)));
}

// The image that is meant where the root is none itself.
std::string only_image(const ZarrHierarchy& store, const std::string& base,
                       const NgffGroup& group) {
  const std::vector<std::string> paths = image_paths(store, base, group, kMostNamed + 1);
  if (paths.size() == 1) return paths[0];
  if (paths.empty()) no_image(store, base);
  missing(store, base, "there are several images", "one of them",
          fmt::format("write e.g. position: {} (there are {})", paths[0], some_of(paths)));
}

void check_labels(const ZarrHierarchy& store, const std::string& image, const std::string& name) {
  check_label_name(name);
  const std::string folder = joined_key(image, "labels");
  if (store.find(joined_key(folder, name)).format != 0) return;
  const ZarrNode labels = store.find(folder);
  const auto known = labels.format ? group_of(labels).labels : std::vector<std::string>();
  missing(store, folder, "the image has no labels '" + name + "'",
          known.empty() ? "it has no labels at all" : some_of(known),
          known.empty() ? "remove labels" : known_cure("labels", name, known));
}

// The name that the sink gives a channel without one is none.
std::string name_without_axis(const std::vector<Axis>& axes,
                              const std::vector<std::string>& channels) {
  const bool has_c =
      std::any_of(axes.begin(), axes.end(), [](const Axis& axis) { return axis.name == "c"; });
  return has_c || channels.size() != 1 || channels[0] == "channel 0" ? "" : channels[0];
}

// Axes before y x of the same sizes.
bool same_frames(const ZarrArray& a, const ZarrArray& b) {
  return a.shape.size() == b.shape.size() && a.shape.size() >= 2 &&
         std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin());
}

}  // namespace

void check_label_name(const std::string& name) {
  if (name.find('/') != name.npos || name.starts_with("."))
    fail_layout("'" + name + "' is no name of a label image", name, "a plain name",
                "write e.g. labels: cells");
}

// The fields of a well; none where it is not there or cannot be read.
static std::vector<std::string> fields_of(const ZarrHierarchy& store, const std::string& well) {
  try {
    const ZarrNode node = store.find(well);
    return node.format == 0 ? std::vector<std::string>() : group_of(node).fields;
  } catch (const Error&) {
    return {};
  }
}

// Calls f(well, its fields) until it says that this is enough.
template <class F>
static void for_each_well(const ZarrHierarchy& store, const std::string& base,
                          const NgffGroup& plate, F&& f) {
  for (const std::string& name : plate.wells) {
    const std::string well = joined_key(base, name);
    if (!f(well, fields_of(store, well))) return;
  }
}

static std::vector<std::string> plate_images(const ZarrHierarchy& store, const std::string& base,
                                             const NgffGroup& plate, size_t most) {
  std::vector<std::string> paths;
  for_each_well(store, base, plate, [&](const std::string& well, const auto& fields) {
    for (const std::string& field : fields)
      if (paths.size() < most) paths.push_back(joined_key(well, field));
    return paths.size() < most;
  });
  return paths;
}

// The images of a series, as its group or the group OME beside them lists them; none: not listed.
static std::vector<std::string> listed_series(const ZarrHierarchy& store, const std::string& base,
                                              const NgffGroup& group) {
  if (!group.is_series || !group.series.empty()) return group.series;
  const ZarrNode ome = store.find(joined_key(base, "OME"));
  return ome.format == 0 ? std::vector<std::string>() : group_of(ome).series;
}

// Images of a series that is not listed: all groups and arrays with a number for a name.
static std::vector<size_t> numbered_images(const ZarrHierarchy& store, const std::string& base,
                                           size_t most) {
  std::vector<std::string> names;
  if (Status s = store.store()->list(base, most, names); !s.ok())
    throw Error(ErrorCode::input_missing, s.issue());
  std::vector<size_t> numbers;
  for (const std::string& name : names) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size() && number < most &&
        std::to_string(number) == name && store.find(joined_key(base, name)).format != 0)
      numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::string> image_places(const ZarrHierarchy& store, const NgffGroup& root,
                                      size_t most, std::vector<std::string>& notices) {
  if (root.is_series && !root.is_plate && listed_series(store, "", root).empty()) {
    const auto numbers = numbered_images(store, "", most);
    std::vector<std::string> paths;  // one that is not there keeps its place
    for (size_t k = 0; !numbers.empty() && k <= numbers.back(); ++k)
      paths.push_back(std::to_string(k));
    return paths;
  }
  if (!root.is_plate) return image_paths(store, "", root, most);
  std::vector<std::string> paths, usual, absent;
  for_each_well(store, "", root, [&](const std::string&, const auto& fields) {
    usual = fields;
    return fields.empty();
  });
  for_each_well(store, "", root, [&](const std::string& well, const auto& fields) {
    if (fields.empty()) absent.push_back(well);
    for (const std::string& field : fields.empty() ? usual : fields)
      if (paths.size() < most) paths.push_back(joined_key(well, field));
    return paths.size() < most;
  });
  if (!absent.empty())
    notices.push_back(
        fmt::format("{} of {} wells are not there or cannot be read ({}): the fields of another "
                    "one are assumed.",
                    absent.size(), root.wells.size(), some_of(absent)));
  return paths;
}

std::vector<std::string> image_paths(const ZarrHierarchy& store, const std::string& base,
                                     const NgffGroup& group, size_t most) {
  if (group.is_plate) return plate_images(store, base, group, most);
  std::vector<std::string> names = group.is_well ? group.fields : listed_series(store, base, group);
  if (group.is_series && names.empty())
    for (const size_t number : numbered_images(store, base, most))
      names.push_back(std::to_string(number));
  if (names.size() > most) names.resize(most);
  for (std::string& name : names) name = joined_key(base, name);
  return names;
}

void require_position(const ZarrHierarchy& store, const std::string& position) {
  if (!position.empty() && store.find(position).format == 0) no_position(store, position);
}

FoundImage find_image(const ZarrHierarchy& store, const ImageChoice& choice) {
  require_position(store, choice.position);
  const ZarrNode node = store.node(choice.position);
  FoundImage found;
  found.path = choice.position;
  if (node.is_array) {
    found.array = array_of(node);
    found.axes = axes_of_array(store, found.path, found.array, choice.axes);
    complete_axes(store, found, {});
    return found;
  }
  NgffGroup group = group_of(node);
  std::string image = choice.position;
  if (!group.image) {
    image = only_image(store, image, group);
    group = store.group(image);
  }
  if (!choice.labels.empty()) {
    check_labels(store, image, choice.labels);
    image = joined_key(image, joined_key("labels", choice.labels));
    group = store.group(image);
  }
  if (!group.image) no_image(store, image);
  const int64_t levels = static_cast<int64_t>(group.image->levels.size());
  if (choice.level >= levels)
    missing(store, image, fmt::format("the image has no level {}", choice.level),
            fmt::format("0 to {}", levels - 1), fmt::format("write level: {}", levels - 1));
  const size_t level = static_cast<size_t>(choice.level);
  found.path = joined_key(image, group.image->levels[level].path);
  found.group = image;
  found.array = store.array(found.path);
  found.has_image_frames = same_frames(
      found.array,
      level == 0 ? found.array : store.array(joined_key(image, group.image->levels[0].path)));
  found.axes = group.image->axes_of(level);
  found.notices = group.image->notices_of(level);
  take_stated_axes(choice.axes, found);
  complete_axes(store, found, group.image->channels);
  found.channel = name_without_axis(found.axes, group.image->channels);
  return found;
}

}  // namespace parfocal
