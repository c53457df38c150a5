#include "radtype/shape/zernike.h"

#include <array>
#include <cmath>
#include <numbers>

#include "radtype/core/label_map.h"
#include "shape/zernike_moments.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using Eigen::VectorXd;

constexpr int kMostOrder = 20;

/// Monomials x^p y^q z^r with p + q + r <= order, numbered.
class Monomials {
 public:
  explicit Monomials(int order)
      : order_(order), id_(static_cast<std::size_t>((order + 1) * (order + 1) * (order + 1))) {
    for (int p = 0; p <= order; ++p) {
      for (int q = 0; p + q <= order; ++q) {
        for (int r = 0; p + q + r <= order; ++r) {
          id_[slot(p, q, r)] = static_cast<Eigen::Index>(powers_.size());
          powers_.push_back({p, q, r});
        }
      }
    }
  }
  Eigen::Index id(int p, int q, int r) const { return id_[slot(p, q, r)]; }
  const std::vector<std::array<int, 3>>& powers() const { return powers_; }
  Eigen::Index count() const { return static_cast<Eigen::Index>(powers_.size()); }
  int order() const { return order_; }

  /// Times x^a y^b z^c; the degree must stay within the order.
  VectorXd shifted(const VectorXd& polynomial, int a, int b, int c) const {
    VectorXd result = VectorXd::Zero(count());
    for (Eigen::Index i = 0; i < count(); ++i) {
      if (polynomial[i] == 0) continue;
      const auto& [p, q, r] = powers_[static_cast<std::size_t>(i)];
      result[id(p + a, q + b, r + c)] = polynomial[i];
    }
    return result;
  }
  VectorXd times_square_radius(const VectorXd& polynomial) const {
    return shifted(polynomial, 2, 0, 0) + shifted(polynomial, 0, 2, 0) + shifted(polynomial, 0, 0, 2);
  }

 private:
  std::size_t slot(int p, int q, int r) const {
    return static_cast<std::size_t>((p * (order_ + 1) + q) * (order_ + 1) + r);
  }
  int order_;
  std::vector<Eigen::Index> id_;
  std::vector<std::array<int, 3>> powers_;
};

/// Every Zernike function as a polynomial: rows of one matrix, orthonormal over the unit ball.
struct Functions {
  Monomials monomials;
  struct Row {
    int n, l;
  };
  std::vector<Row> rows;
  Eigen::MatrixXd polynomials;

  explicit Functions(int order) : monomials(order) {
    std::vector<VectorXd> found;
    // Solid harmonics r^l Y_lm by recursion over l at fixed m, as polynomials (conventions of harmonics.h).
    VectorXd cosine = VectorXd::Zero(monomials.count());
    cosine[monomials.id(0, 0, 0)] = 0.5 / std::sqrt(std::numbers::pi);
    VectorXd sine = VectorXd::Zero(monomials.count());
    for (int m = 0; m <= order; ++m) {
      for (const bool is_sine : {false, true}) {
        if (is_sine && m == 0) continue;
        VectorXd before = VectorXd::Zero(monomials.count());
        VectorXd solid = (m == 0 ? 1.0 : std::numbers::sqrt2) * (is_sine ? sine : cosine);
        for (int l = m; l <= order; ++l) {
          if (l > m) {
            const double ratio = (4.0 * l * l - 1) / (1.0 * l * l - 1.0 * m * m);
            VectorXd next = std::sqrt(ratio) * monomials.shifted(solid, 0, 0, 1);
            if (l > m + 1) {
              const double b =
                  std::sqrt(ratio * (1.0 * (l - 1) * (l - 1) - 1.0 * m * m) / (4.0 * (l - 1) * (l - 1) - 1));
              next -= b * monomials.times_square_radius(before);
            }
            before = std::move(solid);
            solid = std::move(next);
          }
          add_radial(l, order, solid, found);
        }
      }
      if (m == order) break;
      const double factor = std::sqrt((2.0 * m + 3) / (2.0 * m + 2));
      const VectorXd turned = monomials.shifted(cosine, 1, 0, 0) - monomials.shifted(sine, 0, 1, 0);
      sine = factor * (monomials.shifted(sine, 1, 0, 0) + monomials.shifted(cosine, 0, 1, 0));
      cosine = factor * turned;
    }
    polynomials.resize(static_cast<Eigen::Index>(found.size()), monomials.count());
    for (std::size_t i = 0; i < found.size(); ++i) polynomials.row(static_cast<Eigen::Index>(i)) = found[i];
  }

