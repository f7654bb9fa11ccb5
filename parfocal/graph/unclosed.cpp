#include "parfocal/graph/unclosed.h"

#include <vector>

namespace parfocal {
namespace {

class Scan {
 public:
  explicit Scan(const std::string& text) : text_(text) {}

  std::optional<Unclosed> run() {
    for (; at_ < text_.size(); step()) take(text_[at_]);
    return open_.empty() ? std::nullopt : std::optional(open_.back());
  }

 private:
  void step() {
    column_ = text_[at_] == '\n' ? 0 : column_ + 1;
    line_ += text_[at_++] == '\n';
  }
  void skip_behind(char end) {
    while (at_ + 1 < text_.size() && text_[at_ + 1] != end) step();
    if (at_ + 1 < text_.size() && end != '\n') step();
  }
  // Where a word begins; in the middle of one brackets and quotes are letters.
  bool begins() const {
    return at_ == 0 || std::string(" \t\r\n,:[{").find(text_[at_ - 1]) != std::string::npos;
  }
  void take(char c) {
    if (text_.compare(at_, 2, "${") == 0) return skip_behind('}');
    if ((c == '"' || c == '\'' || c == '#') && begins()) return skip_behind(c == '#' ? '\n' : c);
    if ((c == '[' || c == '{') && begins()) open_.push_back({c, line_, column_});
    const bool closes = c == ']' || c == '}';
    if (closes && !open_.empty() && open_.back().bracket == (c == ']' ? '[' : '{'))
      open_.pop_back();
  }

  const std::string& text_;
  std::vector<Unclosed> open_;
  size_t at_ = 0;
  int line_ = 0, column_ = 0;
};

}  // namespace

std::optional<Unclosed> find_unclosed(const std::string& text) { return Scan(text).run(); }

}  // namespace parfocal
