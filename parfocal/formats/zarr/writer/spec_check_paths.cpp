// Where the images of a store lie: names stay inside it, and nothing lies in the way of another.

#include <algorithm>
#include <map>
#include <set>

#include "parfocal/formats/zarr/writer/spec_check-inl.h"

namespace parfocal::spec_check {
namespace {

bool alphanumeric(const std::string& name) {
  const auto good = [](unsigned char c) { return c < 128 && std::isalnum(c); };
  return !name.empty() && name.size() <= kMostNameBytes &&
         std::all_of(name.begin(), name.end(), good);
}
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; !path.empty() && begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Paths: no image inside another, and nothing where levels, columns or labels lie.
class Paths {
 public:
  explicit Paths(const StoreSpec& spec) : spec_(spec) {}

  void add(const ImageSpec& image) {
    const std::vector<std::string> parts = parts_of(image.path);
    if (!std::all_of(parts.begin(), parts.end(), plain_name) || parts.size() > 8)
      refuse("the image's path is not possible", image.path,
             "at most 8 folder names without '..', '__' at the start and '\\'");
    if (image.label) return add_label(image, parts);
    for (const std::string& part : parts)
      if (part == "labels" || part == "frames" || part == "tables" || part == "OME")
        refuse("the image's path is not possible", image.path,
               "no folder named labels, frames, tables or OME: these have a meaning");
    if (!spec_.plate.empty()) check_field(image, parts);
    check_beside(image.path, parts);
    images_[image.path] = &image;
  }

 private:
  void check_beside(const std::string& path, const std::vector<std::string>& parts) const {
    const auto inside = [&](const std::string& inner, const std::string& outer) {
      refuse("one image lies inside another", "'" + inner + "' in '" + outer + "'",
             "folders beside each other");
    };
    if (images_.empty()) return;
    if (path.empty()) inside(images_.begin()->first, path);
    std::string outer;
    for (size_t i = 0; i <= parts.size(); ++i) {
      if (images_.contains(outer)) inside(path, outer);
      if (i < parts.size()) outer += (i ? "/" : "") + parts[i];
    }
    const auto next = images_.lower_bound(path + "/");
    if (next != images_.end() && next->first.starts_with(path + "/")) inside(next->first, path);
  }
  void add_label(const ImageSpec& label, const std::vector<std::string>& parts) {
    std::string parent;
    for (size_t i = 0; i + 2 < parts.size(); ++i) parent += (i ? "/" : "") + parts[i];
    const bool placed = parts.size() >= 2 && parts[parts.size() - 2] == "labels";
    const auto found = placed ? images_.find(parent) : images_.end();
    if (found == images_.end())
      refuse("the label image has no image", label.path, "<image>/labels/<name>, after the image");
    if (!labels_.insert(label.path).second)
      refuse("two label images have one path", label.path, "different names");
    const ImageSpec* const image = found->second;
    const size_t y = image->stream_rank(), ly = label.stream_rank();
    for (size_t a = 0; a < 2; ++a)
      if (image->axes[y + a].size != label.axes[ly + a].size)
        refuse("the label image is not the size of its image",
               "axis " + label.axes[ly + a].name + ": " + std::to_string(label.axes[ly + a].size),
               std::to_string(image->axes[y + a].size), "take both from images of one size");
    if (label.levels != image->levels)
      refuse("the label image has not as many levels as its image", std::to_string(label.levels),
             std::to_string(image->levels));
  }
  void check_field(const ImageSpec& image, const std::vector<std::string>& parts) const {
    const PlateSpec& plate = spec_.plate[0];
    const auto has = [](const std::vector<std::string>& list, const std::string& name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (parts.size() != 3 || !has(plate.rows, parts[0]) || !has(plate.columns, parts[1]) ||
        !alphanumeric(parts[2]))
      refuse("the image is no field of a well", image.path,
             "<row>/<column>/<field>, of the plate's rows and columns");
  }
  const StoreSpec& spec_;
  std::map<std::string, const ImageSpec*> images_;
  std::set<std::string> labels_;
};

}  // namespace

bool plain_name(const std::string& name) {
  const auto good = [](unsigned char c) {
    return c >= ' ' && c != 0x7f && c != '/' && c != '\\' && c != ':';
  };
  return !name.empty() && name.size() <= kMostNameBytes && name[0] != '.' &&
         !name.starts_with("__") && name != "zarr.json" &&
         std::all_of(name.begin(), name.end(), good);
}

void check_paths(const StoreSpec& spec) {
  Paths paths(spec);
  for (const ImageSpec& image : spec.images)
    with_place(image, [&](const ImageSpec& i) { paths.add(i); });
}

void check_plate(const StoreSpec& spec) {
  if (spec.plate.empty()) return;
  if (spec.plate.size() > 1)
    refuse("a store holds one plate", std::to_string(spec.plate.size()), "1");
  for (const auto* list : {&spec.plate[0].rows, &spec.plate[0].columns}) {
    if (list->empty() || list->size() > kMostNames)
      refuse("a plate needs rows and columns", std::to_string(list->size()), "1 to 10000 of each");
    if (std::set<std::string>(list->begin(), list->end()).size() != list->size())
      refuse("a row or column of the plate is there twice", spec.plate[0].name, "different names");
    for (const std::string& name : *list)
      if (!alphanumeric(name))
        refuse("a row or column of the plate has an impossible name", name, "letters and digits",
               "write e.g. wells: [A/1, A/2]");
  }
}

}  // namespace parfocal::spec_check
