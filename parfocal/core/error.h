#pragma once
/// How failures travel: an exception `Error` at API level, a `Status` from compute and kernels.

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace parfocal {

/// Each code is one exit code of the command (design.md 9).
enum class ErrorCode : uint8_t {
  run_failed = 1,        ///< a step, sink or the disk failed while running
  bad_command = 2,       ///< bad command line
  invalid_pipeline = 3,  ///< the description is wrong: found by check or plan
  input_missing = 4,     ///< input missing or unreadable
  over_budget = 5,       ///< the plan exceeds the memory or disk budget
  output_exists = 8,     ///< output exists and --overwrite was not given
};

/// A place in a pipeline file; line and column count from 1, 0 = unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string str() const;  ///< "file:line:column", shorter where unknown
};

/// One problem, told so that it can be cured: what happened, where, what was given, what is needed,
/// and what to do. Any part may be empty except `what`.
struct Issue {
  std::string what;
  std::string where;  ///< step, file, coordinates; Location::str() for pipeline files
  std::string given;
  std::string needed;
  std::string cure;
  std::string str() const;  ///< one or more lines for people
};

/// Thrown at API level. Carries one or more issues (a pipeline check reports all at once).
class Error : public std::exception {
 public:
  Error(ErrorCode code, Issue issue) : Error(code, std::vector<Issue>{std::move(issue)}) {}
  Error(ErrorCode code, std::vector<Issue> issues);
  ErrorCode code() const { return code_; }
  const std::vector<Issue>& issues() const { return issues_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ErrorCode code_;
  std::vector<Issue> issues_;
  std::string text_;
};

/// Result of compute functions: empty = success, so the successful path allocates nothing.
class [[nodiscard]] Status {
 public:
  Status() = default;
  static Status fail(std::string what, std::string cure = {}) {
    Status s;
    s.issue_ = std::make_unique<Issue>(Issue{std::move(what), {}, {}, {}, std::move(cure)});
    return s;
  }
  static Status fail(Issue issue) {
    Status s;
    s.issue_ = std::make_unique<Issue>(std::move(issue));
    return s;
  }
  bool ok() const { return issue_ == nullptr; }
  const Issue& issue() const { return *issue_; }  ///< \pre !ok()

 private:
  std::unique_ptr<Issue> issue_;
};

/// The names of `known` nearest to `word` (edit distance), best first, at most `most`; empty when
/// nothing is near. For "did you mean".
std::vector<std::string> nearest_names(const std::string& word,
                                       const std::vector<std::string>& known, size_t most = 1);

}  // namespace parfocal
