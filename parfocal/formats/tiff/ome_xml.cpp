#include "parfocal/formats/tiff/ome_xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"
#include "parfocal/core/utf8.h"
#include "parfocal/formats/tiff/description_values.h"

namespace parfocal {
namespace {

constexpr size_t kSizeChars = 30;  // SizeT="" and 19 digits

const char* type_of(DType dtype) {
  switch (dtype) {
    case DType::boolean:
    case DType::u8:
      return "uint8";
    case DType::u16:
      return "uint16";
    case DType::u32:
      return "uint32";
    case DType::i8:
      return "int8";
    case DType::i16:
      return "int16";
    case DType::i32:
      return "int32";
    case DType::f32:
      return "float";
    case DType::f64:
      return "double";
    default:
      return nullptr;
  }
}

// The next character; bytes that are none, and what XML may not hold, are U+FFFD.
uint32_t take_character(std::string_view text, size_t& i) {
  const auto c = next_character(text, i);
  const bool control = c && *c < 0x20 && *c != '\n' && *c != '\t';
  return !c || control || *c == 0xfffe || *c == 0xffff ? 0xfffd : *c;
}

// TIFF holds ASCII: everything else is written as its number.
std::string escaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const uint32_t c = take_character(text, i);
    const bool plain = c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&' && c != '"';
    result += plain ? std::string(1, static_cast<char>(c)) : fmt::format("&#{};", c);
  }
  return result;
}

std::string size_name(const Axis& axis) {
  return fmt::format("Size{}", static_cast<char>(axis.name[0] - 'a' + 'A'));
}

// OME's units are those of the axes; their micro sign is not ASCII.
std::string unit_of(const std::string& unit) {
  for (const char* known : {"nm", "um", "mm", "m", "ns", "us", "ms", "s", "min", "h"})
    if (unit_factor(unit, known).value_or(0) == 1)
      return known[0] == 'u' ? fmt::format("&#181;{}", known + 1) : known;
  return "";
}

std::string scale_of(const Axis& axis) {
  const bool time = axis.name == "t";
  if (axis.name == "c" || !(axis.scale > 0) || !std::isfinite(axis.scale)) return "";
  const std::string name =
      time ? "TimeIncrement"
           : fmt::format("PhysicalSize{}", static_cast<char>(axis.name[0] - 'a' + 'A'));
  const auto text = [&](double scale, std::string_view unit) {
    return fmt::format(" {0}=\"{1}\" {0}Unit=\"{2}\"", name, scale, unit);
  };
  // There is no such unit of time. A step of 1 is what readers take where nothing is said.
  if (axis.unit.empty()) return time || axis.scale == 1 ? "" : text(axis.scale, kReferenceFrame);
  const char* base = time ? "s" : "um";
  const auto factor = unit_factor(axis.unit, base);
  if (!factor) return "";  // a time along z has no place
  const std::string own = unit_of(axis.unit);
  return own.empty() ? text(axis.scale * *factor, unit_of(base)) : text(axis.scale, own);
}

// The fastest axis first; axes that the file lacks have size 1 and come last.
std::string dimension_order(const std::vector<Axis>& axes) {
  std::string order;
  for (size_t a = axes.size(); a-- > 0;) order += axes[a].name;
  for (const char axis : {'z', 'c', 't'})
    if (order.find(axis) == order.npos) order += axis;
  for (char& c : order) c = static_cast<char>(c - 'a' + 'A');
  return order;
}

std::string channels(const std::vector<Axis>& axes) {
  int64_t count = 1;
  const std::vector<std::string>* names = nullptr;
  for (const Axis& axis : axes)
    if (axis.name == "c") count = axis.size, names = &axis.labels;
  std::string text;  // of channels without end readers make their own
  for (int64_t c = 0; c < count; ++c) {
    const size_t k = static_cast<size_t>(c);
    const bool named = names != nullptr && k < names->size() && !(*names)[k].empty();
    text += fmt::format("<Channel ID=\"Channel:0:{}\"{} SamplesPerPixel=\"1\"/>\n", c,
                        named ? fmt::format(" Name=\"{}\"", escaped((*names)[k])) : "");
  }
  return text;
}

