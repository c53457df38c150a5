// Surfaces written for other programs: VTK PolyData (.vtp), Wavefront (.obj), binary STL (.stl). LPS mm.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

struct VertexValues {
  std::string name;
  Eigen::VectorXd values;  ///< one a vertex
};

/// kUsage for an extension that write_mesh does not know.
Result<void> check_mesh_path(const std::filesystem::path& path);

/// By extension; values go into .vtp only, where a mesh without triangles becomes a cloud of points. The same input
/// gives the same bytes. kUsage for another extension, kExists without `force`, kUnreadable where the file cannot be
/// written.
Result<void> write_mesh(const TriangleMesh& mesh, const std::vector<VertexValues>& values,
                        const std::filesystem::path& path, bool force);

}  // namespace radtype::shape
