#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cohort/assignment.h"
#include "cohort/lesion_order.h"
#include "radtype/cohort/lesions.h"

namespace radtype::cohort {
namespace {

using Vector = std::array<double, 3>;

constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();
constexpr double kForbidden = 1e9;
constexpr std::size_t kMostAnchors = 2000;  // pairs of lesions that a shift is guessed from
constexpr std::size_t kMostStarts = 16;     // guesses that are worked out
constexpr double kSettled = 1e-9;

double squared(const Vector& v) { return v[0] * v[0] + v[1] * v[1] + v[2] * v[2]; }
Vector minus(const Vector& a, const Vector& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

/// A lesion with a place and a size.
struct Spot {
  std::size_t row = 0;
  Vector place{};
  double volume = 0;
  double radius = 0;  ///< of the ball of that volume
};

/// One account of two scans: the patient's shift, and for each lesion of the first its counterpart or kNobody.
struct Account {
  Vector shift{};
  std::vector<std::size_t> to;
  double cost = 0;
};

class Pairing {
 public:
  Pairing(const std::vector<Spot>& from, const std::vector<Spot>& to, const MatchOptions& options)
      : from_(from), to_(to), options_(options), size_(std::max(from.size(), to.size())) {
    const double scale2 = options.distance_scale_mm * options.distance_scale_mm;
    const double spread = std::log(options.volume_factor);
    for (const Spot& a : from) {
      for (const Spot& b : to) {
        // A lesion that grows or shrinks on one side only moves its centre by the difference of radii: two deviations.
        const double one_sided = (b.radius - a.radius) / 2;
        const double variance = scale2 + one_sided * one_sided;
        const double change = std::log(b.volume / a.volume) / spread;
        precision_.push_back(1 / variance);
        size_cost_.push_back(change * change + 3 * std::log(variance / scale2));
      }
    }
  }

  double pair_cost(std::size_t i, std::size_t j, const Vector& shift) const {
    const std::size_t cell = i * to_.size() + j;
    return squared(minus(displacement(i, j), shift)) * precision_[cell] + size_cost_[cell];
  }
  Vector displacement(std::size_t i, std::size_t j) const { return minus(to_[j].place, from_[i].place); }

  Account best() {
    // Nothing is one lesion.
    keep(settled(std::vector<std::size_t>(from_.size(), kNobody)));
    for (const Vector& start : starts()) keep(improved(start));
    const auto cheapest = std::min_element(accounts_.begin(), accounts_.end(),
                                           [](const Account& a, const Account& b) { return a.cost < b.cost; });
    Account chosen = *cheapest;
    // Forcing each lesion out of its pair may uncover something cheaper, as the search by shifts is not exhaustive.
    for (int round = 0; round < 10; ++round) {
      find_rivals(chosen);
      const auto rival = std::min_element(accounts_.begin(), accounts_.end(),
                                          [](const Account& a, const Account& b) { return a.cost < b.cost; });
      if (rival->cost >= chosen.cost - kSettled) break;
      chosen = *rival;
    }
    return chosen;
  }

  /// How much dearer the best account is that says something else of lesion i of the first scan.
  std::optional<double> margin_of_from(const Account& chosen, std::size_t i) const {
    return margin(chosen, [&](const Account& other) { return other.to[i] != chosen.to[i]; });
  }
  /// Or of lesion j of the second, which in `chosen` is new.
  std::optional<double> margin_of_new(const Account& chosen, std::size_t j) const {
    return margin(
        chosen, [&](const Account& other) { return std::find(other.to.begin(), other.to.end(), j) != other.to.end(); });
  }

 private:
  double shift_cost(const Vector& shift) const {
    return std::min(squared(shift) / (options_.shift_scale_mm * options_.shift_scale_mm),
                    options_.unrelated_frames_cost);
  }

  double total(const std::vector<std::size_t>& to, const Vector& shift) const {
    double sum = shift_cost(shift);
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i] == kNobody) continue;
      sum += pair_cost(i, to[i], shift);
      ++pairs;
    }
    return sum + options_.leave_cost / 2 * static_cast<double>(from_.size() + to_.size() - 2 * pairs);
  }

