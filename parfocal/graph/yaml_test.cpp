#include "parfocal/graph/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include <fstream>
#include <random>

#include "parfocal/graph/yaml_reader.h"

namespace parfocal {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGood = R"(parfocal: 1
memory: 1 GiB
on_error: skip
vars: {width: 1 px, props: [area, centroid]}
source: {type: files, glob: "movie/*.tif", axes: tyx}
steps:
  - {id: smooth, op: gaussian, sigma: "${width}", from: source}
  - {id: mask,   op: threshold, method: otsu, from: source, on_error: stop}
  - {op: open, footprint: disk(3)}
  - {id: split, op: t_split}
  - {id: cells,  op: label, from: open}
  - {op: open, footprint: disk(1), from: split.high}
  - {id: objects, op: measure, from: cells, intensity: source, properties: "${props}"}
sinks:
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}, policy: gap}
  - {type: table, path: objects.csv}
observe:
  - {type: viewer, from: smooth, policy: drop_oldest}
)";

Pipeline parse(const std::string& text, const std::vector<std::string>& sets = {}) {
  return parse_pipeline(text, "base", "movie", sets, "p.yaml");
}
std::vector<Issue> issues_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    parse(text, sets);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_pipeline);
    return e.issues();
  }
  return {};
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Yaml, AGoodFileGivesExactlyItsPipeline) {
  const Pipeline p = parse(kGood);
  EXPECT_EQ(p.name, "movie");
  EXPECT_EQ(p.base_dir, "base");
  EXPECT_EQ(p.memory_bytes, int64_t{1} << 30);
  EXPECT_EQ(p.on_error, OnError::skip);
  EXPECT_EQ(p.source.type, "files");
  EXPECT_EQ(p.source.params.str(), "{glob: movie/*.tif, axes: tyx}");
  ASSERT_EQ(p.steps.size(), 7u);
  EXPECT_EQ(p.steps[0].params.str(), "{sigma: 1 px}");
  EXPECT_EQ(p.steps[0].on_error, OnError::skip);
  EXPECT_EQ(p.steps[1].on_error, OnError::stop);
  EXPECT_EQ(p.steps[1].place.str(), "p.yaml:8:22");
  EXPECT_EQ(p.steps[2].id, "open");
  EXPECT_EQ(p.steps[2].inputs[0].second, (PortRef{"mask", "", {}}));
  EXPECT_EQ(p.steps[5].id, "open_2");
  EXPECT_EQ(p.steps[5].inputs[0].second, (PortRef{"split", "high", {}}));
  ASSERT_EQ(p.steps[6].inputs.size(), 2u);
  EXPECT_EQ(p.steps[6].inputs[1].first, "intensity");
  EXPECT_EQ(p.steps[6].inputs[1].second, (PortRef{"source", "", {}}));
  EXPECT_EQ(p.steps[6].params.str(), "{properties: [area, centroid]}");
  ASSERT_EQ(p.sinks.size(), 2u);
  EXPECT_EQ(p.sinks[0].inputs[1].first, "labels.cells");
  EXPECT_EQ(p.sinks[0].policy, Policy::gap);
  EXPECT_EQ(p.sinks[1].inputs[0].second, (PortRef{"objects", "", {}}));
  EXPECT_EQ(p.observers[0].policy, Policy::drop_oldest);
  EXPECT_EQ(p.text, kGood);
}

TEST(Yaml, JsonIsAccepted) {
  const Pipeline p = parse(R"({"parfocal": 1, "source": {"type": "files", "glob": "*.tif"},
    "steps": [{"op": "gaussian", "sigma": 2}],
    "sinks": [{"type": "ome_zarr", "path": "a.zarr"}]})");
  EXPECT_EQ(p.steps[0].params.str(), "{sigma: 2}");
}

TEST(Yaml, SetReplacesValuesOfStepsSourceMemoryAndVars) {
  const Pipeline p =
      parse(kGood, {"mask.factor=-6", "source.glob=b/*.tif", "memory=2 GiB", "vars.width=3 px",
                    "on_error=stop", "objects.properties=[area]", "open_2.footprint=disk(2)"});
  EXPECT_EQ(p.steps[1].params.str(), "{method: otsu, factor: -6}");
  EXPECT_EQ(p.source.params.find("glob")->text,  // of who calls, not of the file
            (std::filesystem::current_path() / "b/*.tif").string());
  EXPECT_EQ(p.memory_bytes, int64_t{2} << 30);
  EXPECT_EQ(p.steps[0].params.str(), "{sigma: 3 px}");
  EXPECT_EQ(p.on_error, OnError::stop);
  EXPECT_EQ(p.steps[6].params.str(), "{properties: [area]}");
  EXPECT_EQ(p.steps[5].params.str(), "{footprint: disk(2)}");
}

TEST(Yaml, SetWithUnknownNamesSuggestsTheNearest) {
  struct Case {
    const char *set, *cure;
  };
  for (const auto& [set, cure] :
       std::initializer_list<Case>{{"msk.method=otsu", "did you mean 'mask'?"},
                                   {"mask.metod=otsu", "did you mean 'method'?"},
                                   {"source.glb=x", "did you mean 'glob'?"},
                                   {"vars.widht=2", "did you mean 'width'?"},
                                   {"memroy=1 GiB", "did you mean 'memory'?"},
                                   {"mask=3", "write it as --set mask.key=value"},
                                   {"mask.method", "write it as --set step.key=value"}}) {
    const auto issues = issues_of(kGood, {set});
    ASSERT_EQ(issues.size(), 1u) << set;
    EXPECT_EQ(issues[0].cure, cure) << set;
    EXPECT_EQ(issues[0].where, std::string("--set ") + set);
  }
}

