#include "parfocal/formats/zarr/writer/store_metadata.h"

#include <set>

#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/array_json-inl.h"

namespace parfocal {
namespace {

using namespace ngff_json;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void append(std::vector<MetadataObject>& to, std::vector<MetadataObject> objects) {
  for (MetadataObject& object : objects) to.push_back(std::move(object));
}

// Puts the objects of a store together, leaves first.
class Tree {
 public:
  Tree(const StoreSpec& spec, const std::vector<ImageState>& states)
      : spec_(spec), states_(states) {
    for (size_t i = 0; i < spec.images.size(); ++i)
      if (spec.images[i].label) labels_[parent_of(parent_of(spec.images[i].path))].push_back(i);
  }

  std::vector<MetadataObject> objects() {
    for (size_t i = 0; i < spec_.images.size(); ++i)
      if (!spec_.images[i].label) add_image(i);
    for (const Well& well : wells_of(spec_))
      add_group(well.path, attributes(spec_.zarr_format,
                                      {{"well", ngff_json::well(well, spec_.zarr_format)}}));
    if (!groups_.contains("")) add_above();
    return std::move(objects_);
  }

 private:
  void add_group(const std::string& path, const Json& json) {
    groups_.insert(path);
    append(objects_, group_metadata(spec_.zarr_format, path, json));
  }

  void add_image(size_t i) {
    const ImageSpec& image = spec_.images[i];
    add_labels(image.path);
    append(objects_, array_objects(spec_, i, states_[i].outer));
    Json ome = {{"multiscales", multiscales(image, spec_.zarr_format)}};
    if (image.label)
      ome["image-label"] = image_label(spec_.zarr_format);
    else if (!states_[i].windows.empty())
      ome["omero"] = omero(image.axes, states_[i].windows);
    Json json = attributes(spec_.zarr_format, std::move(ome));
    json["parfocal"] = record(states_[i], image.dtype);
    if (image.path.empty()) add_provenance(json["parfocal"]);
    add_group(image.path, json);
  }
  void add_labels(const std::string& image) {
    const auto found = labels_.find(image);
    if (found == labels_.end()) return;
    Json names = Json::array();
    for (const size_t i : found->second) {
      names.push_back(name_of(spec_.images[i].path));
      add_image(i);
    }
    add_group(joined_key(image, "labels"), attributes(spec_.zarr_format, {{"labels", names}}));
  }
  // Every folder above an image is a group; the root says what all of it is.
  void add_above() {
    std::set<std::string, std::greater<>> paths;  // deeper ones before those they are in
    for (const ImageSpec& image : spec_.images)
      for (std::string path = image.path; !path.empty();) {
        path = parent_of(path);
        if (!path.empty() && !groups_.contains(path)) paths.insert(path);
      }
    for (const std::string& path : paths) add_group(path, Json::object());
    Json ome;
    if (!spec_.plate.empty()) {
      ome["plate"] = plate(spec_.plate[0], wells_of(spec_), spec_.zarr_format);
    } else {
      add_series();
      ome["bioformats2raw.layout"] = 3;
    }
    Json json = attributes(spec_.zarr_format, std::move(ome));
    json["parfocal"] = summary();
    add_provenance(json["parfocal"]);
    add_group("", json);
  }
  void add_series() {
    Json paths = Json::array();
    for (const ImageSpec& image : spec_.images)
      if (!image.label) paths.push_back(image.path);
    add_group("OME", attributes(spec_.zarr_format, {{"series", paths}}));
  }
  // Complete where all images are; else the reason of the first that is not.
  Json summary() const {
    const ImageState* first = nullptr;
    int64_t items = 0;
    bool recovered = false;
    for (const ImageState& state : states_) {
      if (!state.complete && !first) first = &state;
      items += state.items;
      recovered = recovered || state.recovered;
    }
    return {{"version", 1},
            {"complete", first == nullptr},
            {"reason", first ? first->reason : ""},
            {"items", items},
            {"recovered", recovered}};
  }
  void add_provenance(Json& json) const {
    if (!spec_.provenance_json.empty()) json["provenance"] = provenance(spec_.provenance_json);
  }

  const StoreSpec& spec_;
  const std::vector<ImageState>& states_;
  std::map<std::string, std::vector<size_t>> labels_;  // of an image, by its path
  std::set<std::string> groups_;                       // that are there already
  std::vector<MetadataObject> objects_;
};

}  // namespace

std::vector<MetadataObject> group_metadata(int zarr_format, const std::string& path,
                                           const Json& json) {
  if (zarr_format == 3)
    return {{joined_key(path, "zarr.json"),
             text_of({{"zarr_format", 3}, {"node_type", "group"}, {"attributes", json}})}};
  return {{joined_key(path, ".zattrs"), text_of(json)},
          {joined_key(path, ".zgroup"), text_of({{"zarr_format", 2}})}};
}

std::vector<MetadataObject> store_objects(const StoreSpec& spec,
                                          const std::vector<ImageState>& states) {
  return Tree(spec, states).objects();
}

Status put_all(Store& store, std::span<const MetadataObject> objects, bool durable) {
  for (const MetadataObject& object : objects)
    if (Status s = store.put(object.key, std::as_bytes(std::span(object.text)), durable); !s.ok())
      return s;
  return {};
}

std::vector<MetadataObject> array_objects(const StoreSpec& spec, size_t image, int64_t outer) {
  std::vector<MetadataObject> objects;
  for (int level = spec.images[image].levels; level-- > 0;) {
    const ArraySpec array = array_spec(spec, image, level);
    append(objects, array_metadata(spec.zarr_format, array, shape_of(spec, array, outer)));
  }
  return objects;
}

std::vector<int64_t> shape_of(const StoreSpec& spec, const ArraySpec& array, int64_t outer) {
  std::vector<int64_t> shape = array.shape;
  if (array.stream_rank() == 0) return shape;
  const ImageSpec& image = spec.images[array.image];
  shape[0] = image.axes[0].name == "z" && image.pool_z ? pooled_size(outer, array.level) : outer;
  return shape;
}

}  // namespace parfocal
