#include "parfocal/formats/tiff/stated_axes.h"

#include <algorithm>

#include "parfocal/formats/tiff/source_texts.h"

namespace parfocal {
namespace {

void drop_steps_of_one(std::vector<Axis>& axes) {
  std::erase_if(axes, [](const Axis& axis) { return axis.size == 1; });
}

// Outermost first. Empty also where files of a set are described, of which another notice speaks.
std::vector<Axis> described_axes(const std::optional<TiffDescription>& description,
                                 const StatedPages& pages) {
  if (!description || description->origin.empty() || description->files.size() > 1) return {};
  if (description->origin == "tifffile" && description->page_count() != pages.in_file) return {};
  std::vector<Axis> axes = description->planes;
  if (description->images > 1) axes.insert(axes.begin(), {"p", description->images, 1, "", {}});
  drop_steps_of_one(axes);
  return axes;
}

// What `stream` makes of the pages of one file.
std::vector<Axis> axes_within(const std::vector<Axis>& stream, int64_t images) {
  std::vector<Axis> axes;
  for (size_t a = stream.size(); a-- > 0 && images > 1;) {
    Axis axis = stream[a];
    if (a == 0 || axis.size < 1 || images % axis.size != 0) axis.size = images;
    images /= axis.size;
    axes.insert(axes.begin(), axis);
  }
  drop_steps_of_one(axes);
  return axes;
}

// Of the outermost axis there may be more or fewer steps than were promised.
bool agree(const std::vector<Axis>& a, const std::vector<Axis>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].name != b[i].name || (i > 0 && a[i].size != b[i].size)) return false;
  return true;
}

std::string axes_text(const std::vector<Axis>& axes) {
  std::string text;
  for (const Axis& axis : axes)
    text += (text.empty() ? "" : " ") + axis.name + "=" + std::to_string(axis.size);
  return text;
}

// "sizes: {c: 2, z: 3}"
std::string sizes_text(const std::vector<Axis>& stream) {
  std::string text;
  for (size_t a = 1; a < stream.size(); ++a)
    text += (text.empty() ? "" : ", ") + stream[a].name + ": " + std::to_string(stream[a].size);
  return "sizes: {" + text + "}";
}

int64_t smallest_divisor(int64_t n) {
  for (int64_t d = 2; d <= n / d; ++d)
    if (n % d == 0) return d;
  return std::max<int64_t>(n, 1);
}

}  // namespace

std::string origin_text(const TiffDescription& description, const std::string& file) {
  return (description.origin == "OME-XML" ? "OME-XML"
                                          : "description (" + description.origin + ")") +
         (file.empty() ? "" : " of " + file);
}

std::string page_count_notice(const std::optional<TiffDescription>& description,
                              const StatedPages& pages) {
  const bool of_file = description && !description->origin.empty() &&
                       description->metadata_file.empty() && description->files.size() <= 1 &&
                       description->unequal.empty();
  if (!of_file) return "";
  const int64_t stated = description->page_count();
  const int64_t all =
      stated > kMostSize / description->images ? kMostSize : stated * description->images;
  if (all == pages.in_file) return "";
  return "The " + origin_text(*description, pages.file) + " speaks of " + count_text(all, "page") +
         ", there " + (pages.in_file == 1 ? "is " : "are ") + std::to_string(pages.in_file) + ".";
}

std::string stated_axes_notice(const std::vector<Axis>& stream,
                               const std::optional<TiffDescription>& description,
                               const StatedPages& pages) {
  const auto said = described_axes(description, pages);
  const auto taken = axes_within(stream, pages.in_file);
  if (said.empty() || taken.empty() || agree(said, taken)) return "";
  return "The " + origin_text(*description, pages.file) + " says " + axes_text(said) +
         "; taken as " + axes_text(taken) + ", as axes: " + pages.axes +
         (pages.axes == "tyx" ? " (the default) says" : " says") +
         " (axes: auto takes what the file says).";
}

bool agrees_with_description(const std::vector<Axis>& stream,
                             const std::optional<TiffDescription>& description,
                             const StatedPages& pages) {
  const auto said = described_axes(description, pages);
  return !said.empty() && agree(said, axes_within(stream, pages.in_file));
}

void take_measure(const Axis& said, Axis& axis) {
  axis.scale = said.scale;
  axis.unit = said.unit;
  if (said.labels.size() == static_cast<size_t>(axis.size)) axis.labels = said.labels;
}

std::string described_sizes_cure(const std::vector<Axis>& stream,
                                 const std::optional<TiffDescription>& description,
                                 const StatedPages& pages) {
  const auto said = described_axes(description, pages);
  if (said.empty()) return "";
  std::vector<Axis> told = stream;
  int64_t inner = 1;
  for (size_t a = 1; a < told.size(); ++a) {
    const auto same = std::find_if(said.begin(), said.end(),
                                   [&](const Axis& axis) { return axis.name == told[a].name; });
    told[a].size = same == said.end() ? 1 : same->size;
    inner = told[a].size > pages.all / inner ? pages.all + 1 : inner * told[a].size;
  }
  const std::string origin = origin_text(*description, pages.file);
  if (pages.all % inner == 0) {
    told[0].size = pages.all / inner;
    if (agree(said, axes_within(told, pages.in_file)))
      return "write " + sizes_text(told) + " in the source, as the " + origin + " says";
  }
  return "write axes: auto in the source, without sizes: the " + origin + " says " +
         axes_text(said);
}

std::string guessed_sizes_cure(const std::vector<Axis>& stream, int64_t images) {
  std::vector<Axis> sizes = stream;
  int64_t left = images;
  for (size_t a = 1; a < sizes.size(); ++a) {
    if (sizes[a].size < 1) continue;
    if (left % sizes[a].size != 0) return "";
    left /= sizes[a].size;
  }
  for (size_t a = 1; a < sizes.size(); ++a) {
    if (sizes[a].size >= 1) continue;
    sizes[a].size = smallest_divisor(left);
    left /= sizes[a].size;
  }
  return "write " + sizes_text(sizes) + " in the source, or other sizes that divide the " +
         std::to_string(images) + " images";
}

}  // namespace parfocal
