#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <libqhull_r/qhull_ra.h>

#include "radtype/shape/mesh.h"

namespace radtype::shape {
namespace {

/// Qhull reports to a FILE; this one is memory, so that the library prints nothing and the error keeps its reason.
class MessageFile {
 public:
  MessageFile() : file_(open_memstream(&text_, &size_)) { RADTYPE_CHECK(file_ != nullptr); }
  ~MessageFile() {
    std::fclose(file_);
    std::free(text_);
  }
  MessageFile(const MessageFile&) = delete;
  MessageFile& operator=(const MessageFile&) = delete;
  FILE* file() { return file_; }
  std::string first_line() {
    std::fflush(file_);
    const std::string text(text_, size_);
    return text.substr(0, text.find('\n'));
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  FILE* file_;
};

/// One run of the reentrant Qhull, with its memory.
class Qhull {
 public:
  explicit Qhull(FILE* messages) { qh_zero(&state_, messages); }
  ~Qhull() {
    qh_freeqhull(&state_, !qh_ALL);
    int long_blocks = 0;
    int long_bytes = 0;
    qh_memfreeshort(&state_, &long_blocks, &long_bytes);
  }
  Qhull(const Qhull&) = delete;
  Qhull& operator=(const Qhull&) = delete;
  qhT* state() { return &state_; }

 private:
  qhT state_;
};

}  // namespace

Result<ConvexHull> convex_hull(const std::vector<Eigen::Vector3d>& points) {
  if (points.size() < 4) {
    return fail(ErrorCode::kUndefined, fmt::format("{} points span no volume: a convex hull needs at least four, not "
                                                   "all in one plane",
                                                   points.size()));
  }
  std::vector<coordT> coordinates;
  coordinates.reserve(3 * points.size());
  for (const auto& point : points) coordinates.insert(coordinates.end(), point.data(), point.data() + 3);

  MessageFile messages;
  Qhull qhull(messages.file());
  qhT* qh = qhull.state();
  // Qt: merged (coplanar) facets are triangulated. FA: area and volume are computed under Qhull's own error handler;
  // called from here, a failure in qh_getarea would end the process.
  char command[] = "qhull Qt FA";
  const int status = qh_new_qhull(qh, 3, static_cast<int>(points.size()), coordinates.data(), False, command, nullptr,
                                  messages.file());
  if (status != qh_ERRnone) {
    return fail(ErrorCode::kUndefined,
                fmt::format("the convex hull of {} points is not defined: {}", points.size(), messages.first_line()));
  }

  ConvexHull hull;
  hull.volume_mm3 = qh->totvol;
  hull.area_mm2 = qh->totarea;
  std::vector<bool> is_vertex(points.size(), false);
  for (const vertexT* vertex = qh->vertex_list; vertex != nullptr && vertex->next != nullptr; vertex = vertex->next) {
    is_vertex[static_cast<std::size_t>(qh_pointid(qh, vertex->point))] = true;
  }
  for (std::size_t id = 0; id < points.size(); ++id) {
    if (is_vertex[id]) hull.vertex_ids.push_back(static_cast<std::int32_t>(id));
  }
  return hull;
}

}  // namespace radtype::shape