  /// The pairs with the shift that suits them best.
  Account settled(std::vector<std::size_t> to) const {
    Vector weighted{};
    double precision = 0;
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i] == kNobody) continue;
      const double weight = precision_[i * to_.size() + to[i]];
      const Vector by = displacement(i, to[i]);
      for (std::size_t axis = 0; axis < 3; ++axis) weighted[axis] += weight * by[axis];
      precision += weight;
    }
    const double prior = 1 / (options_.shift_scale_mm * options_.shift_scale_mm);
    Account account{{}, std::move(to), 0};
    for (std::size_t axis = 0; axis < 3; ++axis) account.shift[axis] = weighted[axis] / (precision + prior);
    account.cost = total(account.to, account.shift);
    if (precision > 0) {
      Vector free{};
      for (std::size_t axis = 0; axis < 3; ++axis) free[axis] = weighted[axis] / precision;
      const double cost = total(account.to, free);
      if (cost < account.cost) {
        account.shift = free;
        account.cost = cost;
      }
    }
    return account;
  }

  /// Costs of pairs against leaving both alone, which a lesion without counterpart gets for nothing.
  std::vector<double> matrix(const Vector& shift) const {
    std::vector<double> costs(size_ * size_, 0);
    for (std::size_t i = 0; i < from_.size(); ++i) {
      for (std::size_t j = 0; j < to_.size(); ++j) {
        costs[i * size_ + j] = std::min(0.0, pair_cost(i, j, shift) - options_.leave_cost);
      }
    }
    return costs;
  }

  std::vector<std::size_t> pairs_of(const Assignment& assignment) const {
    std::vector<std::size_t> to(from_.size(), kNobody);
    for (std::size_t i = 0; i < from_.size(); ++i) {
      const std::size_t j = assignment.column_of(i);
      if (j < to_.size() && assignment.costs()[i * size_ + j] < 0) to[i] = j;
    }
    return to;
  }

  Account improved(const Vector& start) const {
    Account account = settled(pairs_of(Assignment(matrix(start), size_)));
    for (int round = 0; round < 20; ++round) {
      Account next = settled(pairs_of(Assignment(matrix(account.shift), size_)));
      if (next.cost >= account.cost - kSettled) break;
      account = std::move(next);
    }
    return account;
  }

  /// No shift, and the shifts of single pairs that promise most.
  std::vector<Vector> starts() const {
    struct Guess {
      double bound;
      Vector shift;
    };
    std::vector<Guess> guesses;
    if (to_.empty()) return {};
    const std::size_t anchors = std::clamp<std::size_t>(kMostAnchors / to_.size(), 1, from_.size());
    for (std::size_t i = 0; i < anchors; ++i) {  // largest first
      for (std::size_t j = 0; j < to_.size(); ++j) {
        if (size_cost_[i * to_.size() + j] >= options_.leave_cost) continue;
        const Vector shift = displacement(i, j);
        double bound = shift_cost(shift);
        for (std::size_t a = 0; a < from_.size(); ++a) {
          double gain = 0;
          for (std::size_t b = 0; b < to_.size(); ++b)
            gain = std::min(gain, pair_cost(a, b, shift) - options_.leave_cost);
          bound += gain;
        }
        guesses.push_back({bound, shift});
      }
    }
    std::stable_sort(guesses.begin(), guesses.end(), [](const Guess& a, const Guess& b) { return a.bound < b.bound; });
    std::vector<Vector> starts{Vector{}};
    const double alike = options_.distance_scale_mm * options_.distance_scale_mm / 4;
    for (const Guess& guess : guesses) {
      if (starts.size() > kMostStarts) break;
      const auto near = [&](const Vector& other) { return squared(minus(guess.shift, other)) < alike; };
      if (std::none_of(starts.begin(), starts.end(), near)) starts.push_back(guess.shift);
    }
    return starts;
  }

  /// For each lesion the best account that says something else of it, at the chosen shift and then settled.
  void find_rivals(const Account& chosen) {
    const std::vector<double> costs = matrix(chosen.shift);
    const Assignment assignment(costs, size_);
    const auto forced = [&](std::size_t row, const std::vector<double>& raised) {
      keep(settled(pairs_of_forced(assignment.reassigned(row, raised), raised, chosen.shift)));
    };
    keep(settled(pairs_of(assignment)));
    const std::vector<std::size_t> to = pairs_of(assignment);
    std::set<std::size_t> taken(to.begin(), to.end());
    for (std::size_t i = 0; i < from_.size(); ++i) {
      std::vector<double> raised = costs;
      if (to[i] != kNobody) {
        raised[i * size_ + to[i]] = 0;
      } else {
        for (std::size_t j = 0; j < size_; ++j) {
          raised[i * size_ + j] = j < to_.size() ? pair_cost(i, j, chosen.shift) - options_.leave_cost : kForbidden;
        }
      }
      forced(i, raised);
    }
    for (std::size_t j = 0; j < to_.size(); ++j) {
      if (taken.count(j) > 0) continue;
      std::vector<double> raised = costs;
      for (std::size_t i = 0; i < size_; ++i) {
        raised[i * size_ + j] = i < from_.size() ? pair_cost(i, j, chosen.shift) - options_.leave_cost : kForbidden;
      }
      forced(assignment.row_of(j), raised);
    }
  }

  /// As pairs_of, where pairs dearer than leaving them alone were forced.
  std::vector<std::size_t> pairs_of_forced(const Assignment& assignment, const std::vector<double>& costs,
                                           const Vector& shift) const {
    std::vector<std::size_t> to(from_.size(), kNobody);
    for (std::size_t i = 0; i < from_.size(); ++i) {
      const std::size_t j = assignment.column_of(i);
      if (j >= to_.size()) continue;
      const double cost = costs[i * size_ + j];
      const bool real = cost != 0 || pair_cost(i, j, shift) == options_.leave_cost;
      if (real && cost < kForbidden) to[i] = j;
    }
    return to;
  }

  void keep(Account account) { accounts_.push_back(std::move(account)); }

  template <class Differs>
  std::optional<double> margin(const Account& chosen, const Differs& differs) const {
    std::optional<double> least;
    for (const Account& other : accounts_) {
      if (!differs(other)) continue;
      const double more = std::max(0.0, other.cost - chosen.cost);
      if (!least || more < *least) least = more;
    }
    return least;
  }

  const std::vector<Spot>& from_;
  const std::vector<Spot>& to_;
  const MatchOptions& options_;
  std::size_t size_;
  std::vector<double> precision_;  ///< 1 / variance of place, from x to
  std::vector<double> size_cost_;  ///< the part of a pair's cost that no shift changes
  std::vector<Account> accounts_;
};