 private:
  /// sqrt(2n + 3) r^l P_k^(0, l + 1/2)(2 r^2 - 1) Y_lm, n = l + 2k.
  void add_radial(int l, int order, const VectorXd& solid, std::vector<VectorXd>& found) {
    std::vector<VectorXd> with_radius{solid};  // times r^(2 nu)
    for (int n = l; n <= order; n += 2) {
      const int k = (n - l) / 2;
      if (k > 0) with_radius.push_back(monomials.times_square_radius(with_radius.back()));
      VectorXd sum = VectorXd::Zero(monomials.count());
      double choose = 1;  // k over nu
      for (int nu = 0; nu <= k; ++nu) {
        double jacobi = choose * ((k - nu) % 2 == 0 ? 1 : -1);
        for (int i = 1; i <= k; ++i) jacobi *= (nu + l + 0.5 + i) / i;
        sum += jacobi * with_radius[static_cast<std::size_t>(nu)];
        choose *= static_cast<double>(k - nu) / (nu + 1);
      }
      found.emplace_back(std::sqrt(2.0 * n + 3) * sum);
      rows.push_back({n, l});
    }
  }
};

const Functions& default_functions() {
  static const Functions functions(kZernikeOrder);
  return functions;
}

/// Integrals of x^p over each cell of an axis, p = 0..order.
std::vector<VectorXd> cell_integrals(std::int64_t cells, double spacing, double centre, double unit, int order) {
  std::vector<VectorXd> integrals(static_cast<std::size_t>(cells), VectorXd(order + 1));
  for (std::int64_t i = 0; i < cells; ++i) {
    const double low = ((static_cast<double>(i) - 0.5) * spacing - centre) / unit;
    const double high = ((static_cast<double>(i) + 0.5) * spacing - centre) / unit;
    double low_power = low;
    double high_power = high;
    for (int p = 0; p <= order; ++p) {
      integrals[static_cast<std::size_t>(i)][p] = (high_power - low_power) / (p + 1);
      low_power *= low;
      high_power *= high;
    }
  }
  return integrals;
}

/// Integrals of the monomials over all voxels of the runs.
VectorXd geometric_moments(const std::vector<Run>& runs, const Grid& grid, const Vector3d& centre, double unit,
                           const Monomials& monomials) {
  const int order = monomials.order();
  std::array<std::vector<VectorXd>, 3> cell;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    cell[axis] = cell_integrals(grid.size()[axis], grid.spacing_mm()[a], centre[a], unit, order);
  }
  VectorXd moments = VectorXd::Zero(monomials.count());
  Eigen::MatrixXd slice = Eigen::MatrixXd::Zero(order + 1, order + 1);  // by powers of x and y
  VectorXd row(order + 1);
  const auto end_slice = [&](std::int32_t k) {
    const VectorXd& z = cell[2][static_cast<std::size_t>(k)];
    for (Eigen::Index i = 0; i < monomials.count(); ++i) {
      const auto& [p, q, r] = monomials.powers()[static_cast<std::size_t>(i)];
      moments[i] += slice(p, q) * z[r];
    }
    slice.setZero();
  };
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const Run& run = runs[n];
    row.setZero();
    for (std::int32_t i = run.i_begin; i < run.i_end; ++i) row += cell[0][static_cast<std::size_t>(i)];
    const VectorXd& y = cell[1][static_cast<std::size_t>(run.j)];
    for (int q = 0; q <= order; ++q) slice.col(q).head(order + 1 - q) += y[q] * row.head(order + 1 - q);
    if (n + 1 == runs.size() || runs[n + 1].k != run.k) end_slice(run.k);
  }
  return moments;
}

