// A frozen model of subtypes: everything that the next patient needs, and nothing of the patients it came from.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/subtype/preparation.h"

namespace radtype::subtype {

struct Subtype {
  std::size_t cases = 0;         ///< of the training
  std::vector<double> centroid;  ///< mean of the prepared features
};

struct Model {
  Preparation preparation;
  std::string features_id;  ///< of the catalogue at discovery (cohort::features_id()), "" where unknown
  nlohmann::json discovery = nlohmann::json::object();  ///< options, choice of k with its reason: for the reader
  std::vector<Subtype> subtypes;                        ///< 1..k
  std::vector<double> inverse;       ///< of the shrunken covariance within subtypes, features x features
  double shrinkage = 0;              ///< toward its diagonal (schaefer2005)
  double temperature = 1;            ///< by which log odds are divided, from cross-validation on the training cases
  double outside = 0;                ///< distance to the nearest centroid above which a case is outside
  std::vector<std::string> cohorts;  ///< of the training, ascending

  std::size_t features() const { return preparation.features.size(); }
};

/// Linear discriminant of clusters with a covariance in common. `labels`: 1..k of the prepared training cases, every
/// cluster with two cases or more (kUndefined otherwise).
Result<Model> fit_model(const FittedPreparation& fitted, const CaseTable& cases, const std::vector<int>& labels, int k);

nlohmann::json to_json(const Model& model);
/// kCorrupt with the key, kUnsupported for another format. The hash in the file must be that of the rest.
Result<Model> model_from_json(const nlohmann::json& json);

enum class AssignmentState {
  kAssigned,
  kFlagged,  ///< assigned, with a reason to look at it
  kRefused,
};
std::string_view state_word(AssignmentState state);

struct Contribution {
  std::size_t feature = 0;  ///< of the preparation
  double value = 0;         ///< prepared
  double log_odds = 0;      ///< part of the log odds of the subtype against the second
};

struct Assignment {
  std::size_t row = 0;  ///< of the source table
  AssignmentState state = AssignmentState::kRefused;
  std::vector<std::pair<std::string, std::string>> reasons;  ///< word, sentence
  int subtype = 0;                                           ///< 1..k; 0 where refused
  int second = 0;
  std::vector<double> posterior;    ///< by subtype; empty where refused
  std::vector<double> correlation;  ///< with each centroid (centred Pearson)
  double margin = 0;                ///< posterior of the first less that of the second
  double distance = 0;              ///< Mahalanobis, to the nearest centroid
  std::vector<Contribution> why;    ///< the largest five by |log odds|
};

/// One for each case of the table, in its order; a case alone has the bytes that it has among others. kInconsistent
/// where a feature is of another version than the model's.
Result<std::vector<Assignment>> classify(const Model& model, const CaseTable& table);
/// Of a table that the model's preparation was applied to already.
std::vector<Assignment> classify(const Model& model, const CaseTable& table, const PreparedTable& prepared);

}  // namespace radtype::subtype
