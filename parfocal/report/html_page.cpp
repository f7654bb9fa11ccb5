#include "parfocal/report/html_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "parfocal/report/svg_plot.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostText = size_t{64} << 10;
constexpr size_t kRoomForEnds = size_t{64} << 10;  // head, style, names of what was left out
constexpr const char* kMark = "<!-- parfocal report -->";

constexpr const char* kPageStyle = R"(
html { color-scheme: light dark; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--ground);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h2, summary { overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 2px 10px 2px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--grid); overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { background: var(--panel); padding: 0.7rem; overflow: auto; font-size: 12.5px; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; }
.scroll { overflow-x: auto; } .bad { color: var(--bad); font-weight: 600; }
.note { color: var(--pale); } summary { cursor: pointer; color: var(--link); }
.pictures { display: flex; flex-wrap: wrap; gap: 12px; }
.pictures figure { margin: 0; max-width: 256px; }
.pictures figcaption { font-weight: 400; font-size: 12.5px; color: var(--pale); }
img { max-width: 256px; image-rendering: pixelated; display: block; background: #000; }
)";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 30 &&
         text.find_first_not_of("0123456789.,+-e%") == std::string_view::npos;
}

std::string row_html(const TableRow& row, const char* tag) {
  std::string s = "<tr>";
  for (const std::string& field : row) {
    const bool right = tag[1] == 'd' && is_number(field);
    s += fmt::format("<{}{}>{}</{}>", tag, right ? " class=\"number\"" : "", xml_text(field), tag);
  }
  return s + "</tr>\n";
}

}  // namespace

std::string paragraph(std::string_view text) { return "<p>" + xml_text(text) + "</p>\n"; }

std::string warning(std::string_view text) {
  return "<p class=\"bad\">" + xml_text(text) + "</p>\n";
}

std::string preformatted(std::string_view text) {
  const bool more = text.size() > kMostText;
  return "<pre>" + xml_text(text.substr(0, kMostText)) + (more ? "\n..." : "") + "</pre>\n";
}

std::string table(const TableRow& head, const std::vector<TableRow>& rows, size_t most) {
  std::string s = "<div class=\"scroll\"><table><thead>" + row_html(head, "th") + "</thead><tbody>";
  for (size_t i = 0; i < std::min(most, rows.size()); ++i) s += row_html(rows[i], "td");
  s += "</tbody></table></div>\n";
  if (rows.size() > most)
    s += fmt::format("<p class=\"note\">and {} more rows</p>\n", rows.size() - most);
  return s;
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string s = "<div class=\"scroll\"><table><tbody>\n";
  for (const auto& [name, value] : facts)
    s += "<tr><th scope=\"row\">" + xml_text(name) + "</th><td>" + xml_text(value) + "</td></tr>\n";
  return s + "</tbody></table></div>\n";
}

std::string details(std::string_view summary, const std::string& html) {
  return "<details><summary>" + xml_text(summary) + "</summary>\n" + html + "</details>\n";
}

std::string figure(std::string_view caption, const std::string& svg, const std::string& table) {
  return "<figure><figcaption>" + xml_text(caption) + "</figcaption>\n" + svg +
         details("the numbers", table) + "</figure>\n";
}

std::string picture(std::string_view png, std::string_view text) {
  const std::string words = xml_text(text);
  return "<figure><img alt=\"" + words + "\" src=\"data:image/png;base64," + base64(png) +
         "\"><figcaption>" + words + "</figcaption></figure>\n";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

void HtmlPage::section(const std::string& title, std::string html) {
  const std::string head = "<section><h2>" + xml_text(title) + "</h2>\n";
  if (body_.size() + head.size() + html.size() + kRoomForEnds > kMostPageBytes) {
    left_out_.push_back(title);
    return;
  }
  body_ += head + html + "</section>\n";
}

std::string HtmlPage::text(std::string_view version) const {
  std::string s = "<!DOCTYPE html>\n";
  s += std::string(kMark) + "\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  s += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
       "img-src data:; style-src 'unsafe-inline'\">\n";
  s += "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"generator\" "
       "content=\"parfocal " +
       xml_text(version) + "\">\n";
  s += "<title>" + xml_text(title_) + "</title>\n<style>" + kPlotStyle + kPageStyle +
       "</style></head>\n<body><h1>" + xml_text(title_) + "</h1>\n" + body_;
  constexpr size_t kMostNamed = 100;
  for (size_t i = 0; i < std::min(kMostNamed, left_out_.size()); ++i)
    s += warning("left out, so that the page stays below 5 MB: " + shortened(left_out_[i], 100));
  return s + "</body></html>\n";
}

bool is_own_page(const std::filesystem::path& file) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(file, unknown)) return false;
  std::ifstream stream(file, std::ios::binary);
  std::string head(64, '\0');
  stream.read(head.data(), std::ssize(head));
  head.resize(static_cast<size_t>(stream.gcount()));
  return head.find(kMark) != std::string::npos;
}

}  // namespace parfocal::report
