# cmake --install puts the program, the libraries and a CMake package that find_package(radtype) finds.
include(CMakePackageConfigHelpers)

# The interface libraries of Dependencies.cmake are exported too: they hold what a consumer links in the end.
set(dependencies radtype_deflate radtype_dcmtk radtype_gdcm radtype_itk radtype_qhull)
foreach(dependency ${dependencies})
  string(REPLACE "radtype_" "" name ${dependency})
  set_target_properties(${dependency} PROPERTIES EXPORT_NAME ${name}_libraries)
endforeach()

# Every module links core, so this reaches each consumer.
target_compile_features(radtype_core PUBLIC cxx_std_20)

get_property(modules GLOBAL PROPERTY RADTYPE_MODULES)
install(TARGETS ${modules} ${dependencies} EXPORT radtypeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS radtype RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/radtype DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/radtype)
install(EXPORT radtypeTargets NAMESPACE radtype:: DESTINATION ${package_dir})
configure_package_config_file(cmake/radtypeConfig.cmake.in ${PROJECT_BINARY_DIR}/radtypeConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# 0.x: a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/radtypeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/radtypeConfig.cmake ${PROJECT_BINARY_DIR}/radtypeConfigVersion.cmake
  DESTINATION ${package_dir})
