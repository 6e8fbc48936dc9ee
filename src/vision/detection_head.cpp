#include "vision/detection_head.hpp"

#include <algorithm>
#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::vision {

std::unique_ptr<DetectionHead> make_detection_head(const model::Model& model) {
  if (auto head = make_yunet_head(model)) return head;
  std::string outputs;
  for (const model::ValueInfo& output : model.outputs)
    outputs += (outputs.empty() ? "" : ", ") + output.name;
  throw Error(ErrorCode::kUnsupported, "unsupported face detector: its outputs are " + outputs +
                                           "; YuNet 2023 has cls_8, obj_8, bbox_8, kps_8, …");
}

std::span<const float> find_output(std::span<const engine::OutputTensor> outputs,
                                   std::string_view name, std::size_t count) {
  const auto found = std::ranges::find(outputs, name, &engine::OutputTensor::name);
  if (found == outputs.end()) {
    throw Error(ErrorCode::kBadFormat, "the detector has no output '" + std::string(name) + "'");
  }
  if (found->values.size() != count) {
    throw Error(ErrorCode::kBadFormat,
                base::format("the detector's output '%s' has %zu values, not %zu",
                             found->name.c_str(), found->values.size(), count));
  }
  return found->values;
}

}  // namespace mien::vision
