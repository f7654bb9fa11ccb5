#include "parfocal/graph/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include "parfocal/graph/graph_json.h"
#include "parfocal/graph/schema.h"
#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

using ::testing::HasSubstr;

RawValue params(std::initializer_list<std::pair<const char*, const char*>> entries) {
  RawValue map = RawValue::map();
  for (const auto& [key, text] : entries) map.set(key, RawValue::scalar(text));
  return map;
}
StepSpec step(std::string id, std::string op, std::string from, RawValue values = RawValue::map()) {
  StepSpec s;
  s.id = std::move(id);
  s.op = std::move(op);
  s.params = std::move(values);
  s.inputs = {{"in", {std::move(from), "", {}}}};
  return s;
}
// smooth -> zarr, as C++ code builds it: no places.
Pipeline built() {
  Pipeline p;
  p.source.type = "files";
  p.source.params = params({{"glob", "*.tif"}, {"axes", "tyx"}});
  p.steps = {step("smooth", "gaussian", "source", params({{"sigma", "1"}}))};
  SinkSpec sink;
  sink.type = "ome_zarr";
  sink.inputs = {{"from", {"smooth", "", {}}}};
  sink.params = params({{"path", "a.zarr"}});
  p.sinks = {sink};
  return p;
}
std::string only_error(const Pipeline& p) {
  const CheckResult result = check(p);
  std::string all;
  for (const Issue& issue : result.errors) {
    EXPECT_FALSE(issue.cure.empty()) << issue.what;
    all += issue.str() + "\n";
  }
  EXPECT_EQ(result.errors.size(), 1u) << all;
  return all;
}

TEST(Check, APipelineBuiltInCodePasses) {
  EXPECT_TRUE(check(built()).errors.empty());
  EXPECT_TRUE(check(built()).warnings.empty());
  EXPECT_NO_THROW(require_valid(built()));
}

TEST(Check, UnknownNamesGetTheNearest) {
  Pipeline p = built();
  p.steps[0].op = "gausian";
  EXPECT_THAT(only_error(p), HasSubstr("did you mean 'gaussian'?"));
  p = built();
  p.steps[0].inputs[0].first = "inn";
  EXPECT_EQ(check(p).errors.size(), 2u);  // the unknown input, and the missing one
  p = built();
  p.sinks[0].inputs[0].second = {"smoth", "", {}};
  EXPECT_THAT(only_error(p), HasSubstr("did you mean 'smooth'?"));
  p = built();
  p.source.type = "fles";
  EXPECT_THAT(only_error(p), HasSubstr("did you mean 'files'?"));
  EXPECT_THROW(require_valid(p), Error);
}

TEST(Check, ASourceGivesOnlyThePortsThatItHas) {
  Pipeline p = built();
  p.steps[0].inputs[0].second.port = "background";
  EXPECT_THAT(only_error(p), HasSubstr("source has no output 'background'"));
}

TEST(Check, CyclesAndForwardReferencesAreToldApart) {
  Pipeline p = built();
  p.steps[0].inputs[0].second.step = "later";
  p.steps.push_back(step("later", "gaussian", "source", params({{"sigma", "1"}})));
  EXPECT_THAT(only_error(p), HasSubstr("comes later"));
  p.steps[1].inputs[0].second.step = "smooth";
  EXPECT_THAT(only_error(p), HasSubstr("a cycle"));
  p = built();
  p.steps[0].inputs[0].second.step = "smooth";
  EXPECT_THAT(only_error(p), HasSubstr("its own output: a cycle"));
}

TEST(Check, ATableIntoAnImagePortNamesTheMakersOfImages) {
  Pipeline p = built();
  p.steps.push_back(step("objects", "measure", "source"));
  p.sinks[0].inputs[0].second.step = "objects";
  EXPECT_THAT(only_error(p), HasSubstr("images are made by: source, smooth"));
}

TEST(Check, AMissingInputIsAnErrorUnlessOptional) {
  Pipeline p = built();
  p.steps[0] = step("smooth", "t_pair", "source");
  EXPECT_THAT(only_error(p), HasSubstr("needs its input 'other'"));
  p.steps[0].inputs = {{"by", {"source", "", {}}}};
  p.steps[0].op = "subtract";
  EXPECT_THAT(only_error(p), HasSubstr("needs its input 'from'"));
}

TEST(Check, ReservedMalformedAndRepeatedIds) {
  for (const char* id : {"1a", "a-b", "a.b"}) {
    Pipeline p = built();
    p.steps[0].id = id;
    p.sinks[0].inputs[0].second.step = id;
    EXPECT_THAT(only_error(p), HasSubstr("is no step id"));
  }
  Pipeline p = built();
  p.steps.push_back(step("source", "gaussian", "smooth", params({{"sigma", "1"}})));
  EXPECT_THAT(only_error(p), HasSubstr("choose another id"));
  p.steps[1].id = "smooth";
  p.steps[1].inputs[0].second.step = "source";
  EXPECT_THAT(only_error(p), HasSubstr("two steps have the id 'smooth'"));
}

