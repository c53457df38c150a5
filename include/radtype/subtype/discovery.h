// From a table of features to subtypes: preparation, consensus clustering for several k, the choice of k, the model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radtype/subtype/consensus.h"
#include "radtype/subtype/model.h"
#include "radtype/subtype/preparation.h"
#include "radtype/subtype/stability.h"

namespace radtype::subtype {

enum class Method { kAverage, kComplete, kWard, kKMeans, kMedoids };
std::string_view method_word(Method method);        ///< "average", "complete", "ward", "kmeans", "medoids"
std::string_view distance_word(Distance distance);  ///< "pearson", "spearman", "euclidean"

/// Clusters tables by this method. k-means and Ward's method under a correlation work on unit rows, whose Euclidean
/// distances rise with 1 - correlation. `starts` of k-means; the others have none.
ClusteringOf clustering_of(Method method, Distance distance, ClusterNumbers numbers, int starts = 5);

struct DiscoveryOptions {
  PreparationOptions preparation;
  Method method = Method::kKMeans;
  Distance distance = Distance::kEuclidean;
  ClusterNumbers numbers{2, 8};
  int repetitions = 1000;
  double share = 0.8;               ///< of the cases, in each repetition
  int k = 0;                        ///< 0: recommended by the stability test
  int references = 100;             ///< of the stability test; 0: no test, which only goes with a given k
  int reference_repetitions = 100;  ///< of each of them and, for the test, of the data; k-means has one start there
  double level = 0.01;
  std::uint64_t seed = 1;
};

/// Of one number of clusters. Cases are those of Discovery::prepared, in its order; labels 1..k by the rule of
/// order_subtypes().
struct DiscoveryOfK {
  int k = 0;
  ConsensusOfK consensus;  ///< its labels are ordered, too
  double delta_area = 0;
  std::vector<double> silhouette;  ///< of each case, by the distance of discovery
  double mean_silhouette = 0;
};

struct Discovery {
  DiscoveryOptions options;
  CaseTable cases;           ///< of the source, by name
  FittedPreparation fitted;  ///< of `cases`
  std::vector<DiscoveryOfK> of_k;
  std::optional<Stability> stability;
  int k = 1;                   ///< chosen; 1: no subtypes
  std::string reason;          ///< of the choice
  std::vector<int> labels;     ///< 1..k, of the prepared cases
  std::optional<Model> model;  ///< none where k = 1

  const Table& prepared() const { return fitted.training.table; }
  /// The case of a row of prepared().
  const Case& prepared_case(std::size_t row) const { return cases.cases[fitted.training.source_rows[row]]; }
  const DiscoveryOfK* at(int clusters) const;  ///< nullptr where it was not looked at
};

/// The same for any order of the cases and any number of threads. kUsage, kEmpty, kUndefined with the reason: options
/// that contradict each other, too few cases for the largest k, a case whose features do not vary (correlation).
Result<Discovery> discover(const CaseTable& table, const DiscoveryOptions& options);

/// New names 1..k: the roundest and smoothest subtype is 1. Ascending by the mean, over the cases of a cluster, of the
/// first of these features that the table has: shape_smooth_sphericity (descending), shape_roughness,
/// shape_bending_energy, texture_moran_r8 (descending); of the first feature of the table where it has none of them.
/// Returns the new label of each old one, at [old - 1].
std::vector<int> order_subtypes(const Table& prepared, const std::vector<FeatureColumn>& features,
                                const std::vector<int>& labels, int k);

}  // namespace radtype::subtype
