// Reading a volume by our readers and by ITK's: the whole of it, the part around a tumour, and a mask.
// Every answer is compared with the voxels written before its time counts.

// Before ITK, which would otherwise mix the parts of its own copy of Eigen with the system's.
#include <Eigen/Dense>

#include <benchmark/benchmark.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "radtype/io/volume_files.h"
#include "synthetic_scan.h"

namespace {

using namespace radtype;
namespace fs = std::filesystem;

constexpr std::int64_t kSize = 256;
constexpr std::int64_t kSlices = 120;

/// The files, made once and removed at exit.
class Files {
 public:
  Files() : scan_(bench::make_scan(kSize, kSlices)) {
    std::string pattern = (fs::temp_directory_path() / "radtype-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    for (const char* extension : {".nii", ".nii.gz", ".nrrd", ".mha"}) {
      fs::create_directory(folder_ / (extension + 1));
      if (!io::write_image_int16(scan_.ct, image(extension)) || !io::write_mask(scan_.tumour, mask(extension))) {
        throw std::runtime_error("cannot write the scan");
      }
    }
  }
  ~Files() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  // A folder for each: asked for ct.nii.gz, ITK would read the voxels of a ct.nii beside it.
  fs::path image(const std::string& extension) const { return folder_ / extension.substr(1) / ("ct" + extension); }
  fs::path mask(const std::string& extension) const { return folder_ / extension.substr(1) / ("mask" + extension); }
  const bench::Scan& scan() const { return scan_; }

 private:
  fs::path folder_;
  bench::Scan scan_;
};

const Files& files() {
  static const Files made;
  return made;
}

bool same_in(const Box& box, const Image& part) {
  const Volume<std::int16_t>& whole = files().scan().ct;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i) {
        if (part.at(i - box.lo[0], j - box.lo[1], k - box.lo[2]) != static_cast<float>(whole.at(i, j, k))) return false;
      }
    }
  }
  return true;
}

void count_bytes(benchmark::State& state) { state.SetBytesProcessed(state.iterations() * kSize * kSize * kSlices * 2); }

void read_box(benchmark::State& state, const std::string& extension, const Box& box) {
  const auto read = [&] {
    auto source = io::open_image(files().image(extension));
    return io::read_region(*source.value(), box).value();
  };
  if (!same_in(box, read())) return state.SkipWithError("wrong voxels");
  for (auto _ : state) benchmark::DoNotOptimize(read());
  count_bytes(state);
}

void radtype_whole(benchmark::State& state, const std::string& extension) {
  read_box(state, extension, files().scan().ct.grid.box());
}

/// 60 mm around the centre, as an extraction reads it.
void radtype_part(benchmark::State& state, const std::string& extension) {
  read_box(state, extension, Box{{90, 60, 30}, {165, 135, 90}});
}

void radtype_mask(benchmark::State& state, const std::string& extension) {
  const auto read = [&] {
    auto source = io::open_image(files().mask(extension));
    return io::read_label_map(*source.value(), io::LabelEncoding::kValue).value();
  };
  if (read().regions.at(0).runs != runs_of(files().scan().tumour)) return state.SkipWithError("wrong runs");
  for (auto _ : state) benchmark::DoNotOptimize(read());
  count_bytes(state);
}

itk::ImageIOBase::Pointer itk_io(const std::string& extension) {
  if (extension == ".nrrd") return itk::ImageIOBase::Pointer(itk::NrrdImageIO::New());
  if (extension == ".mha") return itk::ImageIOBase::Pointer(itk::MetaImageIO::New());
  return itk::ImageIOBase::Pointer(itk::NiftiImageIO::New());
}

void itk_whole(benchmark::State& state, const std::string& extension) {
  const auto read = [&] {
    auto reader = itk::ImageFileReader<itk::Image<float, 3>>::New();
    reader->SetImageIO(itk_io(extension));
    reader->SetFileName(files().image(extension).string());
    reader->Update();
    return itk::Image<float, 3>::Pointer(reader->GetOutput());
  };
  const auto image = read();
  const auto& expected = files().scan().ct.voxels;
  if (!std::equal(expected.begin(), expected.end(), image->GetBufferPointer(),
                  [](std::int16_t a, float b) { return static_cast<float>(a) == b; })) {
    return state.SkipWithError("wrong voxels");
  }
  for (auto _ : state) benchmark::DoNotOptimize(read());
  count_bytes(state);
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string extension : {".nii", ".nii.gz", ".nrrd", ".mha"}) {
    const auto add = [&](const std::string& name, void (*body)(benchmark::State&, const std::string&)) {
      benchmark::RegisterBenchmark((name + extension).c_str(), body, extension)->Unit(benchmark::kMillisecond);
    };
    add("itk_whole", itk_whole);
    add("radtype_whole", radtype_whole);
    add("radtype_part", radtype_part);
    add("radtype_mask", radtype_mask);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