/// All rows of one timepoint.
struct Scan {
  std::string timepoint;
  std::vector<Spot> spots;                                   ///< largest first
  std::vector<std::pair<std::size_t, std::string>> unknown;  ///< rows that cannot be matched, and why
};

/// A result with the rows it speaks of.
struct Draft {
  LesionMatch match;
  std::size_t from = kNobody;
  std::size_t to = kNobody;
};

Scan make_scan(const FeatureTable& table, std::size_t volume, const std::vector<std::size_t>& rows) {
  Scan scan;
  scan.timepoint = table.rows[rows.front()].key.timepoint;
  for (const std::size_t n : rows) {
    const TableRow& row = table.rows[n];
    const double mm3 = table.value(n, volume);
    const auto finite = [](const Vector& v) { return std::isfinite(squared(v)); };
    if (!has_lesion(row)) {
      scan.unknown.emplace_back(n, row.reason.empty() ? row.status : row.reason);
    } else if (!row.centroid_lps_mm) {
      scan.unknown.emplace_back(n, "no place: the lesion has no centroid");
    } else if (!finite(*row.centroid_lps_mm)) {
      scan.unknown.emplace_back(n, "no place: the lesion's centroid is not finite");
    } else if (!std::isfinite(mm3) || mm3 <= 0) {
      scan.unknown.emplace_back(n, fmt::format("no size: {} is missing or not above zero", kVolume));
    } else {
      scan.spots.push_back({n, *row.centroid_lps_mm, mm3, std::cbrt(3 * mm3 / (4 * std::numbers::pi))});
    }
  }
  std::stable_sort(scan.spots.begin(), scan.spots.end(),
                   [](const Spot& a, const Spot& b) { return a.volume > b.volume; });
  return scan;
}

/// Follows the lesions of one patient, cohort, modality and organ.
class Follower {
 public:
  Follower(const FeatureTable& table, const MatchOptions& options, std::vector<Draft>& drafts)
      : table_(table), options_(options), drafts_(drafts) {}

  void add(const Scan& scan) {
    if (!scan.spots.empty()) {
      if (last_) {
        match(*last_, scan);
      } else {
        for (const Spot& spot : scan.spots) draft(LesionVerdict::kFirst, scan, kNobody, spot.row);
      }
    }
    for (const auto& [row, reason] : scan.unknown) {
      const bool lesion = has_lesion(table_.rows[row]);
      draft(lesion ? LesionVerdict::kNotMatchable : LesionVerdict::kNotMeasured, scan, kNobody, row).match.reason =
          reason;
    }
    // A scan without a usable lesion is passed over: the next one is compared with the last that had any.
    if (!scan.spots.empty()) last_ = scan;
  }

