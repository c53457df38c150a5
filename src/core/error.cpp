#include "radtype/core/error.h"

namespace radtype {

std::string_view error_word(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kUnreadable:
      return "unreadable";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kInconsistent:
      return "inconsistent";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kEmpty:
      return "empty";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kUndefined:
      return "undefined";
  }
  RADTYPE_CHECK(false);
}

std::string Error::to_string() const {
  std::string text;
  for (const std::string& outer : context_) {
    text += outer;
    text += ": ";
  }
  return text + message_;
}

void internal_error(std::string_view what, const char* file, int line) {
  std::string_view name(file);
  name.remove_prefix(name.find_last_of('/') + 1);
  throw InternalError("internal error: " + std::string(what) + " does not hold (" + std::string(name) + ":" +
                      std::to_string(line) + "); please report it");
}

}  // namespace radtype
