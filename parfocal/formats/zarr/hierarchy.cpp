#include "parfocal/formats/zarr/hierarchy.h"

#include <mutex>
#include <optional>

#include "parfocal/formats/zarr/array_names.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;

// Runs `parse` and names the file in its errors.
template <class F>
auto named(const std::string& where, F&& parse) {
  try {
    return parse();
  } catch (const Error& e) {
    Issue issue = e.issues()[0];
    issue.where = issue.where.empty() ? where : where + ", " + issue.where;
    throw Error(e.code(), issue);
  }
}

std::string text_of_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

// What the root says of all nodes below it.
struct ZarrHierarchy::Consolidated {
  std::once_flag read;
  int format = 0;  // 0: it says nothing
  Json metadata;
  std::string where;
  std::optional<Error> error;

  void fill(const ZarrHierarchy& store) {
    try {
      bool found = false;
      std::string text = store.text_of("zarr.json", found);
      format = 3;
      if (!found) {
        text = store.text_of(".zmetadata", found);
        format = 2;
      }
      if (!found) return void(format = 0);
      where = store.store_->where(format == 3 ? "zarr.json" : ".zmetadata");
      named(where, [&] {
        Json json = parse_object(text);
        if (format == 3) json = std::move(json["consolidated_metadata"]);
        if (json.is_object()) metadata = std::move(json["metadata"]);
      });
      where += format == 3 ? ", consolidated metadata of " : ", ";
    } catch (const Error& e) {
      error = e;
    }
  }
};

ZarrHierarchy::ZarrHierarchy(std::shared_ptr<const Store> store)
    : store_(std::move(store)), consolidated_(std::make_shared<Consolidated>()) {}

std::string ZarrHierarchy::text_of(const std::string& key, bool& found) const {
  std::string text;
  const Status s = read_text_object(*store_, key, kMostMetadataBytes, text, found);
  if (!s.ok()) throw Error(ErrorCode::input_missing, s.issue());
  return text;
}

ZarrNode ZarrHierarchy::own_node(const std::string& path) const {
  ZarrNode node;
  bool found = false;
  const auto take = [&](const char* file, int format, bool is_array) {
    const std::string key = joined_key(path, file);
    node.text = text_of(key, found);
    if (!found) return false;
    node.format = format;
    node.is_array = is_array;
    node.where = store_->where(key);
    return true;
  };
  if (take("zarr.json", 3, false)) {
    named(node.where,
          [&] { node.is_array = text_at(parse_object(node.text), "node_type") == "array"; });
  } else if (take(".zarray", 2, true) || take(".zgroup", 2, false)) {
    node.attributes = text_of(joined_key(path, ".zattrs"), found);
    if (!found) node.attributes = "{}";
  }
  return node;
}

ZarrNode ZarrHierarchy::consolidated_node(const std::string& path) const {
  const Consolidated& root = *consolidated_;
  std::call_once(consolidated_->read, [&] { consolidated_->fill(*this); });
  if (root.error) throw Error(*root.error);
  const auto entry = [&](const char* file) -> const Json& {
    return at(root.metadata, joined_key(path, file).c_str());
  };
  ZarrNode node;
  node.where = root.where + (path.empty() ? "the root" : path);
  if (const Json& own = entry(""); root.format == 3 && own.is_object()) {
    node.format = 3;
    node.is_array = text_at(own, "node_type") == "array";
    node.text = text_of_json(own);
  }
  for (const char* file : {".zarray", ".zgroup"}) {
    const Json& own = entry(file);
    if (root.format != 2 || node.format != 0 || !own.is_object()) continue;
    node.format = 2;
    node.is_array = file[2] == 'a';
    node.text = text_of_json(own);
    const Json& attributes = entry(".zattrs");
    node.attributes = attributes.is_object() ? text_of_json(attributes) : "{}";
  }
  return node.format != 0 ? node : ZarrNode();
}

ZarrNode ZarrHierarchy::find(const std::string& path) const {
  if (!path.empty() && !is_inner_path(path))
    throw Error(ErrorCode::input_missing, Issue{"the path leaves the store", store_->where(""),
                                                path, "folder names without '..'", ""});
  ZarrNode node = own_node(path);
  return node.format != 0 ? node : consolidated_node(path);
}

ZarrNode ZarrHierarchy::node(const std::string& path) const {
  ZarrNode node = find(path);
  if (node.format != 0) return node;
  throw Error(ErrorCode::input_missing,
              Issue{"there is no Zarr array or group", store_->where(joined_key(path, "zarr.json")),
                    "neither zarr.json nor .zarray nor .zgroup", "a Zarr hierarchy",
                    "give the folder of a Zarr group or array, such as movie.ome.zarr"});
}

ZarrArray ZarrHierarchy::array(const std::string& path) const { return array_of(node(path)); }
NgffGroup ZarrHierarchy::group(const std::string& path) const { return group_of(node(path)); }

ZarrArray array_of(const ZarrNode& node) {
  return named(node.where, [&] {
    if (node.format != 2) return parse_zarr_array(node.text);
    ZarrArray array = parse_zarr_v2_array(node.text);
    array.names = parse_v2_names(node.attributes, array.shape.size());
    return array;
  });
}

NgffGroup group_of(const ZarrNode& node) {
  return named(node.where, [&] {
    return parse_ngff(node.format == 2 ? node.attributes : node.text, node.format);
  });
}

}  // namespace parfocal
