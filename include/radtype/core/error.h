// Errors as values.
//
// Library code neither prints nor exits. A function that can fail for a reason outside the program
// (a file, a header, a user's choice) returns Result<T>; the Error gains context as it climbs and is
// turned into a row's status, or an exit code, in one place. A broken invariant of our own throws
// InternalError (see RADTYPE_CHECK) and stays checked in release builds.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace radtype {

/// Why something could not be done. The word of each code (see error_word) is part of the JSON output.
enum class ErrorCode {
  kUsage,         ///< the caller asked for something that does not exist or contradicts itself
  kNotFound,      ///< no such file, series, region of interest or label
  kUnreadable,    ///< the file exists and cannot be read (permission, I/O error)
  kCorrupt,       ///< the bytes are not what their own header or format says
  kUnsupported,   ///< well formed, and outside what this program reads
  kInconsistent,  ///< two inputs, or parts of one, contradict each other
  kTooLarge,      ///< larger than the stated limit; refused before allocation
  kEmpty,         ///< nothing to measure
  kExists,        ///< the output exists and overwriting was not asked for
  kUndefined,     ///< a quantity is not defined for this input
};

/// "usage", "not_found", ... : stable words for machine-readable output.
std::string_view error_word(ErrorCode code);

/// What went wrong, where, and how to mend it.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  /// Outermost first.
  const std::vector<std::string>& context() const { return context_; }
  /// "context: context: message".
  std::string to_string() const;

  /// Adds an outer context ("reading mask a.nii.gz").
  Error within(std::string outer) && {
    context_.insert(context_.begin(), std::move(outer));
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> context_;
};

template <class T>
using Result = tl::expected<T, Error>;

/// return fail(ErrorCode::kCorrupt, "...");
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error(code, std::move(message)));
}

/// Passes an error of one Result type on as another's, with an outer context where given.
template <class T>
tl::unexpected<Error> pass_on(Result<T>&& failed) {
  return tl::unexpected<Error>(std::move(failed).error());
}
template <class T>
tl::unexpected<Error> pass_on(Result<T>&& failed, std::string outer) {
  return tl::unexpected<Error>(std::move(std::move(failed).error()).within(std::move(outer)));
}

/// A defect of this program, never of its input.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void internal_error(std::string_view what, const char* file, int line);

}  // namespace radtype

/// Stays on in release builds.
#define RADTYPE_CHECK(condition)                                                 \
  do {                                                                           \
    if (!(condition)) ::radtype::internal_error(#condition, __FILE__, __LINE__); \
  } while (false)
