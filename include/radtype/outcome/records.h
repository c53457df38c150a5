// What is known of patients, joined from several tables: a line a patient.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::outcome {

/// An empty cell, NA, N/A, NaN, null, a dot, a question mark, or what TCGA writes: [Not Available], [Unknown], ...
bool is_missing(const std::string& cell);

/// Somebody who takes no part, and why.
struct LeftOut {
  std::string patient;
  std::string reason;
};

struct Records {
  std::string source;                           ///< for messages: a file's name
  std::vector<std::string> patients;            ///< all different
  std::vector<std::string> columns;             ///< all different
  std::vector<std::vector<std::string>> cells;  ///< by column, then by patient

  std::size_t size() const { return patients.size(); }
  std::optional<std::size_t> find(const std::string& column) const;
  /// Of `column`, by patient. kUsage, with the columns there are, where it is not there.
  Result<std::vector<std::string>> texts(const std::string& column) const;
  /// As numbers; none where missing. kUsage also, with the cell: one that is neither. (Messages name no patients.)
  Result<std::vector<std::optional<double>>> numbers(const std::string& column) const;
  /// These lines, in their order.
  Records of(const std::vector<std::size_t>& rows) const;
  /// An added column, or one that takes its place.
  void set(const std::string& column, std::vector<std::string> by_patient);
};

/// A CSV table with a line a patient: patients are what the column `patient` says (else the first column named
/// patient_id, PatientID, Patient, id, ID or sample). kUsage: no such column; kInconsistent, with the line: a patient
/// twice, or a column twice; kCorrupt: a line of another length than the header.
Result<Records> read_records(const std::filesystem::path& path, const std::string& patient = "");

/// Several lines a patient, as lesions or timepoints give.
enum class OneCase {
  kOnly,     ///< kInconsistent where somebody has several
  kFirst,    ///< as they stand
  kLargest,  ///< by the numbers of the column `volume_mm3`
};
/// Of lines that are cases, whose patients may be alike: a line a patient. What is not taken is listed in `left_out`.
Result<Records> one_case_a_patient(Records cases, OneCase rule, std::vector<LeftOut>& left_out);

enum class Join {
  kFirst,  ///< everybody of the first table; cells of the second are missing where it has no line
  kBoth,   ///< who is in both
};
/// The columns of both, by name of the patient. Lines of either that the other lacks are listed in `unmatched`.
/// kInconsistent: nobody in common, or a column of both that says different things.
Result<Records> joined(Records first, const Records& second, Join join, std::vector<LeftOut>& unmatched);

}  // namespace radtype::outcome
