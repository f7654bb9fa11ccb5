#include "parfocal/formats/files/files_params.h"

namespace parfocal {
namespace {

FileOrder order_of(const std::string& word) {
  return word == "lexical" ? FileOrder::lexical
         : word == "time"  ? FileOrder::time
                           : FileOrder::natural;
}

}  // namespace

std::string FilesParams::text() const {
  if (named().empty()) return "";
  const size_t more = named().size() - 1;
  return named()[0] + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

FileList FilesParams::find(const std::filesystem::path& base_dir) const {
  return files.empty() ? FileList::find(base_dir, glob, order_of(order), exclude)
                       : FileList::of(base_dir, files);
}

}  // namespace parfocal
