// The rules that need more than one group: arrays of levels, label images, wells.

#include <algorithm>

#include "parfocal/formats/zarr/chunk_lookup.h"
#include "parfocal/formats/zarr/image_lookup.h"
#include "parfocal/formats/zarr/ngff_rules.h"

namespace parfocal {
namespace {

constexpr size_t kMostFindings = 1000, kMostImages = 10000;

class StoreCheck {
 public:
  explicit StoreCheck(const ZarrHierarchy& store) : store_(store) {}

  std::vector<NgffFinding> run() {
    const ZarrNode root = store_.node("");
    const NgffGroup group = guarded("", [&] { return check_group(root, ""); });
    if (group.image) return std::move(findings_);
    if (!group.is_plate && !group.is_well && !group.is_series)
      add("", "is no image, plate, well or series of OME-NGFF");
    if (group.is_plate) check_wells(group);
    for (const std::string& path : image_paths(store_, "", group, kMostImages)) {
      if (full()) break;
      guarded(path, [&] { return check_group(store_.node(path), path); });
    }
    return std::move(findings_);
  }

 private:
  void add(const std::string& path, const std::string& what, bool must = true) {
    if (!full()) findings_.push_back({must, path, what});
  }
  // What cannot be read is a finding, not the end.
  template <class F>
  NgffGroup guarded(const std::string& path, F&& f) {
    try {
      return f();
    } catch (const Error& e) {
      const Issue& issue = e.issues()[0];
      add(path, issue.what + (issue.given.empty() ? "" : ": " + issue.given));
      return {};
    }
  }

  NgffGroup check_group(const ZarrNode& node, const std::string& path) {
    for (NgffFinding finding :
         check_ngff(node.format == 2 ? node.attributes : node.text, node.format)) {
      finding.where = path + finding.where;
      if (!full()) findings_.push_back(std::move(finding));
    }
    const NgffGroup group = group_of(node);
    if (group.image) {
      check_levels(*group.image, path, group.is_label);
      if (!group.is_label) check_labels(path, group.image->levels.size());
    }
    return group;
  }

  void check_levels(const NgffImage& image, const std::string& path, bool label) {
    for (const NgffLevel& level : image.levels) {
      const std::string at = joined_key(path, level.path);
      guarded(at, [&] {
        ZarrArray array = store_.array(at);
        std::vector<std::string> names;
        for (const Axis& axis : image.axes) names.push_back(axis.name);
        if (array.shape.size() != names.size()) add(at, "must have as many axes as the image");
        if (array.format == 3 && array.names != names)
          add(at, "dimension_names must be the names of the axes");
        if (label && is_float(array.dtype)) add(at, "must have whole numbers: it is a label image");
        for (const std::string& note : locate_chunks(*store_.store(), at, array))
          add(at, note, false);
        return NgffGroup();
      });
    }
  }

  void check_labels(const std::string& path, size_t levels) {
    const std::string folder = joined_key(path, "labels");
    std::vector<std::string> names;
    guarded(folder, [&] {
      const ZarrNode node = store_.find(folder);
      if (node.format != 0) names = group_of(node).labels;
      return NgffGroup();
    });
    for (const std::string& name : names) {
      if (full()) return;
      const std::string at = joined_key(folder, name);
      const NgffGroup group = guarded(at, [&] { return check_group(store_.node(at), at); });
      if (!group.image) continue;
      if (!group.is_label) add(at, "should have image-label", false);
      if (group.image->levels.size() != levels) add(at, "must have as many levels as its image");
    }
  }

  void check_wells(const NgffGroup& plate) {
    for (const std::string& well : plate.wells) {
      if (full()) return;
      guarded(well, [&] {
        const ZarrNode node = store_.find(well);
        if (node.format != 0) return check_group(node, well);
        add(well, "is a well of the plate, but not there", false);
        return NgffGroup();
      });
    }
  }

  bool full() const { return findings_.size() >= kMostFindings; }

  const ZarrHierarchy& store_;
  std::vector<NgffFinding> findings_;
};

}  // namespace

std::vector<NgffFinding> check_ngff(const ZarrHierarchy& store) { return StoreCheck(store).run(); }

}  // namespace parfocal
