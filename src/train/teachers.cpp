#include "train/teachers.hpp"

#include <sstream>

#include "mien/error.hpp"
#include "train/autocast.hpp"
#include "train/pretrained.hpp"

namespace mien::train {

Teachers::Teachers(const TrainSettings& settings, torch::Device device) : device_(device), is_bf16_(settings.precision == "bf16") {
  const auto heads = [](const NetworkSpec& spec) {
    std::vector<std::pair<std::string, int>> names;
    for (const HeadSpec& head : spec.heads) names.emplace_back(head.name, head.classes);
    return names;
  };
  std::istringstream list(settings.teachers);
  for (std::string path; std::getline(list, path, ',');) {
    if (path.empty()) throw Error(ErrorCode::kInvalidArgument, "--teachers: '" + settings.teachers + "' has a comma with no file before it");
    Network network(pretrained_spec(path));
    if (heads(network->spec()) != heads(settings.network_spec())) {
      throw Error(ErrorCode::kInvalidArgument, path + ": has other heads than the network to train: a teacher needs the same --ferplus-weight, 0 or not");
    }
    load_pretrained(path, network);
    network->to(device);
    network->eval();
    networks_.push_back(std::move(network));
  }
}

torch::Tensor Teachers::answers(const torch::Tensor& input) {
  const torch::NoGradGuard no_grad;
  torch::Tensor sum;
  for (Network& network : networks_) {
    torch::Tensor logits;
    {
      const Autocast autocast(device_, is_bf16_);
      logits = network->forward(input.contiguous(torch::MemoryFormat::ChannelsLast)).to(torch::kFloat);
    }
    std::vector<torch::Tensor> heads;
    std::int64_t from = 0;
    for (const HeadSpec& head : network->spec().heads) {
      heads.push_back(logits.slice(1, from, from + head.classes).softmax(1));
      from += head.classes;
    }
    const torch::Tensor probabilities = torch::cat(heads, 1);
    sum = sum.defined() ? sum + probabilities : probabilities;
  }
  return sum / static_cast<double>(networks_.size());
}

}  // namespace mien::train
