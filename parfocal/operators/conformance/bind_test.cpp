#include "parfocal/operators/conformance/bind.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace parfocal::conformance {
namespace {

RawValue converted(const YAML::Node& node) {
  RawValue value;
  if (node.IsScalar()) return RawValue::scalar(node.Scalar());
  if (node.IsSequence()) {
    value = RawValue::list({});
    for (const auto& item : node) value.items.push_back(converted(item));
  }
  if (node.IsMap()) {
    value = RawValue::map();
    for (const auto& entry : node) value.set(entry.first.Scalar(), converted(entry.second));
  }
  return value;
}

}  // namespace

RawValue parse_flow(const std::string& text) { return converted(YAML::Load(text)); }

TEST(Bind, ReadsTheExampleOfEveryOperator) {
  for (const std::string& name : operators().names()) {
    const OperatorInfo& info = *operators().find(name);
    SCOPED_TRACE(name + ": " + info.example);
    const RawValue step = parse_flow(info.example);
    ASSERT_NE(step.find("op"), nullptr);
    EXPECT_EQ(step.find("op")->text, name);
    EXPECT_NO_THROW(parse_params(info, info.example));
  }
}

TEST(Registration, SaysWhatAPersonNeeds) {
  for (const std::string& name : operators().names()) {
    const OperatorInfo& info = *operators().find(name);
    SCOPED_TRACE(name);
    EXPECT_FALSE(info.summary.empty());
    EXPECT_FALSE(info.family.empty());
    EXPECT_FALSE(info.tolerance.empty());
    EXPECT_FALSE(info.outputs.empty());
    for (const ParamInfo& param : info.params.infos()) EXPECT_FALSE(param.doc.empty());
  }
}

}  // namespace parfocal::conformance
