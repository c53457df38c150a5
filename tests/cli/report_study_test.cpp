// radtype report and serve as a user runs them, on a small study with its model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "radtype/core/csv.h"
#include "radtype/report/page.h"
#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;
using test::TempDir;
using test::Words;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile = "</script><script>alert(1)</script>&\xE2\x80\xA8<!--";
const std::string kLong(10000, 'x');

std::string quoted(std::string cell) {
  for (std::size_t n = 0; (n = cell.find('"', n)) != std::string::npos; n += 2) cell.insert(n, 1, '"');
  return "\"" + cell + "\"";
}

/// 24 cases of two cohorts with names that a page must show as text; the last has no mask that can be read.
fs::path write_hostile_cohort(const fs::path& folder) {
  test::write_small_cohort(folder, 24);
  std::string text = "case,patient,cohort,organ,modality,timepoint,image,mask\n";
  for (int n = 0; n < 24; ++n) {
    const std::string name = fmt::format("c{:04}", n);
    const std::string patient = n == 0   ? kHostile
                                : n == 1 ? kLong
                                : n == 2 ? "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\xE2\x80\xAE"
                                : n == 3 ? "山田太郎"
                                         : fmt::format("p{}", n);
    text += fmt::format("{0},{1},{2},other,CT,t0,{0}/image.nii.gz,{0}/mask.nii.gz\n", name, quoted(patient),
                        quoted(n % 2 == 0 ? kHostile : "南"));
  }
  const fs::path manifest = folder / "manifest.csv";
  test::write_bytes(manifest, text);
  test::write_bytes(folder / "c0023" / "mask.nii.gz", "no mask");
  return manifest;
}

class ReportVerbs : public testing::Test {
 protected:
  // One study for all tests: none of them changes it.
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    test::run(write_hostile_cohort(folder_->path()), *folder_ / "S");
    const Outcome found = discover("model", {});
    ASSERT_EQ(found.exit, 0) << found.err;
    ASSERT_EQ(discover("other", {"--seed", "2", "--k", "3"}).exit, 0);
    const Outcome valid =
        test::radtype({"validate", path("model"), path("S"), "--out", path("validation.json"), "--repetitions", "10"});
    ASSERT_EQ(valid.exit, 0) << valid.err;
    write_clinical();
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string path(const std::string& name) { return (*folder_ / name).string(); }
  static json read(const std::string& name) { return json::parse(test::text_of_file(*folder_ / name)); }
  static Outcome discover(const std::string& out, const Words& more) {
    Words words = {"discover",     path("S"), "--out",         path(out), "--largest", "3",
                   "--references", "0",       "--repetitions", "20",      "--figures", "none"};
    if (std::find(more.begin(), more.end(), "--k") == more.end()) words.insert(words.end(), {"--k", "2"});
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  }
  static void write_clinical() {
    std::string clinical = "patient,days,dead\n";
    const std::vector<CsvRow> lines = *read_csv(*folder_ / "model" / "assignments.csv");
    for (const CsvRow& row : lines)
      clinical += quoted(row.at("patient")) + "," + std::to_string(100 + 7 * row.at("case").back()) + ",1\n";
    test::write_bytes(*folder_ / "clinical.csv", clinical);
    test::write_bytes(*folder_ / "plan.json", R"({"endpoints": [{"name": "survival", "time": "days", "event": "dead"}],
      "size": null, "analyses": [{"name": "All <b>", "primary": "log_rank"}]})");
    for (const char* model : {"model", "other"}) {
      const Outcome done = test::radtype({"outcome", path("S"), "--assignments", path(model) + "/assignments.csv",
                                          "--clinical", path("clinical.csv"), "--plan", path("plan.json"), "--out",
                                          path(std::string("outcome-") + model), "--figures", "none"});
      ASSERT_EQ(done.exit, 0) << done.err;
    }
  }
  static Outcome report(const std::string& out, Words more) {
    Words words = {"report", path("S"), "--out", path(out), "--json-only", "--force"};
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  }
  static Words everything() {
    return {"--model",      path("model"),           "--scans",   path(""),
            "--validation", path("validation.json"), "--outcome", path("outcome-model")};
  }

 private:
  static TempDir* folder_;
};
TempDir* ReportVerbs::folder_ = nullptr;