TEST(Check, SomethingMustBeSavedOnceAndWithoutLoss) {
  Pipeline p = built();
  p.sinks.clear();
  EXPECT_THAT(only_error(p), HasSubstr("nothing would be saved"));
  EXPECT_EQ(check(p).warnings.size(), 1u);
  p = built();
  p.sinks.push_back(p.sinks[0]);
  p.sinks[1].params = params({{"path", "./a.zarr/"}});
  EXPECT_THAT(only_error(p), HasSubstr("two sinks write"));
  p.sinks[1].params = params({{"path", "./x/../b.zarr"}});
  EXPECT_THAT(only_error(p), HasSubstr("a relative path without '..'"));
  std::string text = "x";
  for (int i = 0; i < 120; ++i) text += "\xc3\xa4";  // two bytes each
  p.sinks[1].params = params({{"path", (text + ".ome.zarr").c_str()}});
  EXPECT_THAT(only_error(p), HasSubstr("names of at most 238 bytes"));
  EXPECT_THAT(only_error(p), HasSubstr("path: ome_zarr-" + text.substr(0, 71) + ".ome.zarr;"))
      << "shortened between two characters";
  p = built();
  p.sinks[0].inputs.push_back({"labels.cells", {"source", "", {}}});
  p.sinks[0].policy = Policy::latest;
  EXPECT_THAT(only_error(p), HasSubstr("a queue that drops frames"));
}

TEST(Check, UnusedStepsAreWarnedOfUnlessFramesCsvShowsThem) {
  Pipeline p = built();
  p.steps.push_back(step("rest", "subtract", "smooth"));
  p.steps.back().inputs.push_back({"by", {"source", "", {}}});
  p.steps.push_back(step("mask", "threshold", "smooth"));
  const CheckResult result = check(p);
  EXPECT_TRUE(result.errors.empty());
  ASSERT_GE(result.warnings.size(), 1u);
  EXPECT_THAT(result.warnings[0].what, HasSubstr("'rest'"));
}

TEST(GraphJson, PipelinesRoundTrip) {
  const Pipeline p = parse_pipeline(R"(parfocal: 1
memory: 64 MiB
source: {type: files, glob: "*.tif", axes: tyx}
steps:
  - {id: mask, op: threshold, method: otsu, on_error: skip}
  - {id: split, op: t_split, from: source}
  - {op: measure, from: source, intensity: split.high, properties: [area, centroid]}
sinks:
  - {type: ome_zarr, from: split.high, path: a.zarr, labels: {m: source}, policy: fail}
observe:
  - {type: viewer, from: mask}
)",
                                    "base", "p");
  const auto j = pipeline_to_json(p);
  const Pipeline q = pipeline_from_json(nlohmann::ordered_json::parse(j.dump()));
  EXPECT_EQ(pipeline_to_json(q), j);
  EXPECT_EQ(q.steps[2].inputs, p.steps[2].inputs);
  EXPECT_EQ(q.steps[2].params.str(), p.steps[2].params.str());
  EXPECT_EQ(q.steps[0].on_error, OnError::skip);
  EXPECT_EQ(q.sinks[0].policy, Policy::fail);
  EXPECT_EQ(q.steps[0].place.str(), p.steps[0].place.str());
  EXPECT_EQ(q.memory_bytes, p.memory_bytes);
  EXPECT_TRUE(check(q).errors.empty());
}

TEST(GraphJson, MapsKeepTheirOrder) {
  const auto j = nlohmann::ordered_json::parse(R"({"t": "9", "y": "4", "x": "5"})");
  EXPECT_EQ(raw_to_json(raw_from_json(j)).dump(), j.dump());
}

TEST(GraphJson, OtherJsonIsAnError) {
  for (const char* text : {"{}", "[]", "3", R"({"parfocal": 2})"})
    EXPECT_THROW(pipeline_from_json(nlohmann::json::parse(text)), Error) << text;
  EXPECT_EQ(raw_from_json(nlohmann::json::parse("[1.5, true, null, \"a\"]")).str(),
            "[1.5, true, null, a]");
}

TEST(Schema, NamesEveryOfferedOperatorWithItsKeys) {
  const nlohmann::json schema = pipeline_schema();
  EXPECT_EQ(schema["required"], nlohmann::json::parse(R"(["parfocal", "source", "sinks"])"));
  const nlohmann::json& entry = schema["properties"]["steps"]["items"];
  EXPECT_TRUE(entry["then"]["properties"].contains("include"));
  const nlohmann::json& steps = entry["else"];
  EXPECT_EQ(steps["required"], nlohmann::json::parse(R"(["op"])"));
  EXPECT_EQ(steps["allOf"].size(), steps["properties"]["op"]["enum"].size());
  bool found = false;
  for (const nlohmann::json& branch : steps["allOf"]) {
    if (branch["if"]["properties"]["op"]["const"] != "gaussian") continue;
    found = true;
    EXPECT_TRUE(branch["then"]["properties"].contains("sigma"));
    EXPECT_TRUE(branch["then"]["properties"].contains("from"));
    EXPECT_EQ(branch["then"]["additionalProperties"], false);
    EXPECT_EQ(branch["if"]["required"], nlohmann::json::parse(R"(["op"])"));
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace parfocal
