// From one region to a row of features: the table of families, and what each needs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "radtype/core/volume.h"
#include "radtype/io/image_source.h"

namespace radtype::feature {

/// One tumour, cropped with a margin. All volumes on one grid.
struct CaseData {
  Mask tumour;
  std::optional<Image> image;
  std::optional<Mask> tissue;  ///< the organ around the tumour
  std::optional<io::Modality> modality;
  std::string organ;  ///< lung, breast, brain, other; "" unknown
};

/// A number, or why there is none.
struct Value {
  std::optional<double> number;
  std::string missing_reason;
};

/// Feature name -> value. set() refuses a NaN or infinity: those become missing with a reason.
class FeatureRow {
 public:
  void set(const std::string& name, double number);
  void set_missing(const std::string& name, const std::string& reason);
  const std::map<std::string, Value>& values() const { return values_; }

 private:
  std::map<std::string, Value> values_;
};

struct Family {
  std::string name;   ///< as in the catalogue
  double context_mm;  ///< how far around the tumour the family looks
  /// Why these inputs do not allow the family ("needs an image"), or nothing.
  std::optional<std::string> (*not_allowed)(const CaseData&);
  /// Fills the row; an error makes the family failed and all its features missing with that reason.
  Result<void> (*compute)(const CaseData&, FeatureRow&);
};

/// Every family; to add one, add its line in families.cpp.
const std::vector<Family>& families();

enum class Status { kOk, kPartial, kFailed };
std::string_view status_word(Status status);

struct FamilyReport {
  std::string family;
  std::string outcome;  ///< "computed", "not allowed", "failed"
  std::string reason;
};

struct Extraction {
  Status status = Status::kFailed;
  std::string reason;  ///< empty when ok
  FeatureRow row;      ///< holds every catalogue feature, as a number or missing
  std::vector<FamilyReport> families;
};

/// Runs every allowed family. ok: all of them computed; partial: an allowed family failed; failed: nothing was
/// computed.
Extraction extract(const CaseData& data);

}  // namespace radtype::feature
