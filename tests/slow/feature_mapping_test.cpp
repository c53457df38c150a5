// Every kidney tumour and sarcoma of ../shared/data through the canonical map.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "radtype/core/csv.h"
#include "radtype/feature/case_run.h"
#include "support/shared_data.h"

namespace radtype::feature {
namespace {

using test::shared;

CaseRequest mask_alone(const std::string& mask) {
  CaseRequest made;
  made.case_id = mask;
  made.mask = shared("data/" + mask);
  return made;
}

TEST(RealData, EveryKidneyTumourAndSarcomaIsMappedWithoutAFold) {
  NEEDS_SHARED("data/kits19");
  NEEDS_SHARED("data/sts");
  std::vector<CaseRequest> requests;
  const auto kidneys = read_csv(shared("data/kits19/kits19_cases.csv"));
  ASSERT_TRUE(kidneys);
  for (const CsvRow& row : *kidneys) {
    requests.push_back(mask_alone("kits19/" + row.at("file")));
    requests.back().mask_options.regions = {"2"};
  }
  const auto sarcomas = read_csv(shared("data/sts/sts_cases.csv"));
  ASSERT_TRUE(sarcomas);
  for (const CsvRow& row : *sarcomas)
    requests.push_back(mask_alone("sts/" + row.at("case") + "/" + row.at("modality") + "_mask.nii.gz"));
  double worst = 1;
  for (CaseRequest& made : requests) {
    made.families = {"shape_spectrum"};
    const CaseRun run = run_case(made);
    ASSERT_EQ(run.rows.size(), 1u) << made.case_id;
    EXPECT_EQ(run.rows[0].extraction.status, Status::kOk) << made.case_id << ": " << run.rows[0].extraction.reason;
    ASSERT_TRUE(run.rows[0].quality.contains("surface")) << made.case_id;
    EXPECT_EQ(run.rows[0].quality["surface"]["flipped_triangles"], 0) << made.case_id;
    worst = std::max(worst, run.rows[0].quality["surface"]["trimmed_area_distortion"].get<double>());
  }
  fmt::print("{} outlines mapped, worst area distortion {:.4f}\n", requests.size(), worst);
  EXPECT_EQ(requests.size(), 183u);
  EXPECT_LT(worst, 1.02);
}

}  // namespace
}  // namespace radtype::feature
