// Parts of digits_r.cpp: each compares with what a program of tests/r has printed.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "digits.h"
#include "support/r_cases.h"

namespace radtype::digits {

/// Numbers as R printed them, with 17 digits; null: none.
struct Answers {
  Quantity* quantity;

  void add(double ours, const nlohmann::json& theirs, const std::string& what, double size = 0);
  /// `size`: of each number, as in Quantity::add.
  void add_all(const std::vector<double>& ours, const nlohmann::json& theirs, const std::string& what,
               const std::function<double(std::size_t)>& size = {});
};

/// `roots`: of fisher_odds_ratio.R.
void compare_association(const test::AssociationCases& cases, const nlohmann::json& theirs, const nlohmann::json& roots,
                         Table& table);
void compare_survival(const test::SurvivalSample& sample, const nlohmann::json& theirs, Table& table);
void compare_expression(const test::ExpressionStudy& study, const nlohmann::json& theirs, Table& table);

}  // namespace radtype::digits
