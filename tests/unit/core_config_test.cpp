#include "radtype/core/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace radtype {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const ConfigSpec kSpec{"measure",
                       "Measures.",
                       {{"image", FieldType::kPath, "image", nullptr},
                        {"max_lost_share", FieldType::kNumber, "share", 0.02, {}, 0, 1},
                        {"label", FieldType::kInteger, "label", nullptr, {}, 1, 255},
                        {"organ", FieldType::kChoice, "organ", "other", {"lung", "other"}},
                        {"force", FieldType::kSwitch, "overwrite", false}}};

TEST(Config, FlagsOverrideTheFileOverridesDefaults) {
  const auto config = kSpec.resolve({{"organ", "lung"}, {"max_lost_share", 0.5}}, {{"max_lost_share", 0.25}});
  ASSERT_TRUE(config);
  EXPECT_EQ(
      *config,
      (json{{"image", nullptr}, {"max_lost_share", 0.25}, {"label", nullptr}, {"organ", "lung"}, {"force", false}}));
}

TEST(Config, RefusesByNameAndSaysWhatIsAllowed) {
  const auto refused = [](const json& file) {
    const auto config = kSpec.resolve(file, nullptr);
    EXPECT_FALSE(config) << file;
    return config ? std::string() : config.error().message();
  };
  EXPECT_THAT(refused({{"imge", "a"}}), testing::AllOf(HasSubstr("imge"), HasSubstr("image, max_lost_share")));
  EXPECT_THAT(refused({{"max_lost_share", 2}}), HasSubstr("between 0 and 1"));
  EXPECT_THAT(refused({{"max_lost_share", "0.1"}}), HasSubstr("must be a number"));
  EXPECT_THAT(refused({{"label", 1.5}}), HasSubstr("whole number"));
  EXPECT_THAT(refused({{"organ", "liver"}}), HasSubstr("lung, other"));
  EXPECT_THAT(refused({{"force", 1}}), HasSubstr("true or false"));
  EXPECT_THAT(refused({{"image", 3}}), HasSubstr("must be text"));
  EXPECT_THAT(refused(json::array()), HasSubstr("JSON object"));
}

TEST(Config, FlagsAreParsedByType) {
  EXPECT_EQ(*ConfigSpec::parse_flag(kSpec.fields[2], "12"), json(12));
  EXPECT_FALSE(ConfigSpec::parse_flag(kSpec.fields[2], "1e2"));
  EXPECT_EQ(*ConfigSpec::parse_flag(kSpec.fields[1], "0.125"), json(0.125));
  EXPECT_EQ(kSpec.fields[1].flag(), "--max-lost-share");
}

TEST(Config, SchemaDescribesEveryField) {
  const json schema = kSpec.schema();
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"].size(), kSpec.fields.size());
  EXPECT_EQ(schema["properties"]["label"]["type"], (json{"integer", "null"}));
  EXPECT_EQ(schema["properties"]["organ"]["enum"], (json{"lung", "other"}));
  EXPECT_EQ(schema["properties"]["max_lost_share"]["maximum"], 1.0);
}

TEST(Json, ErrorNamesLineAndColumn) {
  const auto wrong = parse_json("{\n  \"a\": 1,\n  oops\n}", "my.json");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("my.json is not valid JSON at line 3, column 3"));
}

}  // namespace
}  // namespace radtype
