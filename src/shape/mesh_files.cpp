#include "radtype/shape/mesh_files.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <Eigen/Geometry>

#include "radtype/core/files.h"
#include "radtype/core/text.h"

namespace radtype::shape {
namespace {

static_assert(std::endian::native == std::endian::little, "STL is little endian");

std::string triple(const Eigen::Vector3d& v) { return shortest(v[0]) + " " + shortest(v[1]) + " " + shortest(v[2]); }

std::string vtp(const TriangleMesh& mesh, const std::vector<VertexValues>& values) {
  // Viewers show cells only: points that belong to no triangle need one each.
  const std::size_t points = mesh.triangles.empty() ? mesh.vertices.size() : 0;
  std::string text = fmt::format(
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"0.1\" byte_order=\"LittleEndian\">\n<PolyData>\n"
      "<Piece NumberOfPoints=\"{}\" NumberOfVerts=\"{}\" NumberOfLines=\"0\" NumberOfStrips=\"0\" "
      "NumberOfPolys=\"{}\">\n<PointData>\n",
      mesh.vertices.size(), points, mesh.triangles.size());
  for (const VertexValues& array : values) {
    RADTYPE_CHECK(static_cast<std::size_t>(array.values.size()) == mesh.vertices.size());
    text += fmt::format("<DataArray type=\"Float64\" Name=\"{}\" format=\"ascii\">\n", array.name);
    for (const double value : array.values) text += shortest(value) + "\n";
    text += "</DataArray>\n";
  }
  text += "</PointData>\n<Points>\n<DataArray type=\"Float64\" NumberOfComponents=\"3\" format=\"ascii\">\n";
  for (const Eigen::Vector3d& vertex : mesh.vertices) text += triple(vertex) + "\n";
  text += "</DataArray>\n</Points>\n";
  if (points > 0) {
    text += "<Verts>\n<DataArray type=\"Int32\" Name=\"connectivity\" format=\"ascii\">\n";
    for (std::size_t n = 0; n < points; ++n) text += fmt::format("{}\n", n);
    text += "</DataArray>\n<DataArray type=\"Int32\" Name=\"offsets\" format=\"ascii\">\n";
    for (std::size_t n = 1; n <= points; ++n) text += fmt::format("{}\n", n);
    text += "</DataArray>\n</Verts>\n";
  }
  text += "<Polys>\n<DataArray type=\"Int32\" Name=\"connectivity\" format=\"ascii\">\n";
  for (const auto& t : mesh.triangles) text += fmt::format("{} {} {}\n", t[0], t[1], t[2]);
  text += "</DataArray>\n<DataArray type=\"Int32\" Name=\"offsets\" format=\"ascii\">\n";
  for (std::size_t n = 1; n <= mesh.triangles.size(); ++n) text += fmt::format("{}\n", 3 * n);
  return text + "</DataArray>\n</Polys>\n</Piece>\n</PolyData>\n</VTKFile>\n";
}

std::string obj(const TriangleMesh& mesh) {
  std::string text = "# LPS, mm\n";
  for (const Eigen::Vector3d& vertex : mesh.vertices) text += "v " + triple(vertex) + "\n";
  for (const auto& t : mesh.triangles) text += fmt::format("f {} {} {}\n", t[0] + 1, t[1] + 1, t[2] + 1);
  return text;
}

std::string stl(const TriangleMesh& mesh) {
  std::string bytes(80, ' ');
  const std::string title = "binary STL, LPS, mm";
  bytes.replace(0, title.size(), title);
  const auto append = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  append(static_cast<std::uint32_t>(mesh.triangles.size()));
  for (const auto& t : mesh.triangles) {
    std::array<Eigen::Vector3d, 3> corner;
    for (std::size_t n = 0; n < 3; ++n) corner[n] = mesh.vertices[static_cast<std::size_t>(t[n])];
    const Eigen::Vector3d normal = (corner[1] - corner[0]).cross(corner[2] - corner[0]).normalized();
    for (const Eigen::Vector3d& v : {normal, corner[0], corner[1], corner[2]}) {
      for (const double x : v) append(static_cast<float>(x));
    }
    append(std::uint16_t{0});
  }
  return bytes;
}

}  // namespace

Result<void> check_mesh_path(const std::filesystem::path& path) {
  const std::string extension = lower_case(path.extension().string());
  if (extension == ".vtp" || extension == ".obj" || extension == ".stl") return {};
  return fail(ErrorCode::kUsage, path.string() + ": surfaces are written as .vtp, .obj or .stl");
}

Result<void> write_mesh(const TriangleMesh& mesh, const std::vector<VertexValues>& values,
                        const std::filesystem::path& path, bool force) {
  if (auto known = check_mesh_path(path); !known) return known;
  const std::string extension = lower_case(path.extension().string());
  if (extension == ".vtp") return write_text_file(path, vtp(mesh, values), force);
  if (extension == ".obj") return write_text_file(path, obj(mesh), force);
  return write_text_file(path, stl(mesh), force);
}

}  // namespace radtype::shape