TEST(Yaml, UnknownVariablesAndOpenBracesAreTold) {
  auto issues = issues_of(replaced(kGood, "${width}", "${widht}"));
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].cure, "did you mean 'width'?");
  EXPECT_EQ(issues[0].where, "p.yaml:7:39");
  issues = issues_of(replaced(kGood, "${width}", "${width"));
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].what, "'${' is never closed");
  issues = issues_of(replaced(kGood, "${width}", "a ${props}"));
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_THAT(issues[0].what, HasSubstr("cannot stand inside"));
}

TEST(Yaml, GrowthByVariablesIsBounded) {
  std::string uses;
  for (int i = 0; i < 20000; ++i) uses += "${a}";
  const auto issues = issues_of("parfocal: 1\nvars: {a: " + std::string(500'000, 'x') +
                                "}\nsource: {type: files, glob: \"" + uses + "\"}\n");
  ASSERT_FALSE(issues.empty());
  EXPECT_THAT(issues.back().what, HasSubstr("larger than 1 MiB"));
}

TEST(Yaml, SyntaxErrorsHavePlaceAndCure) {
  auto issues = issues_of("parfocal: 1\nsource: {type: files\nsteps: [\n");
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_THAT(issues[0].where, HasSubstr("p.yaml:"));
  EXPECT_FALSE(issues[0].cure.empty());
  issues = issues_of("parfocal: 1\nsource: {type: files, glob: ${name}}\n");
  EXPECT_EQ(issues[0].cure, "quote it: \"${name}\"");
}

TEST(Yaml, AnchorsAliasesAndTagsAreRefused) {
  const auto issues =
      issues_of(replaced(kGood, "vars: {width: 1 px, props: [area, centroid]}",
                         "vars: {width: &a 1 px, props: [area, centroid], b: *a, c: !!int 3}"));
  ASSERT_EQ(issues.size(), 3u);
  EXPECT_EQ(issues[0].where, "p.yaml:4:15");
  EXPECT_THAT(issues[1].what, HasSubstr("aliases"));
  EXPECT_THAT(issues[2].what, HasSubstr("tag"));
}

TEST(Yaml, OversizedTextsAreRefused) {
  const auto first = [](const std::string& text) { return issues_of(text).at(0).what; };
  EXPECT_EQ(first(std::string(kMaxPipelineBytes + 1, ' ')), "the pipeline file is too large");
  EXPECT_EQ(first("a: " + std::string(100, '[') + std::string(100, ']')),
            "values are nested too deeply");
  std::string wide = "a: [";
  for (int i = 0; i < 150'000; ++i) wide += "1,";
  EXPECT_EQ(first(wide + "1]"), "the file has too many values");
  EXPECT_EQ(first("a: 1\n---\nb: 2\n"), "a pipeline file holds one document");
  EXPECT_EQ(first(std::string("a: 1\nb: \x04 2")), "the file holds a control character");
  EXPECT_EQ(first("a: 1\nb: \xff"), "the file is no UTF-8 text");
  EXPECT_EQ(first(""), "a pipeline file is a map");
  std::string keys;
  for (int i = 0; i < 300; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(first(keys), "a map has too many keys");
  std::string steps = "steps:\n";
  for (int i = 0; i < 2000; ++i) steps += "- {op: label}\n";
  EXPECT_EQ(first(steps), "'steps' has too many entries");
}

TEST(Yaml, FilesAreReadWithNameAndFolder) {
  const auto dir = std::filesystem::path(::testing::TempDir());
  std::ofstream(dir / "cells.v2.yaml") << kGood;
  const Pipeline p = read_pipeline_file(dir / "cells.v2.yaml");
  EXPECT_EQ(p.name, "cells.v2");
  EXPECT_TRUE(std::filesystem::equivalent(p.base_dir, dir));
  for (const auto& path : {dir / "none.yaml", dir}) try {
      read_pipeline_file(path);
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::input_missing);
    }
}

// Seeded mutations of a valid file: a Pipeline or an Error with places, never anything else.
TEST(Yaml, RandomChangesGiveAnErrorOrAPipeline) {
  std::mt19937_64 random(7);
  const std::string good = kGood;
  const std::string special = "{}[]:,-'\"\n \t&*!|>%@`#?$.=0\x04\xff\xc3";
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (uint64_t edits = 1 + random() % 8; edits > 0; --edits) {
      const size_t at = random() % (text.size() + 1), length = random() % 20;
      switch (random() % 4) {
        case 0:
          text.insert(at, 1, special[random() % special.size()]);
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, good.substr(random() % good.size(), length));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random());
      }
    }
    try {
      parse(text);
    } catch (const Error& e) {
      for (const Issue& issue : e.issues()) {
        EXPECT_THAT(issue.where, HasSubstr("p.yaml")) << text;
        EXPECT_FALSE(issue.what.empty() || issue.cure.empty()) << issue.str();
      }
    }
  }
}

}  // namespace
}  // namespace parfocal
