// Patients whose truth is known: times to events by group, size and treatment.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/outcome/records.h"

namespace radtype::test {

struct Planted {
  std::size_t patients = 600;
  double group = 0;          ///< log hazard ratio of the second group
  double size = 0;           ///< of one unit of log volume
  double treatment = 0;      ///< of treated patients of the first group
  double interaction = 0;    ///< more of it in the second group
  double size_of_group = 0;  ///< log volume of the second group, more than of the first
  double follow_up = 2;      ///< uniform between 0 and this, in mean times to the event
};

/// Columns: group (1, 2), volume_mm3, treatment (no, yes), age, time, event (0, 1).
inline outcome::Records virtual_patients(const Planted& planted, std::uint64_t seed) {
  Random random(seed);
  outcome::Records records{"virtual", {}, {}, {}};
  std::vector<std::string> group, volume, treatment, age, time, event;
  for (std::size_t n = 0; n < planted.patients; ++n) {
    records.patients.push_back("p" + std::to_string(n));
    const bool second = random.uniform() < 0.5;
    const bool treated = random.uniform() < 0.5;
    const double log_volume = random.normal() + (second ? planted.size_of_group : 0);
    const double risk = (second ? planted.group : 0) + planted.size * log_volume +
                        (treated ? planted.treatment + (second ? planted.interaction : 0) : 0);
    const double until_event = -std::log(1 - random.uniform()) / std::exp(risk);
    const double until_end = random.uniform() * planted.follow_up;
    group.push_back(second ? "2" : "1");
    volume.push_back(shortest(std::exp(9 + log_volume)));
    treatment.push_back(treated ? "yes" : "no");
    age.push_back(shortest(60 + 8 * random.normal()));
    time.push_back(shortest(1000 * std::min(until_event, until_end)));
    event.push_back(until_event <= until_end ? "1" : "0");
  }
  for (auto& [name, cells] : std::vector<std::pair<std::string, std::vector<std::string>*>>{{"group", &group},
                                                                                            {"volume_mm3", &volume},
                                                                                            {"treatment", &treatment},
                                                                                            {"age", &age},
                                                                                            {"time", &time},
                                                                                            {"event", &event}})
    records.set(name, *cells);
  return records;
}

}  // namespace radtype::test