std::string annotations(const std::vector<std::pair<std::string, std::string>>& record) {
  if (record.empty()) return "";
  std::string text =
      "<StructuredAnnotations>\n"
      "<MapAnnotation ID=\"Annotation:0\" Namespace=\"parfocal.record/1\">\n<Value>\n";
  for (const auto& [key, value] : record)
    text += fmt::format("<M K=\"{}\">{}</M>\n", escaped(key), escaped(value));
  return text + "</Value>\n</MapAnnotation>\n</StructuredAnnotations>\n";
}

constexpr const char* kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
    "xsi:schemaLocation=\"http://www.openmicroscopy.org/Schemas/OME/2016-06 "
    "http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd\" Creator=\"parfocal {}\">\n";

// `step` may be a part of the step that the description names.
std::string cast_cure(const std::string& step) {
  const std::string from = step.substr(0, step.find('/')), id = from + "_i32";
  return "add to steps {id: " + id + ", op: cast, from: " + from +
         ", dtype: int32} and write from: " + id;
}

}  // namespace

std::vector<Axis> ome_axes(const Layout& layout, const std::string& step) {
  std::vector<Axis> axes = layout.stream;
  axes.insert(axes.end(), layout.item.begin(), layout.item.end());
  std::string seen;
  for (const Axis& axis : axes) {
    const bool known = axis.name.size() == 1 && std::string("tczyx").find(axis.name) != seen.npos;
    if (!known || seen.find(axis.name) != seen.npos)
      fail_layout("OME-TIFF has no place for axis '" + axis.name + "'",
                  step + " gives " + layout.str(), "axes out of t c z y x, each once",
                  "choose one step of it (op: select), fold over it (op: reduce), or rename it in "
                  "source.axes");
    seen += axis.name;
    if (axis.size == 0)
      fail_layout("axis '" + axis.name + "' is empty", step + " gives " + layout.str(),
                  "at least one pixel a frame and one frame", "check the source");
  }
  if (layout.item.size() < 2 || !seen.ends_with("yx"))
    fail_layout("OME-TIFF needs y x as the last axes of a frame", step + " gives " + layout.str(),
                "some of t c z, then y x inside the frame", "change the order in source.axes");
  if (type_of(layout.dtype) == nullptr)
    fail_layout("OME-TIFF has no pixels of " + std::string(dtype_name(layout.dtype)),
                step + " gives " + layout.str(), "integers of 8 to 32 bit, float32 or float64",
                cast_cure(step));
  return axes;
}

std::vector<DType> ome_dtypes() {
  std::vector<DType> dtypes;
  for (int d = 0; d < kDTypeCount; ++d)
    if (type_of(static_cast<DType>(d))) dtypes.push_back(static_cast<DType>(d));
  return dtypes;
}

std::vector<std::string> ome_losses(const std::vector<Axis>& axes) {
  std::vector<std::string> losses;
  for (const Axis& axis : axes) {
    const bool says = axis.scale != 1 || !axis.unit.empty();
    if (!says || !scale_of(axis).empty()) continue;
    const char* needed = axis.name == "c"   ? "channels have no scale"
                         : axis.name == "t" ? "OME-XML needs a time"
                                            : "OME-XML needs a length";
    losses.push_back(fmt::format(
        "OME-TIFF has no place for the scale {} {} of axis {} ({}): the file does not have it.",
        axis.scale, axis.unit.empty() ? "without a unit" : axis.unit, axis.name, needed));
  }
  return losses;
}

std::string ome_size(const std::string& name, int64_t size) {
  return fmt::format("{:<{}}", fmt::format("{}=\"{}\"", name, size), kSizeChars);
}