ZernikeInvariants from_moments(const VectorXd& moments, const Functions& functions) {
  const VectorXd omega = std::sqrt(3 / (4 * std::numbers::pi)) * (functions.polynomials * moments);
  ZernikeInvariants result;
  result.order = functions.monomials.order();
  result.values.assign(static_cast<std::size_t>(zernike_count(result.order)), 0);
  for (std::size_t i = 0; i < functions.rows.size(); ++i) {
    const double value = omega[static_cast<Eigen::Index>(i)];
    result.values[static_cast<std::size_t>(zernike_index(functions.rows[i].n, functions.rows[i].l))] += value * value;
  }
  for (double& value : result.values) value = std::sqrt(value);
  return result;
}

ZernikeInvariants invariants(const std::vector<Run>& runs, const Grid& grid, const Vector3d& centre, double unit,
                             const Functions& functions) {
  ZernikeInvariants result = from_moments(geometric_moments(runs, grid, centre, unit, functions.monomials), functions);
  double outside = 0;
  double all = 0;
  for (const Run& run : runs) {
    for (std::int32_t i = run.i_begin; i < run.i_end; ++i) {
      const Vector3d at = Vector3d(i, run.j, run.k).cwiseProduct(grid.spacing_mm()) - centre;
      outside += at.squaredNorm() > unit * unit ? 1 : 0;
      all += 1;
    }
  }
  result.outside_share = outside / all;
  return result;
}

}  // namespace

double ZernikeInvariants::at(int n, int l) const {
  RADTYPE_CHECK(l >= 0 && l <= n && n <= order && (n - l) % 2 == 0);
  return values[static_cast<std::size_t>(zernike_index(n, l))];
}

Result<ZernikeInvariants> zernike_invariants(const Mask& mask, int order) {
  RADTYPE_CHECK(order >= 0 && order <= kMostOrder);
  const std::vector<Run> runs = runs_of(mask);
  if (runs.empty()) return fail(ErrorCode::kEmpty, "the mask is empty");
  static const Monomials second_order(2);
  const VectorXd m = geometric_moments(runs, mask.grid, Vector3d::Zero(), 1.0, second_order);
  const auto moment = [&](int p, int q, int r) { return m[second_order.id(p, q, r)]; };
  const double volume = moment(0, 0, 0);
  const Vector3d centre = Vector3d(moment(1, 0, 0), moment(0, 1, 0), moment(0, 0, 1)) / volume;
  const double square = (moment(2, 0, 0) + moment(0, 2, 0) + moment(0, 0, 2)) / volume - centre.squaredNorm();
  const double unit = std::sqrt(square) / kZernikeGyration;
  if (order == kZernikeOrder) return invariants(runs, mask.grid, centre, unit, default_functions());
  return invariants(runs, mask.grid, centre, unit, Functions(order));
}

ZernikeInvariants zernike_from_moments(const std::function<double(int, int, int)>& moment, int order) {
  const Functions functions(order);
  VectorXd moments(functions.monomials.count());
  for (Eigen::Index i = 0; i < moments.size(); ++i) {
    const auto& [p, q, r] = functions.monomials.powers()[static_cast<std::size_t>(i)];
    moments[i] = moment(p, q, r);
  }
  return from_moments(moments, functions);
}

ZernikeInvariants zernike_about(const Mask& mask, const Eigen::Vector3d& centre_mm, double unit_mm, int order) {
  RADTYPE_CHECK(order >= 0 && order <= kMostOrder && unit_mm > 0);
  return invariants(runs_of(mask), mask.grid, centre_mm, unit_mm, Functions(order));
}

}  // namespace radtype::shape
