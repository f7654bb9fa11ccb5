#pragma once
/// One recording and many, for `parfocal background`.

#include "commands.h"
#include "running.h"

namespace parfocal::cli {

/// Gives `arguments.in` its background as `arguments.out`; messages on stderr, nothing on stdout.
/// \throws Error with cures that are options of the command
Ran background_of_file(const BackgroundArguments& arguments);
/// Each of `arguments.paths` into `arguments.out_dir`, one after the other; what is there already
/// is named and left, what fails is told and does not keep the others from it. 6 if some failed,
/// the code that they share if all did. \throws Error(bad_command) before anything is made if two
/// results would have one name, or a result that of its recording
int background_of_files(const BackgroundArguments& arguments);

}  // namespace parfocal::cli
