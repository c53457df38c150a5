# Writes OUTPUT only when its text changes, so that an unchanged revision recompiles nothing.
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(revision "unknown")
else()
  execute_process(COMMAND git -C ${SOURCE_DIR} status --porcelain --untracked-files=no
    OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND revision "+changes")
  endif()
endif()
set(text "#include \"radtype/core/provenance.h\"\n\nnamespace radtype {\n\nconst char* version() { return \"${VERSION}\"; }\nconst char* git_revision() { return \"${revision}\"; }\n\n}  // namespace radtype\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
