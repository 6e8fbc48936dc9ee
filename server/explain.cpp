#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <optional>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "explain/explainer.hpp"
#include "explain/heat_map_json.hpp"
#include "server/images.hpp"
#include "server/json.hpp"
#include "server/routes.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"

namespace mien::server {
namespace {

constexpr int kCropSide = 240;  // pixels of the crop in the response

struct Query {
  std::size_t face = 1;  // its number in the response of /v1/analyze, from 1
  std::string emotion;   // empty: the most probable one
};

Query read_query(const Request& request) {
  Query query;
  for (const auto& [key, value] : request.query) {
    if (key == "emotion")
      query.emotion = value;
    else if (key != "face")
      throw Error(ErrorCode::kInvalidArgument,
                  "unknown parameter '" + key + "'; use 'face' and 'emotion'");
    else {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.face);
      if (error != std::errc{} || end != value.data() + value.size() || query.face == 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    "face: invalid number '" + value + "'; faces are counted from 1");
      }
    }
  }
  return query;
}

/// Loads the model at the first use: most servers never need it.
class LazyExplainer {
 public:
  explicit LazyExplainer(std::filesystem::path model) : model_(std::move(model)) {}

  const explain::Explainer& get() {
    const std::scoped_lock lock(mutex_);
    if (!explainer_) explainer_ = explain::Explainer::load(model_, 1);
    return *explainer_;
  }

 private:
  const std::filesystem::path model_;
  std::mutex mutex_;
  std::optional<explain::Explainer> explainer_;
};

std::size_t label_of(const Face& face, const std::string& emotion,
                     const std::vector<std::string>& labels) {
  // By name: the analyzer may omit a label of the network (contempt).
  const std::string name = emotion.empty() ? std::string(to_string(face.emotion)) : emotion;
  const auto found = std::find(labels.begin(), labels.end(), name);
  if (found == labels.end())
    throw Error(ErrorCode::kInvalidArgument, "emotion: the model has no label '" + name + "'");
  return static_cast<std::size_t>(found - labels.begin());
}

Response explain_face(const Service& service, const explain::Explainer& explainer,
                      const Images::Entry& image, const Query& query, const std::stop_token& stop) {
  const vision::DecodeLimits limits{.max_pixels = service.limits.pixels};
  const vision::ScaledImage photo = vision::decode_photo(image.bytes, image.name, limits);
  const auto check = [&] {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "canceled");
  };
  check();
  const std::vector<Face> faces = service.analyzer.analyze_encoded(image.bytes, image.name).faces;
  if (query.face > faces.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("face: there is no face %zu; the image has %zu", query.face, faces.size()));
  }
  check();
  const Face& face = faces[query.face - 1];
  const std::size_t label = label_of(face, query.emotion, explainer.labels());
  const std::string_view detector = service.analyzer.detector_name();
  const explain::Explanation explanation =
      explainer.explain(explainer.crop(photo, face, detector), label, explain::Methods::kBoth);
  const std::string crop =
      base::encode_base64(vision::encode_png(explainer.crop(photo, face, detector, kCropSide)));
  const Json body{{"face", query.face},
                  {"emotion", explainer.labels()[label]},
                  {"probability", rounded(explanation.probability, 5)},
                  {"layer", explainer.layer()},
                  {"crop", "data:image/png;base64," + crop},
                  {"grad_cam", explain::to_json(*explanation.grad_cam)},
                  {"occlusion", explain::to_json(*explanation.occlusion)}};
  return {.body = to_text(body)};
}

}  // namespace

Route explain_route(const Service& service) {
  const auto explainer = std::make_shared<LazyExplainer>(service.analyzer.model_path());
  return {.method = "POST",
          .path = "/v1/explain",
          .runs = Route::Runs::kInQueue,
          .access = Route::Access::kToken,
          .content_types = image_content_types(),
          .respond = [&service, explainer](const Request& request) {
            const Query query = read_query(request);
            const Images images = read_images(request, 1);
            return explain_face(service, explainer->get(), images.list.front(), query,
                                request.stop);
          }};
}

}  // namespace mien::server