 private:
  Draft& draft(LesionVerdict verdict, const Scan& scan, std::size_t from, std::size_t to) {
    const CaseKey& key = table_.rows[to != kNobody ? to : from].key;
    Draft made;
    made.match.cohort = key.cohort;
    made.match.patient = key.patient;
    made.match.modality = key.modality;
    made.match.organ = key.organ;
    made.match.verdict = verdict;
    made.match.to_timepoint = scan.timepoint;
    if (last_) made.match.from_timepoint = last_->timepoint;
    made.from = from;
    made.to = to;
    if (from != kNobody) made.match.from = LesionRef{table_.rows[from].key.name, table_.rows[from].lesion};
    if (to != kNobody) made.match.to = LesionRef{table_.rows[to].key.name, table_.rows[to].lesion};
    drafts_.push_back(std::move(made));
    return drafts_.back();
  }

  void match(const Scan& before, const Scan& after) {
    Pairing pairing(before.spots, after.spots, options_);
    const Account account = pairing.best();
    std::vector<char> found(after.spots.size(), 0);
    for (std::size_t i = 0; i < before.spots.size(); ++i) {
      const std::size_t j = account.to[i];
      const Spot& from = before.spots[i];
      if (j == kNobody) {
        LesionMatch& gone = draft(LesionVerdict::kGone, after, from.row, kNobody).match;
        gone.cost = options_.leave_cost / 2;
        gone.margin = pairing.margin_of_from(account, i);
        gone.shift_lps_mm = account.shift;
        gone.reason = beware(from, account.shift, after, "merged into", "the lesion may be in");
        continue;
      }
      found[j] = 1;
      LesionMatch& matched = draft(LesionVerdict::kMatched, after, from.row, after.spots[j].row).match;
      matched.distance_mm = std::sqrt(squared(minus(pairing.displacement(i, j), account.shift)));
      matched.volume_ratio = after.spots[j].volume / from.volume;
      matched.shift_lps_mm = account.shift;
      matched.cost = pairing.pair_cost(i, j, account.shift);
      matched.margin = pairing.margin_of_from(account, i);
    }
    for (std::size_t j = 0; j < after.spots.size(); ++j) {
      if (found[j] != 0) continue;
      LesionMatch& fresh = draft(LesionVerdict::kNew, after, kNobody, after.spots[j].row).match;
      fresh.cost = options_.leave_cost / 2;
      fresh.margin = pairing.margin_of_new(account, j);
      fresh.shift_lps_mm = account.shift;
      const Vector back{-account.shift[0], -account.shift[1], -account.shift[2]};
      fresh.reason = beware(after.spots[j], back, before, "split off from", "the lesion may have been in");
    }
  }

  /// What else may have become of a lesion without counterpart in the other scan.
  std::string beware(const Spot& spot, const Vector& shift, const Scan& other, const char* part, const char* unseen) {
    std::vector<std::string> notes;
    for (const Spot& near : other.spots) {
      const double distance = std::sqrt(squared(minus(minus(near.place, spot.place), shift)));
      if (distance >= near.radius || near.volume <= spot.volume) continue;
      const TableRow& row = table_.rows[near.row];
      notes.push_back(
          fmt::format("may have {} {}/{}, {:.0f} mm from its centre", part, row.key.name, row.lesion, distance));
    }
    for (const auto& [row, reason] : other.unknown) {
      const TableRow& unknown = table_.rows[row];
      notes.push_back(fmt::format("{} {}{} ({})", unseen, unknown.key.name,
                                  unknown.lesion > 0 ? fmt::format("/{}", unknown.lesion) : "", reason));
    }
    return fmt::format("{}", fmt::join(notes, "; "));
  }

  const FeatureTable& table_;
  const MatchOptions& options_;
  std::vector<Draft>& drafts_;
  std::optional<Scan> last_;
};

