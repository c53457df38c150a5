// Included before all else where ITK is used (Dependencies.cmake). Debian's ITK knows only the compiler it was built
// with, g++, and refuses clang, although clang compiles the rest of it. Its header is read here as g++ would read it;
// it defines macros about features of C++ that both compilers have.
#pragma once

#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
