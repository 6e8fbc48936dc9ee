#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>

#include "base/file.hpp"
#include "pipeline/face_json.hpp"
#include "server/images.hpp"
#include "server/json.hpp"
#include "server/live_sessions.hpp"
#include "server/routes.hpp"
#include "vision/decode.hpp"

namespace mien::server {
namespace {

enum class FaceSelection { kAll, kLargest, kOne };

struct Query {
  FaceSelection faces = FaceSelection::kAll;
  std::optional<std::string> session;  ///< of live frames
  std::optional<double> time;          ///< of a live frame, in seconds
};

/// Why an image has no result.
struct Failure {
  int status;
  std::string code, message;
};

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

FaceSelection parse_faces(const std::string& value) {
  if (value == "all") return FaceSelection::kAll;
  if (value == "largest") return FaceSelection::kLargest;
  if (value == "one") return FaceSelection::kOne;
  invalid("faces: unknown value '" + value + "'; choose all, largest or one");
}

const std::string& parse_session(const std::string& value) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  if (value.size() < 16 || value.size() > 64 ||
      value.find_first_not_of(kCharacters) != std::string::npos)
    invalid(
        "session: must be 16 to 64 characters A-Z, a-z, 0-9, '.', '_' or '-', chosen at random");
  return value;
}

double parse_time(const std::string& value) {
  double seconds = -1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc{} || end != value.data() + value.size() ||
      !(seconds >= 0 && seconds <= 1e9))
    invalid("time: invalid number '" + value + "'; send seconds from 0 to 1e9");
  return seconds;
}

Query read_query(const Request& request) {
  Query query;
  for (const auto& [key, value] : request.query) {
    if (key == "faces")
      query.faces = parse_faces(value);
    else if (key == "session")
      query.session = parse_session(value);
    else if (key == "time")
      query.time = parse_time(value);
    else
      invalid("unknown parameter '" + key + "'; use 'faces', or 'session' and 'time'");
  }
  if (query.session.has_value() != query.time.has_value())
    invalid("live frames need both parameters, 'session' and 'time'");
  if (query.session && query.faces != FaceSelection::kAll)
    invalid("faces: must be 'all' in a session");
  return query;
}

std::optional<Failure> select_faces(std::vector<Face>& faces, FaceSelection selection) {
  if (selection == FaceSelection::kLargest && faces.size() > 1) faces.resize(1);
  if (selection != FaceSelection::kOne || faces.size() == 1) return std::nullopt;
  return Failure{422, "rejected",
                 faces.empty()
                     ? "no face found"
                     : base::format("%zu faces found, exactly one is required", faces.size())};
}

/// The results of a request's images.
class Results {
 public:
  explicit Results(const Service& service) : service_(service) {}

  /// `analyze` adds the faces to the image's result.
  void add(const Images::Entry& image,
           const std::function<std::optional<Failure>(Json& result)>& analyze) {
    Json result{{"name", image.name}};
    std::optional<Failure> failure;
    try {
      // This limit is stricter than the decoder's: it applies before anything is decoded.
      vision::read_image_info(image.bytes, image.name, {.max_pixels = service_.limits.pixels});
      failure = analyze(result);
    } catch (const std::bad_alloc&) {
      failure = Failure{422, "too_large", "not enough memory for this image; send a smaller one"};
    } catch (const Error& error) {
      if (status_of(error.code()) == 500) throw;
      // The result has the name already.
      std::string message = error.what();
      if (message.starts_with(image.name + ": ")) message.erase(0, image.name.size() + 2);
      failure = Failure{status_of(error.code()), std::string(code_of(error.code())), message};
    }
    if (failure)
      result = {{"name", image.name}, {"error", error_json(failure->code, failure->message)}};
    results_.push_back(std::move(result));
    service_.metrics.count_images(failure ? "error" : "ok");
    if (!failure)
      succeeded_ = true;
    else if (!first_failure_)
      first_failure_ = failure;
  }

  Response response(std::chrono::steady_clock::time_point arrival) {
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - arrival;
    Json body;
    if (!succeeded_) body["error"] = error_json(first_failure_->code, first_failure_->message);
    body["model"] = service_.model_name();
    body["provenance"] = pipeline::to_json(service_.analyzer.provenance());
    body["labels"] = service_.analyzer.labels();
    body["results"] = std::move(results_);
    body["milliseconds"] = rounded(elapsed.count(), 3);
    Response response{.status = succeeded_ ? 200 : first_failure_->status, .body = to_text(body)};
    if (response.status == 429) response.headers.emplace_back("Retry-After", "1");
    return response;
  }

 private:
  const Service& service_;
  Json results_ = Json::array();
  bool succeeded_ = false;
  std::optional<Failure> first_failure_;
};

Json to_json(const Service& service, const Face& face) {
  service.metrics.count_faces(face.uncertain ? "uncertain" : to_string(face.emotion), 1);
  return pipeline::to_json(face, service.analyzer.labels());
}

std::optional<Failure> analyze_photo(const Service& service, const Images::Entry& image,
                                     FaceSelection selection, Json& result) {
  PhotoAnalysis analysis = service.analyzer.analyze_encoded(image.bytes, image.name);
  if (auto failure = select_faces(analysis.faces, selection)) return failure;
  result["width"] = analysis.width;
  result["height"] = analysis.height;
  Json& faces = result["faces"] = Json::array();
  for (const Face& face : analysis.faces) faces.push_back(to_json(service, face));
  return std::nullopt;
}

std::optional<Failure> analyze_frame(const Service& service, LiveSessions& sessions,
                                     const Images::Entry& image, const Query& query, Json& result) {
  const Image frame = vision::decode_image(
      image.bytes, image.name, vision::DecodeLimits{.max_pixels = service.limits.pixels});
  const std::optional<LiveFrame> live = sessions.analyze(*query.session, frame, *query.time);
  if (!live) {
    return Failure{429, "busy",
                   "a frame of this session is in progress, or all sessions are in use"};
  }
  result["width"] = frame.width();
  result["height"] = frame.height();
  result["frame"] = live->number;
  Json& faces = result["faces"] = Json::array();
  for (const pipeline::TrackedFace& tracked : live->faces) {
    Json face{{"track", tracked.number}, {"detected", tracked.detected}};
    face.update(to_json(service, tracked.face));
    faces.push_back(std::move(face));
  }
  return std::nullopt;
}

}  // namespace

Route analyze_route(const Service& service) {
  const auto sessions = std::make_shared<LiveSessions>(service.analyzer);
  service.metrics.add_gauge("mien_sessions", "Sessions of live frames.",
                            [sessions] { return static_cast<double>(sessions->size()); });
  return {.method = "POST",
          .path = "/v1/analyze",
          .runs = Route::Runs::kInQueue,
          .access = Route::Access::kToken,
          .content_types = image_content_types(),
          .respond = [&service, sessions](const Request& request) {
            const Query query = read_query(request);
            const Images images = read_images(request, query.session ? 1 : service.limits.images);
            Results results(service);
            for (std::size_t i = 0; i < images.list.size(); ++i) {
              const Images::Entry& image = images.list[i];
              if (request.stop.stop_requested()) {
                service.metrics.count_images("canceled", images.list.size() - i);
                throw Error(ErrorCode::kInterrupted, "canceled");
              }
              results.add(image, [&](Json& result) {
                return query.session ? analyze_frame(service, *sessions, image, query, result)
                                     : analyze_photo(service, image, query.faces, result);
              });
            }
            return results.response(request.arrival);
          }};
}

}  // namespace mien::server
