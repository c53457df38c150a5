// Small text helpers shared by readers and writers.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace radtype {

std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view ascii);
/// Splits at any of `separators`, dropping empty parts, which are views of `text`.
std::vector<std::string_view> split(std::string_view text, std::string_view separators);
/// A temporary string would be gone before its parts are looked at.
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split(Temporary&& text, std::string_view separators) = delete;
/// The whole text as a number, independent of locale; "nan" and "inf" are numbers here and for the caller to refuse.
std::optional<double> parse_double(std::string_view text);
std::optional<long long> parse_integer(std::string_view text);
/// The shortest text that reads back as the same double.
std::string shortest(double value);
/// A CSV cell: quoted when it must be (RFC 4180).
std::string csv_cell(std::string_view text);
/// Whether bytes are UTF-8, as JSON needs.
bool valid_utf8(std::string_view text);
/// Bytes from "8GiB", "500 MB", "4G" (of 1024, as Slurm counts) or a plain number of bytes.
std::optional<long long> parse_bytes(std::string_view text);

}  // namespace radtype
