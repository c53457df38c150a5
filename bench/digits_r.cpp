// What R says today: tests/r on cases made here.
#include <cstdlib>
#include <fstream>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "digits.h"
#include "digits_r.h"

namespace radtype::digits {
namespace {

using nlohmann::json;

class WorkFolder {
 public:
  WorkFolder() : path_(std::filesystem::temp_directory_path() / fmt::format("statistics_digits-{}", ::getpid())) {
    std::filesystem::create_directory(path_);
  }
  ~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

bool has_package(const char* package) {
  const std::string probe = fmt::format("Rscript -e 'library({})' > /dev/null 2>&1", package);
  const bool there = std::system(probe.c_str()) == 0;
  if (!there) fmt::print(stderr, "statistics_digits: no Rscript with {}: not compared\n", package);
  return there;
}

template <class Cases>
json ask(const char* script, const Cases& cases, const char* input = "") {
  const WorkFolder folder;
  test::write(cases, folder.path());
  const std::string out = (folder.path() / "out.json").string();
  const std::string line = fmt::format("Rscript '{}/tests/r/{}' '{}' > '{}'", RADTYPE_SOURCE_DIR, script,
                                       (folder.path() / input).string(), out);
  if (std::system(line.c_str()) != 0) throw std::runtime_error(fmt::format("{} failed", script));
  std::ifstream file(out);
  return json::parse(file);
}

}  // namespace

void Answers::add(double ours, const json& theirs, const std::string& what, double size) {
  quantity->add_absent(!std::isnan(ours), !theirs.is_null(), what);
  if (!theirs.is_null()) quantity->add(ours, {theirs.get<double>(), 0}, what, size);
}
void Answers::add_all(const std::vector<double>& ours, const json& theirs, const std::string& what,
                      const std::function<double(std::size_t)>& size) {
  if (ours.size() != theirs.size()) throw std::runtime_error(what + ": not as many numbers as R's");
  for (std::size_t n = 0; n < ours.size(); ++n)
    add(ours[n], theirs.at(n), fmt::format("{} {}", what, n), size ? size(n) : 0);
}

void compare_with_r(Table& table) {
  if (has_package("stats")) {
    const auto cases = test::association_cases();
    compare_association(cases, ask("stats_association.R", cases), ask("fisher_odds_ratio.R", cases), table);
  }
  if (has_package("survival") && has_package("cmprsk")) {
    for (const auto& [size, ties] :
         {std::pair{std::size_t{80}, 1e6}, {std::size_t{300}, 12.0}, {std::size_t{200}, 3.0}}) {
      const auto sample = test::survival_sample(size, ties, 11);
      compare_survival(sample, ask("survival_oracle.R", sample, "subjects.csv"), table);
    }
  }
  if (has_package("limma")) {
    const auto study = test::expression_study();
    compare_expression(study, ask("molecular_limma.R", study), table);
  }
}

}  // namespace radtype::digits
