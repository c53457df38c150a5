// radtype serve: the page of radtype report from memory, to a browser on this machine.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include <httplib.h>

#include "cli.h"
#include "radtype/report/page.h"
#include "radtype/report/server.h"
#include "report_request.h"

namespace radtype::app {
namespace {

using nlohmann::json;

constexpr time_t kSocketSeconds = 5;
constexpr std::size_t kMostServingThreads = 8;

const ConfigSpec& serve_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"serve", "The page of radtype report to a browser on this machine, without a file",
                    report_fields()};
    append(spec.fields,
           {{"port", FieldType::kInteger, "0 for any that is free", 8080, {}, 0, 65535},
            {"listen", FieldType::kText, "address to listen on; any but a loopback address needs --token", "127.0.0.1"},
            {"token", FieldType::kText,
             "secret that a browser must show: 16 or more letters, digits, - or _. The connection is not encrypted",
             nullptr},
            {"host", FieldType::kText,
             "names, separated by commas, under which browsers reach this machine, beside the address", nullptr}});
    return spec;
  }();
  return description;
}

/// Ctrl-C as a byte in a pipe: all that a signal handler may do.
std::atomic<int> stop_pipe{-1};
extern "C" void on_stop(int) {
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(stop_pipe.load(), &byte, 1);
}

std::vector<std::string> header_values(const httplib::Request& request, const char* name) {
  std::vector<std::string> values;
  for (std::size_t n = 0; n < request.get_header_value_count(name); ++n)
    values.push_back(request.get_header_value(name, n));
  return values;
}

/// Ranges of bytes are not offered: without them the whole is sent.
void ignore_ranges(const httplib::Request& request) { const_cast<httplib::Request&>(request).ranges.clear(); }

void answer(const httplib::Request& from, httplib::Response& to, const report::Site& site,
            const report::Access& access) {
  const report::Response response =
      report::handle({from.method, from.target, header_values(from, "Host"), header_values(from, "Authorization"),
                      header_values(from, "Cookie")},
                     site, access);
  to.status = response.status;
  for (const auto& [name, value] : response.headers) to.set_header(name, value);
  // Pieces on demand are sent as they are; a whole body would be compressed first, for longer than it takes to send.
  const auto body = std::make_shared<const std::string>(response.body);
  if (body->empty()) return;
  to.set_content_provider(body->size(), response.type,
                          [body](std::size_t from_byte, std::size_t length, httplib::DataSink& sink) {
                            return sink.write(body->data() + from_byte, length);
                          });
}

Result<void> check_access(const json& config) {
  const std::string address = text_of(config, "listen");
  const std::string token = text_of(config, "token");
  if (token.empty() && !report::is_loopback(address)) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("--listen {} lets other machines in: give a --token, or listen on 127.0.0.1 and reach it by "
                    "ssh -L",
                    address));
  }
  if (token.empty()) return {};
  const bool plain =
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  if (!plain || token.size() < report::kShortestToken) {
    return fail(ErrorCode::kUsage,
                fmt::format("--token must have at least {} letters, digits, - or _", report::kShortestToken));
  }
  return {};
}

Result<int> run_serve(const json& given) {
  if (auto allowed = check_access(given); !allowed) return pass_on(std::move(allowed));
  if (auto page = report::fetching_page(""); !page) return pass_on(std::move(page));
  json config = given;
  config.erase("token");  // the document tells its settings
  auto document = report_document(config);
  if (!document) return pass_on(std::move(document));
  auto site = report::Site::make(std::move(*document), report::embedded_page());
  if (!site) return pass_on(std::move(site));

  httplib::Server server;
  const std::string address = text_of(given, "listen");
  const int wanted = given["port"];
  const int port = wanted == 0 ? server.bind_to_any_port(address) : wanted;
  if (port < 0 || (wanted != 0 && !server.bind_to_port(address, wanted))) {
    return fail(
        ErrorCode::kUnreadable,
        fmt::format("cannot listen on {} port {}: it may be in use; choose another --port, or 0", address, wanted));
  }
  const report::Access access{report::hosts_of(address, port, comma_words(text_of(given, "host"))),
                              text_of(given, "token")};
  httplib::Headers headers;
  for (const auto& [name, value] : report::security_headers()) headers.emplace(name, value);
  server.set_default_headers(headers);
  server.set_read_timeout(kSocketSeconds);
  server.set_write_timeout(kSocketSeconds);
  server.set_keep_alive_max_count(1);  // a body that nobody reads cannot pass for the next request
  server.new_task_queue = [] { return new httplib::ThreadPool(kMostServingThreads); };
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
    ignore_ranges(request);
    answer(request, response, *site, access);
    return httplib::Server::HandlerResponse::Handled;
  });

  int ends[2];
  if (::pipe(ends) != 0) return fail(ErrorCode::kUnreadable, "no pipe can be opened");
  stop_pipe = ends[1];
  struct sigaction action {};
  action.sa_handler = on_stop;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  std::atomic<bool> ended{false};
  std::thread stopper([&] {
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    while (!ended) {  // a stop before the server runs would be lost
      server.stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  // To stdout, so that another program can wait for it.
  const bool bare_ipv6 = address.find(':') != std::string::npos;
  fmt::print("http://{}:{}/\n", bare_ipv6 ? "[" + address + "]" : address, port);
  std::fflush(stdout);
  if (!quiet)
    fmt::print(stderr, "Ctrl-C stops it{}\n", access.token.empty() ? "" : "; open /?token=... with your token first");
  server.listen_after_bind();
  ended = true;
  on_stop(0);  // where the server has ended by itself
  stopper.join();
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  stop_pipe = -1;
  for (const int end : ends) ::close(end);
  return kExitOk;
}

}  // namespace

Command serve_command() { return {serve_spec, {"study"}, run_serve}; }

}  // namespace radtype::app
