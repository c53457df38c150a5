// Requests to radtype serve: whatever they say, the answer is one of a few, and no document is told without the token.
#include <cstddef>
#include <cstdint>
#include <set>

#include "radtype/report/server.h"

namespace {

using radtype::report::Access;
using radtype::report::Request;
using radtype::report::Response;
using radtype::report::Site;

constexpr const char* kSecret = "0123456789abcdefg";

Site make_site() {
  const nlohmann::json surface = {{"vertices", ""}, {"triangles", ""}};
  auto site = Site::make({{"subtypes", {{{"portrait", {{"surface", surface}}}}}}}, "<!--radtype-report-->");
  RADTYPE_CHECK(site);
  return std::move(*site);
}

bool holds(const std::vector<std::string>& values, const std::string& text) {
  for (const std::string& value : values) {
    if (value.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

/// Lines: method, target, then headers, each by its first letter (h, a, c).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Site site = make_site();
  static const Access open{radtype::report::hosts_of("127.0.0.1", 8080), ""};
  static const Access closed{open.hosts, kSecret};
  std::vector<std::string> lines(1);
  for (std::size_t n = 0; n < size; ++n) {
    if (data[n] == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += static_cast<char>(data[n]);
    }
  }
  lines.resize(std::max<std::size_t>(lines.size(), 2));
  Request request{lines[0], lines[1], {}, {}, {}};
  for (std::size_t n = 2; n < lines.size(); ++n) {
    if (lines[n].empty()) continue;
    auto& values = lines[n][0] == 'h' ? request.hosts : lines[n][0] == 'a' ? request.authorizations : request.cookies;
    values.push_back(lines[n].substr(1));
  }
  static const std::set<int> known = {200, 303, 400, 401, 404, 405, 414, 421};
  for (const Access* access : {&open, &closed}) {
    const Response response = radtype::report::handle(request, site, *access);
    RADTYPE_CHECK(known.contains(response.status));
    if (response.status != 200) continue;
    RADTYPE_CHECK(site.find(request.target) != nullptr);
    RADTYPE_CHECK(response.body.empty() || response.body == site.find(request.target)->body);
    RADTYPE_CHECK(access == &open || holds(request.authorizations, kSecret) || holds(request.cookies, kSecret));
  }
  return 0;
}