/// Numbers lesions by first appearance within cohort, patient and modality: by time, then the largest first.
std::map<std::size_t, int> number_tracks(const FeatureTable& table, std::size_t volume, const TimeOrder& order,
                                         const std::vector<Draft>& drafts) {
  using Place = std::tuple<std::string, std::string, std::string, std::int64_t, std::string, double, std::string, int>;
  std::map<Place, const Draft*> appearances;
  for (const Draft& draft : drafts) {
    if (draft.to == kNobody || draft.match.verdict == LesionVerdict::kNotMatchable ||
        draft.match.verdict == LesionVerdict::kNotMeasured) {
      continue;
    }
    const TableRow& row = table.rows[draft.to];
    appearances.emplace(Place{row.key.cohort, row.key.patient, row.key.modality, order.of(row.key), row.key.timepoint,
                              -table.value(draft.to, volume), row.key.name, row.lesion},
                        &draft);
  }
  std::map<std::size_t, int> tracks;
  int next = 1;
  const CaseKey* last = nullptr;
  for (const auto& [place, draft] : appearances) {
    const CaseKey& key = table.rows[draft->to].key;
    const auto same = [&] {
      return std::tie(last->cohort, last->patient, last->modality) == std::tie(key.cohort, key.patient, key.modality);
    };
    if (last == nullptr || !same()) next = 1;
    last = &key;
    tracks[draft->to] = draft->from != kNobody ? tracks.at(draft->from) : next++;
  }
  return tracks;
}

Result<void> check(const MatchOptions& options) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  if (!positive(options.distance_scale_mm) || !positive(options.leave_cost) || !positive(options.shift_scale_mm) ||
      !positive(options.unrelated_frames_cost)) {
    return fail(ErrorCode::kUsage, "scales and costs of matching must be above zero");
  }
  if (!std::isfinite(options.volume_factor) || options.volume_factor <= 1) {
    return fail(ErrorCode::kUsage,
                fmt::format("a volume factor of {} is no change; it must be above 1", options.volume_factor));
  }
  return {};
}

}  // namespace

std::string_view verdict_word(LesionVerdict verdict) {
  switch (verdict) {
    case LesionVerdict::kFirst:
      return "first";
    case LesionVerdict::kMatched:
      return "matched";
    case LesionVerdict::kNew:
      return "new";
    case LesionVerdict::kGone:
      return "gone";
    case LesionVerdict::kNotMatchable:
      return "not_matchable";
    case LesionVerdict::kNotMeasured:
      return "not_measured";
  }
  return "";
}

std::string_view margin_word(double margin) {
  if (margin < 2) return "doubtful";
  if (margin < 6) return "fair";
  return margin < 10 ? "strong" : "very strong";
}

Result<std::vector<LesionMatch>> match_lesions(const FeatureTable& table, const MatchOptions& options) {
  RADTYPE_CHECK(table.values.size() == table.rows.size() * table.features.size());
  if (auto sound = check(options); !sound) return pass_on(std::move(sound));
  if (table.rows.empty()) return std::vector<LesionMatch>{};
  const auto volume = column_of(table, kVolume);
  if (!volume) return fail(ErrorCode::kUsage, fmt::format("the table has no feature {}", kVolume));

  const TimeOrder order(table);
  using Series = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Series, std::map<std::pair<std::int64_t, std::string>, std::vector<std::size_t>>> all;
  for (const std::size_t row : rows_by_name(table)) {
    const CaseKey& key = table.rows[row].key;
    all[{key.cohort, key.patient, key.modality, key.organ}][{order.of(key), key.timepoint}].push_back(row);
  }
  std::vector<Draft> drafts;
  std::vector<std::size_t> ends;  // of each scan's drafts
  for (const auto& [series, scans] : all) {
    Follower follower(table, options, drafts);
    for (const auto& [time, rows] : scans) {
      follower.add(make_scan(table, *volume, rows));
      ends.push_back(drafts.size());
    }
  }

  const auto tracks = number_tracks(table, *volume, order, drafts);
  std::vector<LesionMatch> matches;
  for (Draft& draft : drafts) {
    const auto track = tracks.find(draft.to != kNobody ? draft.to : draft.from);
    if (track != tracks.end()) draft.match.track = track->second;
    matches.push_back(std::move(draft.match));
  }
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const auto at = [&](std::size_t n) { return matches.begin() + static_cast<std::ptrdiff_t>(n); };
    std::stable_sort(at(begin), at(end), [](const LesionMatch& a, const LesionMatch& b) {
      return std::pair(a.track == 0, a.track) < std::pair(b.track == 0, b.track);
    });
    begin = end;
  }
  return matches;
}

}  // namespace radtype::cohort
