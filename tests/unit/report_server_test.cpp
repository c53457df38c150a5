// What radtype serve answers, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/report/server.h"

namespace radtype::report {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

constexpr const char* kTemplate = "<body><!--radtype-report--></body>";
constexpr const char* kToken = "correct-horse-battery";

json document() {
  return json::parse(R"({"title": "</script>", "subtypes": [
    {"portrait": {"surface": {"vertices": "AAAA", "triangles": "AAAA", "vertex_count": 1, "triangle_count": 1},
                  "image": {"voxels": "AAAA", "lps_from_index": []}}},
    {"portrait": null}]})");
}

class ReportServer : public testing::Test {
 protected:
  Response get(const std::string& target) const { return handle({"GET", target, {host}, {}, {}}, site, open); }
  int status(const Request& request) const { return handle(request, site, open).status; }
  Site site = *Site::make(document(), kTemplate);
  std::string host = "127.0.0.1:8080";
  Access open{hosts_of("127.0.0.1", 8080), ""};
  Access closed{hosts_of("10.0.0.5", 8080), kToken};
};

TEST_F(ReportServer, PageDocumentAndBlobs) {
  const Response page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.type, HasSubstr("text/html"));
  EXPECT_THAT(page.body, HasSubstr("data-src=\"report.json\""));
  const json served = json::parse(get("/report.json").body);
  EXPECT_EQ(served["title"], "</script>");
  const json& portrait = served["subtypes"][0]["portrait"];
  EXPECT_EQ(portrait["surface"].size(), 1u);
  const Response surface = get("/" + portrait["surface"]["href"].get<std::string>());
  EXPECT_EQ(surface.type, "application/json");
  EXPECT_EQ(json::parse(surface.body), document()["subtypes"][0]["portrait"]["surface"]);
  EXPECT_EQ(json::parse(get("/" + portrait["image"]["href"].get<std::string>()).body)["voxels"], "AAAA");
  EXPECT_EQ(site.resources().size(), 4u) << "nothing else";
  const Response head = handle({"HEAD", "/report.json", {host}, {}, {}}, site, open);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(Site::make(document(), "").error().code(), ErrorCode::kUnsupported);
}

TEST_F(ReportServer, OnlyPathsOfTheTable) {
  for (const char* path : {"/report", "//", "/report.json/", "/../report.json", "/blobs/", "/blobs/../report.json",
                           "/blobs/0099.json", "/etc/passwd", "/.", "/..", "//etc/passwd", "/index.html"})
    EXPECT_EQ(get(path).status, 404) << path;
  for (const char* path :
       {"", "report.json", "/%2e%2e/etc/passwd", "/report.json?x=1", "/report.json#a", "/REPORT.JSON", "/a b",
        "/\\..\\x", "http://127.0.0.1:8080/report.json", "/report.json%00", "*"})
    EXPECT_EQ(get(path).status, 400) << path;
  EXPECT_EQ(get(std::string("/report.json\0", 13)).status, 400);
  EXPECT_EQ(get("/" + std::string(kLongestTarget, 'a')).status, 414);
  EXPECT_EQ(get("/" + std::string(kLongestTarget - 1, 'a')).status, 404);
}

TEST_F(ReportServer, OnlyGetAndHead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "", "GET "}) {
    const Response refused = handle({method, "/", {host}, {}, {}}, site, open);
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_THAT(refused.headers, Contains(std::pair<std::string, std::string>("Allow", "GET, HEAD")));
  }
}

TEST_F(ReportServer, OnlyItsOwnHosts) {
  for (const char* own : {"127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080"})
    EXPECT_EQ(status({"GET", "/", {own}, {}, {}}), 200) << own;
  for (const char* other : {"evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:8081",
                            "localhost:8080.evil.example", "localhost:8080@evil.example", "", " 127.0.0.1:8080"})
    EXPECT_EQ(status({"GET", "/", {other}, {}, {}}), 421) << other;
  EXPECT_EQ(status({"GET", "/", {}, {}, {}}), 421) << "no Host at all";
  EXPECT_EQ(status({"GET", "/", {host, "evil.example"}, {}, {}}), 421) << "two of them";
  EXPECT_EQ(status({"POST", "/x", {"evil.example"}, {}, {}}), 421) << "nothing is told to strangers";
}

TEST_F(ReportServer, TheTokenOpens) {
  const std::string address = "10.0.0.5:8080";
  const auto answer = [&](const std::string& target, std::vector<std::string> bearer,
                          std::vector<std::string> cookies) {
    return handle({"GET", target, {address}, std::move(bearer), std::move(cookies)}, site, closed);
  };
  const std::string token = kToken;
  EXPECT_EQ(answer("/", {}, {}).status, 401);
  EXPECT_EQ(answer("/nothing", {}, {}).status, 401) << "what is there is not told";
  EXPECT_EQ(answer("/report.json", {"Bearer " + token}, {}).status, 200);
  EXPECT_EQ(answer("/report.json", {}, {"a=b; radtype_token=" + token + "; c=d"}).status, 200);
  for (const std::string& wrong : {token + "x", token.substr(1), std::string(), std::string("correct-horse-batterx")}) {
    EXPECT_EQ(answer("/report.json", {"Bearer " + wrong}, {}).status, 401) << wrong;
    EXPECT_EQ(answer("/report.json", {}, {"radtype_token=" + wrong}).status, 401) << wrong;
    EXPECT_EQ(answer("/?token=" + wrong, {}, {}).status, 401) << wrong;
  }
  EXPECT_EQ(answer("/report.json", {token}, {"xradtype_token=" + token}).status, 401);
  const Response entered = answer("/?token=" + token, {}, {});
  EXPECT_EQ(entered.status, 303);
  EXPECT_THAT(entered.headers, Contains(std::pair<std::string, std::string>("Location", "/")));
  EXPECT_THAT(entered.headers.back().second, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_EQ(get("/?token=" + token).status, 400) << "a server without a token has no such address";
}

TEST(ReportServerParts, AddressesAndSecrets) {
  for (const char* loopback : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    EXPECT_TRUE(is_loopback(loopback)) << loopback;
  for (const char* other :
       {"0.0.0.0", "10.0.0.5", "::", "127.0.0.1.evil.example", "127.evil", "", "128.0.0.1", "127.0.0.256"})
    EXPECT_FALSE(is_loopback(other)) << other;
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
  EXPECT_THAT(hosts_of("10.0.0.5", 8080, {"scan-box"}), testing::ElementsAre("scan-box:8080", "10.0.0.5:8080"));
  EXPECT_THAT(hosts_of("127.0.0.1", 80), Contains("localhost"));
  EXPECT_THAT(hosts_of("::1", 8080), Contains("[::1]:8080"));
  std::map<std::string, std::string> headers(security_headers().begin(), security_headers().end());
  EXPECT_THAT(headers["Content-Security-Policy"], HasSubstr("default-src 'none'"));
  EXPECT_THAT(headers["Content-Security-Policy"], Not(HasSubstr("*")));
  EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(headers["Cache-Control"], "no-store");
  EXPECT_THAT(headers, Contains(Key("Referrer-Policy")));
}

}  // namespace
}  // namespace radtype::report
