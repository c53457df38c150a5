// The file of a model: JSON with a hash of itself, so that an edited model is known for one.
#include <fmt/format.h>

#include "radtype/core/hash.h"
#include "radtype/subtype/model.h"
#include "subtype/json_reader.h"

namespace radtype::subtype {
namespace {
constexpr const char* kModelFormat = "radtype subtypes";
constexpr int kModelFormatVersion = 1;

std::string hash_of(json document) {
  document.erase("sha256");
  return sha256(document.dump());
}
}  // namespace

json to_json(const Model& model) {
  json subtypes = json::array();
  for (const Subtype& subtype : model.subtypes)
    subtypes.push_back({{"cases", subtype.cases}, {"centroid", subtype.centroid}});
  json document = {{"format", kModelFormat},
                   {"version", kModelFormatVersion},
                   {"notice", "Research use only. Not a medical device."},
                   {"features_id", model.features_id},
                   {"discovery", model.discovery},
                   {"preparation", to_json(model.preparation)},
                   {"subtypes", subtypes},
                   {"inverse_covariance", model.inverse},
                   {"shrinkage", model.shrinkage},
                   {"temperature", model.temperature},
                   {"outside", model.outside},
                   {"cohorts", model.cohorts}};
  document["sha256"] = hash_of(document);
  return document;
}

Result<Model> model_from_json(const json& document) {
  std::optional<Error> error;
  const Reader from(document, "", error);
  if (from["format"].text() != kModelFormat) from["format"].wrong(fmt::format("is not '{}'", kModelFormat));
  const int version = from["version"].integer();
  if (!error && version != kModelFormatVersion) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("version: {} of the format; this program reads {}: use the program that wrote the model",
                            version, kModelFormatVersion));
  }
  from.keys({"format", "version", "notice", "features_id", "discovery", "preparation", "subtypes", "inverse_covariance",
             "shrinkage", "temperature", "outside", "cohorts", "sha256"});
  if (!error && from["sha256"].text() != hash_of(document))
    from["sha256"].wrong("is not that of the rest: the model was changed after it was written");
  Model model;
  if (!error) {
    auto preparation = preparation_from_json(document["preparation"]);
    if (!preparation) return pass_on(std::move(preparation), "preparation");
    model.preparation = std::move(*preparation);
    model.discovery = document["discovery"];
    if (!model.discovery.is_object()) from["discovery"].wrong("is no object");
  }
  model.features_id = from["features_id"].text();
  const std::size_t features = model.features();
  for (const Reader& one : from["subtypes"].list()) {
    one.keys({"cases", "centroid"});
    model.subtypes.push_back({one["cases"].count(), one["centroid"].numbers(features, -Reader::kMost)});
    if (model.subtypes.back().cases < 2) one["cases"].wrong("is less than 2");
  }
  if (model.subtypes.size() < 2 || model.subtypes.size() > 9) from["subtypes"].wrong("are not from two to nine");
  model.inverse = from["inverse_covariance"].numbers(features * features, -Reader::kMost);
  model.shrinkage = from["shrinkage"].number();
  model.temperature = from["temperature"].number(0, Reader::kMost);
  model.outside = from["outside"].number(0, Reader::kMost);
  for (const Reader& one : from["cohorts"].list()) model.cohorts.push_back(one.text());
  if (!std::is_sorted(model.cohorts.begin(), model.cohorts.end())) from["cohorts"].wrong("does not ascend");
  if (error) return tl::unexpected<Error>(std::move(*error));
  return model;
}

}  // namespace radtype::subtype
