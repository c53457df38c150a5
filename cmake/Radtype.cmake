# Flags of our own code, and the one way a module is declared.
add_library(radtype_flags INTERFACE)
target_compile_features(radtype_flags INTERFACE cxx_std_20)
target_compile_options(radtype_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  # The same digits from both compilers: no fused multiply-add that the source does not ask for.
  -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns wrongly of `const char* + std::string&&` (GCC bug 105651, mended in 13).
  target_compile_options(radtype_flags INTERFACE -Wno-restrict)
endif()
if(RADTYPE_WERROR)
  target_compile_options(radtype_flags INTERFACE -Werror)
endif()
if(RADTYPE_SANITIZE)
  add_compile_options(-fsanitize=${RADTYPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RADTYPE_SANITIZE})
endif()
if(RADTYPE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# radtype_module(io SOURCES a.cpp ... LINK radtype::core ...)
# makes library radtype_io (alias radtype::io). A module links only modules to its left (docs/concepts/architecture.md).
function(radtype_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  if(NOT arg_SOURCES)
    add_library(radtype_${name} INTERFACE)
    add_library(radtype::${name} ALIAS radtype_${name})
    return()
  endif()
  add_library(radtype_${name} STATIC ${arg_SOURCES})
  add_library(radtype::${name} ALIAS radtype_${name})
  target_include_directories(radtype_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(radtype_${name} PUBLIC ${arg_LINK} PRIVATE $<BUILD_INTERFACE:radtype_flags> ${arg_PRIVATE_LINK})
  set_target_properties(radtype_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  set_property(GLOBAL APPEND PROPERTY RADTYPE_MODULES radtype_${name})
endfunction()
