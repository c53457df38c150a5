// Tumours with an image, virtual and real, and what may be done to them.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"
#include "radtype/simulate/scan.h"
#include "support/bodies.h"
#include "support/shared_data.h"

namespace radtype::test {

template <class T>
Volume<T> cropped(const Volume<T>& volume, const Box& box) {
  Volume<T> result(volume.grid.cropped(box));
  std::size_t n = 0;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i) result.voxels[n++] = volume.at(i, j, k);
    }
  }
  return result;
}

/// `box` may reach beyond the volume: zeros there.
template <class T>
Volume<T> padded(const Volume<T>& volume, const Box& box) {
  Volume<T> result(volume.grid.cropped(box));
  const Size3 size = volume.grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        result.at(i - box.lo[0], j - box.lo[1], k - box.lo[2]) = volume.at(i, j, k);
      }
    }
  }
  return result;
}

/// The tumour and at least `margin_mm` around it.
inline Box box_around(const Mask& tumour, double margin_mm) {
  Box box = inside_box(tumour);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto margin =
        static_cast<std::int64_t>(std::ceil(margin_mm / tumour.grid.spacing_mm()[static_cast<Eigen::Index>(axis)]));
    box.lo[axis] -= margin;
    box.hi[axis] += margin;
  }
  return intersection(box, tumour.grid.box());
}

/// A virtual patient's scan around the tumour; the tissue is the organ.
inline feature::CaseData virtual_case(simulate::Organ organ, const simulate::Scanner& scanner,
                                      simulate::TumourParameters parameters, std::uint64_t seed) {
  const simulate::Body body(organ, seed);
  parameters.centre_lps_mm = body.place(seed, parameters.radius_mm);
  const simulate::Tumour tumour(parameters);
  const simulate::Scan scan = simulate::scan(body, tumour, scanner);
  const Box box = box_around(scan.tumour, 16);
  feature::CaseData data;
  data.tumour = cropped(scan.tumour, box);
  data.tissue = cropped(scan.tissue, box);
  const auto image = cropped(scan.image, box);
  data.image = Image(image.grid);
  std::copy(image.voxels.begin(), image.voxels.end(), data.image->voxels.begin());
  data.modality = scanner.modality;
  return data;
}

/// A case of ../shared/data, cropped as `radtype extract` crops it, without a tissue mask.
inline feature::CaseData real_case(const std::string& image, const std::string& mask, const std::string& region = "") {
  feature::CaseRequest request;
  request.image = shared("data/" + image);
  request.mask = shared("data/" + mask);
  if (!region.empty()) request.mask_options.regions = {region};
  request.families = {"shape"};
  request.keep_data = true;
  feature::CaseRun run = feature::run_case(request);
  if (run.error) throw std::runtime_error(run.error->to_string());
  return std::move(run.rows.front().data);
}

/// Every intensity replaced by map(number of smaller distinct intensities, intensity).
inline feature::CaseData remapped(feature::CaseData data, const std::function<float(std::size_t, float)>& map) {
  std::vector<float> distinct = data.image->voxels;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (float& voxel : data.image->voxels) {
    const auto place = std::lower_bound(distinct.begin(), distinct.end(), voxel) - distinct.begin();
    voxel = map(static_cast<std::size_t>(place), voxel);
  }
  return data;
}

/// Axes exchanged and turned round: the patient is turned and mirrored, the grid stays along the world's axes.
inline feature::CaseData turned(const feature::CaseData& data, const std::array<int, 3>& order,
                                const std::array<bool, 3>& flips) {
  feature::CaseData result = data;
  result.tumour = rearranged(data.tumour, order, flips);
  result.image = rearranged(*data.image, order, flips);
  if (data.tissue) result.tissue = rearranged(*data.tissue, order, flips);
  return result;
}

inline const std::vector<std::string>& heterogeneity_families() {
  static const std::vector<std::string> names = {"regional", "radial", "margin", "texture", "habitat"};
  return names;
}

/// The features of these families, with the reasons of those that are missing.
inline std::map<std::string, feature::Value> features_of(
    const feature::CaseData& data, const std::vector<std::string>& families = heterogeneity_families()) {
  const auto extraction = feature::extract(data, families);
  std::map<std::string, feature::Value> row;
  for (const feature::Entry& entry : feature::catalogue()) {
    if (std::find(families.begin(), families.end(), entry.family) != families.end()) {
      row[entry.name] = extraction.row.values().at(entry.name);
    }
  }
  return row;
}

}  // namespace radtype::test
