#pragma once
/// What `convert` asks before it plans: what its words name, what of IN is meant, and what is there
/// at OUT already.

#include <filesystem>
#include <string>
#include <vector>

#include "commands.h"
#include "parfocal/graph/pipeline.h"
#include "parfocal/planner/plan.h"
#include "workplace.h"

namespace parfocal::cli {

/// The sink that makes what has this ending, "" if none does.
std::string sink_of_ending(std::string out);
/// The same. `first`: an input, whose name a result in a folder may have.
/// \throws Error(bad_command) if none does
std::string sink_type(const std::string& out, const std::string& first = "images");
/// A name beside OUT with its ending: "a-cells.ome.zarr".
std::string named_beside(const std::string& out, const std::string& what);

/// The words with all names as inputs, where they may be, and a new name for the result.
std::vector<std::string> with_new_result(const ConvertArguments& arguments);

/// `convert IN...`, with no result: the last word is an input too. \throws Error(bad_command)
void require_result(const ConvertArguments& arguments);
/// `convert OUT IN`, with the result first. \throws Error(bad_command)
void require_order(const ConvertArguments& arguments);

/// `--set source.scale.x=0.65 um`, of which a shell makes two words. \throws Error(bad_command)
void require_whole_sets(const ConvertArguments& arguments);

/// A key that the source does not have, with the name of an image. \throws Error(invalid_pipeline)
void check_keys_of_choice(const ConvertArguments& arguments, const SourceSpec& source);
/// Of a plate or series all images are taken where the result can hold them, else one must be
/// chosen; labels are images of their own. \throws Error(input_missing)
void check_choice(const ConvertArguments& arguments, SourceSpec& source);

/// `error` of a plan, with cures that need no steps in a pipeline: `convert` has none.
Error without_steps(const Error& error, const ConvertArguments& arguments,
                    const SourceSpec& source);

/// The words that say what is made: without those that say how it runs.
std::vector<std::string> making_words(std::vector<std::string> words);
/// The words that go on with what is unfinished.
std::vector<std::string> going_on(const ConvertArguments& arguments);
/// \throws Error(output_exists) for an OUT that is there and may not be replaced
void require_free(const ConvertArguments& arguments, const std::filesystem::path& out);
/// `--resume` of a conversion that came to its end; the exit code. One that was killed just then
/// has left its working folder, with nothing in it that could be gone on with.
/// \throws Error(output_exists) for an OUT that is not whole, or not made alike
int tell_done(const ConvertArguments& arguments, const Plan& plan, const std::filesystem::path& out,
              Workplace& workplace);

}  // namespace parfocal::cli