TEST_F(ReportVerbs, TheDocumentIsAsItsSchemaSays) {
  if (test::run_command({"/usr/bin/python3", "-c", "import jsonschema"}).exit != 0)
    GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  const std::string schema = (fs::path(RADTYPE_SOURCE_DIR) / "schemas" / "report.schema.json").string();
  const auto valid = [&](const std::string& name) {
    return test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", path(name), schema});
  };
  ASSERT_EQ(report("all.json", everything()).exit, 0);
  ASSERT_EQ(report("bare.json", {}).exit, 0);
  for (const char* name : {"all.json", "bare.json"}) {
    const Outcome checked = valid(name);
    EXPECT_EQ(checked.exit, 0) << name << checked.out.substr(0, 2000) << checked.err.substr(0, 2000);
  }
  json wrong = read("bare.json");
  wrong["flow"] = 3;
  test::write_bytes(path("wrong.json"), wrong.dump());
  EXPECT_NE(valid("wrong.json").exit, 0);
}

TEST_F(ReportVerbs, NumbersAreThoseOfTheResults) {
  const Outcome done = report("numbers.json", everything());
  ASSERT_EQ(done.exit, 0) << done.err;
  const json document = read("numbers.json");
  EXPECT_EQ(document["discovery"], read("model/discovery.json"));
  EXPECT_EQ(document["validation"], read("validation.json"));
  EXPECT_EQ(document["outcome"], read("outcome-model/outcome.json"));
  EXPECT_EQ(document["associate"], nullptr);
  EXPECT_EQ(document["genes"], nullptr);
  const auto curves = *read_csv(path("outcome-model/curves.csv"));
  ASSERT_EQ(document["curves"]["time"].size(), curves.size());
  for (std::size_t n = 0; n < curves.size(); ++n) {
    EXPECT_EQ(document["curves"]["estimate"][n].get<double>(), std::stod(curves[n].at("estimate")));
    EXPECT_EQ(document["curves"]["analysis"][n], curves[n].at("analysis"));
  }

  const json& cases = document["cases"];
  ASSERT_EQ(cases["case"].size(), 24u);
  std::map<std::string, CsvRow> assigned;
  const std::vector<CsvRow> lines = *read_csv(path("model/assignments.csv"));
  for (const CsvRow& row : lines) assigned[row.at("case")] = row;
  std::map<std::string, std::size_t> sizes;
  double x_sum = 0;
  for (std::size_t n = 0; n < 24; ++n) {
    const auto found = assigned.find(cases["case"][n]);
    if (found == assigned.end()) {
      EXPECT_TRUE(cases["subtype"][n].is_null());
      EXPECT_TRUE(cases["x"][n].is_null());
      continue;
    }
    EXPECT_EQ(cases["subtype"][n], found->second.at("subtype"));
    EXPECT_EQ(cases["silhouette"][n].get<double>(), std::stod(found->second.at("silhouette")));
    x_sum += cases["x"][n].get<double>();
    ++sizes[found->second.at("subtype")];
  }
  EXPECT_NEAR(x_sum, 0, 1e-9) << "components are about the mean";
  ASSERT_EQ(document["subtypes"].size(), 2u);
  for (const json& subtype : document["subtypes"]) {
    EXPECT_EQ(subtype["cases"].get<std::size_t>(), sizes[subtype["subtype"]]);
    EXPECT_EQ(subtype["features"].size(), 10u);
  }
  EXPECT_EQ(document["flow"][0]["n"], 24);
  EXPECT_EQ(document["flow"][1]["n"], 23);
  EXPECT_EQ(document["flow"][3]["n"], assigned.size());
  EXPECT_EQ(document["left_out"][0]["case"], "c0023");
  EXPECT_EQ(document["left_out"][0]["stage"], document["flow"][1]["stage"]);
  EXPECT_THAT(document["left_out"][0]["reason"].get<std::string>(), HasSubstr("mask"));
  EXPECT_EQ(document["consensus"]["size"], assigned.size());
  EXPECT_EQ(document["cdf"]["k"], json({2, 3}));
  EXPECT_EQ(document["cdf"]["curves"][0].back(), 1.);
  EXPECT_EQ(document["heatmap"]["rows"], assigned.size());
  EXPECT_TRUE(std::is_sorted(document["heatmap"]["subtype"].begin(), document["heatmap"]["subtype"].end()));
  for (const json& name : document["heatmap"]["features"]) EXPECT_TRUE(document["features"].contains(name)) << name;
  std::string methods;
  for (const json& part : document["methods"]) methods += part["text"].get<std::string>();
  EXPECT_THAT(methods, HasSubstr("20 repetitions, each on 80 % of the cases, by k-means [@lloyd1982"));
  EXPECT_THAT(methods, HasSubstr("was not tested"));
  EXPECT_THAT(methods, Not(HasSubstr("ComBat")));
}

