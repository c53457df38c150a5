# radtype_embed(<variable> <name> <file>): a source in which the bytes of a file stand between two symbols,
# radtype_<name>_begin and radtype_<name>_end, put there by the assembler (as fast for 3 MB as for 3 bytes). Compiled again
# whenever the file changes. Sets <variable> to the source.
function(radtype_embed variable name file)
  set(source ${PROJECT_BINARY_DIR}/generated/embedded_${name}.cpp)
  set(EMBEDDED_NAME ${name})
  set(EMBEDDED_FILE ${file})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embedded.cpp.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} SKIP_UNITY_BUILD_INCLUSION ON)
  set(${variable} ${source} PARENT_SCOPE)
endfunction()

# radtype_page(<variable>): the file that holds the page of reports (docs/concepts/report.md).
#   RADTYPE_PAGE  a page that was built before: taken as it is, Node is not asked for
#   RADTYPE_WEB   ON: built from web/ with npm, in the build folder, again when a file of web/ changes; REQUIRED: the same,
#                 and an error where that fails
# Else, without Node 18 and npm, or where they fail, an empty file: everything builds, and `radtype report` says that it has no page.
function(radtype_page variable)
  set(page ${PROJECT_BINARY_DIR}/page/report.html)
  set(${variable} ${page} PARENT_SCOPE)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/page)
  if(RADTYPE_PAGE)
    get_filename_component(given ${RADTYPE_PAGE} ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(NOT EXISTS ${given})
      message(FATAL_ERROR "RADTYPE_PAGE: there is no file ${given}")
    endif()
    set(${variable} ${given} PARENT_SCOPE)
    return()
  endif()
  set(why "")
  if(NOT RADTYPE_WEB)
    set(why "RADTYPE_WEB is OFF")
  elseif(NOT EXISTS ${PROJECT_SOURCE_DIR}/web/package-lock.json)
    set(why "web/package-lock.json is not there")
  else()
    find_program(NODE_PROGRAM NAMES node nodejs)
    find_program(NPM_PROGRAM npm)
    mark_as_advanced(NODE_PROGRAM NPM_PROGRAM)
    if(NODE_PROGRAM AND NPM_PROGRAM)
      execute_process(COMMAND ${NODE_PROGRAM} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
      string(REGEX REPLACE "^v" "" node_version "${node_version}")
      if(node_version VERSION_LESS 18)
        set(why "Node 18 or later is needed, and this is ${node_version}")
      endif()
    else()
      set(why "node and npm are not both installed")
    endif()
  endif()
  if(why AND RADTYPE_WEB STREQUAL "REQUIRED")
    message(FATAL_ERROR "No page for reports: ${why}")
  elseif(why)
    message(NOTICE "No page for reports: ${why}. Everything else is built; radtype report gives JSON.")
    file(WRITE ${page}.none "")
    configure_file(${page}.none ${page} COPYONLY)
    return()
  endif()
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/src/* ${PROJECT_SOURCE_DIR}/web/scripts/*)
  file(GLOB settings CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/*.html ${PROJECT_SOURCE_DIR}/web/*.json
    ${PROJECT_SOURCE_DIR}/web/*.ts ${PROJECT_SOURCE_DIR}/web/*.mjs)
  string(COMPARE EQUAL "${RADTYPE_WEB}" "REQUIRED" strict)
  # A target of its own: compiling does not wait for it, only the one source that holds the page does.
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}/web -DWORK=${PROJECT_BINARY_DIR}/page/web -DPAGE=${page}
      -DNPM=${NPM_PROGRAM} -DSTRICT=${strict} -P ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
    DEPENDS ${inputs} ${settings} ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
    COMMENT "Building the page of reports (npm, vite)" VERBATIM)
  add_custom_target(radtype_web DEPENDS ${page})
endfunction()
