#include "report/case_warnings.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/shape/harmonics.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr double kFewSlices = 5;
constexpr double kFewVoxels = 200;
constexpr double kUnevenSpacing = 3;
constexpr double kMuchRepair = 0.01;

double number_at(const json& quality, const char* key) {
  const auto found = quality.is_object() ? quality.find(key) : quality.end();
  return found != quality.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

void warn_of_sampling(const json& quality, std::vector<std::string>& warnings) {
  if (const double slices = number_at(quality, "slices"); slices < kFewSlices)
    warnings.push_back(fmt::format("the tumour spans {} slice{}: its shape along them is hardly sampled", slices,
                                   slices == 1 ? "" : "s"));
  if (const double voxels = number_at(quality, "voxels"); voxels < kFewVoxels)
    warnings.push_back(fmt::format("the tumour has {} voxels: shape and texture rest on few", voxels));
  const auto spacing = quality.is_object() ? quality.find("spacing_mm") : quality.end();
  if (spacing == quality.end() || !spacing->is_array() || spacing->size() != 3) return;
  std::vector<double> steps;
  for (const json& step : *spacing) steps.push_back(step.is_number() ? step.get<double>() : 0);
  const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
  if (*least > 0 && *most / *least > kUnevenSpacing)
    warnings.push_back(
        fmt::format("voxels are {:.3g} mm long one way and {:.3g} mm the other: shape is known worse along "
                    "the long way",
                    *most, *least));
}

void warn_of_surface(const json& quality, std::vector<std::string>& warnings) {
  const auto surface = quality.is_object() ? quality.find("surface") : quality.end();
  if (surface == quality.end()) return;
  if (const double handles = number_at(*surface, "handles"); handles > 0)
    warnings.push_back(fmt::format("{} hole{} through the tumour closed to give it a surface that can be mapped",
                                   handles, handles == 1 ? " was" : "s were"));
  if (const double cavities = number_at(*surface, "cavities"); cavities > 0)
    warnings.push_back(
        fmt::format("{} hollow{} within the outline filled", cavities, cavities == 1 ? " was" : "s were"));
  if (const double share = number_at(*surface, "repaired_share"); share > kMuchRepair)
    warnings.push_back(fmt::format("the repairs changed {:.1f} % of the volume", 100 * share));
  if (const double share = number_at(*surface, "lost_pieces_share"); share > kMuchRepair)
    warnings.push_back(fmt::format("{:.1f} % of the volume split off and is not on the surface", 100 * share));
  if (const double degree = number_at(*surface, "resolved_degree"); degree < shape::kMaxDegree)
    warnings.push_back(fmt::format("the scan resolves the shape to degree {} of {}: finer detail is not measured",
                                   degree, shape::kMaxDegree));
}

}  // namespace

std::vector<std::string> warnings_of(const json& quality, const json& notes, const std::string& status,
                                     const std::string& reason) {
  std::vector<std::string> warnings;
  if (status == "failed") warnings.push_back("the measurement failed: " + reason);
  if (status == "partial") warnings.push_back("not everything could be measured: " + reason);
  if (status == "pending") warnings.push_back(reason.empty() ? "not measured yet" : "not measured: " + reason);
  if (notes.is_array()) {
    for (const json& note : notes) {
      if (note.is_string()) warnings.push_back(note.get<std::string>());
    }
  }
  warn_of_sampling(quality, warnings);
  warn_of_surface(quality, warnings);
  return warnings;
}

}  // namespace radtype::report