TEST_F(ReportVerbs, PortraitsAreOfFilesThatWereMeasured) {
  ASSERT_EQ(report("portraits.json", everything()).exit, 0);
  const json document = read("portraits.json");
  for (const json& subtype : document["subtypes"]) {
    const json& portrait = subtype["portrait"];
    EXPECT_EQ(portrait["missing"], nullptr);
    EXPECT_GT(portrait["surface"]["triangle_count"], 1000);
    EXPECT_LE(portrait["surface"]["triangle_count"], 12000);
    EXPECT_EQ(portrait["image"]["unit"], "HU");
    EXPECT_EQ(portrait["image"]["layers"][0]["name"], "tumour");
  }
  // Without the folder of the scans there is a reason in place of a picture.
  ASSERT_EQ(report("nowhere.json", {"--model", path("model")}).exit, 0);
  const json none = read("nowhere.json")["subtypes"][0]["portrait"];
  EXPECT_EQ(none["surface"], nullptr);
  EXPECT_THAT(none["missing"].get<std::string>(), HasSubstr("--scans"));
  ASSERT_EQ(report("none.json", {"--model", path("model"), "--portraits", "0"}).exit, 0);
  EXPECT_EQ(read("none.json")["subtypes"][0]["portrait"], nullptr);
  // Another image under the same name is not the tumour that was measured.
  const TempDir changed;
  fs::copy(path(""), changed.path(), fs::copy_options::recursive);
  for (int n = 0; n < 24; ++n) {
    const fs::path scan = changed / fmt::format("c{:04}", n) / "image.nii.gz";
    fs::copy_file(path(fmt::format("c{:04}/image.nii.gz", (n + 1) % 24)), scan, fs::copy_options::overwrite_existing);
  }
  ASSERT_EQ(report("changed.json", {"--model", path("model"), "--scans", changed.path().string()}).exit, 0);
  EXPECT_THAT(read("changed.json")["subtypes"][0]["portrait"]["missing"].get<std::string>(), HasSubstr("SHA-256"));
}

TEST_F(ReportVerbs, TheSameBytesForAnyNumberOfThreads) {
  Words once = everything();
  once.insert(once.end(), {"--threads", "1"});
  Words twice = everything();
  twice.insert(twice.end(), {"--threads", "2"});
  ASSERT_EQ(report("same.json", once).exit, 0);
  const std::string first = test::text_of_file(path("same.json"));
  ASSERT_EQ(report("same.json", twice).exit, 0);
  EXPECT_EQ(test::text_of_file(path("same.json")), first);
}

TEST_F(ReportVerbs, WhatDoesNotBelongTogetherIsRefused) {
  const Outcome outcome = report("x.json", {"--model", path("model"), "--outcome", path("outcome-other")});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_THAT(outcome.err, HasSubstr("of other subtypes"));
  const Outcome validation = report("x.json", {"--model", path("other"), "--validation", path("validation.json")});
  EXPECT_EQ(validation.exit, 3);
  EXPECT_THAT(validation.err, HasSubstr("of another model"));
  const Outcome wrong = report("x.json", {"--validation", path("model/discovery.json")});
  EXPECT_EQ(wrong.exit, 3);
  EXPECT_THAT(wrong.err, HasSubstr("not what radtype validate writes"));

  const TempDir elsewhere;
  ASSERT_EQ(test::run(test::write_small_cohort(elsewhere.path(), 4, 50), elsewhere / "S").exit, 0);
  const Outcome study = test::radtype({"report", (elsewhere / "S").string(), "--model", path("model"), "--out",
                                       (elsewhere / "r.json").string(), "--json-only"});
  EXPECT_EQ(study.exit, 3);
  EXPECT_THAT(study.err, HasSubstr("the study has no case c0000"));
  EXPECT_FALSE(fs::exists(elsewhere / "r.json"));

  // A case that has become another patient's.
  const TempDir mixed;
  fs::copy(path("model"), mixed.path(), fs::copy_options::recursive);
  std::string lines = test::text_of_file(mixed / "assignments.csv");
  lines.replace(lines.find(",p4,"), 4, ",p5,");
  test::write_bytes(mixed / "assignments.csv", lines);
  const Outcome patient = report("x.json", {"--model", mixed.path().string()});
  EXPECT_EQ(patient.exit, 3);
  EXPECT_THAT(patient.err, HasSubstr("has patient \"p5\" there and \"p4\" in the study"));

  EXPECT_EQ(report("x.json", {"--case", "c0001", "--outcome", path("outcome-model")}).exit, 2);
  EXPECT_EQ(test::radtype({"report", path("S")}).exit, 2) << "no --out";
}

