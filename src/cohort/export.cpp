#include "radtype/cohort/export.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <future>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
using nlohmann::json;
namespace {

constexpr std::size_t kRowsAtOnce = 2048;
constexpr std::size_t kRowsOfPiece = 128;

void add_number(std::string& line, double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  line.append(digits, end);
}

/// Rows are written by several threads and given on in their order, while the next ones are being written.
Result<void> write_rows(std::size_t rows, const std::function<void(std::size_t row, std::string& text)>& write,
                        const Sink& sink) {
  std::future<Result<void>> giving;
  for (std::size_t begin = 0; begin < rows; begin += kRowsAtOnce) {
    const std::size_t end = std::min(rows, begin + kRowsAtOnce);
    std::vector<std::string> pieces((end - begin + kRowsOfPiece - 1) / kRowsOfPiece);
    parallel_for(0, static_cast<std::int64_t>(pieces.size()), [&](std::int64_t n) {
      const auto piece = static_cast<std::size_t>(n);
      const std::size_t first = begin + piece * kRowsOfPiece;
      for (std::size_t row = first; row < std::min(end, first + kRowsOfPiece); ++row) write(row, pieces[piece]);
    });
    if (giving.valid()) {
      if (auto taken = giving.get(); !taken) return taken;
    }
    giving = std::async(std::launch::async, [&sink, texts = std::move(pieces)]() -> Result<void> {
      for (const std::string& text : texts) {
        if (auto taken = sink(text); !taken) return taken;
      }
      return {};
    });
  }
  return giving.valid() ? giving.get() : Result<void>();
}

/// Why a value is missing: by its own name, else its family's, else the row's.
std::string reason_of(const json& missing, const TableRow& row, const feature::Entry& entry) {
  for (const std::string& name : {entry.name, entry.family}) {
    if (const auto found = missing.find(name); found != missing.end()) return found->get<std::string>();
  }
  return row.reason;
}

json missing_of(const TableRow& row) {
  return row.missing.empty() ? json::object() : json::parse(row.missing, nullptr, false);
}

std::string number_or_empty(int number) { return number == 0 ? "" : std::to_string(number); }

}  // namespace

Result<void> export_csv(const FeatureTable& table, const Sink& sink) {
  std::string header = "case,lesion,patient,cohort,organ,modality,timepoint,roi,label,status,reason";
  for (const std::string& name : table.clinical_columns) header += "," + csv_cell(name);
  for (const std::string& name : table.features) header += "," + csv_cell(name);
  const bool derived =
      std::any_of(table.rows.begin(), table.rows.end(), [](const TableRow& row) { return !row.derived.empty(); });
  header += std::string(",missing,image_sha256,mask_sha256") + (derived ? ",derived\n" : "\n");
  if (auto taken = sink(header); !taken) return taken;
  return write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        text += csv_cell(row.key.name) + "," + number_or_empty(row.lesion);
        for (const std::string* cell :
             {&row.key.patient, &row.key.cohort, &row.key.organ, &row.key.modality, &row.key.timepoint, &row.roi}) {
          text += "," + csv_cell(*cell);
        }
        text += "," + number_or_empty(row.label) + "," + row.status + "," + csv_cell(row.reason);
        for (const std::string& cell : row.key.clinical) text += "," + csv_cell(cell);
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          text += ',';
          if (const double value = table.value(r, f); std::isfinite(value)) add_number(text, value);
        }
        text += "," + csv_cell(row.missing) + "," + row.image_sha256 + "," + row.mask_sha256;
        text += derived ? "," + csv_cell(row.derived) + "\n" : "\n";
      },
      sink);
}

Result<void> export_tidy(const FeatureTable& table, const Sink& sink) {
  if (auto taken = sink("case,lesion,patient,cohort,organ,modality,timepoint,status,feature,value,unit,reason\n");
      !taken)
    return taken;
  std::vector<const feature::Entry*> entries;
  std::vector<std::string> middles;
  std::vector<std::string> ends;
  for (const std::string& name : table.features) {
    entries.push_back(feature::find_feature(name));
    RADTYPE_CHECK(entries.back() != nullptr);
    middles.push_back("," + name + ",");
    ends.push_back("," + entries.back()->unit + ",");
  }
  return write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        const json missing = missing_of(row);
        std::string front = csv_cell(row.key.name) + "," + number_or_empty(row.lesion);
        for (const std::string* cell :
             {&row.key.patient, &row.key.cohort, &row.key.organ, &row.key.modality, &row.key.timepoint, &row.status}) {
          front += "," + csv_cell(*cell);
        }
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          const double value = table.value(r, f);
          text.append(front).append(middles[f]);
          if (std::isfinite(value)) {
            add_number(text, value);
            text.append(ends[f]);
          } else {
            text.append(ends[f]).append(csv_cell(reason_of(missing, row, *entries[f])));
          }
          text += '\n';
        }
      },
      sink);
}

