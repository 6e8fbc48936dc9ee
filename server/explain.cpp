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
#include "server/routes.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"

namespace mien::server {
namespace {

constexpr int kCropSide = 240;  // pixels of the crop in the answer

struct Question {
  std::size_t face = 1;  // its number in the answer of /v1/analyze, from 1
  std::string emotion;   // empty: the most probable one
};

Question read_query(const Request& request) {
  Question question;
  for (const auto& [key, value] : request.query) {
    if (key == "emotion")
      question.emotion = value;
    else if (key != "face")
      throw Error(ErrorCode::kInvalidArgument,
                  "unknown parameter '" + key + "': there are 'face' and 'emotion'");
    else {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), question.face);
      if (error != std::errc{} || end != value.data() + value.size() || question.face == 0) {
        throw Error(ErrorCode::kInvalidArgument,
                    "face is '" + value + "': a number from 1 is wanted");
      }
    }
  }
  return question;
}

/// Loaded by the first who asks, for most servers are never asked.
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
  // By name: the analyzer's labels may leave one of the network's out (contempt).
  const std::string name = emotion.empty() ? std::string(to_string(face.emotion)) : emotion;
  const auto found = std::find(labels.begin(), labels.end(), name);
  if (found == labels.end())
    throw Error(ErrorCode::kInvalidArgument,
                "emotion is '" + name + "': the model does not know it");
  return static_cast<std::size_t>(found - labels.begin());
}

Response answer_question(const Service& service, const explain::Explainer& explainer,
                         const Pictures::One& picture, const Question& question) {
  const vision::DecodeLimits limits{.max_pixels = service.limits.pixels};
  const vision::ScaledImage photo = vision::decode_photo(picture.bytes, picture.name, limits);
  const std::vector<Face> faces =
      service.analyzer.analyze_encoded(picture.bytes, picture.name).faces;
  if (question.face > faces.size()) {
    throw Error(ErrorCode::kInvalidArgument, base::format("face %zu is wanted, the picture has %zu",
                                                          question.face, faces.size()));
  }
  const Face& face = faces[question.face - 1];
  const std::size_t label = label_of(face, question.emotion, explainer.labels());
  const std::string_view detector = service.analyzer.detector_name();
  const explain::Explanation explanation =
      explainer.explain(explainer.crop(photo, face, detector), label, explain::Methods::kBoth);
  const std::string crop =
      base::encode_base64(vision::encode_png(explainer.crop(photo, face, detector, kCropSide)));
  return {.body =
              base::format("{\"face\": %zu, \"emotion\": %s, \"probability\": %.5f, \"layer\": "
                           "%s,\n \"crop\": \"data:image/png;base64,",
                           question.face, base::json_quote(explainer.labels()[label]).c_str(),
                           explanation.probability, base::json_quote(explainer.layer()).c_str()) +
              crop + "\",\n \"grad_cam\": " + heat_map_json(*explanation.grad_cam) +
              ",\n \"occlusion\": " + heat_map_json(*explanation.occlusion) + "}\n"};
}

}  // namespace

Route explain_route(const Service& service) {
  const auto explainer = std::make_shared<LazyExplainer>(service.analyzer.model_path());
  return {.method = "POST",
          .path = "/v1/explain",
          .runs = Route::Runs::kInQueue,
          .access = Route::Access::kToken,
          .content_types = picture_content_types(),
          .answer = [&service, explainer](const Request& request) {
            const Question question = read_query(request);
            const Pictures pictures = read_pictures(request, 1);
            return answer_question(service, explainer->get(), pictures.list.front(), question);
          }};
}

}  // namespace mien::server
