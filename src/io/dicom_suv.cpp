#include "io/dicom_suv.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::io {
namespace {

constexpr double kDayS = 86400;
// A dose below this is not in Bq (MBq were written), and beyond this many half-lives no scan is made: the times
// belong to different clocks or dates.
constexpr double kLeastDoseBq = 1e5;
constexpr double kMostHalfLives = 10;

tl::unexpected<Error> no_suv(ErrorCode code, const std::string& why) {
  return fail(code, "PET values cannot be made SUV: " + why +
                        "; complete the header, or set raw_pet to read the values as stored");
}
tl::unexpected<Error> no_suv_without(Tag tag) {
  return no_suv(ErrorCode::kInconsistent, display_name(tag) + " is missing");
}

std::optional<double> digits(std::string_view text, std::size_t begin, std::size_t count) {
  if (text.size() < begin + count) return std::nullopt;
  const std::string_view part = text.substr(begin, count);
  if (part.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return static_cast<double>(*parse_integer(part));
}

// DA "20001231" (or "2000.12.31") as seconds since 1970.
std::optional<double> date_s(std::string text) {
  std::erase(text, '.');
  const auto year = digits(text, 0, 4), month = digits(text, 4, 2), day = digits(text, 6, 2);
  if (text.size() != 8 || !year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * kDayS;
}

// TM "HHMMSS.FFFFFF" (or "HH:MM:SS"), shortened from the right, as seconds of the day.
std::optional<double> time_s(std::string text) {
  std::erase(text, ':');
  const auto hour = digits(text, 0, 2);
  if (!hour) return std::nullopt;
  const auto minute = text.size() > 2 ? digits(text, 2, 2) : 0.0;
  auto second = text.size() > 4 ? digits(text, 4, 2) : 0.0;
  if (!minute || !second) return std::nullopt;
  if (text.size() > 6) {
    const auto fraction = text[6] == '.' ? parse_double("0" + text.substr(6)) : std::nullopt;
    if (!fraction) return std::nullopt;
    *second += *fraction;
  }
  if (*hour > 23 || *minute > 59 || *second > 61) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

std::optional<double> moment_s(const std::string& date, const std::string& time) {
  const auto day = date_s(date), second = time_s(time);
  if (!day || !second) return std::nullopt;
  return *day + *second;
}

// DT "YYYYMMDDHHMMSS.FFFFFF+ZZZZ"; the zone is left out, as every other time here is local.
std::optional<double> date_time_s(const std::string& text) {
  const std::string local = text.substr(0, text.find_first_of("+-"));
  if (local.size() < 10) return std::nullopt;
  return moment_s(local.substr(0, 8), local.substr(8));
}

struct ScanStart {
  double moment_s;
  const char* rule;
};

Result<ScanStart> scan_start(const std::vector<PetHeader>& slices, double half_life_s,
                             std::vector<std::string>& notes) {
  const PetHeader& first = slices.front();
  const auto series = moment_s(first.series_date, first.series_time);
  if (!series) {
    return no_suv_without(date_s(first.series_date) ? Tag::kSeriesTime : Tag::kSeriesDate);
  }
  std::optional<double> earliest_acquisition;
  for (const PetHeader& slice : slices) {
    const std::string& date = slice.acquisition_date.empty() ? slice.series_date : slice.acquisition_date;
    const auto acquisition = moment_s(date, slice.acquisition_time);
    if (acquisition) earliest_acquisition = std::min(*acquisition, earliest_acquisition.value_or(*acquisition));
  }
  if (!earliest_acquisition) {
    notes.emplace_back("AcquisitionTime (0008,0032) is missing; SeriesTime is taken as the start of the PET scan");
    return ScanStart{*series, "SeriesTime"};
  }
  if (*series <= *earliest_acquisition) return ScanStart{*series, "SeriesTime"};

  const double lambda = std::log(2.0) / half_life_s;
  std::optional<double> start;
  for (const PetHeader& slice : slices) {
    const std::string& date = slice.acquisition_date.empty() ? slice.series_date : slice.acquisition_date;
    const auto acquisition = moment_s(date, slice.acquisition_time);
    if (!acquisition) return no_suv_without(Tag::kAcquisitionTime);
    if (!slice.frame_reference_ms) return no_suv_without(Tag::kFrameReferenceTime);
    if (!slice.frame_duration_ms || !(*slice.frame_duration_ms > 0)) return no_suv_without(Tag::kActualFrameDuration);
    const double decays = lambda * *slice.frame_duration_ms / 1000;
    const double mean_decay_s = std::log(decays / -std::expm1(-decays)) / lambda;
    const double estimate = *acquisition - *slice.frame_reference_ms / 1000 + mean_decay_s;
    start = std::min(estimate, start.value_or(estimate));
  }
  notes.emplace_back(
      "SeriesTime is later than the acquisition; the start of the PET scan is taken from "
      "AcquisitionTime and FrameReferenceTime");
  return ScanStart{*start, "AcquisitionTime and FrameReferenceTime"};
}

// Seconds from injection to `start_s`.
Result<double> decay_time(const PetHeader& pet, double start_s, double half_life_s, std::vector<std::string>& notes) {
  const auto plausible = [&](double decay_s) { return decay_s >= 0 && decay_s <= kMostHalfLives * half_life_s; };
  if (const auto injection = date_time_s(pet.injection_date_time)) {
    if (plausible(start_s - *injection)) return start_s - *injection;
    notes.emplace_back("RadiopharmaceuticalStartDateTime does not fit the time of the scan and is left out");
  }
  const auto time = time_s(pet.injection_time);
  if (!time) {
    return no_suv_without(pet.injection_date_time.empty() ? Tag::kRadiopharmaceuticalStartTime
                                                          : Tag::kRadiopharmaceuticalStartDateTime);
  }
  // The attribute has no date: the last such time before the scan began.
  double decay_s = start_s - (std::floor(start_s / kDayS) * kDayS + *time);
  if (decay_s < 0) {
    decay_s += kDayS;
    notes.emplace_back("the PET injection is taken to be on the day before the scan");
  }
  if (plausible(decay_s)) return decay_s;
  return no_suv(ErrorCode::kInconsistent,
                fmt::format("{} lies {:.5g} s before the scan, {:.3g} half-lives",
                            display_name(Tag::kRadiopharmaceuticalStartTime), decay_s, decay_s / half_life_s));
}

// Attributes that one administration has once.
bool same_administration(const PetHeader& a, const PetHeader& b) {
  return a.units == b.units && a.suv_type == b.suv_type && a.decay_correction == b.decay_correction &&
         a.weight_kg == b.weight_kg && a.dose_bq == b.dose_bq && a.half_life_s == b.half_life_s &&
         a.injection_time == b.injection_time && a.injection_date_time == b.injection_date_time &&
         a.philips_factor == b.philips_factor && a.decay_corrected == b.decay_corrected;
}

Result<SuvScale> scale_of_activity(const std::vector<PetHeader>& slices) {
  const PetHeader& pet = slices.front();
  SuvScale scale;
  if (!pet.dose_bq) return no_suv_without(Tag::kRadionuclideTotalDose);
  if (!(*pet.dose_bq >= kLeastDoseBq)) {
    return no_suv(ErrorCode::kInconsistent, fmt::format("{} is {} and must be in Bq; was MBq meant?",
                                                        display_name(Tag::kRadionuclideTotalDose), *pet.dose_bq));
  }
  if (!pet.weight_kg || !(*pet.weight_kg > 0)) return no_suv_without(Tag::kPatientWeight);
  if (!pet.decay_corrected) {
    return no_suv(ErrorCode::kInconsistent,
                  display_name(Tag::kCorrectedImage) + " does not say that decay was corrected (DECY)");
  }
  double decay_s = 0;
  if (pet.decay_correction == "START") {
    if (!pet.half_life_s || !(*pet.half_life_s > 0)) return no_suv_without(Tag::kRadionuclideHalfLife);
    auto start = scan_start(slices, *pet.half_life_s, scale.notes);
    if (!start) return pass_on(std::move(start));
    auto decay = decay_time(pet, start->moment_s, *pet.half_life_s, scale.notes);
    if (!decay) return pass_on(std::move(decay));
    decay_s = *decay;
    scale.inputs["scan_start_from"] = start->rule;
    scale.inputs["half_life_s"] = *pet.half_life_s;
  } else if (pet.decay_correction != "ADMIN") {
    return no_suv(ErrorCode::kInconsistent, fmt::format("{} is \"{}\"; START or ADMIN is needed",
                                                        display_name(Tag::kDecayCorrection), pet.decay_correction));
  }
  const double remaining = decay_s > 0 ? std::exp2(-decay_s / *pet.half_life_s) : 1;
  scale.factor = *pet.weight_kg * 1000 / (*pet.dose_bq * remaining);
  scale.inputs["decay_correction"] = pet.decay_correction;
  scale.inputs["dose_bq"] = *pet.dose_bq;
  scale.inputs["decay_s"] = decay_s;
  scale.inputs["weight_kg"] = *pet.weight_kg;
  if (!pet.attenuation_corrected)
    scale.notes.emplace_back("the PET header does not say that attenuation was corrected");
  return scale;
}

}  // namespace

Result<PetHeader> read_pet_header(const DicomItem& root) {
  PetHeader pet;
  const auto text = [](const DicomItem& item, Tag tag) { return std::string(item.raw(tag)); };
  pet.units = text(root, Tag::kUnits);
  pet.suv_type = text(root, Tag::kSuvType);
  pet.decay_correction = text(root, Tag::kDecayCorrection);
  for (const std::string_view word : root.words(Tag::kCorrectedImage)) {
    pet.decay_corrected |= word == "DECY";
    pet.attenuation_corrected |= word == "ATTN";
  }
  pet.series_date = text(root, Tag::kSeriesDate);
  pet.series_time = text(root, Tag::kSeriesTime);
  pet.acquisition_date = text(root, Tag::kAcquisitionDate);
  pet.acquisition_time = text(root, Tag::kAcquisitionTime);

  const auto number = [](const DicomItem& item, Tag tag, std::optional<double>& into) -> Result<void> {
    auto value = item.number_if_present(tag);
    if (!value) return pass_on(std::move(value));
    into = *value;
    return {};
  };
  Result<void> read;
  if (!(read = number(root, Tag::kPatientWeight, pet.weight_kg))) return pass_on(std::move(read));
  if (!(read = number(root, Tag::kFrameReferenceTime, pet.frame_reference_ms))) return pass_on(std::move(read));
  if (!(read = number(root, Tag::kActualFrameDuration, pet.frame_duration_ms))) return pass_on(std::move(read));
  if (root.raw(Tag::kPhilipsCreator).starts_with("Philips PET Private Group")) {
    if (!(read = number(root, Tag::kPhilipsSuvFactor, pet.philips_factor))) return pass_on(std::move(read));
  }
  if (const auto radio = root.item(Tag::kRadiopharmaceuticalInformationSequence)) {
    pet.injection_time = text(*radio, Tag::kRadiopharmaceuticalStartTime);
    pet.injection_date_time = text(*radio, Tag::kRadiopharmaceuticalStartDateTime);
    if (!(read = number(*radio, Tag::kRadionuclideTotalDose, pet.dose_bq))) return pass_on(std::move(read));
    if (!(read = number(*radio, Tag::kRadionuclideHalfLife, pet.half_life_s))) return pass_on(std::move(read));
  }
  return pet;
}

Result<SuvScale> suv_scale(const std::vector<PetHeader>& slices) {
  RADTYPE_CHECK(!slices.empty());
  const PetHeader& pet = slices.front();
  if (!std::all_of(slices.begin(), slices.end(), [&](const PetHeader& s) { return same_administration(s, pet); })) {
    return no_suv(ErrorCode::kInconsistent, "units, dose, weight or injection time differ between the slices");
  }
  Result<SuvScale> scale = SuvScale{};
  if (pet.units == "GML") {
    if (!pet.suv_type.empty() && pet.suv_type != "BW") {
      return no_suv(ErrorCode::kUnsupported, "they are SUV of type " + pet.suv_type + ", not by body weight");
    }
    if (pet.suv_type.empty()) scale->notes.emplace_back("PET in g/ml without SUVType is taken as SUV by body weight");
  } else if (pet.units == "CNTS") {
    if (!pet.philips_factor || !(*pet.philips_factor > 0)) return no_suv_without(Tag::kPhilipsSuvFactor);
    scale->factor = *pet.philips_factor;
    scale->notes.emplace_back("PET in counts is scaled by the SUV factor of Philips (7053,1000)");
  } else if (pet.units == "BQML") {
    scale = scale_of_activity(slices);
    if (!scale) return scale;
  } else if (pet.units.empty()) {
    return no_suv_without(Tag::kUnits);
  } else {
    return no_suv(ErrorCode::kUnsupported,
                  display_name(Tag::kUnits) + " is " + pet.units + "; BQML, GML and CNTS are read");
  }
  scale->inputs["units"] = pet.units;
  scale->inputs["factor"] = scale->factor;
  return scale;
}

}  // namespace radtype::io