Result<void> export_matches(const std::vector<LesionMatch>& matches, const Sink& sink) {
  std::string text =
      "cohort,patient,modality,organ,track,verdict,from_timepoint,to_timepoint,from_case,from_lesion,to_case,to_lesion,"
      "distance_mm,volume_ratio,shift_l_mm,shift_p_mm,shift_s_mm,cost,margin,margin_words,reason\n";
  for (const LesionMatch& match : matches) {
    for (const std::string* cell : {&match.cohort, &match.patient, &match.modality, &match.organ})
      text += csv_cell(*cell) + ",";
    text += number_or_empty(match.track) + "," + std::string(verdict_word(match.verdict));
    text += "," + csv_cell(match.from_timepoint) + "," + csv_cell(match.to_timepoint);
    for (const auto* lesion : {&match.from, &match.to})
      text += *lesion ? "," + csv_cell((*lesion)->name) + "," + number_or_empty((*lesion)->lesion) : ",,";
    const auto number = [&](const std::optional<double>& value) { text += "," + (value ? shortest(*value) : ""); };
    number(match.distance_mm);
    number(match.volume_ratio);
    for (std::size_t axis = 0; axis < 3; ++axis)
      number(match.shift_lps_mm ? std::optional((*match.shift_lps_mm)[axis]) : std::nullopt);
    number(match.cost);
    number(match.margin);
    text += "," + (match.margin ? std::string(margin_word(*match.margin)) : "") + "," + csv_cell(match.reason) + "\n";
  }
  return sink(text);
}

Result<void> export_json(const FeatureTable& table, const std::map<std::string, Store::Details>& details,
                         const json& provenance, const Sink& sink) {
  if (auto taken = sink("{\"cases\": ["); !taken) return taken;
  auto written = write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        json clinical = json::object();
        for (std::size_t c = 0; c < table.clinical_columns.size(); ++c)
          clinical[table.clinical_columns[c]] = row.key.clinical[c];
        json object = {{"case", row.key.name},
                       {"lesion", row.lesion == 0 ? json() : json(row.lesion)},
                       {"patient", row.key.patient},
                       {"cohort", row.key.cohort},
                       {"organ", row.key.organ},
                       {"modality", row.key.modality},
                       {"timepoint", row.key.timepoint},
                       {"roi", row.roi},
                       {"label", row.label},
                       {"status", row.status},
                       {"reason", row.reason},
                       {"clinical", clinical},
                       {"missing", missing_of(row)}};
        if (!row.derived.empty()) object["derived"] = row.derived;
        // A row of several lesions has no inputs of its own, and its name is the patient's.
        const bool of_several = !row.derived.empty() && row.lesion == 0;
        if (const auto found = details.find(row.key.name); !of_several && found != details.end()) {
          object["inputs"] = found->second.inputs;
          if (const auto lesion = found->second.lesions.find(row.lesion); lesion != found->second.lesions.end())
            object.update(lesion->second);
        }
        text += r == 0 ? "\n" : ",\n";
        text += object.dump(-1, ' ', false, json::error_handler_t::replace);
        // A tree of 300 numbers a row would take most of the time.
        text.back() = ',';
        text += "\"features\":{";
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          const double value = table.value(r, f);
          text.append(f == 0 ? "\"" : ",\"").append(table.features[f]).append("\":");
          if (std::isfinite(value)) {
            add_number(text, value);
          } else {
            text += "null";
          }
        }
        text += "}}";
      },
      sink);
  if (!written) return written;
  const json rest = {{"catalogue", feature::catalogue_id()}, {"provenance", provenance}};
  const std::string tail = rest.dump(2, ' ', false, json::error_handler_t::replace);
  return sink("\n],\n" + tail.substr(2) + "\n");
}

}  // namespace radtype::cohort
