// Discovery in pictures, 510 points (180 mm, two columns of a journal) wide. Where no subtypes were found (k = 1), the
// titles say so, and the partition into the smallest number of clusters looked at stands where one is needed.
#pragma once

#include <nlohmann/json.hpp>

#include "radtype/figure/canvas.h"
#include "radtype/subtype/discovery.h"

namespace radtype::subtype {

constexpr double kDiscoveryFigureWidthPt = 510;

/// The consensus matrix of each k, cases by subtype and by the final tree within; of more than 300 cases a pixel is the
/// mean of a block of pairs. Subtypes have the colours that they have in tracking_figure().
figure::Canvas consensus_figure(const Discovery& discovery);

/// What the choice of k rests on: distribution of consensus, delta area, ambiguity (PAC) beside that of the references,
/// mean silhouette. Beside references, the data's PAC is that of as many repetitions as theirs.
figure::Canvas choice_figure(const Discovery& discovery);

/// The subtype of every case for each k. Colours pass from k to k by largest overlap, starting at the chosen k.
figure::Canvas tracking_figure(const Discovery& discovery);

/// The silhouette of every case, descending within subtypes.
figure::Canvas silhouette_figure(const Discovery& discovery);

/// Prepared features (rows, by average linkage of 1 - |Pearson's r|; of more than 60 features within families, and
/// families are named) of the cases (columns, by subtype, then by silhouette; of more than 900 a pixel is a mean),
/// under bars of subtype, cohort, organ, modality and volume.
figure::Canvas feature_figure(const Discovery& discovery);

/// The first two principal components of the prepared features, by subtype, by cohort, by organ and modality. Of more
/// than 3,000 cases, so many at random.
figure::Canvas embedding_figure(const Discovery& discovery);

/// What consensus_figure() and choice_figure() show, for reports: {"cases", "consensus": {"k", "size", "values": rows
/// by size of the mean consensus in blocks of cases, 0 to 255 for 0 to 1, "subtype": of the middle case of each block},
/// "distribution": {"k", "x", "curves": by k, share of pairs with consensus of at most x}}.
/// The matrix is of the chosen k; of the smallest where k = 1.
nlohmann::json consensus_json(const Discovery& discovery);

}  // namespace radtype::subtype
