#pragma once
/// Pieces of one offline page in HTML. Every function that takes text escapes it; those that take
/// `html` do not. Pure functions, thread-safe.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal::report {

inline constexpr size_t kMostPageBytes = size_t{5} << 20;

std::string paragraph(std::string_view text);
/// What a reader must not overlook.
std::string warning(std::string_view text);
/// Lines as they stand, at most 64 KiB of them.
std::string preformatted(std::string_view text);
using TableRow = std::vector<std::string>;
/// At most `most` rows, and how many more there are. Fields that are numbers stand right.
std::string table(const TableRow& head, const std::vector<TableRow>& rows, size_t most = 1000);
/// Names and values.
std::string facts(const std::vector<std::pair<std::string, std::string>>& facts);
/// Closed until it is asked for.
std::string details(std::string_view summary, const std::string& html);
/// A plot, and its numbers as a table.
std::string figure(std::string_view caption, const std::string& svg, const std::string& table);
/// A PNG as a part of the page; `text` for those who cannot see it.
std::string picture(std::string_view png, std::string_view text);
std::string base64(std::string_view bytes);

/// A page of sections, below kMostPageBytes: what has no room is named instead.
class HtmlPage {
 public:
  explicit HtmlPage(std::string title) : title_(std::move(title)) {}
  void section(const std::string& title, std::string html);
  /// The page: no script, no request, both colour schemes, and the mark of is_own_page().
  std::string text(std::string_view version) const;

 private:
  std::string title_, body_;
  std::vector<std::string> left_out_;
};

/// Whether a file is a page that text() made. Opens nothing but regular files.
bool is_own_page(const std::filesystem::path& file);

}  // namespace parfocal::report