OmeXml ome_xml(const OmeImage& image) {
  OmeXml xml;
  xml.text = fmt::format(kHead, PARFOCAL_VERSION);
  xml.text += fmt::format("<Image ID=\"Image:0\" Name=\"{}\">\n", escaped(image.name));
  xml.text +=
      fmt::format("<Pixels ID=\"Pixels:0\" DimensionOrder=\"{}\" Type=\"{}\" BigEndian=\"false\"",
                  dimension_order(image.axes), type_of(image.dtype));
  std::string missing = "tcz";
  for (size_t a = 0; a < image.axes.size(); ++a) {
    const Axis& axis = image.axes[a];
    if (const size_t at = missing.find(axis.name[0]); at != missing.npos) missing.erase(at, 1);
    if (a == 0) xml.size_at = xml.text.size() + 1, xml.size_name = size_name(axis);
    const int64_t size = axis.size == kUnbounded ? 1 : axis.size;
    xml.text += " " + ome_size(size_name(axis), size) + scale_of(axis);
  }
  for (const char axis : missing)
    xml.text += fmt::format(" Size{}=\"1\"", static_cast<char>(axis - 'a' + 'A'));
  xml.text += ">\n" + channels(image.axes);
  xml.text += image.planes < 0
                  ? "<TiffData/>\n"
                  : fmt::format("<TiffData IFD=\"0\" PlaneCount=\"{}\"/>\n", image.planes);
  xml.text += "</Pixels>\n";
  if (!image.record.empty()) xml.text += "<AnnotationRef ID=\"Annotation:0\"/>\n";
  xml.text += "</Image>\n" + annotations(image.record) + "</OME>";
  return xml;
}

namespace {

// The number in `name="12"` behind `from`; -1 = none.
int64_t number_at(std::string_view text, size_t from, const std::string& name) {
  const std::string mark = name + "=\"";
  const size_t at = text.find(mark, from);
  if (at == text.npos) return -1;
  int64_t value = -1;
  const char* begin = text.data() + at + mark.size();
  const auto result = std::from_chars(begin, text.data() + text.size(), value);
  return result.ec == std::errc() && value >= 1 ? value : -1;
}

void replace_once(std::string& text, std::string_view from, std::string_view to) {
  if (const size_t at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
}

}  // namespace

bool read_live_ome(std::string_view text, LiveOme& live) {
  const size_t pixels = text.find("<Pixels "), end = text.find('>', pixels);
  const bool ours = text.find("Creator=\"parfocal") != text.npos && pixels != text.npos &&
                    end != text.npos && text.find("<TiffData/>", end) != text.npos;
  if (!ours) return false;
  const size_t first = text.find(" Size", pixels);
  if (first >= end || first + 6 > text.size()) return false;
  live.size_at = first + 1;
  live.size_name = std::string(text.substr(first + 1, 5));
  for (const char* name : {"SizeT", "SizeC", "SizeZ"})
    if (live.size_name != name) {
      const int64_t size = number_at(text, pixels, name);
      if (size < 0) return false;
      live.planes_per_step *= size;
    }
  // Channels that are listed do not become more, and an image without t, c, z has one plane.
  const bool listed = text.find("<Channel ", end) != text.npos;
  if (live.size_name == "SizeC" && listed) live.fixed_steps = number_at(text, pixels, "SizeC");
  const bool plane = live.size_name == "SizeY" || live.size_name == "SizeX";
  if (plane) live.fixed_steps = 1;
  return true;
}

std::string ended_ome(std::string text, const LiveOme& live, int64_t steps,
                      const std::vector<std::pair<std::string, std::string>>& record) {
  if (live.size_name != "SizeY" && live.size_name != "SizeX")
    text.replace(live.size_at, ome_size("", 0).size(), ome_size(live.size_name, steps));
  replace_once(
      text, "<TiffData/>",
      fmt::format("<TiffData IFD=\"0\" PlaneCount=\"{}\"/>", steps * live.planes_per_step));
  replace_once(text, "</Image>\n", "<AnnotationRef ID=\"Annotation:0\"/>\n</Image>\n");
  replace_once(text, "</OME>", annotations(record) + "</OME>");
  return text;
}

}  // namespace parfocal
