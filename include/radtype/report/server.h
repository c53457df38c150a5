// What `radtype serve` answers, without any socket: a pure function of the request. Only what is in memory is served,
// by an exact path; no path of the file system takes part.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::report {

/// Of a request what may decide the answer. nullopt: not sent; of headers sent more than once every value counts.
struct Request {
  std::string method;
  std::string target;  ///< as on the request line: "/blobs/0001.json"
  std::vector<std::string> hosts;
  std::vector<std::string> authorizations;
  std::vector<std::string> cookies;
};

struct Response {
  int status = 200;
  std::string type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides those of security_headers()
};

/// Of every response, errors included: content security policy, nosniff, no-store, no referrer, no framing.
const std::vector<std::pair<std::string, std::string>>& security_headers();

inline constexpr std::size_t kLongestTarget = 512;
inline constexpr std::size_t kShortestToken = 16;

struct Access {
  std::vector<std::string> hosts;  ///< what Host may say, with port: "127.0.0.1:8080"; compared without case
  std::string token;               ///< "": none is asked for
};

/// Pages, documents and blobs by path.
class Site {
 public:
  /// The page at /, its document at /report.json, and every surface and volume of it at /blobs/NNNN.json, fetched when
  /// it is first shown. Errors of fetching_page().
  static Result<Site> make(nlohmann::json document, std::string_view page_template);

  struct Resource {
    std::string type;
    std::string body;
  };
  /// nullptr for any other path.
  const Resource* find(std::string_view path) const;
  const std::map<std::string, Resource, std::less<>>& resources() const { return resources_; }

 private:
  std::map<std::string, Resource, std::less<>> resources_;
};

/// GET and HEAD of the site's paths; a HEAD has no body. Refused: 405 other methods, 414 long targets, 421 a Host that
/// is not one of access.hosts (a name that an attacker points here), 400 a target that is no plain path, 404 any path
/// but the site's, 401 without the token. The token comes as "Authorization: Bearer T", in the cookie that
/// /?token=T sets (a redirect to / then hides it from the address bar), and is compared in constant time.
Response handle(const Request& request, const Site& site, const Access& access);

/// What Host may say of a server at this address and port.
std::vector<std::string> hosts_of(const std::string& address, int port, const std::vector<std::string>& more = {});
/// 127.0.0.0/8, ::1 or localhost.
bool is_loopback(const std::string& address);
/// Without an early end: the time depends on the lengths alone.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace radtype::report
