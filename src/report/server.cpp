#include "radtype/report/server.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "radtype/report/page.h"
#include "report/encode.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kJson = "application/json";
constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kCookieName = "radtype_token";
constexpr std::string_view kTokenQuery = "/?token=";

Response refusal(int status, const std::string& sentence) { return {status, kPlainText, sentence + "\n", {}}; }

/// A surface or volume of the contract: the only objects with these members.
bool is_blob(const json& value) {
  return value.is_object() && ((value.contains("vertices") && value.contains("triangles")) ||
                               (value.contains("voxels") && value.contains("lps_from_index")));
}

bool plain_path(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  return std::all_of(target.begin(), target.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
  });
}

bool known_host(const Request& request, const Access& access) {
  if (request.hosts.size() != 1) return false;
  const std::string host = lower_case(request.hosts.front());
  return std::any_of(access.hosts.begin(), access.hosts.end(),
                     [&](const std::string& one) { return lower_case(one) == host; });
}

bool has_token(const Request& request, const std::string& token) {
  constexpr std::string_view kBearer = "Bearer ";
  bool found = false;
  for (const std::string& value : request.authorizations) {
    const std::string_view text = value;
    if (text.starts_with(kBearer)) found |= same_secret(text.substr(kBearer.size()), token);
  }
  for (const std::string& cookies : request.cookies) {
    for (const std::string_view part : split(cookies, ";")) {
      const std::string_view cookie = trimmed(part);
      if (cookie.starts_with(kCookieName) && cookie.substr(kCookieName.size()).starts_with("="))
        found |= same_secret(cookie.substr(kCookieName.size() + 1), token);
    }
  }
  return found;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:; "
       "font-src data:; worker-src blob:; connect-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
       "frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Cache-Control", "no-store"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"}};
  return headers;
}

Result<Site> Site::make(json document, std::string_view page_template) {
  auto page = fetching_page("report.json", page_template);
  if (!page) return pass_on(std::move(page));
  Site site;
  std::size_t blobs = 0;
  const auto take_out = [&](const auto& self, json& value) -> void {
    if (is_blob(value)) {
      const std::string name = fmt::format("blobs/{:04}.json", ++blobs);
      site.resources_["/" + name] = {kJson, script_safe(value)};
      json link = {{"href", name}};  // assigned from braces, clang-16 leaks what was there
      value = std::move(link);
      return;
    }
    if (!value.is_structured()) return;
    for (json& inner : value) self(self, inner);
  };
  for (const char* section : {"subtypes", "image", "surface"}) {
    if (document.contains(section)) take_out(take_out, document[section]);
  }
  site.resources_["/"] = {kHtml, std::move(*page)};
  site.resources_["/report.json"] = {kJson, script_safe(document)};
  return site;
}

const Site::Resource* Site::find(std::string_view path) const {
  const auto found = resources_.find(path);
  return found == resources_.end() ? nullptr : &found->second;
}

Response handle(const Request& request, const Site& site, const Access& access) {
  const bool head = request.method == "HEAD";
  const auto answer = [&]() -> Response {
    if (!known_host(request, access))
      return refusal(421, "this server answers to its own address only (Host is another)");
    if (request.method != "GET" && !head) {
      Response response = refusal(405, "only GET and HEAD");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    if (request.target.size() > kLongestTarget) return refusal(414, "the address is too long");
    const std::string_view target = request.target;
    if (!access.token.empty()) {
      if (target.starts_with(kTokenQuery)) {
        if (!same_secret(target.substr(kTokenQuery.size()), access.token)) return refusal(401, "not the token");
        Response response = {303, kPlainText, "", {{"Location", "/"}}};
        response.headers.emplace_back(
            "Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", kCookieName, access.token));
        return response;
      }
      if (!has_token(request, access.token)) {
        Response response = refusal(401, "a token is needed: open /?token=... once, or send Authorization: Bearer ...");
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return response;
      }
    }
    if (!plain_path(target)) return refusal(400, "no such address");
    const Site::Resource* resource = site.find(target);
    if (resource == nullptr) return refusal(404, "there is nothing at this address");
    return {200, resource->type, resource->body, {}};
  };
  Response response = answer();
  if (head) response.body.clear();
  return response;
}

std::vector<std::string> hosts_of(const std::string& address, int port, const std::vector<std::string>& more) {
  std::vector<std::string> names = more;
  names.push_back(address.find(':') == std::string::npos ? address : "[" + address + "]");
  if (is_loopback(address)) {
    for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) names.emplace_back(name);
  }
  std::vector<std::string> hosts;
  for (const std::string& name : names) {
    hosts.push_back(fmt::format("{}:{}", name, port));
    if (port == 80) hosts.push_back(name);
  }
  return hosts;
}

bool is_loopback(const std::string& address) {
  if (lower_case(address) == "localhost" || address == "::1") return true;
  const auto parts = split(address, ".");
  if (parts.size() != 4 || parts[0] != "127") return false;
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    const auto number = parse_integer(part);
    return number && *number >= 0 && *number <= 255;
  });
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t n = 0; n < a.size(); ++n)
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[n]) ^ static_cast<unsigned char>(b[n])));
  return difference == 0;
}

}  // namespace radtype::report