TEST_F(ReportVerbs, HostileNamesAreText) {
  ASSERT_EQ(report("hostile.json", everything()).exit, 0);
  const json document = read("hostile.json");
  EXPECT_EQ(document["cases"]["patient"][0], kHostile);
  EXPECT_EQ(document["cases"]["patient"][1], kLong);
  EXPECT_EQ(document["cases"]["patient"][3], "山田太郎");
  EXPECT_EQ(document["cohorts"][0]["cohort"], kHostile);
  const auto page = report::page_of(document, "A<!--radtype-report-->Z");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->find("</script>"), page->size() - 10) << "the only end";
}

TEST_F(ReportVerbs, APageWhereTheProgramHasOne) {
  const Words words = {"report", path("S"), "--model", path("model"), "--out", path("page.html"), "--force"};
  const Outcome done = test::radtype(words);
  if (report::embedded_page().empty()) {
    EXPECT_EQ(done.exit, 3);
    EXPECT_THAT(done.err, HasSubstr("without its page"));
    EXPECT_THAT(done.err, HasSubstr("--json-only"));
    EXPECT_FALSE(fs::exists(path("page.html")));
    return;
  }
  ASSERT_EQ(done.exit, 0) << done.err;
  const std::string page = test::text_of_file(path("page.html"));
  const std::size_t begin = page.find("id=\"radtype-report\">") + 20;
  const json inside = json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(inside["cases"]["patient"][0], kHostile);
  EXPECT_EQ(test::radtype({"report", path("S"), "--out", path("page.html")}).exit, 5) << "nothing is overwritten";
}

/// What a server on this machine says to one request.
std::string asked_of(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    EXPECT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::array<char, 65536> piece{};
    for (ssize_t got = 0; (got = ::recv(socket, piece.data(), piece.size(), 0)) > 0;)
      answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(socket);
  return answer;
}

TEST_F(ReportVerbs, ServesToThisMachineAndStops) {
  const Outcome open = test::radtype({"serve", path("S"), "--listen", "0.0.0.0"});
  EXPECT_EQ(open.exit, 2);
  EXPECT_THAT(open.err, HasSubstr("--token"));
  EXPECT_EQ(test::radtype({"serve", path("S"), "--token", "short"}).exit, 2);
  if (report::embedded_page().empty()) {
    EXPECT_EQ(test::radtype({"serve", path("S")}).exit, 3);
    GTEST_SKIP() << "this program has no page to serve";
  }
  test::Process server({"serve", path("S"), "--model", path("model"), "--port", "0"}, path("served"));
  const std::string before = "http://127.0.0.1:";
  std::string said;
  for (int n = 0; n < 300 && said.find("/\n") == std::string::npos; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    said = test::text_of_file(path("served"));
  }
  ASSERT_THAT(said, HasSubstr(before));
  const int port = std::stoi(said.substr(said.find(before) + before.size()));
  const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", port);
  const std::string page = asked_of(port, "GET / HTTP/1.1\r\n" + host + "\r\n");
  EXPECT_THAT(page, testing::StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("data-src=\"report.json\""));
  const std::string document = asked_of(port, "GET /report.json HTTP/1.1\r\n" + host + "Range: bytes=0-1\r\n\r\n");
  EXPECT_EQ(json::parse(document.substr(document.find("\r\n\r\n") + 4))["kind"], "study");
  for (const auto& [request, status] :
       {std::pair<std::string, const char*>{"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421"},
        {"GET /../../etc/passwd HTTP/1.1\r\n" + host + "\r\n", "404"},
        {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "405"},
        {"GET /" + std::string(4000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", "414"}})
    EXPECT_THAT(asked_of(port, request), testing::StartsWith(std::string("HTTP/1.1 ") + status))
        << request.substr(0, 60);
  server.send(SIGINT);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace radtype
