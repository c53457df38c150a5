// Pose, and surfaces written for other programs.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/shape/mesh_files.h"
#include "radtype/shape/pose.h"
#include "support/shared_data.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using testing::HasSubstr;

Spectrum of_body(const Matrix3d& rotation) {
  Surface surface;
  surface.mesh = test::icosphere(4);
  // Three different axes, thicker towards +x and +y: the pose is fixed.
  for (Vector3d& v : surface.mesh.vertices) {
    v = v.cwiseProduct(Vector3d(10, 7, 5)) * (1 + 0.1 * v[0] + 0.08 * v[1]);
    v = rotation * v + Vector3d(30, -20, 100);
  }
  auto spectrum = measure_spectrum(std::move(surface));
  EXPECT_TRUE(spectrum) << spectrum.error().to_string();
  return std::move(*spectrum);
}

TEST(Pose, TurnsWithTheBody) {
  const CanonicalPose upright = canonical_pose(of_body(Matrix3d::Identity()));
  EXPECT_FALSE(upright.axes_ambiguous);
  EXPECT_NEAR(upright.object_axes.determinant(), 1, 1e-12);
  EXPECT_NEAR(upright.sphere_axes.determinant(), 1, 1e-12);
  EXPECT_GT(upright.semi_axes_mm[0], upright.semi_axes_mm[1]);
  EXPECT_GT(upright.object_axes(0, 0), 0.98);
  const Matrix3d rotation = Eigen::AngleAxisd(2.1, Vector3d(1, -2, 0.5).normalized()).toRotationMatrix();
  const CanonicalPose turned = canonical_pose(of_body(rotation));
  EXPECT_LT((turned.object_axes - rotation * upright.object_axes).norm(), 0.02);
  EXPECT_LT((turned.semi_axes_mm - upright.semi_axes_mm).norm(), 0.01);
  const HarmonicFit one = fit_in_pose(of_body(Matrix3d::Identity()), upright);
  const HarmonicFit two = fit_in_pose(of_body(rotation), turned);
  EXPECT_LT((one.coefficients - two.coefficients).norm(), 0.02 * one.coefficients.norm());
}

TEST(Pose, EqualAxesAreFlagged) {
  Surface surface;
  surface.mesh = test::icosphere(3);
  const auto spectrum = measure_spectrum(std::move(surface));
  ASSERT_TRUE(spectrum);
  const CanonicalPose pose = canonical_pose(*spectrum);
  EXPECT_TRUE(pose.axes_ambiguous);
  EXPECT_TRUE(pose.signs_ambiguous);
}

std::string text_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(MeshFiles, HoldEveryVertexAndTriangle) {
  const test::TempDir folder;
  const TriangleMesh mesh = test::icosphere(1);
  const Eigen::VectorXd height = Eigen::VectorXd::LinSpaced(42, 0, 1);
  ASSERT_TRUE(write_mesh(mesh, {{"height", height}}, folder / "a.vtp", false));
  const std::string vtp = text_in(folder / "a.vtp");
  EXPECT_THAT(vtp, HasSubstr("NumberOfPoints=\"42\""));
  EXPECT_THAT(vtp, HasSubstr("NumberOfPolys=\"80\""));
  EXPECT_THAT(vtp, HasSubstr("Name=\"height\""));
  ASSERT_TRUE(write_mesh(mesh, {}, folder / "a.obj", false));
  const std::string obj = text_in(folder / "a.obj");
  EXPECT_EQ(std::count(obj.begin(), obj.end(), 'v'), 42);
  EXPECT_EQ(std::count(obj.begin(), obj.end(), 'f'), 80);
  ASSERT_TRUE(write_mesh(mesh, {}, folder / "a.stl", false));
  EXPECT_EQ(text_in(folder / "a.stl").size(), 84u + 50u * 80u);
}

TEST(MeshFiles, RefuseOtherFormatsAndOverwriting) {
  const test::TempDir folder;
  const TriangleMesh mesh = test::icosphere(0);
  const auto unknown = write_mesh(mesh, {}, folder / "a.ply", false);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUsage);
  ASSERT_TRUE(write_mesh(mesh, {}, folder / "a.stl", false));
  const auto again = write_mesh(mesh, {}, folder / "a.stl", false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kExists);
  EXPECT_TRUE(write_mesh(mesh, {}, folder / "a.stl", true));
}

}  // namespace
}  // namespace radtype::shape
