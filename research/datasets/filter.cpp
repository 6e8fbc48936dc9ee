#include "datasets/filter.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/crop.hpp"

namespace mien::datasets {
namespace {

/// Faces found in one image; the sample is cropped if there is exactly one.
struct Outcome {
  std::size_t faces = 0;
  Sample sample;
};

Outcome examine(const Sample& sample, const vision::FaceDetector& detector,
                const FilterOptions& options) {
  const ImageView image{sample.pixels.data(), kFaceSize, kFaceSize, kFaceSize, PixelFormat::kGray8};
  const int side = kFaceSize * options.upscale;
  const std::vector<DetectedFace> faces = detector.detect(vision::resize(image, side, side));
  Outcome out{faces.size(), sample};
  if (faces.size() != 1) return out;
  const auto scale = static_cast<float>(options.upscale);
  const Box& found = faces[0].box;
  const Box box{found.x / scale, found.y / scale, found.width / scale, found.height / scale};
  const Image face = vision::crop_face(image, box, options.geometry, kFaceSize);
  std::copy_n(face.row(0), kFacePixels, out.sample.pixels.begin());
  return out;
}

std::vector<Outcome> examine_all(const Dataset& dataset, const vision::FaceDetector& detector,
                                 const FilterOptions& options, const FilterProgress& progress) {
  constexpr std::size_t kProgressStep = 100;
  std::vector<Outcome> outcomes(dataset.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&](const FilterProgress& report) {
    try {
      for (std::size_t i = next++; i < dataset.size(); i = next++) {
        outcomes[i] = examine(dataset[i], detector, options);
        if (report && i % kProgressStep == 0) report(i, dataset.size());
      }
    } catch (...) {
      next = dataset.size();  // stops the other threads
      throw;
    }
  };
  std::vector<std::future<void>> helpers;
  for (int t = 1; t < options.threads; ++t) {
    helpers.push_back(std::async(std::launch::async, work, FilterProgress()));
  }
  work(progress);
  for (std::future<void>& helper : helpers) helper.get();
  if (progress) progress(dataset.size(), dataset.size());
  return outcomes;
}

}  // namespace

FilteredDataset filter_by_face(const Dataset& dataset, const vision::FaceDetector& detector,
                               const FilterOptions& options, const FilterProgress& progress) {
  if (options.upscale < 1 || options.upscale > 8 || options.threads < 1 || options.threads > 64) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("upscale is %d (must be 1 to 8), threads is %d (must be 1 to 64)",
                             options.upscale, options.threads));
  }
  FilteredDataset out;
  for (const Outcome& outcome : examine_all(dataset, detector, options, progress)) {
    if (outcome.faces == 1) out.kept.push_back(outcome.sample);
    out.no_face += outcome.faces == 0 ? 1 : 0;
    out.several_faces += outcome.faces > 1 ? 1 : 0;
  }
  return out;
}

}  // namespace mien::datasets
